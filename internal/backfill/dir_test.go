package backfill

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestDir(t *testing.T) {
	place := filepath.Join(t.TempDir(), "new", "evidence")
	d, err := NewDir(place)
	if err != nil || d.Location() != place {
		t.Fatal(d, err)
	}
	if _, err := d.Get(t.Context(), "a/b", 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("from no directory: %v", err)
	}
	for _, content := range []string{"one", "two"} {
		if err := d.Put(t.Context(), "a/b", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Get(t.Context(), "a/b", 3); err != nil || string(got) != content {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := os.WriteFile(filepath.Join(place, "a", "b"+draft), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), "a/b", []byte("three")); err != nil {
		t.Errorf("after a crash in the middle of writing: %v", err)
	}
	if _, err := os.Stat(filepath.Join(place, "a", "b"+draft)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a draft is left: %v", err)
	}
	if _, err := d.Get(t.Context(), "a/b", 4); err == nil {
		t.Error("more than the limit was read")
	}
	if _, err := d.Get(t.Context(), "none", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	info, err := os.Stat(filepath.Join(place, "a", "b"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Put(gone, "c", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDirStaysInside(t *testing.T) {
	outside, place := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(place, "link")); err != nil {
		t.Skip(err)
	}
	d, err := NewDir(place)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../x", "link/x", "/x"} {
		if err := d.Put(t.Context(), name, []byte("x")); err == nil {
			t.Errorf("%s was written", name)
		}
		if _, err := d.Get(t.Context(), name, 10); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("outside there is %v", left)
	}
}
