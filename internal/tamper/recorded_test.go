package tamper

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/record"
)

// TestClassifyRecordedFiles reads whatever real records somebody has at hand. Of what is not about trails or the
// organization, nobody hears: none of it is about what the test guards.
func TestClassifyRecordedFiles(t *testing.T) {
	folder := os.Getenv("TRAILHOLD_TEST_RECORDS")
	if folder == "" {
		t.Skip("set TRAILHOLD_TEST_RECORDS to a folder of CloudTrail records to classify them all")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no records in %s (%v)", folder, err)
	}
	units, signals := everything().Units(), 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		records, err := record.Parse(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, r := range records {
			s, ok := Classify(r)
			known := slices.ContainsFunc(Calls(), func(c Call) bool { return c.is(r.EventSource, r.EventName) })
			if ok && !known {
				t.Errorf("%s of %s is taken for %v", r.EventName, r.EventSource, s.Techniques)
			}
			told := slices.Contains([]string{sourceCloudTrail, sourceOrganizations, sourceAccount}, r.EventSource)
			if ok && s.Stray(false) != told {
				t.Errorf("%s of %s: stray %v", r.EventName, r.EventSource, !told)
			}
			for _, g := range units {
				if guards := g.Dependents; ok && len(guards) == 1 && s.Concerns(g) && !told {
					t.Errorf("%s of account %s concerns %s: %+v", r.EventName, r.RecipientAccountID, g.ARN, s.Resources)
				}
			}
			if ok {
				signals++
			}
		}
	}
	t.Logf("%d signals in %d files", signals, len(files))
}
