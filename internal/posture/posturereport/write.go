// Package posturereport writes down what an audit found, in the forms that other programs and auditors read. Text for
// terminals and our own JSON are the command's business.
//
// Whatever an audit quotes may have been chosen by an intruder. Each writer makes it harmless for its own readers.
package posturereport

import (
	"fmt"
	"io"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
)

// Subject is what a report says besides what the audit found.
type Subject struct {
	Tool report.Tool
	// Region is where findings in the form of Security Hub are to be imported; empty: us-east-1.
	Region string
	// Incidents are those of a journal, for the page's timeline; nil: no journal was given.
	Incidents []incident.Incident
}

// Forms are the names of the forms.
func Forms() []string { return []string{"csv", "html", "sarif", "ocsf", "asff", "junit", "markdown"} }

// Write writes a report in one of the forms.
func Write(form string, w io.Writer, r posture.Report, s Subject) error {
	write, ok := map[string]func(io.Writer, posture.Report, Subject) error{
		"csv": writeCSV, "html": writePage, "sarif": writeSARIF, "ocsf": writeOCSF, "asff": writeASFF, "junit": writeJUnit, "markdown": writeMarkdown,
	}[form]
	if !ok {
		return fmt.Errorf("there is no form of output %q", form)
	}
	return write(w, r, s)
}
