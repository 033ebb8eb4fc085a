package guard_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// mortal is all ports of a guard whose process is killed at one of its calls: from then on it reaches nothing.
type mortal struct {
	w *world

	mu    sync.Mutex
	calls int
	dies  int  // at this call; 0: never
	late  bool // the call it dies at still takes effect, but nobody hears of it
}

var errDead = errors.New("the process was killed")

// step counts a call. effect says whether it happens, alive whether its outcome is heard of.
func (m *mortal) step() (effect, alive bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	switch {
	case m.dies == 0 || m.calls < m.dies:
		return true, true
	case m.calls == m.dies:
		return m.late, false
	}
	return false, false
}

func (m *mortal) Observe(ctx context.Context, want trail.Guarded) trail.State {
	if _, alive := m.step(); !alive {
		return trail.State{ARN: want.ARN}
	}
	return m.w.cloud.Observe(ctx, want)
}

func (m *mortal) Essentials(ctx context.Context, want trail.Guarded) trail.State {
	if _, alive := m.step(); !alive {
		return trail.State{ARN: want.ARN}
	}
	return m.w.cloud.Essentials(ctx, want)
}

func (m *mortal) Status(ctx context.Context, arn, region string) trail.Facet[trail.Status] {
	if _, alive := m.step(); !alive {
		return trail.NotKnown[trail.Status](errDead.Error())
	}
	return m.w.cloud.Status(ctx, arn, region)
}

func (m *mortal) Apply(ctx context.Context, s trail.Step) (receipt guard.Receipt, err error) {
	effect, alive := m.step()
	if effect {
		receipt, err = m.w.cloud.Apply(ctx, s)
	}
	if !alive {
		return guard.Receipt{}, errDead
	}
	return receipt, err
}

func (m *mortal) Save(ctx context.Context, i incident.Incident) (saved incident.Incident, err error) {
	effect, alive := m.step()
	if effect {
		saved, err = m.w.journal.Save(ctx, i)
	}
	if !alive {
		return i, errDead
	}
	return saved, err
}

func (m *mortal) Recent(ctx context.Context, arn string, since time.Time) ([]incident.Incident, error) {
	if _, alive := m.step(); !alive {
		return nil, errDead
	}
	return m.w.journal.Recent(ctx, arn, since)
}

func (m *mortal) Get(ctx context.Context, id string) (incident.Incident, error) {
	if _, alive := m.step(); !alive {
		return incident.Incident{}, errDead
	}
	return m.w.journal.Get(ctx, id)
}

func (m *mortal) Tell(ctx context.Context, i incident.Incident, kind incident.Kind) (err error) {
	effect, alive := m.step()
	if effect {
		err = m.w.teller.Tell(ctx, i, kind)
	}
	if !alive {
		return errDead
	}
	return err
}

// guarded is a guard that dies.
func (m *mortal) guard() *guard.Guard {
	return guard.New(m.w.baseline, guard.Ports{Observer: m, Actuator: m, Journal: m, Teller: m}, guard.Options{})
}

// crashAttack needs several steps to be undone.
func crashAttack(w *world) error {
	return errors.Join(
		w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{EnableLogFileValidation: aws.Bool(false), S3KeyPrefix: aws.String("")}),
		w.intruder.StopLogging(w.ctx(), home, "audit"))
}

// TestKilledAnywhere kills the guard at every call of a restoration, before and after the call took effect. The next
// guard, woken by the same records or only by its sweep, must finish: one incident, and people hear of it.
func TestKilledAnywhere(t *testing.T) {
	wakers := map[string]func(*testing.T, *world, *guard.Guard) error{
		"event": func(_ *testing.T, w *world, g *guard.Guard) error {
			_, err := g.Handle(w.ctx(), w.crashRecords)
			return err
		},
		"sweep": func(_ *testing.T, w *world, g *guard.Guard) error {
			_, err := g.Sweep(w.ctx())
			return err
		},
	}
	each := 1
	if testing.Short() {
		each = 30
	}
	for first, kill := range wakers {
		for second, restart := range wakers {
			for _, late := range []bool{false, true} {
				for dies, done := 1, false; !done; dies += each {
					t.Run(fmt.Sprintf("%s then %s/late %v/call %d", first, second, late, dies), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							w := newWorld(t, lab.Options{})
							w.must(crashAttack(w))
							w.crashRecords = w.records()
							m := &mortal{w: w, dies: dies, late: late}
							_ = kill(t, w, m.guard())
							done = m.calls < dies
							pause(time.Minute)
							w.must(restart(t, w, w.second()))
							pause(time.Minute)
							_, err := w.second().Sweep(w.ctx())
							w.must(err)
							w.assertRestored()
							w.assertOneIncident()
						})
					})
				}
			}
		}
	}
}

// assertOneIncident checks that the journal has one incident of the trail, and that people heard of it.
func (w *world) assertOneIncident() {
	w.t.Helper()
	all, err := w.journal.Recent(w.ctx(), w.want.ARN, time.Time{})
	w.must(err)
	if len(all) != 1 {
		for _, i := range all {
			w.t.Logf("%s %s %v %v", i.ID, i.Stage, i.Techniques, i.Notes)
		}
		w.t.Fatalf("the journal has %d incidents, want 1", len(all))
	}
	if alerts := w.teller.all(); len(alerts) == 0 || alerts[0].kind != incident.KindAlert || len(all[0].Drifts) == 0 {
		w.t.Errorf("people were told %v of %+v", alerts, all[0])
	}
}
