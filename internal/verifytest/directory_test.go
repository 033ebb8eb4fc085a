package verifytest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest/digesttest"
	"github.com/trailhold/trailhold/internal/keyring"
	"github.com/trailhold/trailhold/internal/verification"
)

// BenchmarkDirectory verifies a copy of 30 chains with 100,000 logs. Its memory must not grow with their number: a tenth of
// them is verified for comparison.
func BenchmarkDirectory(b *testing.B) {
	signer, err := digesttest.NewSigner(2048)
	if err != nil {
		b.Fatal(err)
	}
	for _, hours := range []int{28, 278} {
		b.Run(fmt.Sprintf("logs=%d", 30*12*hours), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "copy")
			ring := keyring.New(deliver(b, signer, dir, hours))
			for n := range 30 {
				if _, err := ring.Keys(b.Context(), region(n), epoch, epoch.Add(365*24*time.Hour)); err != nil {
					b.Fatal(err)
				}
			}
			if err := ring.Save(dir + ".keys"); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				command := exec.Command(os.Args[0])
				command.Env = append(os.Environ(), "VERIFYTEST_COMMAND=verify "+dir+" --keys "+dir+".keys --output json -q")
				command.Stderr = os.Stderr
				out, err := command.Output()
				var v verification.Outcome
				if parse := json.Unmarshal(out, &v); err != nil || parse != nil || !v.OK || v.Logs.Valid != int64(30*12*hours) {
					b.Fatalf("%v, %v: %.2000s", err, parse, out)
				}
				spent(b, command.ProcessState)
			}
		})
	}
}

func region(n int) string { return fmt.Sprintf("test-region-%d", n) }

// deliver writes 30 chains of so many hours into a directory, one after the other, and returns where their keys are.
func deliver(b *testing.B, signer *digesttest.Signer, dir string, hours int) *digesttest.World {
	keys := digesttest.NewWorld()
	for n := range 30 {
		keys.AddKey(region(n), signer.Public(epoch.Add(-time.Hour), epoch.Add(366*24*time.Hour)))
		world := digesttest.NewWorld()
		chain := &digesttest.Chain{
			World: world, Bucket: bucket, Account: account, Region: region(n), Trail: "audit", HomeRegion: region(0),
			Signer: signer, At: epoch, LogsPerHour: 12,
		}
		chain.Deliver(hours)
		if err := world.WriteDir(bucket, dir); err != nil {
			b.Fatal(err)
		}
	}
	return keys
}
