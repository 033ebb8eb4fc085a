package guard

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// recall is how far back incidents are looked up when a record or a drift might belong to one.
const recall = contestTime

// reconcile brings one trail to its baseline and returns the incident that came of it, if any. Only one runs at a
// time for a trail.
func (g *Guard) reconcile(ctx context.Context, want trail.Guarded, signals []tamper.Signal, cause incident.Cause) (*incident.Incident, error) {
	seen := time.Now().UTC()
	budget, cancel := context.WithTimeout(ctx, g.options.Budget)
	defer cancel()
	r := &restoration{g: g, full: want, want: want, permitted: map[trail.Field]incident.Incident{}}
	r.intent = &intent{g: g, r: r, signals: signals, cause: cause, seen: seen}
	r.intent.recall(budget)
	defer r.intent.declaration() // nothing goes on after the end
	r.startFirst(budget, signals)
	known, journalErr := r.intent.recalled()
	fresh, late, alike := sortSignals(signals, known)
	dealt := cause == incident.CauseEvent && len(fresh)+len(late) == 0 && !slices.ContainsFunc(known, unfinished)
	if dealt && len(alike)+len(r.drifts) == 0 {
		return nil, nil // duplicates and echoes of what has been dealt with
	}
	r.look(budget, slices.Concat(fresh, late, alike), known)
	if dealt && len(r.drifts)+len(r.diff.Unknown) == 0 {
		return nil, nil // they were echoes, too: nothing came of them
	}
	late = append(late, r.causes(alike)...)
	r.undelete(budget, append(slices.Clone(fresh), late...))
	r.run(budget)

	unlistedErr := g.endWindows(ctx, r.intent.windows, seen)
	if cause == incident.CauseSweep && want.IsTrail() {
		unlistedErr = errors.Join(unlistedErr, g.reportUnlisted(ctx, want, r.state.Others))
	}
	i, fate := r.intent.outcome(known, fresh, late)
	if fate == nothing {
		return nil, unlistedErr
	}
	if journalErr != nil {
		i.AddNote("The journal could not be read (" + oneLine(journalErr) + "): this may have been reported before.")
	}
	g.attribute(ctx, &i, want, known)
	saved, err := g.record(ctx, i, fate, r.intent.teller(i.ID))
	return saved, errors.Join(unlistedErr, err)
}

// sortSignals leaves out duplicates and echoes of known incidents, and tells signals that happened before the end of
// one, and those that are like a call of ours, from fresh ones.
func sortSignals(signals []tamper.Signal, known []incident.Incident) (fresh, late, alike []tamper.Signal) {
	ids, culprits := map[string]bool{}, culpritsOf(signals, known)
	for _, s := range signals {
		if id := s.Record.EventID; id != "" {
			if ids[id] {
				continue
			}
			ids[id] = true
		}
		switch relation := relation(s.Record, known); {
		case relation == incident.Unrelated, relation == incident.Late && (s.Outcome.Kind != record.Succeeded || !belongs(s, known) && !by(s, culprits)):
			fresh = append(fresh, s) // a call that failed, or was somebody else's, is no part of what was restored: people hear of it
		case relation == incident.Late:
			late = append(late, s)
		case relation == incident.Alike:
			alike = append(alike, s)
		}
	}
	return fresh, late, alike
}

// culpritsOf are the actors of late records that are part of a known incident. What else they did then is part of it, too, even if it
// left no trace in the state: log files were deleted before their bucket was.
func culpritsOf(signals []tamper.Signal, known []incident.Incident) []incident.Actor {
	var actors []incident.Actor
	for _, s := range signals {
		if actor := incident.ActorOf(s.Record); actor.Known() && belongs(s, known) {
			actors = append(actors, actor)
		}
	}
	return actors
}

func by(s tamper.Signal, actors []incident.Actor) bool {
	return slices.ContainsFunc(actors, incident.ActorOf(s.Record).Same)
}

// causes lists the signals that claim what was found to have drifted. Of signals that are like a call of ours, those are
// somebody else's: what we write is the baseline.
func (r *restoration) causes(signals []tamper.Signal) []tamper.Signal {
	return slices.DeleteFunc(slices.Clone(signals), func(s tamper.Signal) bool {
		return !slices.ContainsFunc(s.Techniques, func(id string) bool { return confirmed(id, r.drifts) })
	})
}

// belongs says whether a late record can be part of an incident: what it claims was found then, or its actor was at it. That
// somebody else did something else in the second before a restoration must not be lost in it.
func belongs(s tamper.Signal, known []incident.Incident) bool {
	return slices.ContainsFunc(known, func(i incident.Incident) bool {
		if incident.Relate(s.Record, i) != incident.Late {
			return false
		}
		return i.Actor.Same(incident.ActorOf(s.Record)) || slices.ContainsFunc(s.Techniques, func(id string) bool {
			return leavesTrace(id) && (slices.Contains(i.Techniques, id) || confirmed(id, i.Drifts))
		})
	})
}

// relation is the closest relation of a record to any of the incidents.
func relation(r record.Record, known []incident.Incident) incident.Relation {
	closest := incident.Unrelated
	for _, i := range known {
		switch relation := incident.Relate(r, i); relation {
		case incident.Duplicate, incident.Echo:
			return relation
		case incident.Alike:
			closest = relation
		case incident.Late:
			if closest == incident.Unrelated {
				closest = relation
			}
		}
	}
	return closest
}

// unfinished says whether an incident still needs somebody to look at the trail.
func unfinished(i incident.Incident) bool {
	return i.Stage == incident.Open || i.Stage == incident.Failed || i.Stage == incident.Unread
}

// fate is what is to be done with the account of a reconcile.
type fate int

const (
	nothing fate = iota // there is nothing to tell: no incident
	opens               // a new incident, to be told
	joins               // part of an incident that people know of
	contest             // one more round of a contest: told at once, then at powers of ten
	flood               // one more round of an incident that keeps coming: told at powers of ten
)

// account decides what a reconcile means: a new incident, a part of a known one, or nothing. It only reads its arguments.
func (g *Guard) account(r *restoration, known []incident.Incident, fresh, late []tamper.Signal, cause incident.Cause, seen time.Time) (incident.Incident, fate) {
	calm := len(r.drifts) == 0 && len(r.diff.Unknown) == 0
	all := append(slices.Clone(fresh), late...)
	previous, permitted := newest(known), stillPermitted(known)
	pending := newest(slices.DeleteFunc(slices.Clone(known), func(k incident.Incident) bool { return !unfinished(k) })) // a contest may be older than others
	switch {
	case calm && permitted != nil && len(fresh) == 0:
		i := g.continued(*permitted, r, all)
		i.Stage = incident.Observed
		i.AddNote("The drift is gone: it was undone, or the baseline has it now.")
		return i, joins
	case calm && pending != nil: // it mended meanwhile
		return g.continued(*pending, r, all), joins
	case calm && previous != nil && previous.Stage == incident.AlertOnly && len(fresh) == 0:
		i := g.continued(*previous, r, all)
		i.Stage = incident.Observed
		i.AddNote("The drift is gone.")
		return i, joins
	case calm && len(fresh) == 0 && len(late) > 0: // late records of what was restored
		if len(r.attempts) > 0 { // of files that were deleted then
			return g.continued(*previous, r, late), joins
		}
		i := *previous
		i.Fold(late)
		if !previous.Actor.Known() && i.Actor.Known() { // what a sweep found, before its records came
			i.Identify(seen)
		}
		i.AddTechniques(techniques(i.Drifts, late)...) // records come in any order: these may tell more than the first
		for _, lost := range unmendable(incident.Incident{}, late) {
			if !slices.Contains(i.Lost, lost) {
				i.Lost = append(slices.Clone(i.Lost), lost)
			}
		}
		return i, joins
	case calm && (cause == incident.CauseSweep || allStray(fresh)):
		return incident.Incident{}, nothing
	}
	i := g.opened(r, all, cause, seen)
	switch {
	case permitted != nil && r.goesOn(*permitted):
		return g.continued(*permitted, r, all), joins
	case previous == nil:
		return i, opens
	case unfinished(*previous), previous.Stage == incident.AlertOnly && sameDrift(previous.Drifts, i.Drifts):
		return g.continued(*previous, r, all), joins
	case len(all) == 0 && cause == incident.CauseEvent && !previous.Restored.Before(seen): // another guard was at it at the same time
		return g.continued(*previous, r, all), joins
	}
	if again := repeated(known, i); again != nil {
		return g.flooded(*again, r, all), flood
	}
	if again := g.contested(known, i, r, all); again != nil {
		return *again, contest
	}
	return i, opens
}

// opened is a new incident.
func (g *Guard) opened(r *restoration, signals []tamper.Signal, cause incident.Cause, seen time.Time) incident.Incident {
	first := ""
	if len(signals) > 0 {
		first = signals[0].Record.EventID
	}
	i := g.blank(r.want.ARN, first, cause, seen)
	i.Region = r.want.HomeRegion
	i.Fold(signals)
	g.conclude(&i, r, signals)
	return i
}

// blank is an incident that says only what it is about.
func (g *Guard) blank(trailARN, eventID string, cause incident.Cause, seen time.Time) incident.Incident {
	return incident.Incident{
		ID:           incident.ID(trailARN, eventID, seen),
		TrailARN:     trailARN,
		Account:      g.baseline.Account,
		BaselineHash: g.baseline.Hash,
		Cause:        cause,
		Seen:         seen,
	}
}

// continued is a known incident with what one more reconcile brought.
func (g *Guard) continued(i incident.Incident, r *restoration, signals []tamper.Signal) incident.Incident {
	i.Steps = slices.Clone(i.Steps)
	i.Fold(signals)
	g.conclude(&i, r, signals)
	return i
}

// conclude writes into the incident what the restoration found, did and reached.
func (g *Guard) conclude(i *incident.Incident, r *restoration, signals []tamper.Signal) {
	r.excuse(i)
	i.AddDrifts(r.drifts...)
	i.AddTechniques(techniques(r.drifts, signals)...)
	for _, s := range signals {
		if len(r.drifts) == 0 || tampers(s) {
			i.Severity = max(i.Severity, s.Severity)
		}
	}
	i.Unknown = r.diff.Unknown
	if len(i.Unknown) > 0 {
		i.Severity = max(i.Severity, severity.Medium)
	}
	i.Steps = mergeSteps(i.Steps, r.results())
	i.Stage = g.stage(r, i.Drifts)
	i.DryRun = r.dry
	switch i.Stage {
	case incident.Failed:
		i.Severity = severity.Critical
	case incident.Restored:
		i.Restored, i.Proved = r.cleanAt.UTC(), time.Time{}
	}
	i.Lost = append(lost(i.Steps), append(r.lost, unmendable(*i, signals)...)...)
	for _, note := range r.notes {
		i.AddNote(note)
	}
	i.Blind = incident.BlindWindows(incident.Tampering{
		Want: r.want, Drifts: i.Drifts, Techniques: i.Techniques, Status: r.initial.Status, Attack: i.Attack, To: i.Restored,
	})
	if i.Stage == incident.Observed && i.Occurrences > 0 {
		i.AddNote("The trail is as its baseline says: nothing had to be restored.")
	}
}

// stage is how far the restoration came.
func (g *Guard) stage(r *restoration, drifts []trail.Drift) incident.Stage {
	switch {
	case r.dry:
		return incident.Planned
	case r.intent.declaring:
		return incident.Open
	case !r.reached():
		return incident.Failed
	case len(r.attempts) > 0, len(r.drifts) == 0 && len(drifts) > 0 && len(r.diff.Unknown) == 0:
		return incident.Restored
	case len(r.diff.Unknown) > 0:
		return incident.Unread
	case len(r.drifts) > 0:
		if _, ok := r.permittedBy(r.diff.Drifts); ok {
			return incident.Permitted
		}
		return incident.AlertOnly
	}
	return incident.Observed
}

// mergeSteps adds results to those of earlier rounds: one entry for each step, with all its attempts.
func mergeSteps(steps, results []incident.StepResult) []incident.StepResult {
	for _, r := range results {
		n := slices.IndexFunc(steps, func(s incident.StepResult) bool { return s.ID == r.ID })
		if n < 0 {
			steps = append(steps, r)
			continue
		}
		r.Attempts += steps[n].Attempts
		r.RequestIDs = append(slices.Clone(steps[n].RequestIDs), r.RequestIDs...)
		steps[n] = r
	}
	return steps
}

// lost lists what the steps cannot bring back, each thing once.
func lost(steps []incident.StepResult) []string {
	var out []string
	for _, s := range steps {
		if s.Lost != "" && !slices.Contains(out, s.Lost) {
			out = append(out, s.Lost)
		}
	}
	return out
}

// oneLine is an error as a single line.
func oneLine(err error) string {
	out := []rune(err.Error())
	for n, r := range out {
		if r == '\n' || r == '\r' {
			out[n] = ' '
		}
	}
	return string(out)
}
