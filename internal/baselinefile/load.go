package baselinefile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Load reads a baseline from a file, or from an S3 object if the location begins with s3:// (object fetches it, at most
// max bytes). A location may end in #sha256= and 64 hex digits: then a content with another SHA-256 is refused, so
// that whoever may write the object still can't change what the guard takes for good.
func Load(ctx context.Context, location string, object Fetch) (trail.Baseline, error) {
	b, _, err := LoadFile(ctx, location, object)
	return b, err
}

// Fetch reads an S3 object of at most max bytes.
type Fetch func(ctx context.Context, uri string, max int64) ([]byte, error)

// LoadFile is Load, and returns the file's content, too.
func LoadFile(ctx context.Context, location string, object Fetch) (trail.Baseline, []byte, error) {
	place, data, err := Pinned(ctx, location, object)
	if err != nil {
		return trail.Baseline{}, nil, fmt.Errorf("the baseline cannot be read: %w", err)
	}
	b, err := Parse(place, data)
	return b, data, err
}

// Pinned reads what a location names, at most MaxSize bytes and one more, and returns it with the location without its pin. Content
// that is not what was pinned is an error.
func Pinned(ctx context.Context, location string, object Fetch) (place string, data []byte, err error) {
	place, pin, pinned := strings.Cut(location, "#sha256=")
	if data, err = fetch(ctx, place, object); err != nil {
		return place, nil, err
	}
	if sum := sha256.Sum256(data); pinned && !strings.EqualFold(pin, hex.EncodeToString(sum[:])) {
		return place, nil, fmt.Errorf("%s: its content has SHA-256 %x, not the pinned %s: put the right content back, or pin the new one on purpose", place, sum, pin)
	}
	return place, data, nil
}

func fetch(ctx context.Context, place string, object Fetch) ([]byte, error) {
	if strings.HasPrefix(place, "s3://") {
		return object(ctx, place, MaxSize)
	}
	file, err := os.Open(place)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, MaxSize+1)) // one more byte than Parse accepts, so that it sees the excess
}
