// Package tamper is the table of techniques: which record means which wake-up, for which trail, how severe.
package tamper

import (
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Technique is one way to impair the trail, or a harmless call that people want to hear of all the same.
type Technique struct {
	ID       string // as in the project's list of attacks, such as stop-logging
	Title    string // such as "Logging stopped"
	Severity severity.Severity
	Calls    []string      // names of the CloudTrail events that perform it
	ATTCKv18 []string      // MITRE ATT&CK ids up to version 18; none for harmless calls
	ATTCKv19 []string      // and from version 19 on
	Restores string        // what the guard does
	Lost     string        // what nobody can bring back; empty if nothing
	Fields   []trail.Field // that differ from the baseline afterwards
}

// Signal is a record that touches a guarded resource.
type Signal struct {
	Record     record.Record
	Techniques []string // ids, most severe first, never empty; of a call that failed: how it failed, then what it attempted
	Severity   severity.Severity
	Outcome    record.Outcome

	Names []string // names and ARNs of the trails that the record speaks of
	Any   bool     // it cannot be known which trail: look at all
}
