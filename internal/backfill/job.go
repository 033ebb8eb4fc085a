package backfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

// Bounds of what is done without being asked.
const (
	jobSpan     = 7 * 24 * time.Hour // incidents that were seen before are left to people
	jobAttempts = 5                  // at what is incomplete
	jobAgain    = time.Hour          // between two of them
	jobPause    = 10 * time.Minute   // after evidence could not be kept
	maxConflict = 10
)

// Job backfills the blind windows of incidents whose trails are restored, once Event history has had time to settle. It holds
// up nobody: whoever guards does not wait for it.
type Job struct {
	Account string // whose Event history it is
	History History
	Journal guard.Journal
	Teller  guard.Teller                           // told once per incident; nil: nobody is
	Store   func(incidentID string) (Store, error) // where the evidence of an incident goes
	Options Options                                // Wait makes no sense here
	tried   map[string]time.Time                   // incidents whose evidence could not be kept, and when
}

// Run looks once, and returns the incidents that it told something of. It is not safe for concurrent use.
func (j *Job) Run(ctx context.Context) (done []incident.Incident, err error) {
	known, err := j.Journal.Recent(ctx, "", time.Now().Add(-jobSpan))
	errs := []error{err}
	for _, i := range known {
		if !j.due(i, time.Now()) {
			continue
		}
		saved, err := j.backfill(ctx, i)
		if err != nil && ctx.Err() == nil {
			j.failed(i.ID)
			errs = append(errs, fmt.Errorf("incident %s: %w", i.ID, err))
		} else if err == nil {
			done = append(done, saved)
		}
	}
	return done, errors.Join(errs...)
}

// due says whether it is time to read what an incident's trail did not record.
func (j *Job) due(i incident.Incident, now time.Time) bool {
	from, to, _, _, ok := i.Recoverable(now)
	if !ok || i.Account != j.Account || i.Stage != incident.Restored && i.Stage != incident.Proved {
		return false
	}
	lag := j.Options.Lag
	if lag == 0 {
		lag = usualLag
	}
	if now.Before(to.Add(lag)) || now.Sub(j.tried[i.ID]) < jobPause {
		return false
	}
	r := i.Recovered
	if r == nil || from.Before(r.From) || to.After(r.To) {
		return true
	}
	return !r.Complete && r.Attempts < jobAttempts && now.Sub(r.At) >= jobAgain
}

func (j *Job) failed(id string) {
	if j.tried == nil || len(j.tried) > 1000 {
		j.tried = map[string]time.Time{}
	}
	j.tried[id] = time.Now()
}

// backfill reads, keeps, attaches and tells.
func (j *Job) backfill(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	want, err := RequestFor(i, time.Now())
	if err != nil {
		return i, err
	}
	store, err := j.Store(i.ID)
	if err != nil {
		return i, err
	}
	m, err := Run(ctx, j.History, store, want, j.Options)
	if err != nil {
		return i, err
	}
	r, err := Summarise(ctx, store, m, i.Suspects)
	if err != nil {
		return i, err
	}
	if i, err = Attach(ctx, j.Journal, i.ID, *r); err != nil {
		return i, err
	}
	return j.tell(ctx, i)
}

// tell tells people once, if they know of the incident.
func (j *Job) tell(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	if j.Teller == nil || !i.WasTold(incident.KindAlert) || i.WasTold(incident.KindRecovered) {
		return i, nil
	}
	telling := incident.Telling{Kind: incident.KindRecovered, At: time.Now().UTC()}
	err := j.Teller.Tell(ctx, i, incident.KindRecovered)
	if _, partly := errors.AsType[*guard.PartlyTold](err); err != nil && !partly {
		telling.Error = err.Error()
	}
	saved, saveErr := change(ctx, j.Journal, i.ID, func(i *incident.Incident) { i.Told = append(i.Told, telling) })
	return saved, errors.Join(err, saveErr)
}

// RequestFor is what has to be read for an incident. The error says why there is nothing to read.
func RequestFor(i incident.Incident, now time.Time) (Request, error) {
	from, to, regions, _, ok := i.Recoverable(now)
	if !ok {
		return Request{}, fmt.Errorf("incident %s has no blind window of which Event history could have anything: give the time with --from and --to", i.ID)
	}
	return Request{Account: i.Account, Incident: i.ID, From: from, To: to, Regions: regions}, nil
}

// Attach adds what was recovered to an incident in the journal, whoever else is changing it.
func Attach(ctx context.Context, journal guard.Journal, id string, r incident.Recovered) (incident.Incident, error) {
	return change(ctx, journal, id, func(i *incident.Incident) {
		r := r // what is added must not be added twice
		r.Attempts = 1
		if i.Recovered != nil && i.Recovered.From.Equal(r.From) && !i.Recovered.Complete { // its end may have been now
			r.Attempts += i.Recovered.Attempts
		}
		if _, _, _, guessed, ok := i.Recoverable(r.At); ok && guessed {
			r.Gaps = bounded(append([]string{"nobody saw the blind window begin: the day before it was noticed was read"}, r.Gaps...), incident.MaxRecoveredGaps, "gaps")
		}
		i.Recovered = &r
	})
}

// change changes an incident in the journal by compare-and-swap.
func change(ctx context.Context, journal guard.Journal, id string, how func(*incident.Incident)) (incident.Incident, error) {
	for tries := 0; ; tries++ {
		i, err := journal.Get(ctx, id)
		if err != nil {
			return i, err
		}
		how(&i)
		saved, err := journal.Save(ctx, i)
		if err == nil || !errors.Is(err, guard.ErrConflict) || tries == maxConflict {
			return saved, err
		}
	}
}
