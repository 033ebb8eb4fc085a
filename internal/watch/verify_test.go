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

func TestVerifiesByTheClockAndStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		runs := 0
		metrics := NewMetrics(time.Hour)
		verifyFailures := func() float64 { return testutil.ToFloat64(metrics.failures.WithLabelValues("verify")) }
		options := Options{Sweep: time.Hour, Metrics: metrics, VerifyEvery: 24 * time.Hour, Verify: func(ctx context.Context) ([]incident.Incident, error) {
			if runs++; runs < 3 {
				return nil, errors.New("down")
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		done := make(chan error)
		go func() { done <- Run(ctx, &fakeGuard{}, options) }()
		<-time.After(49 * time.Hour) // of the bubble
		synctest.Wait()
		if runs != 3 || verifyFailures() != 2 {
			t.Errorf("%d runs, failures %v", runs, verifyFailures())
		}
		stop()
		if err := <-done; err != nil || verifyFailures() != 2 {
			t.Errorf("stopped with %v, failures %v", err, verifyFailures())
		}
	})
}
