package journal

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errHeld says that somebody else has the lock.
var errHeld = errors.New("held by another writer")

// lock takes the lock file at path for this caller alone, on this machine, and returns what gives it back. A writer
// holds it for milliseconds, so asking again after a short while is enough; ctx bounds the wait.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	const first, longest, patience = time.Millisecond, 50 * time.Millisecond, 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := first; ; wait = min(2*wait, longest) {
		unlock, err := tryLock(path)
		if !errors.Is(err, errHeld) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the lock %s: %w%s", path, context.Cause(ctx), staleHint)
		case <-time.After(wait):
		}
	}
}
