package guard

import (
	"cmp"
	"context"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
)

// Finding is evidence of tampering that no look at a trail shows: what a verification of its logs found, or that a canary did not
// come through.
type Finding struct {
	Cause    incident.Cause // empty: a verification
	TrailARN string
	Region   string   // the trail's home region
	ID       string   // the same for the same evidence: it is told once, whoever finds it again
	Broken   bool     // the logs are not whole; false: it could not be settled whether they are
	Summary  string   // what was found, in a few words, such as "1 log missing"
	Notes    []string // each thing that was found
	Severity severity.Severity
}

// Report makes an incident of a finding and tells people. There is nothing to restore. The incident is nil if the journal
// knows that people were told of it.
func (g *Guard) Report(ctx context.Context, f Finding) (*incident.Incident, error) {
	i := g.blank(f.TrailARN, f.ID, cmp.Or(f.Cause, incident.CauseVerification), time.Now().UTC())
	if known, ok := g.known(ctx, i.ID); ok {
		if known.WasTold(incident.KindAlert) {
			return nil, nil
		}
		return g.record(ctx, known, opens, whoSaves)
	}
	i.Region, i.Stage, i.Severity, i.EventIDs = f.Region, incident.Observed, f.Severity, []string{f.ID}
	if f.Cause == incident.CauseCanary {
		i.AddMissedCanary(f.Summary)
	} else {
		i.AddVerification(f.Broken, f.Summary)
	}
	for _, note := range f.Notes {
		i.AddNote(note)
	}
	return g.record(ctx, i, opens, whoSaves)
}

// known looks an incident up. A journal that cannot answer does not keep people from hearing.
func (g *Guard) known(ctx context.Context, id string) (incident.Incident, bool) {
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	i, err := g.ports.Journal.Get(ctx, id)
	return i, err == nil
}
