package keyring

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

func at(day int) time.Time { return time.Date(2025, 3, day, 0, 0, 0, 0, time.UTC) }

// source answers with one key per region, and counts how often it is asked.
type source struct {
	asked int
	err   error
}

func (s *source) Keys(_ context.Context, region string, from, to time.Time) ([]digest.PublicKey, error) {
	s.asked++
	return []digest.PublicKey{{Fingerprint: region, Value: []byte{1}, From: from, To: to}}, s.err
}

func TestKeysAreAskedForOnceAndKept(t *testing.T) {
	live := &source{}
	r := New(live)
	for range 3 {
		keys, err := r.Keys(t.Context(), "eu-west-1", at(1), at(9))
		if err != nil || len(keys) != 1 || keys[0].Fingerprint != "eu-west-1" {
			t.Fatalf("got %v, %v", keys, err)
		}
	}
	if _, err := r.Keys(t.Context(), "eu-west-1", at(3), at(5)); err != nil || live.asked != 1 {
		t.Errorf("asked %d times, %v", live.asked, err)
	}
	if _, err := r.Keys(t.Context(), "us-east-1", at(3), at(5)); err != nil || live.asked != 2 {
		t.Errorf("another region: asked %d times, %v", live.asked, err)
	}
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	offline := New(nil)
	if own, err := offline.Load(path); err != nil || !own {
		t.Fatal(own, err)
	}
	if keys, err := offline.Keys(t.Context(), "eu-west-1", at(2), at(8)); err != nil || len(keys) != 1 || !keys[0].From.Equal(at(1)) {
		t.Errorf("from the file: got %v, %v", keys, err)
	}
	for _, outside := range []func() ([]digest.PublicKey, error){
		func() ([]digest.PublicKey, error) { return offline.Keys(t.Context(), "eu-west-1", at(2), at(10)) },
		func() ([]digest.PublicKey, error) { return offline.Keys(t.Context(), "ap-south-1", at(2), at(3)) },
	} {
		if keys, err := outside(); !errors.Is(err, ErrNoKeys) {
			t.Errorf("what is not in the file: got %v, %v", keys, err)
		}
	}
}

func TestFailureIsNoAnswer(t *testing.T) {
	down := errors.New("down")
	r := New(&source{err: down})
	if _, err := r.Keys(t.Context(), "eu-west-1", at(1), at(2)); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing was learnt, and yet written: %v", err)
	}
}

func TestPrintedKeys(t *testing.T) {
	for name, text := range map[string]string{
		"version 2": `{"PublicKeyList":[{"Value":"AQ==","ValidityStartTime":"2025-03-01T01:00:00+01:00","ValidityEndTime":"2025-03-09T00:00:00+00:00","Fingerprint":"f"}]}`,
		"version 1": `{"PublicKeyList":[{"Value":"AQ==","ValidityStartTime":1740787200.0,"ValidityEndTime":1741478400.0,"Fingerprint":"f"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := New(nil)
			if own, err := r.parse([]byte(text)); err != nil || own {
				t.Fatal(own, err)
			}
			keys, err := r.Keys(t.Context(), "any-region-1", at(2), at(8))
			if err != nil || len(keys) != 1 || !keys[0].From.Equal(at(1)) || !keys[0].To.Equal(at(9)) {
				t.Errorf("got %+v, %v", keys, err)
			}
			if _, err := r.Keys(t.Context(), "any-region-1", at(2), at(10)); !errors.Is(err, ErrNoKeys) {
				t.Errorf("a time that the keys leave open: %v", err)
			}
		})
	}
}

func TestOwnFileIsWrittenWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, content := range []string{"one", "two"} {
		if err := WriteWhole(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := WriteWhole(filepath.Join(dir, "none", "f"), nil); err == nil {
		t.Error("a file was written into a directory that is not there")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", `{"version":2,"regions":{}}`, `{"PublicKeyList":[{"Value":1}]}`, `{"PublicKeyList":[{"ValidityStartTime":1e300}]}`} {
		path := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(nil).Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if _, err := New(nil).Load("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"PublicKeyList":[{"Value":"AQ==","ValidityStartTime":1740787200.0,"ValidityEndTime":"2025-03-09T00:00:00Z","Fingerprint":"f"}]}`))
	f.Add([]byte(`{"version":1,"regions":{"r":{"known":[{"from":"2025-03-09T00:00:00Z","to":"2026-03-10T00:00:00Z"}],"keys":[]},"s":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := New(nil)
		if _, err := r.parse(text); err == nil {
			_, _ = r.Keys(t.Context(), "r", at(1), at(2))
		}
	})
}
