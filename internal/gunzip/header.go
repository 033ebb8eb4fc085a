package gunzip

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// A member's header and trailer (RFC 1952 §2.3).
const (
	fixedHeader = 10
	trailer     = 8

	methodDeflate = 8

	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4

	// maxString bounds a name or comment with its final zero, as compress/gzip does, so that both refuse the same files.
	maxString = 512
)

// header returns the length of the member's header at the beginning of src. Flags that RFC 1952 reserves are ignored, as
// compress/gzip ignores them. With an error the length is that of the part that was right.
func header(src []byte) (int, error) {
	if len(src) < fixedHeader {
		return 0, ErrTruncated
	}
	if src[0] != 0x1f || src[1] != 0x8b || src[2] != methodDeflate {
		return 0, ErrHeader
	}
	flags, n := src[3], fixedHeader
	if flags&flagExtra != 0 {
		if len(src) < n+2 {
			return n, ErrTruncated
		}
		size := 2 + int(binary.LittleEndian.Uint16(src[n:]))
		if len(src) < n+size {
			return n, ErrTruncated
		}
		n += size
	}
	for _, flag := range [...]byte{flagName, flagComment} {
		if flags&flag == 0 {
			continue
		}
		size, err := zeroTerminated(src[n:])
		if err != nil {
			return n, err
		}
		n += size
	}
	if flags&flagHeaderCRC != 0 {
		if len(src) < n+2 {
			return n, ErrTruncated
		}
		if binary.LittleEndian.Uint16(src[n:]) != uint16(crc32.ChecksumIEEE(src[:n])) {
			return n, ErrHeader
		}
		n += 2
	}
	return n, nil
}

// zeroTerminated returns the length of the string at the beginning of src, with its final zero.
func zeroTerminated(src []byte) (int, error) {
	if end := bytes.IndexByte(src[:min(len(src), maxString)], 0); end >= 0 {
		return end + 1, nil
	}
	if len(src) < maxString {
		return 0, ErrTruncated
	}
	return 0, ErrHeader
}

// checkTrailer compares the trailer with what was decoded.
func checkTrailer(src []byte, sum uint32, size int) error {
	switch {
	case len(src) < trailer:
		return ErrTruncated
	case binary.LittleEndian.Uint32(src) != sum:
		return ErrChecksum
	case binary.LittleEndian.Uint32(src[4:]) != uint32(size):
		return ErrSize
	}
	return nil
}
