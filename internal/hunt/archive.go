package hunt

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// archiveError is a zip archive that can't be read, as opposed to what a caller's function returned.
type archiveError struct{ err error }

func (e *archiveError) Error() string { return e.err.Error() }
func (e *archiveError) Unwrap() error { return e.err }

// eachInArchive lists what is in a zip archive. It stays open until all of it was read.
func eachInArchive(name string, each func(File) error) error {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return &archiveError{fmt.Errorf("the zip archive can't be read: %w", err)}
	}
	return eachEntry(name, &archive.Reader, archive.Close, each)
}

// eachInStream lists what is in a zip archive that arrives: its table of contents is at its end.
func eachInStream(stream io.Reader, each func(File) error) error {
	spool, err := os.CreateTemp("", "trailhold-hunt-*.zip")
	if err != nil {
		return err
	}
	remove := func() error { return errors.Join(spool.Close(), os.Remove(spool.Name())) }
	size, err := io.Copy(spool, stream)
	if err != nil {
		return errors.Join(fmt.Errorf("standard input: %w", err), remove())
	}
	archive, err := zip.NewReader(spool, size)
	if err != nil {
		return errors.Join(fmt.Errorf("standard input: the zip archive can't be read: %w", err), remove())
	}
	return eachEntry("-", archive, remove, each)
}

// eachEntry lists the entries of an archive, and waits until they have been read: then it is done with.
func eachEntry(name string, archive *zip.Reader, done func() error, each func(File) error) error {
	var open sync.WaitGroup // entries that are not read yet
	defer func() {
		open.Wait()
		_ = done() // only read from
	}()
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		if entry.Flags&1 != 0 {
			return &archiveError{errors.New("the zip archive is encrypted: unpack it first")}
		}
		open.Add(1)
		f := File{
			Name: name + "!" + entry.Name, Path: strings.ReplaceAll(entry.Name, `\`, "/"), Size: int64(min(entry.CompressedSize64, 1<<62)), Once: true,
			Open: func(context.Context) (io.ReadCloser, error) { return entry.Open() },
			Done: sync.OnceFunc(open.Done),
		}
		if err := each(f); err != nil {
			f.Done()
			return err
		}
	}
	return nil
}
