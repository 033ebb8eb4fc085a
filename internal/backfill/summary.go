package backfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/record"
)

// Bounds of what is counted. Whoever makes more sessions than that to hide in is in the evidence all the same, and the
// incident's own actor is always counted.
const (
	maxActors  = 2000
	maxKinds   = 200 // kinds of calls of one actor
	maxContent = 2 * hardFactor * maxPartBytes
)

// ErrChanged means that a file of the evidence is not what was written.
var ErrChanged = errors.New("the evidence was changed since it was written")

// Summarise reads the evidence of a manifest back, which proves that it is what was written, and tells who did what. suspect
// says of an actor whether he is the incident's; nil if there is none.
func Summarise(ctx context.Context, store Store, m Manifest, suspect func(incident.Actor) bool) (*incident.Recovered, error) {
	t := tally{suspect: suspect, actors: map[actorKey]*actorTally{}}
	unreadable := 0
	for _, r := range m.Regions {
		for _, f := range r.Files {
			content, err := store.Get(ctx, f.Key, maxContent)
			if err != nil {
				return nil, fmt.Errorf("the evidence %s in %s cannot be read back: %w", f.Key, store.Location(), err)
			}
			if digestOf(content) != f.SHA256 {
				return nil, fmt.Errorf("%s in %s: %w", f.Key, store.Location(), ErrChanged)
			}
			records, _ := record.Parse(content) // one that is broken does not hide its neighbours; it is counted
			unreadable += f.Records - len(records)
			for _, each := range records {
				t.add(each, r.Region)
			}
		}
	}
	out := t.result()
	out.At, out.From, out.To = time.Now().UTC().Truncate(time.Second), m.From, m.To
	out.Evidence, out.Manifest, out.Complete, out.Regions = store.Location(), m.Hash(), m.Complete && unreadable == 0, len(m.Regions)
	if unreadable > 0 {
		out.Gaps = append(out.Gaps, fmt.Sprintf("%d records are in the evidence but cannot be understood: they are not counted here", unreadable))
	}
	out.Gaps = bounded(append(out.Gaps, m.GapWords()...), incident.MaxRecoveredGaps, "gaps")
	return out, nil
}

// bounded keeps the first of many, and says how many there are more.
func bounded(list []string, most int, what string) []string {
	if len(list) <= most {
		return list
	}
	return append(list[:most-1:most-1], fmt.Sprintf("and %d more %s: see the manifest", len(list)-most+1, what))
}

// actorKey tells actors apart, as Actor.Same does, but for the bytes: hostile text is cut.
type actorKey struct{ arn, account, invokedBy, unnamed string }

type callKey struct{ source, name string }

// tally counts calls.
type tally struct {
	suspect func(incident.Actor) bool
	total   incident.Recovered
	actors  map[actorKey]*actorTally
	more    bool // actors than are counted
}

type actorTally struct {
	incident.RecoveredActor
	kinds map[callKey]*incident.RecoveredCall
}

func (t *tally) add(r record.Record, region string) {
	matters, failed := sensitive(r), r.Outcome().Kind != record.Succeeded
	count := func(records, writes, sensitives, errs *int) {
		*records++
		*writes += one(!r.ReadOnly)
		*sensitives += one(matters)
		*errs += one(failed)
	}
	count(&t.total.Records, &t.total.Writes, &t.total.Sensitive, &t.total.Errors)
	a := t.actor(r)
	if a == nil {
		return
	}
	count(&a.Calls, &a.Writes, &a.Sensitive, &a.Errors)
	a.First, a.Last = within(a.First, a.Last, r.EventTime)
	a.Regions = with(a.Regions, region)
	key := callKey{plain.Text(r.EventSource, 100), plain.Text(r.EventName, 100)}
	c := a.kinds[key]
	if c == nil {
		if len(a.kinds) >= maxKinds {
			a.OtherCalls++
			return
		}
		c = &incident.RecoveredCall{Source: key.source, Name: key.name}
		a.kinds[key] = c
	}
	c.Count++
	c.Write, c.Sensitive = c.Write || !r.ReadOnly, c.Sensitive || matters
	c.First, c.Last = within(c.First, c.Last, r.EventTime)
	c.Regions = with(c.Regions, region)
	if c.Errors += one(failed); failed && c.ErrorCode == "" {
		c.ErrorCode = plain.Text(r.ErrorCode, 100)
	}
}

// actorOf is the actor of a record, with as much of its text as an incident should hold.
func actorOf(r record.Record) incident.Actor {
	a := incident.ActorOf(r)
	for _, s := range []*string{&a.ARN, &a.Type, &a.AccountID, &a.AccessKeyID, &a.SessionIssuer, &a.InvokedBy, &a.SourceIPAddress, &a.UserAgent} {
		*s = plain.Text(*s, 300)
	}
	return a
}

// actor finds who it is, or takes him up; nil if there are too many. An identity without an ARN is told by its key.
func (t *tally) actor(r record.Record) *actorTally {
	who := actorOf(r)
	key := actorKey{arn: who.ARN, account: who.AccountID, invokedBy: who.InvokedBy}
	if who.ARN == "" {
		key.unnamed = who.Type + " " + who.AccessKeyID
	}
	suspected := t.suspect != nil && t.suspect(incident.ActorOf(r))
	a := t.actors[key]
	if a == nil {
		if len(t.actors) >= maxActors && !suspected {
			t.more = true
			return nil
		}
		a = &actorTally{RecoveredActor: incident.RecoveredActor{Actor: who}, kinds: map[callKey]*incident.RecoveredCall{}}
		t.actors[key] = a
	}
	a.Suspect = a.Suspect || suspected
	return a
}

// result ranks the actors: the incident's first, then by what matters.
func (t *tally) result() *incident.Recovered {
	out := t.total
	var all []incident.RecoveredActor
	for _, a := range t.actors {
		a.rank()
		all = append(all, a.RecoveredActor)
	}
	slices.SortFunc(all, func(a, b incident.RecoveredActor) int {
		return cmp.Or(one(b.Suspect)-one(a.Suspect), b.Sensitive-a.Sensitive, b.Writes-a.Writes, b.Calls-a.Calls,
			strings.Compare(a.ARN, b.ARN), strings.Compare(a.InvokedBy, b.InvokedBy), strings.Compare(a.AccessKeyID, b.AccessKeyID))
	})
	out.OtherActors = max(len(all)-incident.MaxRecoveredActors, 0)
	out.Actors = all[:min(len(all), incident.MaxRecoveredActors)]
	if t.more {
		out.Gaps = append(out.Gaps, fmt.Sprintf("there were more than %d actors: only so many were counted, all calls are in the evidence", maxActors))
	}
	return &out
}

// rank lists the actor's calls, those that matter first.
func (a *actorTally) rank() {
	for _, c := range a.kinds {
		a.Made = append(a.Made, *c)
	}
	slices.SortFunc(a.Made, func(x, y incident.RecoveredCall) int {
		return cmp.Or(one(y.Sensitive)-one(x.Sensitive), one(y.Write)-one(x.Write), y.Count-x.Count,
			strings.Compare(x.Source, y.Source), strings.Compare(x.Name, y.Name))
	})
	for _, c := range a.Made[min(len(a.Made), incident.MaxRecoveredCalls):] {
		a.OtherCalls += c.Count
	}
	a.Made = a.Made[:min(len(a.Made), incident.MaxRecoveredCalls)]
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func within(first, last, t time.Time) (time.Time, time.Time) {
	if first.IsZero() || t.Before(first) {
		first = t
	}
	return first, latest(last, t)
}

func with(regions []string, region string) []string {
	if slices.Contains(regions, region) || len(regions) >= incident.MaxRecoveredRegions {
		return regions
	}
	return append(regions, region)
}
