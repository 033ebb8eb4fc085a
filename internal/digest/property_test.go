package digest_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
)

// rounds is n, but fewer where the race detector makes each slow.
func rounds(n int) int {
	if testing.Short() {
		return n / 5
	}
	return n
}

// randomWorld makes clean chains of a random shape.
func randomWorld(r *rand.Rand) (*digesttest.World, digest.Options) {
	w := digesttest.NewWorld()
	begin := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
	at := begin
	for _, region := range []string{"us-east-1", "eu-central-1"} {
		w.AddKey(region, signers()[0].Public(begin.AddDate(0, -1, 0), begin.AddDate(0, 1, 0)))
	}
	prefix := []string{"", "p", "deep/prefix"}[r.IntN(3)]
	for range 1 + r.IntN(4) {
		c := &digesttest.Chain{
			World: w, Bucket: "b", Account: fmt.Sprintf("%012d", r.IntN(3)), Region: []string{"us-east-1", "eu-central-1"}[r.IntN(2)],
			Trail: fmt.Sprintf("t_%d", r.IntN(1000)), HomeRegion: "us-east-1", Signer: signers()[0], At: begin,
			LogsPerHour: r.IntN(4), Prefix: prefix,
		}
		if r.IntN(4) == 0 {
			c.Organization = "o-0123456789"
		}
		c.Deliver(1 + r.IntN(30))
		if c.At.After(at) {
			at = c.At
		}
	}
	return w, digest.Options{Bucket: "b"}
}

func TestCleanChainsAreClean(t *testing.T) {
	for seed := range uint64(rounds(40)) {
		w, opts := randomWorld(rand.New(rand.NewPCG(seed, 1)))
		result, err := digest.Verify(t.Context(), opts, w, w)
		if err != nil || !result.OK || len(result.Problems) != 0 {
			t.Fatalf("seed %d: ok %v, error %v, problems %+v", seed, result.OK, err, result.Problems)
		}
		checkIntervals(t, result)
		if again, err := digest.Verify(t.Context(), digest.Options{Bucket: "b", Anchors: result.Anchors}, w, w); err != nil || !again.OK {
			t.Fatalf("seed %d: with its own anchors: %v, %+v", seed, err, again.Problems)
		}
	}
}

// TestAnyBitFlipIsSeen flips one bit of anything that is stored: content, or signature. A few bits of a gzip member mean
// nothing (its time stamp, the padding of its last byte); those are the only ones that may go unnoticed.
func TestAnyBitFlipIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range rounds(150) {
		s := newStage()
		key := s.World.Names(digesttest.Bucket)[r.IntN(len(s.World.Names(digesttest.Bucket)))]
		o := s.World.Object(digesttest.Bucket, key)
		before, _ := digesttest.Gunzip(o.Body)
		i, bit := r.IntN(len(o.Body)), byte(1)<<r.IntN(8)
		o.Body = bytes.Clone(o.Body)
		o.Body[i] ^= bit
		if after, err := digesttest.Gunzip(o.Body); err == nil && bytes.Equal(before, after) {
			continue
		}
		if result := verify(t, s); result.OK || len(result.Problems) == 0 {
			t.Errorf("bit %08b of byte %d of %s: nobody noticed", bit, i, key)
		}
	}
}

func TestAnySignatureFlipIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range rounds(20) {
		s := newStage()
		d := s.Chain.Digests[r.IntN(len(s.Chain.Digests))]
		metadata := s.World.Object(digesttest.Bucket, d.Key()).Metadata
		signature := []byte(metadata["signature"])
		i := r.IntN(len(signature))
		signature[i] = "123456789abcdef0"[slices.Index([]byte("0123456789abcdef"), signature[i])]
		metadata["signature"] = string(signature)
		if result := verify(t, s); result.OK {
			t.Errorf("digit %d: nobody noticed", i)
		}
	}
}

// TestAnyDeletionIsSeen deletes any one object. Only the newest digest may go unnoticed where there is no clock.
func TestAnyDeletionIsSeen(t *testing.T) {
	for i := range newStage().World.Names(digesttest.Bucket) {
		s := newStage()
		s.Options.Now = s.Chain.At.Add(time.Hour)
		key := s.World.Names(digesttest.Bucket)[i]
		s.World.Delete(digesttest.Bucket, key)
		result := verify(t, s)
		named := slices.ContainsFunc(result.Problems, func(p digest.Problem) bool { return strings.HasSuffix(p.Object, key) })
		if result.OK || !named {
			t.Errorf("without %s: ok %v, %+v", key, result.OK, result.Problems)
		}
	}
}

// TestMissingDigestIsSeenHoweverShort deletes digests that cover less than an hour, as a stop makes them, from a chain.
func TestMissingDigestIsSeenHoweverShort(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 10 * time.Second, 4 * time.Minute, 20 * time.Minute, 90 * time.Minute} {
		for _, gone := range [][]int{{1}, {2, 3}, {1, 3}} {
			s := newStage()
			s.Chain.Every = every
			begin := len(s.Chain.Digests)
			s.Chain.Deliver(6)
			if result := verify(t, s); !result.OK {
				t.Fatalf("every %s: a clean chain is not ok: %+v", every, result.Problems)
			}
			for _, n := range gone {
				s.World.Delete(digesttest.Bucket, s.Chain.Digests[begin+n].Key())
			}
			result := verify(t, s)
			if result.OK {
				t.Errorf("every %s, without %v: nobody noticed", every, gone)
			}
			last := s.Chain.Digests[begin+gone[len(gone)-1]].Key()
			if !slices.ContainsFunc(result.Problems, func(p digest.Problem) bool {
				return p.Kind == digest.DigestMissing && strings.HasSuffix(p.Object, last)
			}) {
				t.Errorf("every %s, without %v: %s is not named: %+v", every, gone, last, result.Problems)
			}
			checkIntervals(t, result)
		}
	}
}

// TestSameVerdictEveryTime runs on many goroutines and must not show it.
func TestSameVerdictEveryTime(t *testing.T) {
	var first string
	for _, concurrency := range []int{1, 2, 7, 64} {
		s := newStage()
		for _, hour := range []int{1, 4, 5, 9} {
			s.World.Delete(digesttest.Bucket, s.Chain.Digests[hour].Key())
			s.World.Delete(digesttest.Bucket, s.Chain.Digests[hour+1].Logs[0])
		}
		s.Options.Concurrency = concurrency
		var keys []string
		for i := range s.Chain.Digests {
			keys = append(keys, s.Chain.Digests[i].Key())
		}
		result := verify(t, s)
		result.Anchors = digest.Anchors{}
		text := fmt.Sprintf("%+v", result)
		if first == "" {
			first = text
		} else if text != first {
			t.Errorf("with concurrency %d:\n%s\nwith 1:\n%s\n%v", concurrency, text, first, keys)
		}
	}
}
