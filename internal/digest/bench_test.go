package digest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
)

// logTemplates are log files such as CloudTrail writes: about so many bytes of JSON each, compressed. Worlds of many logs share them.
func logTemplates(n, size int) [][]byte {
	r := rand.New(rand.NewPCG(3, 3))
	var all [][]byte
	for range n {
		var text bytes.Buffer
		text.WriteString(`{"Records":[`)
		for text.Len() < size {
			fmt.Fprintf(&text, `{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROA%016X:worker-%d",`+
				`"arn":"arn:aws:sts::111122223333:assumed-role/service-%d/worker-%d","accountId":"111122223333"},"eventTime":`+
				`"2026-01-05T%02d:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":`+
				`"10.%d.%d.%d","userAgent":"aws-sdk-go-v2/1.30","requestParameters":{"key":"object/%x"},"responseElements":null,`+
				`"requestID":"%016x%016x","eventID":"%08x-%04x-%04x","readOnly":true,"eventType":"AwsApiCall","managementEvent":true},`,
				r.Uint64(), r.IntN(99), r.IntN(20), r.IntN(99), r.IntN(24), r.IntN(60), r.IntN(60),
				[]string{"s3", "ec2", "sts", "kms"}[r.IntN(4)], []string{"GetObject", "AssumeRole", "Decrypt", "DescribeInstances"}[r.IntN(4)],
				r.IntN(256), r.IntN(256), r.IntN(256), r.Uint32(), r.Uint64(), r.Uint64(), r.Uint32(), r.IntN(65536), r.IntN(65536))
		}
		text.WriteString(`{}]}`)
		all = append(all, digesttest.Gzip(text.Bytes()))
	}
	return all
}

// month is 720 hours of 12 logs of 156 kB each: 1.35 GB.
var month = sync.OnceValue(func() *digesttest.Stage {
	s := &digesttest.Stage{World: digesttest.NewWorld(), Signer: signers()[0]}
	s.World.AddKey(digesttest.Region, s.Signer.Public(digesttest.Begin.AddDate(0, -1, 0), digesttest.Begin.AddDate(0, 3, 0)))
	templates := logTemplates(24, 156_000)
	s.Chain = s.NewChain(digesttest.Trail)
	s.Chain.LogsPerHour = 12
	s.Chain.Content = func(n int) []byte { return templates[n%len(templates)] }
	s.Chain.Deliver(720)
	s.Options = digest.Options{Bucket: digesttest.Bucket, Now: s.Chain.At}
	return s
})

// slow answers as a store at some distance does.
type slow struct {
	digest.Store
	latency time.Duration
}

func (s slow) Get(ctx context.Context, bucket, key string) (digest.Content, error) {
	<-time.After(s.latency)
	return s.Store.Get(ctx, bucket, key)
}

func BenchmarkVerify(b *testing.B) {
	s := month()
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		b.Run(latency.String(), func(b *testing.B) {
			for b.Loop() {
				store := digest.Store(s.World)
				if latency > 0 {
					store = slow{s.World, latency}
				}
				result, err := digest.Verify(b.Context(), s.Options, store, s.World)
				if err != nil || !result.OK || result.Logs.Valid != 8640 {
					b.Fatalf("%v, %+v", err, result.Problems)
				}
			}
			b.ReportMetric(float64(b.N*8640)/b.Elapsed().Seconds(), "logs/s")
		})
	}
}

// BenchmarkFloor does what no verification can do without, and nothing else: fetch, gunzip with the standard library,
// SHA-256, and one RSA verification per digest, on every processor.
func BenchmarkFloor(b *testing.B) {
	s := month()
	der := s.World.AllKeys()[digesttest.Region][0].Value
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		work := make(chan digesttest.Delivered)
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for d := range work {
					for _, name := range append([]string{d.Key()}, d.Logs...) {
						hashOf(b, s.World, name)
					}
					sum := sha256.Sum256([]byte(d.Signature))
					_ = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], make([]byte, key.Size())) // as much work as a right one
				}
			})
		}
		for _, d := range s.Chain.Digests {
			work <- d
		}
		close(work)
		wg.Wait()
	}
	b.ReportMetric(float64(b.N*8640)/b.Elapsed().Seconds(), "logs/s")
}

func hashOf(b *testing.B, store digest.Store, key string) {
	content, err := store.Get(b.Context(), digesttest.Bucket, key)
	if err != nil {
		b.Error(err)
		return
	}
	defer content.Body.Close()
	z, err := gzip.NewReader(content.Body)
	if err != nil {
		b.Error(err)
		return
	}
	h := sha256.New()
	if _, err := io.Copy(h, z); err != nil {
		b.Error(err)
	}
}

// TestMemoryIsFlat verifies 100,000 logs of 30 chains and looks at the live heap on the way: it must not grow with what
// has been done.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 logs take some seconds")
	}
	w, signer := digesttest.NewWorld(), signers()[0]
	w.AddKey("us-east-1", signer.Public(digesttest.Begin.AddDate(0, -1, 0), digesttest.Begin.AddDate(0, 3, 0)))
	templates := logTemplates(4, 3000)
	for i := range 30 {
		c := &digesttest.Chain{
			World: w, Bucket: "b", Account: fmt.Sprintf("%012d", i/2), Region: "us-east-1", Trail: fmt.Sprintf("t%d", i), HomeRegion: "us-east-1",
			Signer: signer, At: digesttest.Begin, LogsPerHour: 48, Content: func(n int) []byte { return templates[n%len(templates)] },
		}
		c.Deliver(70)
	}
	w.Names("b")
	live := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before, digests := live(), int64(0)
	var early, late uint64
	opts := digest.Options{Bucket: "b", Progress: func(p digest.Progress) {
		if p.Digests == digests || p.Digests%200 != 0 {
			return
		}
		digests = p.Digests
		used := live()
		if used -= min(before, used); p.Done < 0.4 {
			early = max(early, used)
		} else if p.Done > 0.6 {
			late = max(late, used)
		}
	}}
	opts.Now = digesttest.Begin.Add(70 * time.Hour)
	result, err := digest.Verify(t.Context(), opts, w, w)
	if err != nil || !result.OK || result.Logs.Valid != 30*70*48 {
		t.Fatalf("%v, %+v, %d problems", err, result.Logs, len(result.Problems))
	}
	t.Logf("live heap of the verification: %d kB early, %d kB late", early>>10, late>>10)
	if late > early+early/2+(4<<20) || late > 60<<20 {
		t.Errorf("the heap grew from %d kB to %d kB", early>>10, late>>10)
	}
}

// TestJSON holds the result's published form.
func TestJSON(t *testing.T) {
	s := newStage()
	s.World.Delete(digesttest.Bucket, s.Chain.Digests[4].Logs[1])
	result := verify(t, s)
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"chains":[{"account":"111122223333","region":"us-east-1","trail":"audit","homeRegion":"us-east-1","bucket":"trail-bucket",` +
		`"intervals":[{"from":"2026-01-05T03:00:00Z","to":"2026-01-05T07:00:00Z","state":"proven"},` +
		`{"from":"2026-01-05T07:00:00Z","to":"2026-01-05T08:00:00Z","state":"broken"},` +
		`{"from":"2026-01-05T08:00:00Z","to":"2026-01-05T15:00:00Z","state":"proven"}],` +
		`"digests":{"valid":12,"invalid":0,"missing":0,"unknown":0},"logs":{"valid":23,"invalid":0,"missing":1,"unknown":0}}],` +
		`"problems":[{"kind":"log-missing","class":"failure","object":"s3://trail-bucket/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/05/` +
		`111122223333_CloudTrail_us-east-1_20260105T0740Z_0000000000000010.json.gz","chain":{"account":"111122223333","region":"us-east-1",` +
		`"trail":"audit","homeRegion":"us-east-1"},"detail":"it is not there","time":"2026-01-05T07:40:00Z"}],` +
		`"digests":{"valid":12,"invalid":0,"missing":0,"unknown":0},"logs":{"valid":23,"invalid":0,"missing":1,"unknown":0},"ok":false}`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
