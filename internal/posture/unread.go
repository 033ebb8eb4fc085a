package posture

import (
	"maps"
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// unread says what could not be read, in words, each reason once.
func unread(inv Inventory) []string {
	notes := []string{}
	note := func(account, what, why string) {
		if line := "account " + account + ": " + what + ": " + why; why != "" && !slices.Contains(notes, line) {
			notes = append(notes, line)
		}
	}
	for _, a := range inv.Accounts {
		note(a.ID, "everything", a.Failure)
		note(a.ID, "enabled regions", why(a.Enabled))
		note(a.ID, "users and roles", why(a.Principals))
		note(a.ID, "the organization", why(a.Organization))
		note(a.ID, "the public access block of the account", why(a.PublicAccessBlock))
		for _, name := range slices.Sorted(maps.Keys(a.Regions)) {
			r := a.Regions[name]
			note(a.ID, "trails in "+name, why(r.Trails))
			note(a.ID, "event data stores in "+name, why(r.Stores))
			note(a.ID, "alarms in "+name, why(r.Alarms))
			note(a.ID, "rules of EventBridge in "+name, why(r.Rules))
			note(a.ID, "AWS Config in "+name, why(r.Recorder))
			note(a.ID, "GuardDuty in "+name, why(r.Detector))
			note(a.ID, "Security Hub in "+name, why(r.Hub))
		}
		for _, t := range a.Trails {
			note(a.ID, "the configuration of "+t.ARN, why(t.Config))
			note(a.ID, "the status of "+t.ARN, why(t.Status))
			note(a.ID, "the event selectors of "+t.ARN, why(t.Selectors))
			note(a.ID, "the insight selectors of "+t.ARN, why(t.Insights))
			note(a.ID, "the tags of "+t.ARN, why(t.Tags))
			for _, region := range slices.Sorted(maps.Keys(t.Regions)) {
				note(a.ID, "the status of "+t.ARN+" in "+region, why(t.Regions[region]))
			}
		}
		for _, arn := range slices.Sorted(maps.Keys(a.Resources)) {
			r := a.Resources[arn]
			for _, setting := range slices.Sorted(maps.Keys(r.State)) {
				note(a.ID, string(setting)+" of "+arn, why(r.State[setting]))
			}
		}
	}
	return notes
}

// why is the reason for which a facet could not be read; empty if it was read, or nobody tried.
func why[T any](f trail.Facet[T]) string {
	if f.Knowledge() == trail.Unknown {
		return f.Why()
	}
	return ""
}
