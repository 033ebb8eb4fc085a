package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Bounds of a change window.
const (
	MaxWindow = 24 * time.Hour
	minReason = 5 // characters: shorter ones explain nothing
	maxReason = 500
)

// OpenWindow opens a change window for some fields of what the ARN names, and tells people: whoever can write to the
// journal could open one, so nobody opens one unheard. It takes the place of lists of roles that are ignored, which a
// thief could wear. There must be a reason, and an end within MaxWindow.
func (g *Guard) OpenWindow(ctx context.Context, arn string, w incident.Window) (*incident.Incident, error) {
	seen := time.Now().UTC()
	n := slices.IndexFunc(g.units, func(t trail.Guarded) bool { return t.ARN == arn })
	if n < 0 {
		return nil, fmt.Errorf("the baseline guards no %s", plain.Text(arn, 200))
	}
	if err := validWindow(w, seen); err != nil {
		return nil, err
	}
	w.Reason = plain.Text(w.Reason, maxReason)
	i := g.blank(arn, "", incident.CauseSweep, seen)
	i.Region, i.Stage, i.Window, i.Severity = g.units[n].HomeRegion, incident.ChangeWindow, &w, severity.High
	saved, err := g.record(ctx, i, opens, whoSaves)
	if saved.Version == 0 {
		return nil, fmt.Errorf("no change window was opened: %w", err)
	}
	return saved, err
}

func validWindow(w incident.Window, now time.Time) error {
	switch {
	case len(w.Fields) == 0:
		return errors.New("a change window must name the fields that will change")
	case len(strings.TrimSpace(w.Reason)) < minReason:
		return errors.New("a change window needs a reason: a ticket, or what is changed and why")
	case !w.Until.After(now):
		return errors.New("a change window must end in the future")
	case w.Until.Sub(now) > MaxWindow:
		return fmt.Errorf("a change window may last %s at most: open another one then", MaxWindow)
	}
	for _, f := range w.Fields {
		if !slices.Contains(trail.Fields(), f) {
			return fmt.Errorf("there is no field %s: see the fields in the documentation of the baseline file", plain.Text(string(f), 100))
		}
	}
	return nil
}

// CloseWindow ends a change window before its time. What drifted in it is restored by the next look.
func (g *Guard) CloseWindow(ctx context.Context, id string) (*incident.Incident, error) {
	i, err := g.ports.Journal.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if i.Window == nil {
		return nil, fmt.Errorf("incident %s is no change window", plain.Text(id, 100))
	}
	return g.endWindow(ctx, i, "The change window was closed.")
}

func (g *Guard) endWindow(ctx context.Context, i incident.Incident, note string) (*incident.Incident, error) {
	if i.Stage != incident.ChangeWindow {
		return &i, nil
	}
	i.Stage = incident.Observed
	i.AddNote(note)
	return g.record(ctx, i, joins, whoSaves)
}

// windows takes the change windows out of what the journal knows of a trail.
func windows(known []incident.Incident) (open, others []incident.Incident) {
	for _, i := range known {
		switch {
		case i.Window == nil:
			others = append(others, i)
		case i.Stage == incident.ChangeWindow:
			open = append(open, i)
		}
	}
	return open, others
}

// permit notes which fields may differ from the baseline, at the time of the reconcile.
func (r *restoration) permit(windows []incident.Incident, now time.Time) {
	for _, w := range windows {
		if !w.OpenAt(now) {
			continue
		}
		for _, f := range w.Window.Fields {
			for _, f := range trail.Together(f) {
				r.full.AlertOnly = append(slices.Clone(r.full.AlertOnly), string(f))
				r.permitted[f] = w
			}
		}
	}
	r.want.AlertOnly = r.full.AlertOnly
}

// permittedBy returns the window that allows all of the drift, if one does.
func (r *restoration) permittedBy(drifts []trail.Drift) (window incident.Incident, ok bool) {
	for _, d := range drifts {
		if window, ok = r.permitted[d.Field]; !ok {
			return window, false
		}
	}
	return window, len(drifts) > 0
}

// stillPermitted returns the drift that a change window allowed and that has not ended, if there is one.
func stillPermitted(known []incident.Incident) *incident.Incident {
	n := slices.IndexFunc(known, func(k incident.Incident) bool { return k.Stage == incident.Permitted })
	if n < 0 {
		return nil
	}
	return &known[n]
}

// goesOn says whether what was found is what a change window allowed. Anything else is an incident of its own: the actor
// of the change is not that of an attack which comes at the same time.
func (r *restoration) goesOn(permitted incident.Incident) bool {
	_, ok := r.permittedBy(r.drifts)
	return ok || !slices.ContainsFunc(r.drifts, func(d trail.Drift) bool { return !slices.ContainsFunc(permitted.Drifts, d.Same) })
}

// excuse writes into an incident which change windows allow what was found. An incident in which anything else was found,
// now or later, is not excused by the window: people must hear of it as of any other.
func (r *restoration) excuse(i *incident.Incident) {
	w, ok := r.permittedBy(r.drifts)
	more := slices.ContainsFunc(r.drifts, func(d trail.Drift) bool { return !slices.ContainsFunc(i.Drifts, d.Same) })
	switch {
	case ok && (i.Permitted != "" || len(i.Drifts) == 0):
		i.Permitted = w.ID
	case !ok && more:
		i.Permitted = ""
	}
	for _, d := range r.diff.Drifts {
		if w, ok := r.permitted[d.Field]; ok {
			i.AddNote(fmt.Sprintf("Change window %s allows %s to differ until %s: %s", w.ID, d.Field, w.Window.Until.UTC().Format(time.RFC3339), w.Window.Reason))
		}
	}
}

// endWindows ends the change windows of a trail whose time is over.
func (g *Guard) endWindows(ctx context.Context, windows []incident.Incident, now time.Time) error {
	var errs []error
	for _, w := range windows {
		if !w.OpenAt(now) {
			_, err := g.endWindow(ctx, w, "The change window has ended.")
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
