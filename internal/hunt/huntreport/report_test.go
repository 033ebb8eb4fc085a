package huntreport_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/hunt/huntreport"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

// hostile is text that tries to get out of whatever it is put into.
const hostile = "=cmd|'/C calc'!A0</title><script>alert(1)</script>\x1b[2J\u202e\"'&{{.}}\r\n::error::x\xff"

var at = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// sample is a hunt with everything in it, and hostile text wherever a record can put some.
func sample() ([]hunt.Finding, hunt.Result) {
	actor := hunt.Actor{ARN: "arn:aws:iam::111122223333:user/" + hostile, Type: hostile, UserName: hostile, AccessKeyID: "ASIA" + hostile}
	rule := &hunt.Rule{ID: "r1", Title: "Trail stopped", Level: "high", Author: hostile, Tags: []string{"attack.t1562.008", "x"}, Severity: severity.High}
	low := &hunt.Rule{ID: "r2", Title: "Looked", Level: "low", Severity: severity.Low}
	event := hunt.Event{
		ID: "e1", Time: at, TimeText: at.Format(time.RFC3339), Source: "cloudtrail.amazonaws.com", Name: hostile, Region: "eu-west-1", Account: "111122223333",
		SourceIP: hostile, UserAgent: hostile, ErrorCode: hostile, Actor: actor,
	}
	record := json.RawMessage("{\"eventName\":\"\xff</script>\\u001b\"}")
	findings := []hunt.Finding{{Rule: rule, Event: event, Record: record, File: "s3://logs/" + hostile, Offset: 7}}
	for i := range 500 {
		e := event
		e.ID, e.Time = fmt.Sprint("l", i), at.Add(time.Duration(i)*time.Hour)
		findings = append(findings, hunt.Finding{Rule: low, Event: e, Record: record, File: "a.json"})
	}
	undated := event
	undated.Time, undated.TimeText = time.Time{}, hostile
	findings = append(findings,
		hunt.Finding{Rule: rule, Event: undated, Record: record, File: "b.json"},
		hunt.Finding{Rule: &hunt.Rule{ID: "c", Title: "Twice", Level: "critical", Severity: severity.Critical}, Correlation: &hunt.Correlation{
			Type: "event_count", Group: map[string]string{"userIdentity.arn": hostile}, From: at, To: at.Add(time.Hour), Value: 2, Events: []string{"e1", hostile}, Total: 2,
		}})
	cause := &hunt.Cause{EventID: "e1", Call: "StopLogging", Actor: actor, SourceIP: hostile}
	result := hunt.Result{
		Trails: []hunt.Trail{{
			ARN: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", Name: hostile, Account: "111122223333", Region: "eu-west-1", Total: 1,
			Changes: []hunt.Change{{Time: at, EventID: "e1", Call: "StopLogging", Outcome: "succeeded", Techniques: []string{"stop-logging"}, Severity: severity.High, Actor: actor, File: "a"}},
			Logging: []hunt.Period{{From: at, To: at.Add(3 * time.Hour), State: "stopped"}, {From: at.Add(3 * time.Hour), State: "narrowed"}},
		}},
		BlindWindows: []hunt.BlindWindow{
			{Kind: "stopped", Trail: hostile, Account: "111122223333", Region: "eu-west-1", From: at, Affected: "all", Began: cause, Ended: cause, Note: hostile,
				Around: []hunt.Nearby{{Time: at, EventID: "e1", Call: hostile, Actor: hostile, Rule: "x", Level: "high", During: true}}},
			{Kind: "silent", Account: "111122223333", Region: hostile, From: at, To: at.Add(time.Hour), Affected: "all", Around: []hunt.Nearby{}},
		},
		Regions:  []hunt.Region{{Account: "111122223333", Region: hostile, From: at.Add(-100 * time.Hour), To: at.Add(100 * time.Hour), Hours: 199}},
		Actors:   []hunt.Suspect{{Actor: hostile, Score: 10, Tampering: 1, First: at, Last: at, SourceIPs: []string{hostile}, UserAgents: []string{hostile}, AccessKeys: []string{"A"}}},
		Sessions: []hunt.Session{{AccessKeyID: "ASIA1", Chain: []hunt.Link{{AccessKeyID: "ASIA1", Time: at, EventID: "s", Call: "AssumeRole", RoleARN: hostile, Caller: actor, File: "f"}}}},
		Problems: []hunt.Problem{{Kind: hunt.Damaged, File: hostile, Offset: 3, What: "broken"}},
		Levels:   hunt.Levels{Critical: 1, High: 2, Low: 500},
		Stats:    hunt.Stats{Files: 2, Records: 900, Bytes: 5_000_000, Findings: 503, Damaged: 1, Seconds: 0.5},
	}
	return findings, result
}

func render(t *testing.T, form string, findings []hunt.Finding, result hunt.Result) string {
	t.Helper()
	var out bytes.Buffer
	w, err := huntreport.New(form, &out, huntreport.Subject{
		Tool: report.Tool{Name: "trailhold", Version: "v1"}, Sources: []string{hostile}, Rules: 3, Stats: true, Ended: func() time.Time { return at },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if err := w.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(result); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestHarmless writes hostile text in every form.
func TestHarmless(t *testing.T) {
	findings, result := sample()
	for _, form := range huntreport.Forms() {
		out := render(t, form, findings, result)
		if !utf8.ValidString(out) || strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%s: hostile text got through", form)
		}
		if form != "csv" && strings.Contains(out, "\r") {
			t.Errorf("%s: a carriage return got through", form)
		}
		if form == "json" || form == "sarif" {
			if !json.Valid([]byte(out)) {
				t.Errorf("%s is no JSON", form)
			}
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(huntreport.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("hunt.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("hunt.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSONFollowsItsSchema(t *testing.T) {
	schema := compiled(t)
	findings, result := sample()
	empty, err := hunt.Run(t.Context(), hunt.Options{Rules: nothing(t)}, nil, func(hunt.Finding) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"all": render(t, "json", findings, result), "nothing": render(t, "json", nil, empty)} {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err == nil {
			err = schema.Validate(document)
		}
		if err != nil {
			t.Errorf("%s: %v\n%.300s", name, err, out)
		}
	}
}

func TestLinesAreJSON(t *testing.T) {
	findings, result := sample()
	for _, form := range []string{"jsonl", "ocsf"} {
		n := 0
		for line := range strings.Lines(render(t, form, findings, result)) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			if form == "ocsf" && (v["class_uid"] != 2004.0 || v["type_uid"] != 200401.0 || v["time"] == nil || v["finding_info"].(map[string]any)["uid"] == "") {
				t.Errorf("%s", line)
			}
			n++
		}
		if n != len(findings) {
			t.Errorf("%s: %d lines for %d findings", form, n, len(findings))
		}
	}
}

func TestCSVHasNoFormula(t *testing.T) {
	findings, result := sample()
	rows, err := csv.NewReader(strings.NewReader(render(t, "csv", findings, result))).ReadAll()
	if err != nil || len(rows) != len(findings)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if first := strings.TrimLeft(cell, " \ufffd"); first != "" && strings.ContainsAny(first[:1], "=+-@\t|%") {
				t.Errorf("%q is a formula", cell)
			}
		}
	}
	if rows[1][4][:2] != "'=" {
		t.Errorf("the author is %q", rows[1][4])
	}
}

func TestText(t *testing.T) {
	findings, result := sample()
	out := render(t, "text", findings, result)
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"Trail stopped  high, 2 findings", "Looked  low, 500 findings", "… and 494 more", "FOUND: 503 findings (1 critical, 2 high, 500 low) and 2 blind windows", "blind-window  high, 2 findings", "Where sessions came from"} {
		if !strings.Contains(out, want) {
			t.Errorf("it lacks %q:\n%s", want, out)
		}
	}
}

func TestPage(t *testing.T) {
	findings, result := sample()
	out := render(t, "html", findings, result)
	for _, bad := range []string{"<script", "http://", "https://", "src=", "@import", "url(", "ZgotmplZ", "NaN"} {
		if strings.Contains(out, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, good := range []string{"&lt;script&gt;", "default-src 'none'", "prefers-color-scheme: dark", "<circle class=\"high\"", "Blind windows", "and 200 more", "</html>"} {
		if !strings.Contains(out, good) {
			t.Errorf("the page lacks %q", good)
		}
	}
	if strings.Contains(render(t, "html", nil, hunt.Result{}), "<svg viewBox") {
		t.Error("there is a picture of nothing")
	}
}
