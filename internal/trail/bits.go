package trail

import "slices"

// bits is a set of small integers. Sets that are combined have the same length.
type bits []uint64

func newBits(size int) bits { return make(bits, (size+63)/64) }

func (b bits) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bits) empty() bool {
	for _, word := range b {
		if word != 0 {
			return false
		}
	}
	return true
}

func (b bits) equal(c bits) bool { return slices.Equal(b, c) }

func (b bits) and(c bits) bits    { return b.combine(c, func(x, y uint64) uint64 { return x & y }) }
func (b bits) or(c bits) bits     { return b.combine(c, func(x, y uint64) uint64 { return x | y }) }
func (b bits) andNot(c bits) bits { return b.combine(c, func(x, y uint64) uint64 { return x &^ y }) }

func (b bits) combine(c bits, f func(x, y uint64) uint64) bits {
	result := make(bits, len(b))
	for i := range b {
		result[i] = f(b[i], c[i])
	}
	return result
}
