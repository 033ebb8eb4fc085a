package posturereport

import (
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
)

// writeCSV writes a row for each finding, those that pass among them. No cell is a formula.
func writeCSV(w io.Writer, r posture.Report, _ Subject) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{
		"status", "severity", "account", "region", "resource", "check", "group", "title", "detail", "evidence", "remedy", "references",
		"mutedBecause", "mutedUntil", "id",
	})
	if err != nil {
		return err
	}
	for _, a := range byCheck(r) {
		for _, f := range a.Findings {
			if err := out.Write(row(a.Check, f)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func row(c posture.Check, f posture.Finding) []string {
	var evidence, references []string
	for _, e := range f.Evidence {
		evidence = append(evidence, e.Name+"="+e.Value)
	}
	for _, ref := range c.References {
		references = append(references, string(ref.Framework)+":"+ref.ID)
	}
	var because, until string
	if f.Mute != nil {
		because = f.Mute.Reason
		if !f.Mute.Until.IsZero() {
			until = f.Mute.Until.UTC().Format(time.RFC3339)
		}
	}
	cells := []string{
		string(f.Status), f.Severity.String(), f.Account, f.Region, f.Resource, c.ID, string(c.Group), c.Title, f.Detail, strings.Join(evidence, "; "), f.Remedy,
		strings.Join(references, " "), because, until, f.ID,
	}
	for n := range cells {
		cells[n] = report.Cell(cells[n])
	}
	return cells
}
