package alerts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Source fetches files that are kept on AWS.
type Source struct {
	Object    func(ctx context.Context, uri string, max int64) ([]byte, error)
	Parameter func(ctx context.Context, name string) (string, error)
}

// Remote says whether a location is on AWS: an object at s3://bucket/key, or the parameter ssm:NAME.
func Remote(location string) bool {
	return strings.HasPrefix(location, "s3://") || strings.HasPrefix(location, InParameterStore+":")
}

// Inline says whether a location is no location, but the text of the file.
func Inline(location string) bool { return strings.Contains(location, "\n") }

// Load reads the file at a location: a path, s3://bucket/key or ssm:NAME. A location may end in #sha256= and 64 hex digits: then
// a content with another SHA-256 is refused, so that whoever may write the object still can't keep people from being told.
func Load(ctx context.Context, location string, s Source) (Config, error) {
	c, _, err := LoadFile(ctx, location, s)
	return c, err
}

// LoadFile is Load, and returns the file's content, too.
func LoadFile(ctx context.Context, location string, s Source) (Config, []byte, error) {
	place, pin, pinned := strings.Cut(location, "#sha256=")
	data, err := fetch(ctx, place, s)
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if err != nil {
		return Config{}, nil, fmt.Errorf("the alerts file %s cannot be read: %w", place, err)
	}
	if sum := sha256.Sum256(data); pinned && !strings.EqualFold(pin, hex.EncodeToString(sum[:])) {
		return Config{}, nil, fmt.Errorf("the alerts file %s has SHA-256 %x, not the pinned %s: put the right file back, or pin the new one on purpose", place, sum, pin)
	}
	c, err := Parse(place, data)
	return c, data, err
}

func fetch(ctx context.Context, location string, s Source) ([]byte, error) {
	if strings.HasPrefix(location, "s3://") {
		return s.Object(ctx, location, MaxSize)
	}
	if name, ok := strings.CutPrefix(location, InParameterStore+":"); ok {
		text, err := s.Parameter(ctx, name)
		return []byte(text), err
	}
	file, err := os.Open(location)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read from
	return io.ReadAll(io.LimitReader(file, MaxSize+1))
}
