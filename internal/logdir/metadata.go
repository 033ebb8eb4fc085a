package logdir

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// sidecar is the end of the name of a file with an object's metadata.
const sidecar = ".metadata.json"

// maxMetadata bounds one object's metadata as JSON, in bytes. S3 itself allows 2 KB of user-defined metadata.
const maxMetadata = 64 << 10

// about is what "aws s3api head-object" prints of an object, as far as it matters.
type about struct {
	Metadata     map[string]string `json:"Metadata"`
	LastModified time.Time         `json:"LastModified"`
}

// about reads an object's metadata. Without any, it is empty.
func (d *Dir) about(key string) (about, error) {
	if d.index != nil {
		return d.index.about(key)
	}
	if !strings.Contains(key, "/CloudTrail-Digest/") { // only digests have metadata that matters
		return about{}, nil
	}
	file, _, err := d.file(key + sidecar)
	if errors.Is(err, fs.ErrNotExist) {
		return about{}, nil
	}
	if err != nil {
		return about{}, err
	}
	defer func() { _ = file.Close() }() // only read from
	text, err := io.ReadAll(io.LimitReader(file, maxMetadata+1))
	if err != nil {
		return about{}, fmt.Errorf("%s: %w", show(key+sidecar), cause(err))
	}
	return parseAbout(key+sidecar, text)
}

// parseAbout reads the metadata of one object.
func parseAbout(where string, text []byte) (about, error) {
	if len(text) > maxMetadata {
		return about{}, fmt.Errorf("%s: metadata of more than %d bytes", show(where), maxMetadata)
	}
	var a about
	if err := json.Unmarshal(text, &a); err != nil {
		return about{}, fmt.Errorf(`%s: no metadata of an object, which looks like {"Metadata":{"signature":"…"},"LastModified":"…"}: %s`, show(where), show(err.Error()))
	}
	return a, nil
}

// index knows where in a metadata file each object's metadata is. The metadata itself stays on disk.
type index struct {
	path string
	file *os.File
	at   map[string]stretch
}

type stretch struct {
	offset int64
	length int32
}

// openIndex reads through a metadata file: one JSON object of the form {"<key>":{"Metadata":…,"LastModified":…},…}, or
// lines of the form {"Key":"<key>","Metadata":…,"LastModified":…}.
func openIndex(path string) (*index, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the metadata file %s cannot be read: %w", path, cause(err))
	}
	x := &index{path: path, file: file, at: map[string]stretch{}}
	if err := x.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("the metadata file %s: %w", path, err), file.Close())
	}
	return x, nil
}

func (x *index) read() error {
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(x.file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := x.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if isLines(head[:n]) {
		return x.readLines()
	}
	return x.readMap()
}

// isLines tells the two forms apart by the first member's name.
func isLines(head []byte) bool {
	d := json.NewDecoder(bytes.NewReader(head))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return false
		}
		switch name {
		case "Key":
			return true
		case "Metadata", "LastModified", "ETag", "ContentLength":
		default:
			return false
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return false
		}
	}
	return false
}

func (x *index) readLines() error {
	lines := bufio.NewScanner(x.file)
	lines.Buffer(nil, maxMetadata)
	start, next, number := int64(0), int64(0), 0
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		advance, line, err := bufio.ScanLines(data, atEOF)
		if line != nil {
			start = next
		}
		next += int64(advance)
		return advance, line, err
	})
	for lines.Scan() {
		line := lines.Bytes()
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var named struct{ Key string }
		if err := json.Unmarshal(line, &named); err != nil || named.Key == "" {
			return fmt.Errorf(`line %d is not of the form {"Key":"…","Metadata":{…}}`, number)
		}
		if err := x.add(named.Key, start, len(line)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (x *index) readMap() error {
	d := json.NewDecoder(bufio.NewReader(x.file))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New(`it is neither of the form {"<key>":{"Metadata":{…}},…} nor lines of the form {"Key":"<key>","Metadata":{…}}`)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := name.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if err := x.add(key, d.InputOffset()-int64(len(value)), len(value)); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func (x *index) add(key string, offset int64, length int) error {
	if length > maxMetadata {
		return fmt.Errorf("the metadata of %s has more than %d bytes", show(key), maxMetadata)
	}
	if _, twice := x.at[key]; twice {
		return fmt.Errorf("%s is in it twice", show(key))
	}
	x.at[key] = stretch{offset, int32(length)}
	return nil
}

func (x *index) about(key string) (about, error) {
	at, ok := x.at[key]
	if !ok {
		return about{}, nil
	}
	text := make([]byte, at.length)
	if _, err := x.file.ReadAt(text, at.offset); err != nil {
		return about{}, fmt.Errorf("the metadata file %s: %w", x.path, cause(err))
	}
	return parseAbout(key, text)
}
