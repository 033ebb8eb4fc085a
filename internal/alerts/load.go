package alerts

import (
	"context"
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

// Load reads the file at a location: a path, s3://bucket/key or ssm:NAME.
func Load(ctx context.Context, location string, s Source) (Config, error) {
	data, err := fetch(ctx, location, s)
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if err != nil {
		return Config{}, fmt.Errorf("the alerts file %s cannot be read: %w", location, err)
	}
	return Parse(location, data)
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
