package duckdbtest

import (
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/hunt/hunttest"
	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/sigma/export"
)

// logRecords reads all log files of a directory, without anything that hunts.
func logRecords(t testing.TB, dir string) (list []sigma.JSON) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		decoder := json.NewDecoder(z)
		decoder.UseNumber()
		var file struct{ Records []sigma.JSON }
		err = decoder.Decode(&file)
		list = append(list, file.Records...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestLogFilesAgree lets the engine read the log files themselves.
func TestLogFilesAgree(t *testing.T) {
	dir := t.TempDir()
	if _, err := hunttest.Generate(dir, 6e6, 3); err != nil {
		t.Fatal(err)
	}
	records := logRecords(t, dir)
	e := newEngine(t)
	e.run(filesView(dir))
	e.run("CREATE TABLE kept AS SELECT * FROM cloudtrail_logs") // so that the files are read once, not for each rule
	files, err := rulepack.Files()
	if err != nil {
		t.Fatal(err)
	}
	matchers, _ := rules(t, files)
	matches := 0
	for _, m := range matchers {
		query, err := export.Athena().Rule("kept", m)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, row := range e.query(query) {
			got = append(got, row[1])
		}
		for _, r := range records {
			if m.Match(r) {
				want = append(want, r.Field("eventID").Text())
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		matches += len(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v instead of %v\n%s", m.Rule().Title, got, want, query)
		}
	}
	t.Logf("%d records, %d rules, %d matches", len(records), len(matchers), matches)
	if matches < 2 {
		t.Error("that is no test")
	}
}

// BenchmarkEngine measures the engine over the files that the benchmarks of hunt read: TRAILHOLD_HUNT_MB of content in
// TRAILHOLD_HUNT_DIR, which are made if they aren't there.
func BenchmarkEngine(b *testing.B) {
	size, err := strconv.Atoi(os.Getenv("TRAILHOLD_HUNT_MB"))
	if err != nil {
		size = 100
	}
	dir := os.Getenv("TRAILHOLD_HUNT_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(dir, "AWSLogs")); err != nil {
		if _, err := hunttest.Generate(dir, int64(size)*1e6, 1); err != nil {
			b.Fatal(err)
		}
	}
	matchers, _ := rules(b, must(rulepack.Files()))
	at := slices.IndexFunc(matchers, func(m *sigma.Matcher) bool { return m.Rule().Title == "Logging Stopped" })
	exported := must(export.Athena().Rule("cloudtrail_logs", matchers[at]))
	columns := `SELECT count(*) FROM (SELECT unnest("Records") AS r FROM read_json('` + dir + `/**/*.json.gz',
  columns = {Records: 'STRUCT("eventName" VARCHAR, "eventSource" VARCHAR)[]'}, maximum_object_size = 100000000)) WHERE r."eventName" = 'StopLogging'`
	for name, query := range map[string]string{"exported": exported, "two-columns": columns} {
		b.Run(name, func(b *testing.B) {
			e := newEngine(b)
			e.run(filesView(dir))
			b.SetBytes(int64(size) * 1e6)
			for b.Loop() {
				e.query(query)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
