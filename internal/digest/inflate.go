package digest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"

	"github.com/trailhold/trailhold/internal/gunzip"
)

// Bounds of what is read. CloudTrail's own files stay far below.
const (
	maxWhole  = 1 << 20  // stored bytes of an object that is read into memory whole; larger logs are streamed
	maxDigest = 64 << 20 // bytes of a digest, uncompressed: over 150,000 logs in an hour
	maxLog    = 1 << 30  // bytes of a log, uncompressed: a bomb costs seconds, not hours
)

// faultKind says how an object fails to be exactly one gzip member.
type faultKind int

const (
	truncated faultKind = iota // it ends early
	trailing                   // something follows its end
	malformed                  // it is not gzip, or its checksum is wrong
	tooLarge                   // it was not read to its end
)

// fault is what is wrong with an object's gzip layer.
type fault struct {
	kind   faultKind
	detail string
}

func (f *fault) Error() string { return f.detail }

// byteReader is what the decompressor needs to stop exactly at a member's end.
type byteReader interface {
	io.Reader
	io.ByteReader
}

// inflate writes the content of r, which has to be exactly one gzip member of at most limit bytes, to w. The content is
// written even where something follows it.
func inflate(w io.Writer, r byteReader, limit int64) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return gzipFault(err)
	}
	z.Multistream(false)
	n, err := io.Copy(w, io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return gzipFault(err)
	case n > limit:
		return &fault{tooLarge, "it is larger than any file of CloudTrail"}
	}
	if _, err := r.ReadByte(); err == nil {
		return errTrailing
	}
	return nil
}

var errTrailing = &fault{trailing, "something follows the end of the gzip member"}

func gzipFault(err error) error {
	switch {
	case errors.Is(err, gunzip.ErrTruncated), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &fault{truncated, "it ends before the end of the gzip member"}
	case errors.Is(err, gunzip.ErrChecksum), errors.Is(err, gunzip.ErrSize), errors.Is(err, gzip.ErrChecksum):
		return &fault{malformed, "the checksum or length in its gzip trailer is wrong"}
	default:
		return &fault{malformed, "it is not gzip as CloudTrail writes it"}
	}
}

// core is what decompressing one object in memory needs. There are as many as processors.
type core struct {
	decoder gunzip.Decoder
	out     []byte
}

const (
	maxInflated = 8 << 20 // bytes that are inflated in one go; what is larger goes through a small window
	maxKept     = 2 << 20 // bytes of a buffer that are kept for the next object
)

// inflate is inflate for an object in memory.
func (c *core) inflate(w io.Writer, stored []byte, limit int64) error {
	out, n, err := c.decoder.Decode(c.out, stored, int(min(limit, maxInflated)))
	if c.out = out[:0]; cap(out) > maxKept {
		c.out = nil
	}
	if errors.Is(err, gunzip.ErrTooLarge) {
		return inflate(w, bytes.NewReader(stored), limit)
	}
	w.Write(out) // a hash and a buffer take everything
	switch {
	case err != nil:
		return gzipFault(err)
	case n < len(stored):
		return errTrailing
	}
	return nil
}

// inflateStream is inflate for an object that arrives.
func inflateStream(w io.Writer, body io.Reader, limit int64) error {
	return inflate(w, bufio.NewReaderSize(body, 64<<10), limit)
}
