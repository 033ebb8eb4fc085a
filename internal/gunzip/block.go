package gunzip

import "encoding/binary"

const (
	endOfBlock = 256
	maxLit     = 286 // symbols of a dynamic block's literal/length code
	maxDist    = 30
	numClen    = 19
)

// clenOrder is the order in which a dynamic block gives the lengths of the codes for code lengths (RFC 1951 §3.2.7).
var clenOrder = [numClen]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// block decodes one block and reports whether it was the last.
func (d *Decoder) block() (last bool, err error) {
	head, ok := d.take(3)
	if !ok {
		return false, ErrTruncated
	}
	last = head&1 != 0
	switch head >> 1 {
	case 0:
		return last, d.stored()
	case 1:
		d.useFixedCodes()
	case 2:
		if err := d.readCodes(); err != nil {
			return false, err
		}
	default:
		return false, ErrCorrupt
	}
	return last, d.symbols()
}

// symbols decodes the rest of a compressed block. Only the ends of the buffers are left to the careful loop.
func (d *Decoder) symbols() error {
	for {
		if len(d.out)-d.op < fastOut {
			d.grow()
		}
		st := d.fast()
		if st == more {
			st = d.careful()
		}
		switch st {
		case more:
		case blockEnd:
			return nil
		case truncated:
			return ErrTruncated
		case full:
			return ErrTooLarge
		default:
			return ErrCorrupt
		}
	}
}

// refill adds as many whole bytes to the bit buffer as fit and there are.
func (d *Decoder) refill() {
	if len(d.in)-d.ip >= 8 {
		d.bits |= binary.LittleEndian.Uint64(d.in[d.ip:]) << (d.nbits & 63)
		d.ip += int((63 - d.nbits) / 8)
		d.nbits |= 56
		return
	}
	for d.nbits < 56 && d.ip < len(d.in) {
		d.bits |= uint64(d.in[d.ip]) << (d.nbits & 63)
		d.ip++
		d.nbits += 8
	}
}

// skip drops n bits, of which the buffer holds enough.
func (d *Decoder) skip(n uint) {
	d.bits >>= n & 63
	d.nbits -= n
}

// take reads n bits, at most 16. It reports whether there were as many.
func (d *Decoder) take(n uint) (uint, bool) {
	d.refill()
	if d.nbits < n {
		return 0, false
	}
	v := uint(d.bits) & (1<<n - 1)
	d.skip(n)
	return v, true
}

// stored copies an uncompressed block.
func (d *Decoder) stored() error {
	d.unread()
	if len(d.in)-d.ip < 4 {
		return ErrTruncated
	}
	size := binary.LittleEndian.Uint16(d.in[d.ip:])
	if size != ^binary.LittleEndian.Uint16(d.in[d.ip+2:]) {
		return ErrCorrupt
	}
	d.ip += 4
	there := min(int(size), len(d.in)-d.ip)
	for len(d.out)-d.op < there && d.grow() {
	}
	n := copy(d.out[d.op:], d.in[d.ip:d.ip+there])
	d.ip += n
	d.op += n
	switch {
	case n < there:
		return ErrTooLarge
	case there < int(size):
		return ErrTruncated
	}
	return nil
}

// useFixedCodes builds the tables of RFC 1951 §3.2.6.
func (d *Decoder) useFixedCodes() {
	if d.fixed {
		return
	}
	var lengths [288]uint8
	for s := range lengths {
		switch {
		case s < 144:
			lengths[s] = 8
		case s < 256:
			lengths[s] = 9
		case s < 280:
			lengths[s] = 7
		default:
			lengths[s] = 8
		}
	}
	build(d.lit[:], litBits, lengths[:], litSymbols[:])
	pairLiterals(&d.lit)
	for s := range 32 {
		lengths[s] = 5
	}
	build(d.dist[:], distBits, lengths[:32], distSymbols[:])
	d.fixed = true
}

// readCodes reads the codes of a dynamic block (RFC 1951 §3.2.7) and builds their tables.
func (d *Decoder) readCodes() error {
	d.fixed = false
	head, ok := d.take(14)
	if !ok {
		return ErrTruncated
	}
	numLit, numDist := int(head&31)+257, int(head>>5&31)+1
	if numLit > maxLit || numDist > maxDist {
		return ErrCorrupt
	}
	if err := d.readClenCode(int(head>>10) + 4); err != nil {
		return err
	}
	var lengths [maxLit + maxDist]uint8
	if err := d.readLengths(lengths[:numLit+numDist]); err != nil {
		return err
	}
	if !build(d.lit[:], litBits, lengths[:numLit], litSymbols[:]) ||
		!build(d.dist[:], distBits, lengths[numLit:numLit+numDist], distSymbols[:]) {
		return ErrCorrupt
	}
	pairLiterals(&d.lit)
	return nil
}

// readClenCode reads the code for code lengths. Its table takes the place of the distances' for the time being.
func (d *Decoder) readClenCode(n int) error {
	var lengths [numClen]uint8
	for _, s := range clenOrder[:n] {
		v, ok := d.take(3)
		if !ok {
			return ErrTruncated
		}
		lengths[s] = uint8(v)
	}
	if !build(d.dist[:], clenBits, lengths[:], clenSymbols[:]) {
		return ErrCorrupt
	}
	return nil
}

// readLengths reads run-length encoded code lengths.
func (d *Decoder) readLengths(lengths []uint8) error {
	for i := 0; i < len(lengths); {
		d.refill()
		e := d.dist[d.bits&(1<<clenBits-1)]
		if uint(e&usedMask) > d.nbits {
			return ErrTruncated
		}
		if e&flagSpecial != 0 {
			return ErrCorrupt
		}
		d.skip(uint(e & usedMask))
		if s := e >> 16; s < 16 {
			lengths[i] = uint8(s)
			i++
			continue
		}
		n, err := d.readRun(e>>16, lengths, i)
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// readRun repeats the previous code length, or zero, from index i on.
func (d *Decoder) readRun(symbol uint32, lengths []uint8, i int) (int, error) {
	run := [...]struct{ extra, base uint }{{2, 3}, {3, 3}, {7, 11}}[symbol-16]
	more, ok := d.take(run.extra)
	if !ok {
		return 0, ErrTruncated
	}
	n, value := int(run.base+more), uint8(0)
	if symbol == 16 {
		if i == 0 {
			return 0, ErrCorrupt
		}
		value = lengths[i-1]
	}
	if i+n > len(lengths) {
		return 0, ErrCorrupt
	}
	for j := range n {
		lengths[i+j] = value
	}
	return n, nil
}
