package baselinefile

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

// TestWriteReadsBack makes sure that a written file is the same baseline, to the field.
func TestWriteReadsBack(t *testing.T) {
	for _, name := range []string{"minimal", "full", "organization", "contest", "resources"} {
		b := mustParse(t, fixture(t, name))
		file, err := Write(b)
		if err != nil {
			t.Fatal(err)
		}
		if back := mustParse(t, string(file)); !reflect.DeepEqual(back.Canonical(), b.Canonical()) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, back, b)
		}
		if again, err := Write(b); err != nil || string(again) != string(file) {
			t.Errorf("%s: written twice, the file differs", name)
		}
	}
}

// TestWriteGolden shows the file that people get. Run with UPDATE=1 to write it anew.
func TestWriteGolden(t *testing.T) {
	golden(t, "written", "full", "the tags of main could not be read: AccessDenied", "evil\nkind: Other\x1b[2J")
	golden(t, "writtenresources", "resources")
}

func golden(t *testing.T, name, of string, notes ...string) {
	t.Helper()
	file, err := Write(mustParse(t, fixture(t, of)), notes...)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", name+".yaml")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(file) != string(want) {
		t.Errorf("got\n%s", file)
	}
}

// TestHostileValues makes sure that values which look like YAML stay values.
func TestHostileValues(t *testing.T) {
	b := mustParse(t, fixture(t, "full"))
	values := []string{"yes", "null", "~", "1e3", "0x10", "a: b", "- a", "# c", "'", `"`, "\t", "a\nb", "!x", "&a", "*a", "{", "}", "\u2028", "<<", "", " a ", "---", "%x", "@", "`", "2001-01-01", "\x1b[2J", "\u202e"}
	tags := map[string]string{}
	for i, v := range values {
		tags[strings.Repeat("k", i+1)+v] = v
	}
	b.Trails[0].Tags = &tags
	file, err := Write(b)
	if err != nil {
		t.Fatal(err)
	}
	if back := mustParse(t, string(file)); !reflect.DeepEqual(*back.Trails[0].Tags, tags) {
		t.Errorf("got %q, want %q", *back.Trails[0].Tags, tags)
	}
}

// TestWriteBareValues makes sure that a baseline put together by code, with zero values, is written as what they mean.
func TestWriteBareValues(t *testing.T) {
	b := mustParse(t, fixture(t, "minimal"))
	g := &b.Trails[0]
	g.Restore, b.Policy = "", trail.Policy{}
	g.Tags, g.Insights, g.Selectors = new(map[string]string), new([]trail.InsightSelector), new(trail.Selectors)
	file, err := Write(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"tags: {}", "insightSelectors: []", "eventSelectors: []", "restore: all", "impostors: alert", "alert: info"} {
		if !strings.Contains(string(file), line+"\n") {
			t.Errorf("the file lacks %s", line)
		}
	}
	if back := mustParse(t, string(file)).Trails[0]; back.Tags == nil || back.Insights == nil || back.Selectors == nil {
		t.Error("what must be empty is no longer guarded")
	}
}

func TestWriteRefuses(t *testing.T) {
	b := mustParse(t, fixture(t, "minimal"))
	b.Trails[0].S3BucketName = "no bucket"
	if _, err := Write(b); err == nil || !strings.Contains(err.Error(), "not the name of a bucket") {
		t.Errorf("got %v", err)
	}
}

// TestHash makes sure that the hash depends on meaning alone.
func TestHash(t *testing.T) {
	full := fixture(t, "full")
	b := mustParse(t, full)
	if !strings.HasPrefix(b.Hash, "sha256:") || len(b.Hash) != 7+64 || b.Hash != Hash(b) {
		t.Fatalf("got %s", b.Hash)
	}
	same := map[string]func(*trail.Baseline){
		"order of trails":    func(b *trail.Baseline) { slices.Reverse(b.Trails) },
		"order of values":    func(b *trail.Baseline) { slices.Reverse(b.Trails[0].Selectors.Basic[0].DataResources[0].Values) },
		"order of resources": func(b *trail.Baseline) { slices.Reverse(b.Trails[0].Selectors.Basic[0].DataResources) },
		"order of fields":    func(b *trail.Baseline) { slices.Reverse(b.Trails[1].Selectors.Advanced[0].FieldSelectors) },
		"order of insights":  func(b *trail.Baseline) { slices.Reverse(*b.Trails[0].Insights) },
		"order of templates": func(b *trail.Baseline) {
			slices.Reverse(b.Trails[0].EventConfiguration.AggregationConfigurations[0].Templates)
		},
		"default category":                func(b *trail.Baseline) { (*b.Trails[0].Insights)[0].EventCategories = []string{"Management"} },
		"order of regions":                func(b *trail.Baseline) { slices.Reverse(b.Trails[0].Regions) },
		"order of fields that only alert": func(b *trail.Baseline) { slices.Reverse(b.Trails[0].AlertOnly) },
		"the hash itself":                 func(b *trail.Baseline) { b.Hash = "" },
		"nil for empty":                   func(b *trail.Baseline) { *b.Trails[1].Insights = nil },
	}
	for name, change := range same {
		changed := mustParse(t, full)
		if change(&changed); Hash(changed) != b.Hash {
			t.Errorf("%s changes the hash", name)
		}
	}
	other := map[string]func(*trail.Baseline){
		"bucket":       func(b *trail.Baseline) { b.Trails[0].S3BucketName = "evil" },
		"policy":       func(b *trail.Baseline) { b.Policy.Impostors = trail.ImpostorsAlert },
		"restore":      func(b *trail.Baseline) { b.Trails[0].Restore = trail.RestoreNone },
		"alert only":   func(b *trail.Baseline) { b.Trails[0].AlertOnly = nil },
		"not guarded":  func(b *trail.Baseline) { b.Trails[1].Tags = nil },
		"one trail":    func(b *trail.Baseline) { b.Trails = b.Trails[:1] },
		"a tag":        func(b *trail.Baseline) { (*b.Trails[0].Tags)["x"] = "y" },
		"no selectors": func(b *trail.Baseline) { b.Trails[0].Selectors = nil },
	}
	for name, change := range other {
		changed := mustParse(t, full)
		if change(&changed); Hash(changed) == b.Hash {
			t.Errorf("%s does not change the hash", name)
		}
	}
}
