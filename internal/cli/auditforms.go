package cli

import (
	"bufio"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/posture/posturereport"
	"github.com/trailhold/trailhold/internal/report"
)

// auditForms are the forms of output that an audit has.
func auditForms() []string { return slices.Concat([]string{"text", "json"}, posturereport.Forms()) }

// writeAudit writes the report in the form that --output names.
func (a *app) writeAudit(ctx context.Context, r posture.Report, journal string) error {
	if !slices.Contains(posturereport.Forms(), a.flags.output) {
		return a.printAudit(r)
	}
	s := posturereport.Subject{Tool: report.Tool{Name: "trailhold", Version: readVersion().Version, Address: "https://github.com/trailhold/trailhold"}}
	var err error
	switch a.flags.output {
	case "asff":
		cloud, cloudErr := a.cloud(ctx)
		if cloudErr != nil {
			return cloudErr
		}
		s.Region = cloud.Region()
	case "html":
		if s.Incidents, err = a.auditIncidents(ctx, journal, r.At); err != nil {
			r.Unread = append(r.Unread, err.Error()) // which must not keep people from what was found
		}
	}
	out := bufio.NewWriter(a.stdout)
	return errors.Join(posturereport.Write(a.flags.output, out, r, s), out.Flush())
}

// auditIncidents are those of the journal's last year, for the timeline; nil without a journal. What could be read comes with
// the error about what could not.
func (a *app) auditIncidents(ctx context.Context, address string, now time.Time) ([]incident.Incident, error) {
	if address == "" {
		return nil, nil
	}
	j, err := a.openJournal(ctx, address)
	if err != nil {
		return nil, err
	}
	const year = 365 * 24 * time.Hour
	incidents, err := j.Recent(ctx, "", now.Add(-year))
	return present(incidents), err
}
