//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
)

// staleHint is for a lock that a crash left behind: nothing here can tell it from one that is held.
const staleHint = "; if no trailhold is running, remove that file"

// tryLock holds the lock by the existence of the file.
func tryLock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) || runtime.GOOS == "windows" && errors.Is(err, fs.ErrPermission) {
		return nil, errHeld // Windows denies access to a file whose removal is under way
	}
	if err != nil {
		return nil, err
	}
	return func() {
		_ = file.Close()
		_ = os.Remove(path) // if it stays, the next writer's error says what to do
	}, nil
}
