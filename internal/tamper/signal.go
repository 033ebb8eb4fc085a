// Package tamper is the table of techniques: which record means which wake-up, for which trail, how severe.
package tamper

import (
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Technique is one way to impair the trail.
type Technique struct {
	ID       string // as in the project's list of attacks, such as stop-logging
	Title    string // such as "Logging stopped"
	Severity severity.Severity
	Calls    []string // names of the CloudTrail events that perform it
	ATTCKv18 []string // MITRE ATT&CK ids up to version 18
	ATTCKv19 []string // and from version 19 on
	Restores string   // what the guard does
	Lost     string   // what nobody can bring back; empty if nothing
	Fields   []trail.Field
}

// Signal is a record that touches a guarded resource.
type Signal struct {
	Record     record.Record
	Techniques []string // most severe first; never empty
	Severity   severity.Severity
	Outcome    record.Outcome

	Names []string // names and ARNs of the trails that the record speaks of
	Any   bool     // it cannot be known which trail: look at all
}
