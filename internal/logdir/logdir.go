// Package logdir reads a directory that holds the objects of a log bucket under their keys, as "aws s3 sync" leaves it.
//
// What a bucket holds was named by whoever could write to it, and the names of files that digests point to are hostile
// too: nothing outside the directory is ever opened, whatever a name or a link says, and nothing but regular files.
package logdir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/plain"
)

// Dir is a directory with a bucket's layout. It implements digest.Store. It is safe for concurrent use. Close it in the end.
type Dir struct {
	root  *os.Root
	index *index // of --metadata; nil if each object has a file of its own
}

// ErrRefused means that a key does not name a file that may be read: it leads out of the directory, has a form that no
// key of CloudTrail has, or is not a regular file.
var ErrRefused = errors.New("not a file that may be read")

// Open opens a directory. Metadata is a file with the metadata of all objects; empty if each object has its own in
// <key>.metadata.json.
func Open(dir, metadata string) (*Dir, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the directory %s cannot be read: %w", dir, cause(err))
	}
	d := &Dir{root: root}
	if metadata != "" {
		if d.index, err = openIndex(metadata); err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	return d, nil
}

// Close releases the directory.
func (d *Dir) Close() error {
	err := d.root.Close()
	if d.index != nil {
		err = errors.Join(err, d.index.file.Close())
	}
	return err
}

// Get implements digest.Store. A copy does not know its bucket's name: whatever bucket is asked for, it is this one.
func (d *Dir) Get(_ context.Context, _, key string) (digest.Content, error) {
	file, info, err := d.file(key)
	if err != nil {
		return digest.Content{}, fetchError(key, err)
	}
	about, err := d.about(key)
	if err != nil {
		_ = file.Close() // only read from
		return digest.Content{}, fetchError(key, err)
	}
	content := digest.Content{Body: file, Size: info.Size(), Metadata: about.Metadata, LastModified: about.LastModified.UTC()}
	if about.LastModified.IsZero() {
		content.LastModified = info.ModTime().UTC() // "aws s3 sync" sets it
	}
	return content, nil
}

// fetchError says why a file could not be had. One that must not be read is not absent.
func fetchError(key string, err error) *digest.FetchError {
	kind := digest.Other
	switch {
	case errors.Is(err, ErrRefused):
	case errors.Is(err, fs.ErrNotExist):
		kind = digest.NotFound
	case errors.Is(err, fs.ErrPermission):
		kind = digest.Denied
	}
	return &digest.FetchError{Kind: kind, Object: key, Err: err}
}

// file opens the regular file of a key.
func (d *Dir) file(key string) (*os.File, fs.FileInfo, error) {
	name, err := local(key)
	if err != nil {
		return nil, nil, err
	}
	info, err := d.root.Stat(name)
	if err != nil {
		return nil, nil, refusal(key, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe or a device could block, or do something
		return nil, nil, fmt.Errorf("%s: %w: it is %s", show(key), ErrRefused, kindOf(info.Mode()))
	}
	file, err := d.root.Open(name)
	if err != nil {
		return nil, nil, refusal(key, err)
	}
	if info, err = file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", show(key), ErrRefused), file.Close())
	}
	return file, info, nil
}

// local turns a key into a file's name, refusing what is no plain path below the directory. Windows would read a
// backslash or a colon as something else than a part of a name.
func local(key string) (string, error) {
	name := filepath.FromSlash(key)
	odd := strings.ContainsRune(key, 0) || len(key) > maxKey || path.Clean(key) != key || !filepath.IsLocal(name)
	if odd || runtime.GOOS == "windows" && strings.ContainsAny(key, `\:*?"<>|`) {
		return "", fmt.Errorf("%s: %w", show(key), ErrRefused)
	}
	return name, nil
}

// maxKey is the length of the longest key in S3, in bytes.
const maxKey = 1024

// refusal tells a file that is not there from one that must not be read. A link out of the directory is among the latter.
func refusal(key string, err error) error {
	switch err := cause(err); {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w", show(key), err)
	default:
		return fmt.Errorf("%s: %w: %w", show(key), ErrRefused, err)
	}
}

func kindOf(mode fs.FileMode) string {
	if mode.IsDir() {
		return "a directory"
	}
	return "a device, a pipe or a socket"
}

func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func show(key string) string { return plain.Text(key, 300) }

// maxNames bounds the names of one directory. CloudTrail begins a new one each day.
const maxNames = 2_000_000

// List implements digest.Store. Files with metadata are not objects.
func (d *Dir) List(ctx context.Context, _, prefix, after string, each func(digest.Object) error) error {
	dir := prefix[:strings.LastIndexByte(prefix, '/')+1]
	return d.list(ctx, walk{prefix: prefix, after: after, each: each}, dir)
}

type walk struct {
	prefix, after string
	each          func(digest.Object) error
}

// list walks the directory dir, which is empty or ends with "/".
func (d *Dir) list(ctx context.Context, w walk, dir string) error {
	entries, err := d.entries(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fetchError(dir, err)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return fetchError(dir, err)
		}
		key := dir + e.name
		if !w.wants(key) {
			continue
		}
		if strings.HasSuffix(key, "/") {
			err = d.list(ctx, w, key)
		} else {
			err = w.give(key, e.entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wants says whether a key, or anything below a directory, can be part of the listing.
func (w walk) wants(key string) bool {
	if strings.HasSuffix(key, "/") {
		below := strings.HasPrefix(key, w.prefix) || strings.HasPrefix(w.prefix, key)
		return below && (key > w.after || strings.HasPrefix(w.after, key))
	}
	return strings.HasPrefix(key, w.prefix) && key > w.after && !strings.HasSuffix(key, sidecar)
}

func (w walk) give(key string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fetchError(key, cause(err))
	}
	return w.each(digest.Object{Key: key, Size: info.Size(), LastModified: info.ModTime().UTC()})
}

// entry is a file, or a directory with "/" at the end of its name.
type entry struct {
	name  string
	entry fs.DirEntry
}

// entries lists a directory in the order of keys: S3 compares a directory's "/" with the other names' characters. Links
// are listed as files, so that one that leads elsewhere is seen, and refused, when it is opened.
func (d *Dir) entries(dir string) ([]entry, error) {
	name := "."
	if dir != "" {
		var err error
		if name, err = local(strings.TrimSuffix(dir, "/")); err != nil {
			return nil, err
		}
	}
	open, err := d.root.Open(name)
	if err != nil {
		return nil, refusal(dir, err)
	}
	defer func() { _ = open.Close() }() // only read from
	var list []entry
	for {
		some, err := open.ReadDir(1024)
		for _, e := range some {
			if e.IsDir() {
				list = append(list, entry{e.Name() + "/", e})
			} else {
				list = append(list, entry{e.Name(), e})
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.name, b.name) })
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%s cannot be listed: %w", show(dir), cause(err))
		case len(list) > maxNames:
			return nil, fmt.Errorf("%s holds more than %d names", show(dir), maxNames)
		}
	}
}

// Folders implements digest.Store.
func (d *Dir) Folders(ctx context.Context, _, prefix string, each func(folder string) error) error {
	dir := prefix[:strings.LastIndexByte(prefix, '/')+1]
	entries, err := d.entries(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return fetchError(prefix, err)
	}
	for _, e := range entries {
		folder := dir + e.name
		if !strings.HasSuffix(folder, "/") || !strings.HasPrefix(folder, prefix) {
			continue
		}
		if err := each(folder); err != nil {
			return err
		}
	}
	return nil
}
