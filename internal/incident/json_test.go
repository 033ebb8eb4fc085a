package incident_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

func parseDir(t *testing.T, dir string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func marshal(t *testing.T, i incident.Incident) string {
	t.Helper()
	data, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestJSONIsStable(t *testing.T) {
	odd := full()
	odd.Seen = odd.Seen.In(time.FixedZone("", -7*3600))
	odd.Actor.UserAgent = "\xff \x00 \ufffd \\ufffd"
	odd.Records = []json.RawMessage{json.RawMessage("no JSON\xff"), json.RawMessage("\"\xff\""), json.RawMessage(`{"z": 1, "a": "<&>"}`)}
	odd.Drifts = []trail.Drift{
		{Field: trail.FieldSelectors, Before: trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All"}}}},
		{Field: trail.FieldTags, Before: &trail.Config{Name: "pointer"}, After: map[string]any{"n": 9007199254740993}},
	}
	for name, i := range map[string]incident.Incident{"zero": {}, "least": valid(), "full": full(), "odd": odd} {
		first := marshal(t, i)
		var back incident.Incident
		if err := json.Unmarshal([]byte(first), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if second := marshal(t, back); second != first {
			t.Errorf("%s changed on the way:\n%s\n%s", name, first, second)
		}
		if !back.Seen.Equal(i.Seen) {
			t.Errorf("%s: seen was %v, is %v", name, i.Seen, back.Seen)
		}
	}
}

func TestMarshallingLeavesTheIncidentAlone(t *testing.T) {
	i := full()
	i.Records = []json.RawMessage{json.RawMessage("no JSON")}
	i.Steps[0].Mends = nil
	i.Steps[0].Started = i.Steps[0].Started.In(time.FixedZone("X", 3600))
	marshal(t, i)
	if _, ok := i.Drifts[0].Before.(trail.Config); !ok {
		t.Errorf("the drift's value became %T", i.Drifts[0].Before)
	}
	if string(i.Records[0]) != "no JSON" || i.Steps[0].Mends != nil || i.Steps[0].Started.Location() == time.UTC {
		t.Error("the caller's incident was changed")
	}
}

func TestUnwritableDriftValueIsNamed(t *testing.T) {
	i := valid()
	i.Drifts = []trail.Drift{{Field: trail.FieldKey, Before: make(chan int)}}
	if _, err := json.Marshal(i); err == nil || !strings.Contains(err.Error(), "kmsKeyId") {
		t.Errorf("the error must name the field: %v", err)
	}
}

func TestEnded(t *testing.T) {
	want := map[string]bool{"open": false, "failed": false, "restored": false, "alert-only": false, "unread": false, "permitted": false, "change-window": false,
		"proved": true, "observed": true, "planned": true}
	stages := constants(t, ".", "Stage")
	if len(stages) != len(want) {
		t.Errorf("the stages are %q: decide which of them have ended", stages)
	}
	for _, s := range stages {
		if incident.Stage(s).Ended() != want[s] {
			t.Errorf("%s: ended is %v", s, !want[s])
		}
	}
}
