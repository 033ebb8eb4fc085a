package gunzip

import (
	"math/rand/v2"
	"testing"
)

// bitWriter writes hand-made blocks, lowest bit first.
type bitWriter struct {
	data []byte
	n    int
}

func (w *bitWriter) put(v uint, bits int) {
	for i := range bits {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n/8] |= byte(v >> i & 1 << (w.n % 8))
		w.n++
	}
}

// dynamicHead begins a final dynamic block whose code lengths are written with a code of 4 bits for each of 0 to 15.
func (w *bitWriter) dynamicHead(numLit, numDist int) {
	w.put(1|2<<1, 3)
	w.put(uint(numLit-257), 5)
	w.put(uint(numDist-1), 5)
	w.put(numClen-4, 4)
	for _, s := range clenOrder {
		if s < 16 {
			w.put(4, 3)
		} else {
			w.put(0, 3)
		}
	}
}

// lengths writes code lengths with that code, whose highest bit comes first.
func (w *bitWriter) lengths(lengths []uint8) {
	for _, n := range lengths {
		for i := 3; i >= 0; i-- {
			w.put(uint(n>>i&1), 1)
		}
	}
}

// member wraps raw DEFLATE data with a trailer of zeros.
func member(data []byte) []byte {
	return append(append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, data...), make([]byte, trailer)...)
}

// TestAgreesOnOddCodes tries codes that are incomplete, over-subscribed, empty or of a single symbol, with any bits behind them.
func TestAgreesOnOddCodes(t *testing.T) {
	var d Decoder
	set := func(n int, pairs ...int) []uint8 {
		l := make([]uint8, n)
		for i := 0; i < len(pairs); i += 2 {
			l[pairs[i]] = uint8(pairs[i+1])
		}
		return l
	}
	lits := [][]uint8{
		set(257), set(257, 256, 1), set(257, 97, 1, 256, 1), set(257, 97, 1, 256, 2), set(257, 97, 1, 98, 1, 256, 1),
		set(258, 97, 1, 256, 2, 257, 2), set(286, 97, 2, 256, 2, 257, 2, 285, 2), set(257, 256, 2), set(257, 97, 1),
		set(288, 97, 1, 256, 1),
		set(270, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 256, 14, 257, 15, 265, 15),
	}
	dists := [][]uint8{
		set(1), set(1, 0, 1), set(2, 1, 1), set(1, 0, 2), set(2, 0, 1, 1, 1), set(3, 0, 1, 1, 1, 2, 1),
		set(30, 0, 1, 29, 1), set(32, 0, 1, 31, 1),
		set(14, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 13),
	}
	r := rand.New(rand.NewPCG(8, 9))
	for _, lit := range lits {
		for _, dist := range dists {
			for range 40 {
				var w bitWriter
				w.dynamicHead(len(lit), len(dist))
				w.lengths(lit)
				w.lengths(dist)
				for range r.IntN(40) {
					w.put(uint(r.Uint32()&r.Uint32()), 16)
				}
				agree(t, &d, member(w.data))
			}
		}
	}
}

// TestAgreesOnRandomCodes builds complete codes of random shape, long codes with subtables among them, and reads random
// bits with them.
func TestAgreesOnRandomCodes(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 11))
	var d Decoder
	for range 400 {
		lit, dist := randomCode(r, 257+r.IntN(30)), randomCode(r, 1+r.IntN(30))
		var w bitWriter
		w.dynamicHead(len(lit), len(dist))
		w.lengths(lit)
		w.lengths(dist)
		for range 300 {
			w.put(uint(r.Uint32()), 16)
		}
		agree(t, &d, member(w.data))
	}
}

// randomCode splits codes at random, beginning with one of no bits, until there are up to n.
func randomCode(r *rand.Rand, n int) []uint8 {
	codes := []uint8{0}
	for range n - 1 {
		if i := r.IntN(len(codes)); codes[i] < maxCodeLen {
			codes[i]++
			codes = append(codes, codes[i])
			if r.IntN(3) > 0 { // prefer lopsided codes
				codes[r.IntN(len(codes))], codes[i] = codes[i], codes[r.IntN(len(codes))]
			}
		}
	}
	if !complete(codes) {
		codes = []uint8{1, 1}
	}
	lengths := make([]uint8, max(n, len(codes)))
	for i, at := range r.Perm(len(lengths))[:len(codes)] {
		lengths[at] = codes[i]
	}
	return lengths
}

func complete(codes []uint8) bool {
	space := 0
	for _, n := range codes {
		space += 1 << (maxCodeLen - n)
	}
	return space == 1<<maxCodeLen && len(codes) > 1
}
