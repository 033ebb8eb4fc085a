package gunzip

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"testing"
)

// TestWriteLog writes the benchmark's largest log to the file that TRAILHOLD_LOG names, for other tools.
func TestWriteLog(t *testing.T) {
	name := os.Getenv("TRAILHOLD_LOG")
	if name == "" {
		t.Skip("TRAILHOLD_LOG names no file")
	}
	if err := os.WriteFile(name, cloudTrailLog(1, 50_000_000), 0o644); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{300_000, 5_000_000, 50_000_000} {
		raw := cloudTrailLog(1, size)
		z := compress(b, raw, 6)
		b.Run(fmt.Sprint("ours/", size), func(b *testing.B) {
			var d Decoder
			var out []byte
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				var err error
				if out, _, err = d.Decode(out, z, 1<<30); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("compress-gzip/", size), func(b *testing.B) {
			in, r, out := new(bytes.Reader), new(gzip.Reader), new(bytes.Buffer)
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				in.Reset(z)
				out.Reset()
				if err := r.Reset(in); err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(out, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
