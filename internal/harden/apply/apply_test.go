package apply_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/harden/apply"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// slow is a cloud with one stopped trail. It refuses StartLogging so many times, shows what it did only after so many looks,
// and can be unreadable.
type slow struct {
	refuse, lag, unread int
	class               guard.Class
	logging             bool
	calls               int
}

func (c *slow) Observe(_ context.Context, want trail.Guarded) trail.State {
	state := trail.State{ARN: want.ARN, Config: trail.Known(want.Config), Status: trail.Known(trail.Status{})}
	switch {
	case c.unread > 0:
		c.unread--
		state.Status = trail.NotKnown[trail.Status]("throttled")
	case c.logging && c.lag > 0:
		c.lag--
	case c.logging:
		state.Status = trail.Known(trail.Status{IsLogging: true})
	}
	return state
}

func (c *slow) Apply(context.Context, trail.Step) (guard.Receipt, error) {
	c.calls++
	if c.refuse > 0 {
		c.refuse--
		return guard.Receipt{RequestID: "refused"}, &guard.APIError{Op: "StartLogging", Message: "not now", Class: c.class}
	}
	c.logging = true
	return guard.Receipt{RequestID: "taken"}, nil
}

// stopped is a plan with one step: to start a trail.
func stopped(t *testing.T) harden.Plan {
	c := trail.Config{Name: "main", ARN: trailARN, HomeRegion: home, S3BucketName: bucket}
	owner, err := trail.ParseDocument([]byte(`{"Owner":"` + own + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	logs := posture.Resource{Type: trail.Bucket, ARN: bucketARN, Account: own, State: trail.ResourceState{trail.Identity: trail.Known(owner)}}
	inv := posture.Inventory{Accounts: []posture.Account{{ID: own, Partition: "aws", Resources: map[string]posture.Resource{bucketARN: logs}, Enabled: trail.Known([]string{home}),
		Regions: map[string]posture.Region{home: {Trails: trail.Known([]string{trailARN})}}, Trails: []trail.State{{ARN: trailARN, Config: trail.Known(c), Status: trail.Known(trail.Status{})}}}}}
	p, err := harden.Make(inv, harden.Options{Checks: []string{"ct-logging"}})
	if err != nil || len(p.Steps) != 1 {
		t.Fatalf("%d steps, %v", len(p.Steps), err)
	}
	return p
}

func TestPatience(t *testing.T) {
	for _, c := range []struct {
		name  string
		cloud slow
		want  apply.Outcome
		calls int
		most  time.Duration
	}{
		{"at once", slow{}, apply.Done, 1, 0},
		{"already", slow{logging: true}, apply.Already, 0, 0},
		{"throttled twice", slow{refuse: 2, class: guard.ClassRetry}, apply.Done, 3, 5 * time.Second},
		{"a role that is not known yet", slow{refuse: 3, class: guard.ClassDependency}, apply.Done, 4, 13 * time.Second},
		{"throttled for ever", slow{refuse: 99, class: guard.ClassRetry}, apply.Failed, 4, 13 * time.Second},
		{"denied", slow{refuse: 99, class: guard.ClassDenied}, apply.Failed, 1, 0},
		{"shows late", slow{lag: 3}, apply.Done, 1, 4 * time.Second},
		{"never shows", slow{lag: 99}, apply.Unproved, 1, 16 * time.Second},
		{"read the second time", slow{unread: 1}, apply.Done, 1, 2 * time.Second},
		{"never read", slow{unread: 99}, apply.Failed, 0, 13 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := stopped(t)
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				told := 0
				results := apply.Run(t.Context(), &c.cloud, p, func(apply.Result) { told++ })
				if len(results) != 1 || results[0].Outcome != c.want || told != 1 {
					t.Fatalf("%+v, told %d times", results, told)
				}
				if c.cloud.calls != c.calls {
					t.Errorf("%d calls, not %d", c.cloud.calls, c.calls)
				}
				if took := time.Since(began); took > c.most {
					t.Errorf("it took %v, more than %v", took, c.most)
				}
				if !results[0].Outcome.Good() && results[0].Detail == "" {
					t.Error("nobody is told why")
				}
			})
		})
	}
}

func TestEnded(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	cloud := &slow{}
	results := apply.Run(ctx, cloud, stopped(t), func(apply.Result) {})
	if results[0].Outcome != apply.Skipped || cloud.calls > 0 {
		t.Errorf("%+v after %d calls", results, cloud.calls)
	}
}
