package gunzip

import (
	"errors"
	"fmt"
)

// What can be wrong with an input. Every error of this package is an *Error and wraps exactly one of these.
var (
	// ErrHeader: no gzip member begins here, or its header breaks RFC 1952 or fails its own checksum.
	ErrHeader = errors.New("not a gzip header")
	// ErrCorrupt: the compressed data breaks RFC 1951.
	ErrCorrupt = errors.New("corrupt compressed data")
	// ErrTruncated: the input ends before its member does.
	ErrTruncated = errors.New("truncated input")
	// ErrChecksum: the output's CRC-32 is not the one in the trailer.
	ErrChecksum = errors.New("wrong checksum")
	// ErrSize: the output's length, modulo 1<<32, is not the one in the trailer, although the checksum is right.
	ErrSize = errors.New("wrong size in the trailer")
	// ErrTooLarge: the output would be longer than the caller's limit.
	ErrTooLarge = errors.New("output larger than the limit")
	// ErrPadding: nothing but zero bytes follow the last member. The output is whole.
	ErrPadding = errors.New("zero bytes after the last member")
	// ErrTrailing: something that is neither a member nor zero bytes follows the last member. The output is whole.
	ErrTrailing = errors.New("foreign bytes after the last member")
)

// Error says what is wrong, and how far things were right.
type Error struct {
	Kind error // one of the errors above

	// Offset counts the bytes of the compressed input in front of the first that was of no use: of the header, code, trailer
	// or trailing data in question.
	Offset int

	// Output counts the bytes of output that were decoded before, the earlier members' among them. With ErrChecksum and
	// ErrSize that is all of the output, and any of the last member's may be wrong; else they are what the writer wrote
	// unless the damage began earlier than where it became apparent.
	Output int
}

func (e *Error) Error() string {
	return fmt.Sprintf("gunzip: %v at byte %d of the compressed input, after %d bytes of output", e.Kind, e.Offset, e.Output)
}

// Unwrap returns the kind, for errors.Is.
func (e *Error) Unwrap() error { return e.Kind }
