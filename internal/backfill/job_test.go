package backfill

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

func TestDue(t *testing.T) {
	end := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now := end.Add(3 * time.Hour)
	restored := func() incident.Incident {
		return incident.Incident{ID: "i", Account: account, Stage: incident.Restored, Seen: end.Add(-time.Hour), Blind: []incident.BlindWindow{{
			Regions: []string{"eu-west-1"}, Copy: incident.CopyLogFiles, Recovery: incident.FromEventHistory, From: end.Add(-time.Hour), To: end}}}
	}
	had := func(complete bool, attempts int, ago time.Duration) func(*incident.Incident, *Job) {
		return func(i *incident.Incident, _ *Job) {
			from, to, _, _, _ := i.Recoverable(now)
			i.Recovered = &incident.Recovered{From: from, To: to, Complete: complete, Attempts: attempts, At: now.Add(-ago)}
		}
	}
	for name, test := range map[string]struct {
		change func(*incident.Incident, *Job)
		want   bool
	}{
		"restored":                {func(*incident.Incident, *Job) {}, true},
		"proved":                  {func(i *incident.Incident, _ *Job) { i.Stage = incident.Proved }, true},
		"not restored":            {func(i *incident.Incident, _ *Job) { i.Stage = incident.Failed }, false},
		"nothing to recover":      {func(i *incident.Incident, _ *Job) { i.Blind = nil }, false},
		"of another account":      {func(i *incident.Incident, _ *Job) { i.Account = "444455556666" }, false},
		"history has not settled": {func(i *incident.Incident, _ *Job) { i.Blind[0].To = now.Add(-10 * time.Minute) }, false},
		"failed a minute ago":     {func(_ *incident.Incident, j *Job) { j.tried = map[string]time.Time{"i": now.Add(-time.Minute)} }, false},
		"failed long ago":         {func(_ *incident.Incident, j *Job) { j.tried = map[string]time.Time{"i": now.Add(-time.Hour)} }, true},
		"recovered":               {had(true, 1, 2*time.Hour), false},
		"in part":                 {had(false, 1, 2*time.Hour), true},
		"in part, just now":       {had(false, 1, time.Minute), false},
		"in part, and given up":   {had(false, jobAttempts, 2*time.Hour), false},
		"and went dark again": {func(i *incident.Incident, j *Job) {
			had(true, 1, time.Minute)(i, j)
			i.Blind[0].To = end.Add(time.Hour)
		}, true},
	} {
		i, j := restored(), &Job{Account: account}
		test.change(&i, j)
		if got := j.due(i, now); got != test.want {
			t.Errorf("%s: due is %v", name, got)
		}
	}
}

// contested is a journal that somebody else writes to at the same time.
type contested struct {
	stored    incident.Incident
	conflicts int
}

func (c *contested) Get(context.Context, string) (incident.Incident, error) { return c.stored, nil }

func (c *contested) Recent(context.Context, string, time.Time) ([]incident.Incident, error) {
	return nil, errors.New("not asked for")
}

func (c *contested) Save(_ context.Context, i incident.Incident) (incident.Incident, error) {
	if c.conflicts > 0 {
		c.conflicts--
		c.stored.Version++
		return i, guard.ErrConflict
	}
	c.stored = i
	return i, nil
}

func TestAttachWhileOthersWrite(t *testing.T) {
	j := &contested{conflicts: 3, stored: incident.Incident{ID: "i", Seen: time.Now(), Blind: []incident.BlindWindow{{Copy: incident.CopyLogFiles, Recovery: incident.FromEventHistory}}}}
	i, err := Attach(t.Context(), j, "i", incident.Recovered{At: time.Now()})
	if err != nil || i.Version != 3 || i.Recovered == nil || len(i.Recovered.Gaps) != 1 {
		t.Errorf("%v, %+v", err, i)
	}
	j.conflicts = 1000
	if _, err := Attach(t.Context(), j, "i", incident.Recovered{}); !errors.Is(err, guard.ErrConflict) {
		t.Errorf("got %v", err)
	}
}
