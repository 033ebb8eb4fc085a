package guard

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestLaneRunsWaitingSignalsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane()
		var mu sync.Mutex
		var runs []int // signals in each run
		run := func(_ context.Context, batch []tamper.Signal) (*incident.Incident, error) {
			mu.Lock()
			runs = append(runs, len(batch))
			mu.Unlock()
			<-time.After(time.Second)
			return &incident.Incident{ID: "i"}, nil
		}
		var callers sync.WaitGroup
		reported := 0
		call := func() {
			i, err := l.do(t.Context(), make([]tamper.Signal, 1), run)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if i != nil {
				reported++
			}
		}
		callers.Go(call)
		synctest.Wait() // the first run is under way
		for range 100 {
			callers.Go(call)
		}
		callers.Wait()
		if len(runs) != 2 || runs[0] != 1 || runs[1] != 100 {
			t.Errorf("runs of %v signals, want 1 and 100", runs)
		}
		if reported != 2 {
			t.Errorf("%d callers got an incident, want one for each run", reported)
		}
	})
}

func TestLaneWaitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane()
		go func() {
			_, _ = l.do(t.Context(), nil, func(context.Context, []tamper.Signal) (*incident.Incident, error) {
				<-time.After(time.Hour)
				return nil, nil
			})
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.do(ctx, nil, nil); err == nil {
			t.Error("waited for the other run")
		}
		<-time.After(2 * time.Hour)
	})
}

func TestProofOf(t *testing.T) {
	restored := time.Date(2026, 3, 1, 12, 0, 0, 500_000_000, time.UTC)
	fresh, old := restored.Add(time.Minute), restored.Add(-time.Minute)
	tests := []struct {
		name   string
		status trail.Facet[trail.Status]
		want   incident.ProofState
	}{
		{"delivered since", trail.Known(trail.Status{IsLogging: true, LatestDeliveryTime: fresh}), incident.ProofFresh},
		{"not since", trail.Known(trail.Status{IsLogging: true, LatestDeliveryTime: old}), incident.ProofPending},
		{"never", trail.Known(trail.Status{IsLogging: true}), incident.ProofPending},
		{"delivered, and then failed", trail.Known(trail.Status{IsLogging: true, LatestDeliveryTime: fresh, LatestDeliveryError: "NoSuchBucket"}), incident.ProofFailing},
		{"delivered, and then stopped", trail.Known(trail.Status{LatestDeliveryTime: fresh}), incident.ProofFailing},
		{"gone", trail.Gone[trail.Status](), incident.ProofUnknown},
		{"not read", trail.NotKnown[trail.Status]("denied"), incident.ProofUnknown},
	}
	for _, test := range tests {
		if got := proofOf(trail.Guarded{}, "us-east-1", test.status, restored); got.State != test.want {
			t.Errorf("%s: %s, want %s", test.name, got.State, test.want)
		}
	}
	want := trail.Guarded{Config: trail.Config{HomeRegion: "us-east-1"}}
	home := func(s incident.ProofState) incident.RegionProof {
		return incident.RegionProof{Region: "us-east-1", State: s}
	}
	other := func(s incident.ProofState) incident.RegionProof {
		return incident.RegionProof{Region: "eu-west-1", State: s}
	}
	suffices := []struct {
		proofs []incident.RegionProof
		since  time.Duration
		want   bool
	}{
		{[]incident.RegionProof{home(incident.ProofFresh), other(incident.ProofFresh)}, time.Minute, true},
		{[]incident.RegionProof{home(incident.ProofFresh), other(incident.ProofPending)}, time.Minute, false},
		{[]incident.RegionProof{home(incident.ProofFresh), other(incident.ProofPending)}, time.Hour, true},
		{[]incident.RegionProof{home(incident.ProofPending), other(incident.ProofFresh)}, time.Hour, false},
		{[]incident.RegionProof{home(incident.ProofFresh), other(incident.ProofFailing)}, time.Hour, false},
		{[]incident.RegionProof{home(incident.ProofFresh), other(incident.ProofUnknown)}, time.Hour, false},
	}
	for n, test := range suffices {
		if got := proved(want, test.proofs, test.since); got != test.want {
			t.Errorf("row %d: proved is %v, want %v", n, got, test.want)
		}
	}
}
