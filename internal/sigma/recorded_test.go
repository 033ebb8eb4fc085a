package sigma

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// publicRules are all rules for CloudTrail of a folder that is not part of the project.
func publicRules(t testing.TB) *Plan {
	t.Helper()
	folder := os.Getenv("TRAILHOLD_TEST_SIGMA")
	if folder == "" {
		t.Skip("TRAILHOLD_TEST_SIGMA names no folder with Sigma rules")
	}
	var rules []*Rule
	err := filepath.WalkDir(filepath.Join(folder, "rules"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := Parse(path, data)
		if err != nil {
			return err
		}
		for _, r := range f.Rules {
			if Applies(r.LogSource) {
				rules = append(rules, r)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rules", len(p.matchers))
	return p
}

// recordedRecords are whatever real records somebody has at hand: files with one record, a list, or an object around a list.
func recordedRecords(t testing.TB) []json.RawMessage {
	t.Helper()
	folder := os.Getenv("TRAILHOLD_TEST_RECORDS")
	if folder == "" {
		t.Skip("set TRAILHOLD_TEST_RECORDS to a folder of CloudTrail records")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no records in %s (%v)", folder, err)
	}
	var all []json.RawMessage
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list []json.RawMessage
		var around map[string]json.RawMessage
		if json.Unmarshal(data, &around) == nil && len(around) == 1 {
			for _, inner := range around {
				data = inner
			}
		}
		if json.Unmarshal(data, &list) != nil {
			list = []json.RawMessage{data}
		}
		all = append(all, list...)
	}
	return all
}

// TestPublicRulesOnRecords compares all ways to match, with the public rules on recorded and on made-up records.
func TestPublicRulesOnRecords(t *testing.T) {
	p := publicRules(t)
	matches, records := 0, recordedRecords(t)
	for _, raw := range randomRecords(6, 300) {
		records = append(records, raw)
	}
	for _, raw := range records {
		matches += len(agree(t, p, string(raw)))
	}
	t.Logf("%d matches in %d records", matches, len(records))
	if matches == 0 {
		t.Error("nothing matches")
	}
}
