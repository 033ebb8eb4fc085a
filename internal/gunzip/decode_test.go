package gunzip

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

const testLimit = 1 << 24

func compress(t testing.TB, raw []byte, level int) []byte {
	t.Helper()
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

// theirs is what compress/gzip makes of the first member, or of all.
func theirs(src []byte, all bool) (out []byte, n int, err error) {
	in := bytes.NewReader(src)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, 0, err
	}
	r.Multistream(all)
	out, err = io.ReadAll(io.LimitReader(r, testLimit+1))
	return out, len(src) - in.Len(), err
}

// agree fails the test unless we and compress/gzip make the same of src, both member by member and as a whole.
func agree(t *testing.T, d *Decoder, src []byte) {
	t.Helper()
	want, n, wantErr := theirs(src, false)
	out, used, err := d.Decode(nil, src, testLimit)
	compare(t, "Decode", out, err, want, wantErr)
	if err == nil && used != n {
		t.Fatalf("Decode used %d bytes, compress/gzip %d", used, n)
	}
	want, _, wantErr = theirs(src, true)
	out, _, err = d.DecodeAll(out, src, testLimit)
	compare(t, "DecodeAll", out, err, want, wantErr)
}

func compare(t *testing.T, what string, out []byte, err error, want []byte, wantErr error) {
	t.Helper()
	if errors.Is(err, ErrTooLarge) && len(want) > testLimit {
		want, wantErr = want[:testLimit], err
	}
	if errors.Is(wantErr, io.ErrUnexpectedEOF) && bytes.HasPrefix(out, want) {
		// compress/flate waits for as many bits as the end of the block would take before it looks at any. We use every
		// symbol that is there.
		want = out[:min(len(out), len(want)+15*maxMatch)]
	}
	if !bytes.Equal(out, want) {
		t.Fatalf("%s: %d bytes of output (%v) differ from compress/gzip's %d (%v)", what, len(out), err, len(want), wantErr)
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%s: %v, but compress/gzip: %v", what, err, wantErr)
	}
	if err != nil && !sameKind(err, wantErr) {
		t.Fatalf("%s: %v is of another kind than compress/gzip's %v", what, err, wantErr)
	}
	if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Output != len(out)) {
		t.Fatalf("%s: %#v with %d bytes of output", what, err, len(out))
	}
}

func sameKind(ours, std error) bool {
	var corrupt flate.CorruptInputError
	switch {
	case ours == std:
		return true
	case errors.Is(std, io.ErrUnexpectedEOF), errors.Is(std, io.EOF):
		return errors.Is(ours, ErrTruncated) || errors.Is(ours, ErrTrailing) || errors.Is(ours, ErrPadding)
	case errors.Is(std, gzip.ErrHeader):
		return errors.Is(ours, ErrHeader) || errors.Is(ours, ErrTrailing) || errors.Is(ours, ErrPadding)
	case errors.Is(std, gzip.ErrChecksum):
		return errors.Is(ours, ErrChecksum) || errors.Is(ours, ErrSize)
	case errors.As(std, &corrupt):
		return errors.Is(ours, ErrCorrupt)
	}
	return false
}

func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 70_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	s := map[string][]byte{
		"empty":     nil,
		"one byte":  {'x'},
		"log":       cloudTrailLog(3, 150_000),
		"small log": cloudTrailLog(4, 5_000),
		"noise":     noise,
		"zeros":     make([]byte, 100_000),
		"far":       append(append(bytes.Clone(noise[:32768]), noise[:300]...), noise[:32768]...),
	}
	for _, period := range []int{2, 3, 4, 5, 6, 7, 8, 9, 15, 31, 33, 257, 258, 259} {
		s[fmt.Sprint("period ", period)] = bytes.Repeat(noise[:period], 5000/period+1)
	}
	var lengths []byte // matches of every length at many distances
	for n := range 270 {
		lengths = append(append(lengths, noise[:n]...), noise[1000+3*n:1003+3*n]...)
	}
	s["lengths"] = lengths
	return s
}

func TestAgreesOnEveryLevel(t *testing.T) {
	var d Decoder
	for name, raw := range samples() {
		for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
			t.Run(fmt.Sprint(name, "/", level), func(t *testing.T) {
				z := compress(t, raw, level)
				agree(t, &d, z)
				agree(t, &d, append(bytes.Clone(z), z...))
				agree(t, &d, append(bytes.Clone(z), 0, 0, 0))
				out, n, err := d.Decode(make([]byte, 7), z, len(raw))
				if err != nil || n != len(z) || !bytes.Equal(out, raw) {
					t.Fatalf("%d bytes of output, %d of input used, %v", len(out), n, err)
				}
			})
		}
	}
}

func TestAgreesOnEveryTruncation(t *testing.T) {
	var d Decoder
	for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, gzip.BestSpeed, 6} {
		raw := cloudTrailLog(5, 4000)[:1500]
		z := compress(t, raw, level)
		for n := range z {
			agree(t, &d, z[:n])
			if out, _, err := d.Decode(nil, z[:n], testLimit); !errors.Is(err, ErrTruncated) || !bytes.HasPrefix(raw, out) {
				t.Fatalf("level %d cut to %d bytes: %d bytes of output, %v", level, n, len(out), err)
			}
		}
	}
}

func TestAgreesOnEveryFlippedBit(t *testing.T) {
	var d Decoder
	raw := cloudTrailLog(6, 2000)
	for _, z := range [][]byte{
		compress(t, raw[:100], gzip.NoCompression),
		compress(t, raw[:10], 6), // a fixed block
		compress(t, raw[:2000], 6),
	} {
		for bit := range 8 * len(z) {
			z[bit/8] ^= 1 << (bit % 8)
			agree(t, &d, z)
			z[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestAgreesOnHeaders(t *testing.T) {
	body := compress(t, []byte("hello"), 6)[fixedHeader:]
	fixed := func(flags byte) []byte { return []byte{0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3} }
	sum := func(h []byte) []byte { return binary.LittleEndian.AppendUint16(h, uint16(crc32.ChecksumIEEE(h))) }
	full := append(fixed(flagHeaderCRC|flagExtra|flagName|flagComment), "\x03\x00abcname\x00comment\xe9\x00"...)
	var d Decoder
	for name, header := range map[string][]byte{
		"everything":   sum(full),
		"wrong CRC":    append(bytes.Clone(full), 0, 0),
		"long name":    append(append(fixed(flagName), strings.Repeat("n", maxString-1)...), 0),
		"longer name":  append(append(fixed(flagName), strings.Repeat("n", maxString)...), 0),
		"no extra":     append(fixed(flagExtra), 0, 0),
		"large extra":  append(fixed(flagExtra), 255, 255),
		"reserved":     fixed(0xe0),
		"other method": {0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			z := append(bytes.Clone(header), body...)
			for n := range len(z) + 1 {
				agree(t, &d, z[:n])
			}
		})
	}
}

func TestLimit(t *testing.T) {
	raw := cloudTrailLog(7, 20_000)
	for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 1, 6} {
		z := compress(t, raw, level)
		var d Decoder
		for limit := -1; limit < len(raw)+700; limit += 1 + limit/50 {
			out, _, err := d.Decode(nil, z, limit)
			if cap(out) > max(limit, 0) {
				t.Fatalf("limit %d, capacity %d", limit, cap(out))
			}
			if limit >= len(raw) {
				if err != nil {
					t.Fatalf("limit %d of %d: %v", limit, len(raw), err)
				}
			} else if !errors.Is(err, ErrTooLarge) || !bytes.Equal(out, raw[:max(limit, 0)]) {
				t.Fatalf("level %d, limit %d: %d bytes, %v", level, limit, len(out), err)
			}
		}
	}
}

// TestClaimedSize: the trailer's size is a claim that must not buy memory.
func TestClaimedSize(t *testing.T) {
	z := compress(t, []byte("small"), 6)
	copy(z[len(z)-4:], "\xff\xff\xff\xff")
	var d Decoder
	out, _, err := d.Decode(nil, z, 1<<40)
	if !errors.Is(err, ErrSize) || string(out) != "small" || cap(out) > minBuffer {
		t.Fatalf("%q with capacity %d, %v", out, cap(out), err)
	}
}

func TestBufferIsReused(t *testing.T) {
	z := compress(t, cloudTrailLog(1, 50_000), 6)
	var d Decoder
	buf, _, err := d.Decode(nil, z, testLimit)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(10, func() { buf, _, _ = d.Decode(buf, z, testLimit) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// TestLeavesWhatIsBeyondTheLimitAlone: a buffer larger than the limit is written only up to the limit.
func TestLeavesWhatIsBeyondTheLimitAlone(t *testing.T) {
	z := compress(t, make([]byte, 5000), 6)
	buf := bytes.Repeat([]byte{'x'}, 5000)
	var d Decoder
	if out, _, err := d.Decode(buf, z, 1000); !errors.Is(err, ErrTooLarge) || &out[0] != &buf[0] {
		t.Fatal(err)
	}
	if n := bytes.IndexByte(buf, 'x'); n != 1000 {
		t.Fatalf("the first %d bytes are overwritten", n)
	}
}

func TestWhatFollows(t *testing.T) {
	one := compress(t, []byte("one,"), 6)
	two := compress(t, []byte("two"), 6)
	broken := bytes.Clone(two)
	broken[len(broken)-5] ^= 1
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		src     []byte
		out     string
		members int
		want    *Error
	}{
		"nothing":          {one, "one,", 1, nil},
		"a member":         {join(one, two), "one,two", 2, nil},
		"zeros":            {join(one, two, make([]byte, 512)), "one,two", 2, &Error{ErrPadding, len(one) + len(two), 7}},
		"text":             {join(one, []byte("text")), "one,", 1, &Error{ErrTrailing, len(one), 4}},
		"zeros, then text": {join(one, []byte("\x00\x00x")), "one,", 1, &Error{ErrTrailing, len(one), 4}},
		"zeros, a member":  {join(one, []byte{0}, two), "one,", 1, &Error{ErrTrailing, len(one), 4}},
		"half a member":    {join(one, two[:12]), "one,t", 1, &Error{ErrTruncated, len(one) + 12, 5}},
		"one byte of it":   {join(one, two[:1]), "one,", 1, &Error{ErrTruncated, len(one), 4}},
		"a broken member":  {join(one, broken), "one,two", 1, &Error{ErrChecksum, len(one) + len(two) - trailer, 7}},
		"no member at all": {[]byte("plain"), "", 0, &Error{ErrTruncated, 0, 0}},
		"plain JSON":       {[]byte(`{"Records":[]}`), "", 0, &Error{ErrHeader, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var d Decoder
			out, members, err := d.DecodeAll(nil, c.src, 1000)
			if string(out) != c.out || members != c.members {
				t.Errorf("%q from %d members", out, members)
			}
			if got, _ := errors.AsType[*Error](err); (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

// TestMembersAreApart: a distance must not reach into the member before.
func TestMembersAreApart(t *testing.T) {
	var w bitWriter
	w.put(1|1<<1, 3)     // a final fixed block
	w.put(0b1000000, 7)  // length 3, its code 0000001 from the highest bit
	w.put(0, 5)          // distance 1
	w.put(0, 7)          // end of block
	w.put(0, 8*fastIn*2) // room for the fast loop
	z := append(compress(t, []byte("aaaa"), 6), member(w.data)...)
	var d Decoder
	out, members, err := d.DecodeAll(make([]byte, 4*fastOut), z, testLimit)
	if string(out) != "aaaa" || members != 1 || !errors.Is(err, ErrCorrupt) {
		t.Fatalf("%q from %d members, %v", out, members, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 1, 6} {
		z := compress(f, cloudTrailLog(1, 3000), level)
		f.Add(z)
		f.Add(append(z, z...))
		f.Add(z[fixedHeader:])
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var d Decoder
		agree(t, &d, src)
		agree(t, &d, member(src)) // so that the fuzzer need not learn the header
		const limit = 1000
		whole, _, _ := d.Decode(nil, src, testLimit)
		out, _, _ := d.Decode(make([]byte, 10), src, limit)
		if cap(out) > limit || !bytes.Equal(out, whole[:min(limit, len(whole))]) {
			t.Fatalf("limited to %d bytes: %d of %d", limit, len(out), len(whole))
		}
	})
}
