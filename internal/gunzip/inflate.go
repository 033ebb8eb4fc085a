package gunzip

import "encoding/binary"

// What a decoding loop stopped at.
type status int

const (
	more      status = iota // nothing: the other loop has to go on
	blockEnd                // the end of the block
	badCode                 // bits that are no code, or no length or distance
	badWindow               // a distance that reaches back beyond the member's first byte
	truncated               // the end of the input
	full                    // the limit
)

// The fast loop runs while this much room is left. One turn refills the bit buffer twice, each time looking 8 bytes ahead and
// taking at most 7; it puts down at most three pairs of literals, or two and a match, which may be overrun by a whole chunk.
const (
	fastIn  = 16
	fastOut = 3*2 + maxMatch + chunk

	maxMatch = 258
	chunk    = 32
)

// fast decodes symbols without looking at the ends of its buffers, which it stays away from. It is one long function because
// its speed is that of local variables kept in registers; careful says the same at leisure.
//
// A refill leaves at least 56 bits: enough for two entries of literals (22) and a length (20), and after
// the second refill for a distance (28).
func (d *Decoder) fast() status {
	in, out := d.in, d.out
	ip, op := d.ip, d.op
	bits, nbits := d.bits, d.nbits
	st := more

	for ip <= len(in)-fastIn && op <= len(out)-fastOut {
		bits |= binary.LittleEndian.Uint64(in[ip:]) << (nbits & 63)
		ip += int((63 - nbits) >> 3)
		nbits |= 56
		e := d.lit[bits&(1<<litBits-1)]
		if e&flagLiteral != 0 {
			binary.LittleEndian.PutUint16(out[op:], uint16(e>>8))
			op += 1 + int(e>>30&1)
			bits >>= e & 63
			nbits -= uint(e & 63)
			e = d.lit[bits&(1<<litBits-1)]
			if e&flagLiteral != 0 {
				binary.LittleEndian.PutUint16(out[op:], uint16(e>>8))
				op += 1 + int(e>>30&1)
				bits >>= e & 63
				nbits -= uint(e & 63)
				e = d.lit[bits&(1<<litBits-1)]
				if e&flagLiteral != 0 {
					binary.LittleEndian.PutUint16(out[op:], uint16(e>>8))
					op += 1 + int(e>>30&1)
					bits >>= e & 63
					nbits -= uint(e & 63)
					continue
				}
			}
		}
		if e&flagSpecial != 0 {
			if e&flagSub != 0 {
				e = d.lit[(uint64(e>>16)+bits>>litBits&(1<<(e>>8&15)-1))&(litSize-1)]
			}
			if e&flagLiteral != 0 {
				out[op] = byte(e >> 8)
				op++
				bits >>= e & 63
				nbits -= uint(e & 63)
				continue
			}
			if e&flagSpecial != 0 {
				if e&flagEnd != 0 {
					bits >>= e & 63
					nbits -= uint(e & 63)
					st = blockEnd
				} else {
					st = badCode
				}
				break
			}
		}
		length := int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
		bits >>= e & 63
		nbits -= uint(e & 63)

		bits |= binary.LittleEndian.Uint64(in[ip:]) << (nbits & 63)
		ip += int((63 - nbits) >> 3)
		nbits |= 56
		e = d.dist[bits&(1<<distBits-1)]
		if e&flagSpecial != 0 {
			if e&flagSub != 0 {
				e = d.dist[(uint64(e>>16)+bits>>distBits&(1<<(e>>8&15)-1))&(distSize-1)]
			}
			if e&flagSpecial != 0 {
				st = badCode
				break
			}
		}
		dist := int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
		bits >>= e & 63
		nbits -= uint(e & 63)

		from := op - dist
		if from < 0 {
			st = badWindow
			break
		}
		end := op + length
		if dist >= 8 {
			copyChunk((*[chunk]byte)(out[from:]), (*[chunk]byte)(out[op:]))
			for op += chunk; op < end; op += chunk {
				from += chunk
				copyChunk((*[chunk]byte)(out[from:]), (*[chunk]byte)(out[op:]))
			}
		} else {
			repeat(out[from:end], dist)
		}
		op = end
	}
	d.ip, d.op = ip, op
	d.bits, d.nbits = bits, nbits
	return st
}

// copyChunk copies in steps of 8 bytes, in order, so that each step sees the one before where the two overlap by no more
// than a chunk less 8 bytes.
func copyChunk(from, to *[chunk]byte) {
	binary.LittleEndian.PutUint64(to[0:], binary.LittleEndian.Uint64(from[0:]))
	binary.LittleEndian.PutUint64(to[8:], binary.LittleEndian.Uint64(from[8:]))
	binary.LittleEndian.PutUint64(to[16:], binary.LittleEndian.Uint64(from[16:]))
	binary.LittleEndian.PutUint64(to[24:], binary.LittleEndian.Uint64(from[24:]))
}

// repeat fills run with copies of its first period bytes.
func repeat(run []byte, period int) {
	for period < len(run) {
		period += copy(run[period:], run[:period])
	}
}
