package tamper

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/record"
)

// Bounds on what is kept of hostile text. A trail's name has at most 128 characters, its ARN less than 256.
const (
	maxNames       = 16
	maxNameLength  = 256
	maxMessageRead = 8 << 10
)

// names lists what a record calls the trails it speaks of: as typed (a name or an ARN), as answered, as listed and,
// for calls that failed, as told in the error message, which often is the only place.
func names(r record.Record, p parameters) []string {
	var found []string
	for _, key := range []string{"name", "trailName", "resourceId", "resourceIdList"} {
		found = append(found, texts(p[key])...)
	}
	var answer struct{ TrailARN, Name any }
	// Anything but an object, which there should be, has neither.
	_ = json.Unmarshal(r.ResponseElements, &answer)
	found = append(found, texts(answer.TrailARN)...)
	found = append(found, texts(answer.Name)...)
	for _, resource := range r.Resources {
		if isTrailARN(resource.ARN) {
			found = append(found, resource.ARN)
		}
	}
	if r.Outcome().Kind != record.Succeeded {
		found = append(found, trailARNs(r.ErrorMessage)...)
	}
	return tidy(found)
}

// tidy drops repetitions and what cannot be a name.
func tidy(found []string) []string {
	var out []string
	for _, name := range found {
		if name != "" && len(name) <= maxNameLength && len(out) < maxNames && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// trailARNs finds the ARNs of trails in an error message. An ARN that is part of another one's text, such as a user's
// path that was made to look like it, is not found.
func trailARNs(message string) []string {
	message = message[:min(len(message), maxMessageRead)]
	var out []string
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return !arnRune(r) }) {
		// A name ends in a letter or digit, a sentence in a full stop.
		if word = strings.TrimRight(word, ".:-_"); isTrailARN(word) {
			out = append(out, word)
		}
	}
	return out
}

func arnRune(r rune) bool {
	return strings.ContainsRune(":/._-+=@", r) || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// isTrailARN recognises arn:partition:cloudtrail:region:account:trail/name.
func isTrailARN(s string) bool {
	_, name, ok := splitARN(s)
	return ok && strings.HasPrefix(name, "trail/")
}

// aboutLake says whether a call that can be about CloudTrail Lake is: about an event data store, a channel or a
// dashboard, and no trail. Calls that only trails have are never excused, whatever else their parameters hold.
func (p parameters) aboutLake(call string) bool {
	switch call {
	case callInsights, callConfiguration:
		return p.sent("eventDataStore") && !p.sent("trailName")
	case callAddTags, callRemoveTags:
		resource, _ := p["resourceId"].(string)
		_, name, ok := splitARN(resource)
		return ok && !strings.HasPrefix(name, "trail/")
	}
	return false
}

// splitARN splits the ARN of anything of CloudTrail's into account and resource.
func splitARN(s string) (account, resource string, ok bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "cloudtrail" {
		return "", "", false
	}
	return parts[4], parts[5], true
}
