package gunzip

import (
	"encoding/binary"
	"hash/crc32"
)

// Decoder inflates gzip members. Its zero value is ready; using it again saves the allocation of its 18 kB of tables. It
// must not be used by two goroutines at a time.
type Decoder struct {
	in    []byte
	ip    int    // index of the first byte of in that is not in the bit buffer
	bits  uint64 // lowest bit first; those above nbits are zero or a foretaste of in[ip:]
	nbits uint   // at most 63

	out  []byte // as far as it may be written: from the member's first byte to the buffer's capacity
	op   int    // the number of bytes of out that are decoded
	sum  uint32 // the CRC-32 of out[:summed]
	done int    // the number of bytes of out that sum covers

	buf   []byte // of which out is the end
	limit int    // of len(buf)

	lit   [litSize]uint32
	dist  [distSize]uint32
	fixed bool // whether the tables are those of the fixed codes
}

// Decode inflates the gzip member at the beginning of src into dst[:0] and returns the output and the number of
// bytes of src that the member took up: if that is less than len(src), something follows.
//
// The output takes dst's memory as far as its capacity goes, all of which may be overwritten, and a new buffer beyond. Neither
// output nor buffer grows beyond limit bytes; whoever needs more gets ErrTooLarge and the first limit bytes.
//
// With an error, which is always an *Error, the output is what was decoded before it.
func (d *Decoder) Decode(dst, src []byte, limit int) (out []byte, n int, err error) {
	d.start(dst, limit)
	n, err = d.member(src, 0)
	return d.finish(), n, err
}

// DecodeAll inflates all gzip members of src, one after the other, into dst[:0] and returns the output and the number of whole
// members. Limit and memory are as in Decode, the limit being for all members together.
//
// What follows the last member is an error, but of a kind of its own: ErrPadding for zeros, which gzip(1) ignores, ErrTrailing for
// what does not begin as a member does. A damaged second member is reported as the damage that it is.
func (d *Decoder) DecodeAll(dst, src []byte, limit int) (out []byte, members int, err error) {
	d.start(dst, limit)
	for at := 0; ; members++ {
		n, err := d.member(src, at)
		if err != nil {
			return d.finish(), members, err
		}
		at += n
		if at == len(src) {
			return d.finish(), members + 1, nil
		}
		if kind := trailing(src[at:]); kind != nil {
			out := d.finish()
			return out, members + 1, &Error{Kind: kind, Offset: at, Output: len(out)}
		}
	}
}

// trailing tells what follows a member: nil if it may be another one.
func trailing(rest []byte) error {
	if rest[0] == 0x1f && (len(rest) == 1 || rest[1] == 0x8b) {
		return nil
	}
	for _, b := range rest {
		if b != 0 {
			return ErrTrailing
		}
	}
	return ErrPadding
}

func (d *Decoder) start(dst []byte, limit int) {
	d.limit = max(limit, 0)
	d.buf = dst[:0:min(cap(dst), d.limit)]
}

// finish lets go of the caller's memory.
func (d *Decoder) finish() []byte {
	out := d.buf
	d.buf, d.out, d.in = nil, nil, nil
	return out
}

// member appends the output of the member at src[at:] to d.buf and returns the member's length.
func (d *Decoder) member(src []byte, at int) (int, error) {
	n, kind := header(src[at:])
	before := len(d.buf)
	d.ip, d.op = at+n, 0
	if kind == nil {
		d.in = src
		d.bits, d.nbits, d.sum, d.done = 0, 0, 0, 0
		d.reserve(src)
		kind = d.inflate()
		d.buf = d.buf[:before+d.op]
	}
	if kind == nil {
		kind = checkTrailer(src[d.ip:], d.sum, d.op)
	}
	if kind != nil {
		return d.ip - at, &Error{Kind: kind, Offset: d.ip, Output: len(d.buf)}
	}
	return d.ip + trailer - at, nil
}

// The buffer's first size. The size in the trailer of src is anybody's claim, so it is believed up to usualRatio times
// the compressed size; CloudTrail's files are compressed 8 to 20 times.
const (
	usualRatio = 32
	minBuffer  = 4 << 10
)

// reserve makes room for a member, as much as it is likely to need.
func (d *Decoder) reserve(src []byte) {
	likely := minBuffer
	if len(src) >= trailer {
		size := int(min(binary.LittleEndian.Uint32(src[len(src)-4:]), 1<<31-1))
		likely = max(likely, min(size+fastOut, usualRatio*(len(src)-d.ip)))
	}
	if cap(d.buf)-len(d.buf) < likely && cap(d.buf) < d.limit {
		d.regrow(len(d.buf), len(d.buf)+likely)
	}
	d.out = d.buf[len(d.buf):cap(d.buf)]
}

// grow makes room for more output of the same member. It reports whether there was any to be had.
func (d *Decoder) grow() bool {
	if cap(d.buf) >= d.limit {
		return false
	}
	before := len(d.buf)
	d.regrow(before+d.op, max(2*cap(d.buf), minBuffer))
	d.buf = d.buf[:before]
	d.out = d.buf[before:cap(d.buf)]
	return true
}

// regrow moves the first used bytes of the buffer into one of size bytes, or of the limit if that is less.
func (d *Decoder) regrow(used, size int) {
	bigger := make([]byte, used, min(size, d.limit))
	copy(bigger, d.buf[:used])
	d.buf = bigger
}

// inflate decodes the blocks of a member and leaves d.ip behind the last, or behind the last byte that was of use.
func (d *Decoder) inflate() error {
	for {
		last, err := d.block()
		d.checksum()
		if err != nil || last {
			d.unread()
			return err
		}
	}
}

// checksum brings d.sum up to date, block by block because a block is still in the cache.
func (d *Decoder) checksum() {
	d.sum = crc32.Update(d.sum, crc32.IEEETable, d.out[d.done:d.op])
	d.done = d.op
}

// unread gives whole bytes in the bit buffer back to the input.
func (d *Decoder) unread() {
	d.ip -= int(d.nbits / 8)
	d.bits, d.nbits = 0, 0
}
