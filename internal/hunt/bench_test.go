package hunt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/gunzip"
	"github.com/trailhold/trailhold/internal/hunt/hunttest"
	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
)

// benchLogs makes the logs that benchmarks hunt in: TRAILHOLD_HUNT_MB of content, else 100 MB, in TRAILHOLD_HUNT_DIR, where
// they stay, else in a directory that goes away.
func benchLogs(b *testing.B) (dir string, made hunttest.Made) {
	b.Helper()
	megabytes := 100
	if n, err := strconv.Atoi(os.Getenv("TRAILHOLD_HUNT_MB")); err == nil {
		megabytes = n
	}
	if dir = os.Getenv("TRAILHOLD_HUNT_DIR"); dir == "" {
		dir = b.TempDir()
	}
	done := filepath.Join(dir, "made-"+strconv.Itoa(megabytes))
	if text, err := os.ReadFile(done); err == nil {
		numbers := strings.Fields(string(text))
		made.Records, _ = strconv.ParseInt(numbers[0], 10, 64)
		made.Bytes, _ = strconv.ParseInt(numbers[1], 10, 64)
		return filepath.Join(dir, "AWSLogs"), made
	}
	made, err := hunttest.Generate(dir, int64(megabytes)*1e6, 1)
	if err == nil {
		err = os.WriteFile(done, []byte(strconv.FormatInt(made.Records, 10)+" "+strconv.FormatInt(made.Bytes, 10)), 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	return filepath.Join(dir, "AWSLogs"), made
}

// publicRules are those of a folder of public Sigma rules, if somebody has one.
func publicRules(t testing.TB) *sigma.Set {
	t.Helper()
	dir := os.Getenv("TRAILHOLD_TEST_SIGMA")
	if dir == "" {
		t.Skip("TRAILHOLD_TEST_SIGMA names no folder of public rules")
	}
	var files []*sigma.File
	err := filepath.WalkDir(filepath.Join(dir, "rules", "cloud", "aws"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := sigma.Parse(path, text)
		files = append(files, file)
		return err
	})
	set, linkErr := sigma.Link(files...)
	if err := errors.Join(err, linkErr); err != nil {
		t.Fatal(err)
	}
	return set
}

// packRules are Trailhold's own.
func packRules(t testing.TB) *sigma.Set {
	t.Helper()
	files, err := rulepack.Files()
	if err != nil {
		t.Fatal(err)
	}
	set, err := sigma.Link(rulepack.Sigma(files)...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// BenchmarkHunt hunts through generated logs.
func BenchmarkHunt(b *testing.B) {
	b.Run("rules=pack", func(b *testing.B) { benchmarkHunt(b, packRules(b)) })
	b.Run("rules=pack+public", func(b *testing.B) {
		pack, public := packRules(b), publicRules(b)
		benchmarkHunt(b, &sigma.Set{
			Rules: append(pack.Rules, public.Rules...), Correlations: append(pack.Correlations, public.Correlations...),
		})
	})
}

func benchmarkHunt(b *testing.B, rules *sigma.Set) {
	dir, made := benchLogs(b)
	b.SetBytes(made.Bytes)
	b.ReportAllocs()
	findings, rounds := int64(0), 0
	for b.Loop() {
		result, err := Run(b.Context(), Options{Rules: rules, Placeholders: rulepack.Placeholders()}, []Source{Path(dir)}, func(Finding) error { return nil })
		if err != nil || result.Stats.Records != made.Records || len(result.Problems) > 0 {
			b.Fatalf("%v, %+v, %v", err, result.Stats, result.Problems)
		}
		findings = result.Stats.Findings
		rounds++
	}
	b.ReportMetric(float64(made.Records)*float64(rounds)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(findings), "findings")
	b.ReportMetric(peakMemory(), "MB-peak")
}

// peakMemory is the most memory that the process has had, in megabytes, as Linux tells; 0 elsewhere.
func peakMemory() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, err := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	if err != nil {
		return 0
	}
	return kilobytes / 1000
}

// BenchmarkFloor only reads and inflates the same files: what no hunt can be faster than.
func BenchmarkFloor(b *testing.B) {
	dir, made := benchLogs(b)
	b.SetBytes(made.Bytes)
	for b.Loop() {
		names := make(chan string)
		done := make(chan error)
		for range runtime.GOMAXPROCS(0) {
			go func() {
				var decoder gunzip.Decoder
				var stored, out []byte
				var failed error
				for name := range names {
					f, err := os.Open(name)
					if err == nil {
						stored, err = readUpTo(f, stored[:0], maxStored)
						err = errors.Join(err, f.Close())
					}
					if err == nil {
						out, _, err = decoder.DecodeAll(out, stored, maxInflated)
					}
					failed = errors.Join(failed, err)
				}
				done <- failed
			}()
		}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names <- path
			}
			return err
		})
		close(names)
		for range runtime.GOMAXPROCS(0) {
			err = errors.Join(err, <-done)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
