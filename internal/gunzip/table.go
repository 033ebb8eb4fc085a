package gunzip

import "math/bits"

// A table entry says everything about the symbol whose code the next bits begin with, so that one load decides:
//
//	literal       flagLiteral, bits 8-15 the byte; with flagPair bits 16-23 a second byte and bits 24-27 the length of
//	              the first byte's code alone
//	length        bits 8-11 length of the code, from bit 16 the length's base
//	distance      bits 8-11 length of the code, from bit 16 the distance's base
//	end of block  flagSpecial, flagEnd
//	longer code   flagSpecial, flagSub, bits 8-11 the number of index bits of the subtable, from bit 16 its first entry
//	no code       flagSpecial alone
//
// Bits 0-5 always count the bits that the entry uses up: codes, and the extra bits of a length or distance.
const (
	flagLiteral = 1 << 31
	flagPair    = 1 << 30
	flagSpecial = 1 << 15
	flagSub     = 1 << 14
	flagEnd     = 1 << 13

	usedMask    = 63
	codeLenMask = 15
)

// The widths of the first-level tables are measured (see the package comment). A longer code costs a second load.
// The arrays' sizes are powers of two so that a masked index needs no bounds check. They leave more room than any
// complete code of at most 15 bits can fill: at most 2342 entries for 288 symbols behind 11 bits, 402 for 32 behind 8.
const (
	litBits  = 11
	distBits = 8
	clenBits = 7 // the longest code for a code length, so that this table has no subtables

	litSize  = 1 << 12
	distSize = 1 << 9

	maxCodeLen = 15
)

// noCode is what the bit leads to that a code of a single symbol leaves over. It uses that bit up, so that running out of input in
// front of it counts as truncation.
const noCode = flagSpecial | 1

// The symbols' entries before the length of the code is known, for the three alphabets of RFC 1951 §3.2.5 and §3.2.7.
var (
	litSymbols  = litAlphabet()
	distSymbols = distAlphabet()
	clenSymbols = clenAlphabet()
)

func litAlphabet() (a [288]uint32) {
	for b := range 256 {
		a[b] = flagLiteral | uint32(b)<<8
	}
	a[endOfBlock] = flagSpecial | flagEnd
	base := uint32(3)
	for i := range 28 {
		extra := uint32(max(0, i/4-1))
		a[257+i] = base<<16 | extra
		base += 1 << extra
	}
	a[285] = 258 << 16 // not 259, which the progression would give
	a[286], a[287] = flagSpecial, flagSpecial
	return a
}

func distAlphabet() (a [32]uint32) {
	base := uint32(1)
	for i := range 30 {
		extra := uint32(max(0, i/2-1))
		a[i] = base<<16 | extra
		base += 1 << extra
	}
	a[30], a[31] = flagSpecial, flagSpecial
	return a
}

func clenAlphabet() (a [19]uint32) {
	for i := range a {
		a[i] = uint32(i) << 16
	}
	return a
}

// withCode completes a symbol's entry for a code of n bits.
func withCode(symbol uint32, n int) uint32 {
	if symbol&flagLiteral == 0 {
		symbol |= uint32(n) << 8
	}
	return symbol + uint32(n)
}

// build fills table, whose first level has 1<<width entries, with the canonical Huffman code of these code lengths. It
// reports whether the lengths make a code: complete, or empty, or a single code of one bit, as zlib and compress/flate have it.
func build(table []uint32, width int, lengths []uint8, symbols []uint32) bool {
	var count [maxCodeLen + 1]int
	for _, n := range lengths {
		count[n]++
	}
	used := len(lengths) - count[0]
	count[0] = 0
	space := 0
	for _, c := range count {
		space = space<<1 + c
	}
	if space != 1<<maxCodeLen {
		return buildDegenerate(table[:1<<width], used, count[1], lengths, symbols)
	}

	var sorted [288]uint16
	sortByLength(sorted[:], &count, lengths)
	b := builder{table: table, width: width, count: &count, next: 1 << width}
	at := 0
	for n := 1; n <= maxCodeLen; n++ {
		if n <= width {
			copy(table[1<<(n-1):1<<n], table[:1<<(n-1)])
		}
		for range count[n] {
			s := sorted[at]
			b.put(n, withCode(symbols[s], n))
			at++
		}
	}
	return true
}

// buildDegenerate serves the codes that leave bits without a meaning.
func buildDegenerate(first []uint32, used, ofOneBit int, lengths []uint8, symbols []uint32) bool {
	if used > 1 || used != ofOneBit {
		return false
	}
	fill := uint32(noCode)
	if used == 0 {
		fill = flagSpecial // wrong whatever follows, even if nothing does
	}
	for i := range first {
		first[i] = fill
	}
	for s, n := range lengths {
		if n == 1 {
			for i := 0; i < len(first); i += 2 {
				first[i] = withCode(symbols[s], 1)
			}
		}
	}
	return true
}

// sortByLength lists the symbols that have a code in canonical order: by length of code, then by number.
func sortByLength(sorted []uint16, count *[maxCodeLen + 1]int, lengths []uint8) {
	var at [maxCodeLen + 2]int
	for n, c := range count {
		at[n+1] = at[n] + c
	}
	for s, n := range lengths {
		if n != 0 {
			sorted[at[n]] = uint16(s)
			at[n]++
		}
	}
}

// builder places codes in canonical order. Codes are kept with their first bit lowest, as they are read.
type builder struct {
	table []uint32
	width int
	count *[maxCodeLen + 1]int // codes of each length still to place
	code  int                  // the next code
	next  int                  // the first free entry behind the first level

	prefix   int // of the current subtable
	sub      int // its first entry
	subWidth int // its number of index bits; 0 before the first subtable
}

// put gives the next code, of n bits, to entry.
func (b *builder) put(n int, entry uint32) {
	if n <= b.width {
		b.table[b.code] = entry // build doubles the filled part of the table with each further bit
	} else {
		b.putLong(n, entry)
	}
	b.count[n]--
	b.code = successor(b.code, n)
}

func (b *builder) putLong(n int, entry uint32) {
	if prefix := b.code & (1<<b.width - 1); b.subWidth == 0 || prefix != b.prefix {
		b.openSubtable(prefix, n)
	}
	step := 1 << (n - b.width)
	for i := b.code >> b.width; i < 1<<b.subWidth; i += step {
		b.table[b.sub+i] = entry
	}
}

// openSubtable reserves room for all codes that begin with prefix, of which the shortest has n bits: codes only get longer, so
// that the room is wide enough once the codes to come would fill it.
func (b *builder) openSubtable(prefix, n int) {
	width := n - b.width
	filled := b.count[n]
	for filled < 1<<width {
		width++
		filled = filled<<1 + b.count[b.width+width]
	}
	b.prefix, b.sub, b.subWidth = prefix, b.next, width
	b.next += 1 << width
	b.table[prefix] = flagSpecial | flagSub | uint32(b.sub)<<16 | uint32(width)<<8 | uint32(b.width)
}

// successor counts up a code of n bits whose highest bit comes lowest.
func successor(code, n int) int {
	zeros := code ^ (1<<n - 1)
	if zeros == 0 {
		return code
	}
	bit := 1 << (bits.Len(uint(zeros)) - 1)
	return code&(bit-1) | bit
}

// pairLiterals merges two literals whose codes fit the index together into one entry. Random hexadecimal, which is
// most of what CloudTrail's identifiers leave uncompressed, is then read two digits at a time.
//
// It runs downwards because the second code's index, the rest of the first's, is the smaller one and must still be unmerged.
func pairLiterals(table *[litSize]uint32) {
	for i := 1<<litBits - 1; i >= 0; i-- {
		e := table[i]
		if e&flagLiteral == 0 {
			continue
		}
		n := e & usedMask
		second := table[i>>n]
		if second&flagLiteral == 0 || n+second&usedMask > litBits {
			continue
		}
		table[i] = e&0xff00 | flagLiteral | flagPair | n<<24 | (second&0xff00)<<8 | (n + second&usedMask)
	}
}
