package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

const (
	suffix    = ".json"
	lockName  = ".lock"
	draftName = ".draft" // the one temporary file: whoever writes holds the lock

	// maxFile is the largest incident, in bytes. It is far above what a guard writes; it keeps a planted file from
	// filling the memory.
	maxFile = 16 << 20
)

// File keeps one JSON file per incident, <id>.json, in a directory of its own. It is a guard.Journal. Any number of
// processes on one machine may share the directory. Incidents are evidence, so none is ever removed: old files of
// ended incidents can be moved away at any time.
type File struct {
	dir string
}

// OpenFile makes the directory, for its owner alone, if it is not there yet.
func OpenFile(dir string) (*File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: cannot make the directory: %w", err)
	}
	return &File{dir: dir}, nil
}

// Damaged is the error about a file of the journal that holds no readable incident. It does not concern the others.
type Damaged struct {
	File string // its path
	Err  error
}

// Error names the file and says what to do about it.
func (d *Damaged) Error() string {
	return fmt.Sprintf("journal: %s cannot be read as an incident (move it away to silence this): %v", d.File, d.Err)
}

// Unwrap returns the cause.
func (d *Damaged) Unwrap() error { return d.Err }

// Save implements guard.Journal. The file is replaced as a whole or not at all, and is on disk when Save returns.
func (f *File) Save(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	if err := errors.Join(ctx.Err(), validID(i.ID)); err != nil {
		return i, fmt.Errorf("journal: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(f.dir, lockName))
	if err != nil {
		return i, fmt.Errorf("journal: %w", err)
	}
	defer unlock()
	stored, err := f.version(i.ID)
	if err != nil {
		return i, err
	}
	data, saved, err := next(i, stored)
	if err != nil {
		return i, err
	}
	if len(data) > maxFile {
		return i, fmt.Errorf("journal: incident %s has %d bytes, more than the %d a file may have", i.ID, len(data), maxFile)
	}
	if err := f.replace(i.ID, data); err != nil {
		return i, fmt.Errorf("journal: cannot write incident %s: %w", i.ID, err)
	}
	return saved, nil
}

// version is the stored incident's, 0 if there is none.
func (f *File) version(id string) (int, error) {
	var h head
	err := f.read(id, &h, &h.ID)
	if errors.Is(err, guard.ErrNotFound) {
		return 0, nil
	}
	return h.Version, err
}

func (f *File) replace(id string, data []byte) error {
	draft := filepath.Join(f.dir, draftName)
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSynced(draft, data); err != nil {
		return err
	}
	if err := os.Rename(draft, f.path(id)); err != nil {
		return err
	}
	return syncDir(f.dir)
}

func writeSynced(path string, data []byte) (err error) {
	// O_EXCL: a file or link that somebody put there is not written through.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(append(data, '\n')); err != nil {
		return err
	}
	return file.Sync()
}

// Get implements guard.Journal. A file that is there but holds no incident gives *Damaged.
func (f *File) Get(ctx context.Context, id string) (i incident.Incident, err error) {
	if err := errors.Join(ctx.Err(), validID(id)); err != nil {
		return i, fmt.Errorf("journal: %w", err)
	}
	err = f.read(id, &i, &i.ID)
	return i, err
}

// read decodes the file of id and checks that it holds what its name says.
func (f *File) read(id string, into any, got *string) error {
	data, err := readBounded(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: incident %s: %w", id, guard.ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err == nil && *got != id {
		err = fmt.Errorf("it holds the incident %q", *got)
	}
	if err != nil {
		return &Damaged{File: f.path(id), Err: err}
	}
	return nil
}

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+2)) // and the newline at its end
	if err == nil && len(data) > maxFile+1 {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return data, err
}

// Recent implements guard.Journal. If some files are damaged it returns all the others, and an error that names each
// damaged one.
func (f *File) Recent(ctx context.Context, trailARN string, since time.Time) ([]incident.Incident, error) {
	ids, err := f.ids()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var found []incident.Incident
	var damage []error
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		i, ok, err := f.readWanted(id, trailARN, since)
		if err != nil {
			damage = append(damage, err)
		} else if ok {
			found = append(found, i)
		}
	}
	newestFirst(found)
	return found, errors.Join(damage...)
}

func (f *File) readWanted(id, trailARN string, since time.Time) (i incident.Incident, ok bool, err error) {
	var h head
	if err := f.read(id, &h, &h.ID); err != nil {
		if errors.Is(err, guard.ErrNotFound) { // moved away since the directory was listed
			err = nil
		}
		return i, false, err
	}
	if !h.wanted(trailARN, since) {
		return i, false, nil
	}
	err = f.read(id, &i, &i.ID)
	return i, err == nil, err
}

// ids are those of the files whose names can be an incident's; all else in the directory is somebody else's.
func (f *File) ids() ([]string, error) {
	files, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, file := range files {
		id, ok := strings.CutSuffix(file.Name(), suffix)
		if ok && !file.IsDir() && validID(id) == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (f *File) path(id string) string { return filepath.Join(f.dir, id+suffix) }
