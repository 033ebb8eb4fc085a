//go:build unix

package logdir

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipeIsNotOpened would never end if the pipe were opened: nobody writes into it.
func TestPipeIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := open(t, dir, "").Get(t.Context(), "", "pipe"); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
}
