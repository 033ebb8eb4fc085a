package rulepack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
)

// mostBenign is how many of the recorded ordinary records rules above informational may match: none.
const mostBenign = 0

// expected are the rules that have to find the recorded attacks, by the event name that their files begin with.
var expected = map[string]string{
	"StopLogging": "Logging Stopped", "DeleteTrail": "Trail Deletion", "PutEventSelectors": "Event Selection Narrowed",
	"DeleteFlowLogs": "VPC Flow Logs Deleted", "DeleteResolverQueryLogConfig": "DNS Query Logging Turned Off",
	"LeaveOrganization": "Attempt to Change the Organization Denied",
}

// TestRecordedRecords runs the pack over records of real calls, where a folder of them is at hand: in files with "negatives" in
// their names ordinary ones, in the others attacks.
func TestRecordedRecords(t *testing.T) {
	folder := os.Getenv("TRAILHOLD_TEST_RECORDS")
	if folder == "" {
		t.Skip("set TRAILHOLD_TEST_RECORDS to a folder of CloudTrail records")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no records in %s (%v)", folder, err)
	}
	matchers := compiled(t)
	ordinary, benign := 0, 0
	for _, file := range files {
		name := filepath.Base(file)
		event, _, _ := strings.Cut(name, "-")
		negatives := strings.Contains(name, "negatives")
		titles := map[string]bool{}
		for _, r := range recordsOf(t, file) {
			if negatives {
				ordinary++
			}
			for _, m := range matchers {
				if !m.Match(r) {
					continue
				}
				titles[m.Rule().Title] = true
				if negatives && m.Rule().Level != "informational" {
					benign++
					t.Logf("%s: %s (%s)", name, m.Rule().Title, m.Rule().Level)
				}
			}
		}
		if want := expected[event]; want != "" && !negatives && !titles[want] {
			t.Errorf("%s: not found by %q, only by %v", name, want, titles)
		}
	}
	t.Logf("%d ordinary records, %d matches", ordinary, benign)
	if benign > mostBenign {
		t.Errorf("%d matches of ordinary records, more than %d", benign, mostBenign)
	}
}

func compiled(t *testing.T) []*sigma.Matcher {
	t.Helper()
	set, err := sigma.Link(Sigma(pack(t))...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sigma.Compile(set.Rules, Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	return plan.Matchers()
}

// recordsOf reads a file with one record, a list, or an object around a list.
func recordsOf(t *testing.T, file string) []sigma.JSON {
	t.Helper()
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
	var records []sigma.JSON
	for _, raw := range list {
		r, err := sigma.Decode(raw)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		records = append(records, r)
	}
	return records
}
