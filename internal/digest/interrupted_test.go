package digest_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
)

// ending is a store that ends the context at the nth request.
type ending struct {
	digest.Store
	left   atomic.Int64
	cancel context.CancelFunc
}

func (e *ending) request(ctx context.Context) error {
	if e.left.Add(-1) < 0 {
		e.cancel()
	}
	return ctx.Err()
}

func (e *ending) List(ctx context.Context, bucket, prefix, after string, each func(digest.Object) error) error {
	if err := e.request(ctx); err != nil {
		return err
	}
	return e.Store.List(ctx, bucket, prefix, after, func(o digest.Object) error { return errors.Join(e.request(ctx), each(o)) })
}

func (e *ending) Folders(ctx context.Context, bucket, prefix string, each func(string) error) error {
	if err := e.request(ctx); err != nil {
		return err
	}
	return e.Store.Folders(ctx, bucket, prefix, each)
}

func (e *ending) Get(ctx context.Context, bucket, key string) (digest.Content, error) {
	if err := e.request(ctx); err != nil {
		return digest.Content{}, err
	}
	return e.Store.Get(ctx, bucket, key)
}

// TestEvidenceOutlivesTheEnd ends a verification after any number of requests. What was found until then is kept, and
// nothing is taken for missing because it was not reached.
func TestEvidenceOutlivesTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("a verification for each call that it makes")
	}
	kept := 0
	for n := range int64(1000) { // which is more than there are
		s := newStage()
		s.Options.Now, s.Options.Concurrency = s.Chain.At.Add(time.Hour), 1
		gone := s.Chain.Digests[0].Logs[0]
		s.World.Delete(digesttest.Bucket, gone)
		ctx, cancel := context.WithCancel(t.Context())
		store := &ending{Store: s.World, cancel: cancel}
		store.left.Store(n)
		result, err := digest.Verify(ctx, s.Options, store, s.World)
		cancel()
		if err == nil {
			break
		}
		if result.OK || slices.ContainsFunc(result.Problems, func(p digest.Problem) bool {
			return p.Kind != digest.LogMissing || p.Object != "s3://"+digesttest.Bucket+"/"+gone
		}) {
			t.Fatalf("after %d requests: ok %v, %+v", n, result.OK, result.Problems)
		}
		kept += len(result.Problems)
	}
	if kept == 0 {
		t.Error("no verification that ended early told of the log that is missing")
	}
}
