package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// maxFile bounds a file of keys, in bytes: a key takes half a kilobyte, and regions change theirs a few times a year.
const maxFile = 64 << 20

// stored is the ring's own form of a file.
type stored struct {
	Version int               `json:"version"` // 1
	Regions map[string]*shelf `json:"regions"`
}

// Load adds the keys of a file: one of the ring's own, which Save may write again, or what "aws cloudtrail
// list-public-keys" printed. The error of a file that is not there wraps fs.ErrNotExist.
func (r *Ring) Load(path string) (own bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return false, fmt.Errorf("the keys in %s cannot be read: %w", path, err)
	}
	defer func() { _ = file.Close() }() // only read from
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	if err == nil {
		own, err = r.parse(text)
	}
	if err != nil {
		return false, fmt.Errorf("the keys in %s cannot be read: %w", path, err)
	}
	return own, nil
}

// parse adds the keys of either form.
func (r *Ring) parse(text []byte) (own bool, err error) {
	var either struct {
		stored
		PublicKeyList *[]printedKey
	}
	if err := json.Unmarshal(text, &either); err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case either.PublicKeyList != nil:
		for _, k := range *either.PublicKeyList {
			r.shared = append(r.shared, digest.PublicKey{Fingerprint: k.Fingerprint, Value: k.Value, From: k.ValidityStartTime.Time, To: k.ValidityEndTime.Time})
		}
		return false, nil
	case either.Version == 1 && either.Regions != nil:
		for region, s := range either.Regions {
			if s != nil {
				r.add(region, s.Known, s.Keys)
			}
		}
		return true, nil
	}
	return false, errors.New(`it is neither what "aws cloudtrail list-public-keys" prints nor a file of ours, which has "version": 1 and "regions"`)
}

// printedKey is a key as the AWS CLI prints it.
type printedKey struct {
	Fingerprint       string
	Value             []byte
	ValidityStartTime printedTime
	ValidityEndTime   printedTime
}

// printedTime is a time as the AWS CLI prints it: version 2 in ISO 8601, version 1 as seconds since 1970.
type printedTime struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *printedTime) UnmarshalJSON(text []byte) error {
	var seconds float64
	if json.Unmarshal(text, &seconds) == nil {
		if math.Abs(seconds) > 1e11 {
			return fmt.Errorf("%v is no time in seconds since 1970", seconds)
		}
		t.Time = time.Unix(int64(seconds), 0).UTC()
		return nil
	}
	var word string
	if err := json.Unmarshal(text, &word); err != nil {
		return err
	}
	parsed, err := time.Parse(time.RFC3339, word)
	t.Time = parsed.UTC()
	return err
}

// Save writes the keys of all regions to a file, whole or not at all, if any were added since they were loaded.
func (r *Ring) Save(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.changed {
		return nil
	}
	past := map[string]*shelf{}
	for region, s := range r.regions {
		past[region] = &shelf{until(s.Known, time.Now()), s.Keys}
	}
	text, err := json.MarshalIndent(stored{1, past}, "", "  ")
	if err != nil {
		return err
	}
	if err := WriteWhole(path, append(bytes.TrimSpace(text), '\n')); err != nil {
		return fmt.Errorf("the keys could not be kept in %s: %w", path, err)
	}
	r.changed = false
	return nil
}

// until cuts periods off at a time: of what comes after, more keys may yet be made.
func until(known []period, end time.Time) (out []period) {
	for _, p := range known {
		if p.To.After(end) {
			p.To = end.UTC()
		}
		if p.From.Before(p.To) {
			out = append(out, p)
		}
	}
	return out
}

// WriteWhole replaces a file's content, so that a reader, or a crash, finds the old one or the new one whole.
func WriteWhole(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
