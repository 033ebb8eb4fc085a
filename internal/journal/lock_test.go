package journal

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLockWaitsNoLongerThanItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockName)
	synctest.Test(t, func(t *testing.T) {
		unlock, err := lock(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), path) {
			t.Errorf("a second lock must wait, fail and name the file: %v", err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("it waited %v, its context had a second", waited)
		}
		go func() {
			time.Sleep(100 * time.Millisecond) // in the bubble's time
			unlock()
		}()
		again, err := lock(t.Context(), path)
		if err != nil {
			t.Fatalf("once freed, it can be taken: %v", err)
		}
		again()
	})
}
