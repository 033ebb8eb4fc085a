package guard

import (
	"context"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
)

// Finding is evidence of tampering that no look at a trail shows: what a verification of its logs found.
type Finding struct {
	TrailARN string
	Region   string   // the trail's home region
	ID       string   // the same for the same evidence: it is told once, whoever finds it again
	Notes    []string // what was found, for people
	Severity severity.Severity
}

// Report makes an incident of a finding and tells people. There is nothing to restore. The incident is nil if the journal
// knows it already.
func (g *Guard) Report(ctx context.Context, f Finding) (*incident.Incident, error) {
	i := g.blank(f.TrailARN, f.ID, incident.CauseSweep, time.Now().UTC())
	if g.reported(ctx, i.ID) {
		return nil, nil
	}
	i.Region, i.Stage, i.Severity, i.EventIDs = f.Region, incident.Observed, f.Severity, []string{f.ID}
	for _, note := range f.Notes {
		i.AddNote(note)
	}
	return g.record(ctx, i, opens, whoSaves)
}

// reported says whether people were told of an incident. A journal that cannot answer does not keep them from hearing.
func (g *Guard) reported(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	known, err := g.ports.Journal.Get(ctx, id)
	return err == nil && known.WasTold(incident.KindAlert)
}
