package hunt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Source lists files.
type Source interface {
	// Each calls each for every file that the filter may want, always in the same order. It returns each's first error
	// unchanged. Its own errors are joined, one for each folder that can't be listed: the others are listed all the same.
	Each(ctx context.Context, filter *Filter, each func(File) error) error
}

// File is something to read.
type File struct {
	Name   string // as people know it: a path or an s3:// address
	Path   string // with slashes, from which its place in a bucket's layout can be read
	Size   int64  // of what is stored; -1 if it is not known
	Remote bool   // getting it takes time
	Open   func(context.Context) (io.ReadCloser, error)
	Done   func() // called once it was read; may be nil
	Once   bool   // it can't be opened again
}

// Path is a file or a directory, with zip archives in it.
type Path string

// Each implements Source.
func (p Path) Each(ctx context.Context, filter *Filter, each func(File) error) error {
	info, err := os.Stat(string(p))
	if err != nil {
		return plainError(string(p), err)
	}
	if !info.IsDir() {
		return p.file(string(p), info, each)
	}
	return p.walk(ctx, filter, each)
}

// walk goes through a directory in the order of names. What can't be listed is joined to the error.
func (p Path) walk(ctx context.Context, filter *Filter, each func(File) error) error {
	var failed []error
	err := filepath.WalkDir(string(p), func(name string, d fs.DirEntry, err error) error {
		slashed := filepath.ToSlash(name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if len(failed) < maxProblems {
				failed = append(failed, plainError(name, err))
			}
			return nil
		case d.IsDir():
			if !filter.wants(placeOf(slashed + "/")) {
				return fs.SkipDir
			}
			return nil
		case !filter.wants(placeOf(slashed)) || !filter.mine(slashed):
			return nil
		}
		info, err := os.Stat(name) // through a link
		if err == nil && info.IsDir() {
			return nil // a link to a directory could lead in circles
		}
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New("it is no regular file")
		}
		if err == nil {
			err = p.file(name, info, each)
			if zipError := new(archiveError); !errors.As(err, &zipError) {
				return err
			}
		}
		if len(failed) < maxProblems {
			failed = append(failed, plainError(name, err))
		}
		return nil
	})
	return errors.Join(append(failed, err)...)
}

func (p Path) file(name string, info fs.FileInfo, each func(File) error) error {
	if info.Mode().IsRegular() && strings.EqualFold(filepath.Ext(name), ".zip") {
		return eachInArchive(name, each)
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = -1 // a pipe, which was named expressly
	}
	return each(File{Name: name, Path: filepath.ToSlash(name), Size: size, Once: size < 0, Open: func(context.Context) (io.ReadCloser, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, plainError(name, err)
		}
		return f, nil
	}})
}

// plainError says a file's name once.
func plainError(name string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Size adds up the bytes of what a directory holds, for those who want to know how long it will take.
func (p Path) Size(ctx context.Context, filter *Filter) (total int64) {
	_ = filepath.WalkDir(string(p), func(name string, d fs.DirEntry, err error) error {
		slashed := filepath.ToSlash(name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return nil //nolint:nilerr // Each reports it
		case d.IsDir():
			if !filter.wants(placeOf(slashed + "/")) {
				return fs.SkipDir
			}
			return nil
		}
		place := placeOf(slashed)
		if info, err := d.Info(); err == nil && !place.digest && filter.wants(place) && filter.mine(slashed) {
			total += info.Size()
		}
		return nil
	})
	return total
}

// Stdin is the standard input, or any other stream.
type Stdin struct{ Reader io.Reader }

// Each implements Source.
func (s Stdin) Each(_ context.Context, _ *Filter, each func(File) error) error {
	magic := make([]byte, 4)
	n, err := io.ReadFull(s.Reader, magic)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("standard input: %w", err)
	}
	whole := io.MultiReader(strings.NewReader(string(magic[:n])), s.Reader)
	if string(magic[:n]) == "PK\x03\x04" {
		return eachInStream(whole, each)
	}
	return each(File{Name: "-", Size: -1, Once: true, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(whole), nil
	}})
}
