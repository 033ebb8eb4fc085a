// Package tamper is the table of techniques: which record means which wake-up, for which guarded resource, how severe.
package tamper

import (
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Tier says what a technique impairs.
type Tier string

// The tiers.
const (
	TierTrail        Tier = "1" // the trail itself
	TierDependency   Tier = "2" // what its delivery depends on
	TierGuard        Tier = "G" // what the guard runs on
	TierOrganization Tier = "O" // the organization and its accounts
	TierLake         Tier = "L" // CloudTrail Lake
)

// Technique is one way to impair the trail, or a harmless call that people want to hear of all the same.
type Technique struct {
	ID       string // as in the project's list of attacks, such as stop-logging
	Tier     Tier
	Title    string // such as "Logging stopped"
	Severity severity.Severity
	Calls    []Call        // that perform it
	ATTCKv18 []string      // MITRE ATT&CK ids up to version 18; none for harmless calls
	ATTCKv19 []string      // and from version 19 on
	Restores string        // what the guard does
	Lost     string        // what nobody can bring back; empty if nothing
	Fields   []trail.Field // that differ from the baseline afterwards; none: no state shows it
}

// Signal is a record that touches a guarded resource.
type Signal struct {
	Record     record.Record
	Techniques []string // ids, most severe first, never empty; of a call that failed: how it failed, then what it attempted
	Severity   severity.Severity
	Outcome    record.Outcome

	Names     []string      // of a call about trails: names and ARNs of the trails that the record speaks of
	Resources []ResourceRef // of any other call: the resources that it speaks of, never empty
	Any       bool          // it cannot be known which trail or resource: look at all that it may be

	// Objects are the keys of the log files and digest files that were deleted, as far as the record names them: none for
	// a DeleteObjects, which records no keys.
	Objects []string

	stray bool // people hear of it even if nothing guarded is concerned
}

// Stray says whether people are to hear of the signal although it led to no incident of anything that is guarded.
// concerned says whether it speaks of anything guarded, or may do so.
//
// All that is done to trails counts, guarded or not, and so does what takes accounts or regions out of the reach of trails.
// The other services are too busy: what their calls do elsewhere is nobody's concern here. Only a call that hid its
// parameters, where a guarded resource may have been meant, is told.
func (s Signal) Stray(concerned bool) bool {
	switch {
	case s.stray:
		return s.Any || !concerned
	case s.Outcome.Kind == record.Succeeded:
		return concerned && s.Any && s.Record.ParametersOmitted
	}
	return false
}

// Traceless says whether none of what the signal claims can be seen in any state: the record is all there is.
func (s Signal) Traceless() bool {
	for _, id := range s.Techniques {
		if t, _ := Lookup(id); t.Tier == TierTrail || len(t.Fields) > 0 {
			return false
		}
	}
	return true
}
