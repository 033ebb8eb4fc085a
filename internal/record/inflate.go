package record

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// inflate unpacks data if it is gzip and returns it as it is otherwise. It stops at the limit, so that a few
// kilobytes which would inflate to gigabytes are refused after having cost no more than the limit.
func inflate(data []byte, limit int) ([]byte, error) {
	if len(data) > limit {
		return nil, fmt.Errorf("input is larger than %d bytes", limit)
	}
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("broken gzip: " + cut(err.Error()))
	}
	plain, err := io.ReadAll(io.LimitReader(reader, int64(limit)+1))
	if err != nil {
		return nil, errors.New("broken gzip: " + cut(err.Error()))
	}
	if len(plain) > limit {
		return nil, fmt.Errorf("gzip inflates to more than %d bytes", limit)
	}
	return plain, nil
}
