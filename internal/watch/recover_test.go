package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/trailhold/trailhold/internal/incident"
)

// TestRecoversWithoutHoldingUpTheGuard lets a recovery hang: sweeps and proofs go on, and the stop breaks it off.
func TestRecoversWithoutHoldingUpTheGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		runs, g := 0, &fakeGuard{}
		metrics := NewMetrics(time.Hour)
		options := Options{Sweep: time.Minute, Metrics: metrics, Recover: func(ctx context.Context) ([]incident.Incident, error) {
			if runs++; runs == 1 {
				return []incident.Incident{{ID: "i", Recovered: &incident.Recovered{}}}, errors.New("down")
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		done := make(chan error)
		go func() { done <- Run(ctx, g, options) }()
		<-time.After(10*time.Minute + time.Second) // of the bubble
		synctest.Wait()
		if runs != 2 || len(g.sweeps) != 11 || g.proofs < 40 {
			t.Errorf("%d recoveries, %d sweeps, %d looks for proof", runs, len(g.sweeps), g.proofs)
		}
		stop()
		if err := <-done; err != nil || testutil.ToFloat64(metrics.failures.WithLabelValues("recover")) != 1 {
			t.Errorf("stopped with %v", err)
		}
	})
}
