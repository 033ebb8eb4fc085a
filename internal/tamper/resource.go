package tamper

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// Bounds on what is kept of deleted objects. S3's keys have at most 1,024 bytes.
const (
	maxObjects   = 100
	maxObjectKey = 1024
)

// claims says what each call can amount to: the ids of the techniques that it performs.
var claims = func() map[Call][]string {
	index := map[Call][]string{}
	for _, t := range table {
		if slices.Contains([]string{ParamPadding, WrongRegion, DeniedAttempt}, t.ID) {
			continue
		}
		for _, c := range t.Calls {
			key := Call{Source: c.Source, Name: c.base()}
			index[key] = append(index[key], t.ID)
		}
	}
	return index
}()

// classifyResource is Classify for the calls that change what trails and the guard rest on.
func classifyResource(r record.Record) (Signal, bool) {
	call := Call{Source: strings.ToLower(r.EventSource), Name: r.EventName}
	call.Name = call.base()
	can := claims[call]
	about, ok := targetOf(call)
	if len(can) == 0 || !ok || !ofManagement(r) && !deletesObjects(call) {
		return Signal{}, false
	}
	p, known := readParameters(r)
	did := amountsTo(call, r, p, known, can)
	if len(did) == 0 {
		return Signal{}, false
	}
	s := Signal{Record: r, Outcome: r.Outcome()}
	s.Resources, s.Any = about.references(r, call, p)
	s.stray = about.is == trail.Organization && ofCloudTrail(p)
	if deletesObjects(call) {
		s.Objects = objects(p)
	}
	return s.claiming(did), true
}

// deletesObjects says whether a call deletes objects, which is recorded as a data event.
func deletesObjects(c Call) bool {
	return c.Source == sourceS3 && (c.Name == "DeleteObject" || c.Name == "DeleteObjects")
}

// objects lists the keys that a record names, which only that of a single deletion does.
func objects(p parameters) []string {
	var keys []string
	for _, key := range texts(p["key"]) {
		if key != "" && len(key) <= maxObjectKey && len(keys) < maxObjects {
			keys = append(keys, key)
		}
	}
	return keys
}

// ofCloudTrail says whether a call about services that an organization trusts may be about CloudTrail. What is done to the
// trust in other services concerns only who guards it.
func ofCloudTrail(p parameters) bool {
	service, known := p["servicePrincipal"].(string)
	return !known || service == sourceCloudTrail
}
