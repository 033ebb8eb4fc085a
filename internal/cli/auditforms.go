package cli

import (
	"bufio"
	"context"
	"errors"
	"slices"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/posture/posturereport"
	"github.com/trailhold/trailhold/internal/report"
)

// auditForms are the forms of output that an audit has.
func auditForms() []string { return slices.Concat([]string{"text", "json"}, posturereport.Forms()) }

// writeAudit writes the report in the form that --output names.
func (a *app) writeAudit(ctx context.Context, r posture.Report, told auditJournal) error {
	if !slices.Contains(posturereport.Forms(), a.flags.output) {
		return a.printAudit(r)
	}
	s := posturereport.Subject{Tool: report.Tool{Name: "trailhold", Version: readVersion().Version, Address: "https://github.com/trailhold/trailhold"}}
	switch a.flags.output {
	case "asff":
		cloud, err := a.cloud(ctx)
		if err != nil {
			return err
		}
		s.Region = cloud.Region()
	case "html":
		s.Incidents = told.incidents
		if told.err != nil {
			r.Unread = append(r.Unread, told.err.Error()) // which must not keep people from what was found
		}
	}
	out := bufio.NewWriter(a.stdout)
	return errors.Join(posturereport.Write(a.flags.output, out, r, s), out.Flush())
}
