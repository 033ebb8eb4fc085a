package harden

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// Standing is how a step stands to what is there now.
type Standing string

// The standings.
const (
	Due     Standing = "due"     // what is there is what the plan saw
	Done    Standing = "done"    // what is there is what the step leads to, or more
	Changed Standing = "changed" // somebody has changed it since the plan was made: the step would write over that
	Unread  Standing = "unread"  // it could not be read
)

// Wanted is the call to make, and what to read before and after it.
func (s Step) Wanted() (call trail.Step, look trail.Guarded) { return s.call, s.want }

// Stands compares a step with what is there now. detail says why it could not be read, where it could not.
func (s Step) Stands(now trail.State) (is Standing, detail string) {
	if why, unread := s.unread(now); unread {
		return Unread, why
	}
	if s.call.Setting == trail.Identity {
		return s.made(now), ""
	}
	diff := trail.Diff(s.want, now)
	base := trail.Baseline{Account: s.Account, Policy: trail.DefaultPolicy(), Trails: []trail.Guarded{s.want}}
	steps := trail.Plan(base, s.want, now)
	n := slices.IndexFunc(steps, func(call trail.Step) bool { return call.ID == s.call.ID })
	switch {
	case n < 0 || s.contained(now):
		return Done, ""
	case s.fresh || !replaces(s.call.Op) || same(s.Changes, changes(steps[n], diff.Drifts)):
		return Due, ""
	}
	return Changed, ""
}

// made says whether a resource is there that a step makes. One of that name that is somebody else's is a change that nobody
// can write over.
func (s Step) made(now trail.State) Standing {
	identity, exists := now.Dependents[s.Resource][trail.Identity].Get()
	switch {
	case !exists:
		return Due
	case identity.Text("Owner") == s.Account:
		return Done
	}
	return Changed
}

// unread says why what the step is about is not known, if it is not. Of what a step makes, that it does not exist is known.
func (s Step) unread(now trail.State) (why string, unread bool) {
	switch {
	case s.call.Resource != "":
		return unknown(now.Dependents[s.Resource][s.call.Setting], s.call.Setting == trail.Identity)
	case s.call.Op == trail.OpStartLogging:
		return unknown(now.Status, false)
	case s.call.Op == trail.OpPutEventSelectors:
		return unknown(now.Selectors, false)
	case s.call.Op == trail.OpPutInsightSelectors:
		return unknown(now.Insights, true) // none are absent
	}
	return unknown(now.Config, s.call.Op == trail.OpCreateTrail)
}

func unknown[T any](f trail.Facet[T], absentIsKnown bool) (why string, unread bool) {
	switch f.Knowledge() {
	case trail.Present:
		return "", false
	case trail.Absent:
		return "it does not exist", !absentIsKnown
	}
	return f.Why(), true
}

// replaces says whether a call writes over what is there. One that turns something on does not.
func replaces(op trail.Op) bool {
	switch op {
	case trail.OpStartLogging, trail.OpEnableKey, trail.OpCancelKeyDeletion, trail.OpEnableKeyRotation, trail.OpEnableAlarmActions:
		return false
	}
	return true
}

// same says whether both would change the same from the same.
func same(planned, now []Change) bool {
	return slices.EqualFunc(planned, now, func(x, y Change) bool {
		return x.Field == y.Field && x.Member == y.Member && reflect.DeepEqual(x.From, y.From)
	})
}

// completed are the settings to whose documents AWS adds what it takes for granted: a field that is false, a default.
var completed = []trail.Setting{"definition", "encryption", "metricFilters", "notification", "objectLock", "rotation"}

// contained says whether the resource's setting has all that the step writes.
func (s Step) contained(now trail.State) bool {
	if s.call.Document.Empty() || !slices.Contains(completed, s.call.Setting) {
		return false
	}
	have, known := now.Dependents[s.Resource][s.call.Setting].Get()
	if s.call.Member != "" {
		have = have.Members()[s.call.Member]
	}
	return known && within(decoded(s.call.Document), decoded(have))
}

func decoded(d trail.Document) any {
	var value any
	_ = json.Unmarshal([]byte(d), &value) // a document is JSON
	return value
}

// within says whether all that a decoded JSON value says another one says too. Lists must be of the same length.
func within(part, whole any) bool {
	switch p := part.(type) {
	case map[string]any:
		w, ok := whole.(map[string]any)
		for key, member := range p {
			other, there := w[key]
			if !ok || !there || !within(member, other) {
				return false
			}
		}
		return ok
	case []any:
		w, ok := whole.([]any)
		return ok && len(w) == len(p) && !slices.ContainsFunc(p, func(one any) bool {
			return !slices.ContainsFunc(w, func(other any) bool { return within(one, other) })
		})
	}
	return reflect.DeepEqual(part, whole)
}
