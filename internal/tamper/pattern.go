package tamper

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// maxPattern is the length of an event pattern, in bytes, that every account may use: EventBridge's quota is 2,048 unless
// somebody had it raised.
const maxPattern = 2048

// EventPattern is the EventBridge event pattern, in JSON, of a rule that forwards all of CloudTrail's own events that
// matter, whatever trail or event data store they are about. A rule in state ENABLED suffices: all are write events.
func EventPattern() string {
	return encode(map[string]any{
		"source": []string{"aws.cloudtrail"}, "detail-type": []string{apiCall},
		"detail": map[string]any{"eventSource": []string{sourceCloudTrail}, "eventName": EventNames(sourceCloudTrail)},
	})
}

// The kinds of events that EventBridge makes of CloudTrail's records.
const (
	apiCall      = "AWS API Call via CloudTrail"
	serviceEvent = "AWS Service Event via CloudTrail" // an account that left, a key whose waiting period is over
)

// Pattern is what one rule on an event bus must let through, for the guard to be woken.
type Pattern struct {
	Account string // whose default event bus
	Region  string // of the bus
	Source  string // the service that is listened to, such as s3.amazonaws.com
	Text    string // the event pattern in JSON, of at most 2,048 bytes
}

// EventPatterns lists the patterns that a baseline needs, sorted by account, region and service. Where records name the
// resource in one known place, a pattern lets only those of guarded resources through, and those that name none: services
// like S3 and KMS are too busy for more. Most denied calls name none.
func EventPatterns(b trail.Baseline) []Pattern {
	var all []Pattern
	for at, resources := range audiences(b) {
		all = append(all, at.patterns(resources)...)
	}
	slices.SortFunc(all, func(x, y Pattern) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Text, y.Text))
	})
	return all
}

// audience is a bus that events of one service come to.
type audience struct{ account, region, source string }

// audiences lists all buses to listen at, with the guarded resources whose records come there.
func audiences(b trail.Baseline) map[audience][]trail.Resource {
	found := map[audience][]trail.Resource{}
	listen := func(account, region, source string, resources ...trail.Resource) {
		at := audience{account, region, source}
		for _, r := range resources {
			if !slices.ContainsFunc(found[at], func(known trail.Resource) bool { return known.ARN == r.ARN }) {
				found[at] = append(found[at], r)
			}
		}
		if len(resources) == 0 && found[at] == nil {
			found[at] = []trail.Resource{}
		}
	}
	for _, g := range b.Units() {
		for _, r := range g.Dependents {
			for _, source := range sourcesOf(r.Type) {
				listen(cmp.Or(r.Account, b.Account), busRegion(source, r), source, r)
			}
		}
		if g.IsTrail() {
			for _, region := range append([]string{g.HomeRegion}, g.Regions...) {
				listen(b.Account, region, sourceCloudTrail)
			}
			anywhere := trail.Resource{ARN: g.ARN, Region: g.HomeRegion}
			listen(b.Account, busRegion(sourceOrganizations, anywhere), sourceOrganizations)
			listen(b.Account, busRegion(sourceAccount, anywhere), sourceAccount)
		}
	}
	return found
}

// sourcesOf lists the services whose calls touch a kind of resource.
func sourcesOf(t trail.ResourceType) []string {
	var sources []string
	for _, to := range targets {
		if to.is == t || to.is == Stack && slices.Contains([]trail.ResourceType{trail.Function, trail.Rule}, t) {
			sources = append(sources, to.source)
		}
	}
	slices.Sort(sources)
	return slices.Compact(sources)
}

// busRegion is where the events of a service about a resource come to: services without regions have one for all.
func busRegion(source string, r trail.Resource) string {
	if !slices.Contains([]string{sourceIAM, sourceOrganizations, sourceAccount}, source) {
		return r.Region
	}
	switch {
	case strings.HasPrefix(r.ARN, "arn:aws-cn:") && source == sourceIAM:
		return "cn-north-1"
	case strings.HasPrefix(r.ARN, "arn:aws-cn:"):
		return "cn-northwest-1"
	case strings.HasPrefix(r.ARN, "arn:aws-us-gov:"):
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// patterns makes as many patterns as it takes to name all resources.
func (at audience) patterns(resources []trail.Resource) []Pattern {
	text := at.pattern(resources)
	if n := len(resources) / 2; len(text) > maxPattern && n > 0 {
		return append(at.patterns(resources[:n]), at.patterns(resources[n:])...)
	}
	return []Pattern{{Account: at.account, Region: at.region, Source: at.source, Text: text}}
}

func (at audience) pattern(resources []trail.Resource) string {
	if at.source == sourceCloudTrail {
		return EventPattern()
	}
	kinds := []string{apiCall}
	if at.source == sourceKMS || at.source == sourceOrganizations {
		kinds = append(kinds, serviceEvent)
	}
	detail := oneOf(at.branches(resources))
	detail["eventSource"] = []string{at.source}
	service, _, _ := strings.Cut(at.source, ".")
	return encode(map[string]any{"source": []string{"aws." + service}, "detail-type": kinds, "detail": detail})
}

// oneOf is a pattern that matches what any of several matches.
func oneOf(branches []map[string]any) map[string]any {
	if len(branches) == 1 {
		return branches[0]
	}
	return map[string]any{"$or": branches}
}

// encode is a value as JSON, as plain maps, lists and texts always can be. Its keys are sorted.
func encode(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}
