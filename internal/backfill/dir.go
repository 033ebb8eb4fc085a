package backfill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Dir is a Store in a directory, which it makes with the first file, for its owner alone. Nothing is written outside of it,
// whatever links are in it.
type Dir struct{ path string }

// NewDir is the store in a directory. An error means that its path cannot be made absolute.
func NewDir(dir string) (*Dir, error) {
	absolute, err := filepath.Abs(dir)
	return &Dir{absolute}, err
}

// Location implements Store.
func (d *Dir) Location() string { return d.path }

// draft is what a file is called until it is whole.
const draft = ".draft"

// Put implements Store. The file is on disk when it returns.
func (d *Dir) Put(ctx context.Context, name string, content []byte) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	name = filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	if err := root.Remove(name + draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSynced(root, name+draft, content); err != nil {
		return err
	}
	return root.Rename(name+draft, name)
}

func writeSynced(root *os.Root, name string, content []byte) (err error) {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.Sync()
}

// Get implements Store.
func (d *Dir) Get(ctx context.Context, name string, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only read from
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read from
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path.Base(name), limit)
	}
	return content, err
}
