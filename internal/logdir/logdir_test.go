package logdir

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// write makes a directory with files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, dir, metadata string) *Dir {
	t.Helper()
	d, err := Open(dir, metadata)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func list(t *testing.T, d *Dir, prefix, after string) (keys []string) {
	t.Helper()
	if err := d.List(t.Context(), "", prefix, after, func(i digest.Object) error { keys = append(keys, i.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	return keys
}

func kindOfError(err error) digest.FetchKind {
	if fetch, ok := errors.AsType[*digest.FetchError](err); ok {
		return fetch.Kind
	}
	return "no fetch error"
}

func TestFolders(t *testing.T) {
	d := open(t, write(t, map[string]string{"p/a/x": "", "p/b/c/x": "", "p/file": "", "q/x": ""}), "")
	for prefix, want := range map[string][]string{"": {"p/", "q/"}, "p/": {"p/a/", "p/b/"}, "p/b": {"p/b/"}, "none/": nil} {
		var got []string
		if err := d.Folders(t.Context(), "", prefix, func(f string) error { got = append(got, f); return nil }); err != nil || !slices.Equal(got, want) {
			t.Errorf("below %q: got %q, %v", prefix, got, err)
		}
	}
}

func TestListIsInOrderOfKeys(t *testing.T) {
	d := open(t, write(t, map[string]string{
		"a/z": "", "a.b/y": "", "a-": "", "a0": "", "b/c/d": "", "b/c.e": "", "b/c.metadata.json": "", "c": "",
	}), "")
	all := []string{"a-", "a.b/y", "a/z", "a0", "b/c.e", "b/c/d", "c"}
	if !slices.IsSorted(all) {
		t.Fatal("the test expects another order than S3's")
	}
	for prefix := range map[string]bool{"": true, "a": true, "a/": true, "b/c": true, "b/c/d": true, "x": true, "b": true} {
		for _, after := range append([]string{"", "a", "a.", "b/c", "zz"}, all...) {
			want := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return !strings.HasPrefix(k, prefix) || k <= after })
			if got := list(t, d, prefix, after); !slices.Equal(got, want) {
				t.Errorf("prefix %q after %q: got %q, want %q", prefix, after, got, want)
			}
		}
	}
}

func TestListEndsWhenToldTo(t *testing.T) {
	d := open(t, write(t, map[string]string{"a": "", "b": ""}), "")
	enough := errors.New("enough")
	if err := d.List(t.Context(), "", "", "", func(digest.Object) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.List(ended, "", "", "", func(digest.Object) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOpenReads(t *testing.T) {
	const key = "AWSLogs/1/CloudTrail-Digest/r/d.json.gz"
	d := open(t, write(t, map[string]string{key: "content", key + ".metadata.json": `{"Metadata":{"Signature":"ab"},"LastModified":"2026-03-01T02:00:00+01:00","ETag":"x"}`}), "")
	o, err := d.Get(t.Context(), "", key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(o.Body)
	if err = errors.Join(err, o.Body.Close()); err != nil || string(content) != "content" || o.Size != 7 {
		t.Errorf("got %q of %d bytes, %v", content, o.Size, err)
	}
	if want := time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC); o.Metadata["Signature"] != "ab" || !o.LastModified.Equal(want) {
		t.Errorf("metadata %v of %v", o.Metadata, o.LastModified)
	}
	if _, err := d.Get(t.Context(), "", "nothing"); kindOfError(err) != digest.NotFound {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestNothingOutsideIsOpened(t *testing.T) {
	outside := write(t, map[string]string{"secret": "secret"})
	dir := write(t, map[string]string{"in/side": "x", "plain": "x"})
	for link, target := range map[string]string{
		"out": filepath.Join(outside, "secret"), "up": filepath.Join("..", filepath.Base(outside), "secret"), "folder": outside, "ok": "plain",
		"device": "/dev/zero", "loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	d := open(t, dir, "")
	for _, key := range []string{
		"", ".", "..", "../x", "/etc/passwd", "in/../../x", "in//side", "in/", "./plain", "a\x00b", "out", "up", "folder/secret", "device", "loop", "in",
		strings.Repeat("x", maxKey+1), filepath.Join(outside, "secret"),
	} {
		if o, err := d.Get(t.Context(), "", key); !errors.Is(err, ErrRefused) || kindOfError(err) != digest.Other {
			t.Errorf("%.80q: got %v, %v", key, o, err)
		}
	}
	if o, err := d.Get(t.Context(), "", "ok"); err != nil {
		t.Errorf("a link within the directory: %v", err)
	} else {
		_ = o.Body.Close()
	}
	if keys := list(t, d, "", ""); slices.Contains(keys, "folder/secret") || !slices.Contains(keys, "folder") {
		t.Errorf("a link was followed out of the directory, or hidden: %q", keys)
	}
}

func TestMetadataFile(t *testing.T) {
	dir := write(t, map[string]string{"k/1": "x", "k/2": "y", "k/3": "z"})
	for name, content := range map[string]string{
		"map":   `{ "k/1" : {"Metadata":{"signature":"one"}} , "k/2":{"Metadata":{"signature":"two"},"LastModified":"2026-01-01T00:00:00Z"}}`,
		"lines": `{"Key":"k/1","Metadata":{"signature":"one"}}` + "\r\n\n" + `{"Metadata":{"signature":"two"},"LastModified":"2026-01-01T00:00:00Z","Key":"k/2"}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, dir, filepath.Join(write(t, map[string]string{"m": content}), "m"))
			for key, want := range map[string]string{"k/1": "one", "k/2": "two", "k/3": ""} {
				o, err := d.Get(t.Context(), "", key)
				if err != nil {
					t.Fatal(err)
				}
				if _ = o.Body.Close(); o.Metadata["signature"] != want {
					t.Errorf("%s: got %v, want %q", key, o.Metadata, want)
				}
			}
		})
	}
}

func TestMetadataThatCannotBeRead(t *testing.T) {
	const key = "a/CloudTrail-Digest/d"
	for _, content := range []string{"", "[]", "{", `{"Metadata":[]}`, `{"Metadata":{"a":"` + strings.Repeat("x", maxMetadata) + `"}}`} {
		d := open(t, write(t, map[string]string{key: "x", key + sidecar: content}), "")
		if _, err := d.Get(t.Context(), "", key); err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000 {
			t.Errorf("%.40q: got %v", content, err)
		}
	}
	for _, content := range []string{"", "[]", `{"a":`, `{"Key":""}`, `{"Key":"a"}` + "\n" + `{"Key":"a"}`, `{"a":{},"a":{}}`, `{"a":{}`} {
		path := filepath.Join(write(t, map[string]string{"m": content}), "m")
		if _, err := Open(t.TempDir(), path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v", content, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("a directory that is not there was opened")
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"Metadata":{"signature":"ab"},"LastModified":"2026-03-01T02:00:00+01:00"}`))
	f.Add([]byte(`{"Key":"k","Metadata":{}}` + "\n"))
	f.Add([]byte(`{"k":{"Metadata":{"A":"b"}}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		_, _ = parseAbout("key", content)
		path := filepath.Join(t.TempDir(), "m")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := openIndex(path)
		if err != nil {
			return
		}
		defer func() { _ = x.file.Close() }()
		for key, at := range x.at {
			if at.offset < 0 || at.offset+int64(at.length) > int64(len(content)) {
				t.Errorf("%q is said to be at %+v of %d bytes", key, at, len(content))
			}
			if _, err := x.about(key); err != nil {
				continue // a member of another form is only an error when it is wanted
			}
		}
	})
}
