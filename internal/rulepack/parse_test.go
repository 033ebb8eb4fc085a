package rulepack

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
)

const good = `title: x
logsource: {product: aws, service: cloudtrail}
detection: {call: {eventName: StopLogging}, condition: call}
`

func TestWhatIsWrongBesidesSigma(t *testing.T) {
	for name, test := range map[string]struct{ ours, want string }{
		"no map":            {"trailhold: yes", "a.yml:4:12: trailhold is no map"},
		"unknown key":       {"trailhold:\n  match: []", `a.yml:5:3: trailhold has no field "match"`},
		"scope":             {"trailhold:\n  scope: wide", `a.yml:5:10: unknown scope "wide"`},
		"tier":              {"trailhold:\n  tier: 9", `a.yml:5:9: unknown tier "9"`},
		"techniques":        {"trailhold:\n  techniques: stop-logging", "a.yml:5:15: this is no list"},
		"technique":         {"trailhold:\n  techniques: [{a: b}]", "a.yml:5:16: this is no text"},
		"examples":          {"trailhold:\n  matches: {a: b}", "a.yml:5:12: this is no list of at most 1000 examples"},
		"example":           {"trailhold:\n  matches:\n    - StopLogging", "a.yml:6:7: an example is no record"},
		"list of records":   {"trailhold:\n  matches:\n    - [{eventName: a}]", "a.yml:6:7: an example is no record"},
		"nested too deeply": {"trailhold:\n  matches:\n    - {a: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", "too deeply"},
		"nothing wrong":     {"trailhold:\n  scope: broad\n  techniques: [a]\n  matches: [{eventName: StopLogging}]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("a.yml", []byte(good+test.ours+"\n"))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestExamplesFail(t *testing.T) {
	f, err := Parse("a.yml", []byte(good+`trailhold:
  matches:
    - {eventName: StopLogging}
    - {eventName: StartLogging}
  ignores:
    - {eventName: StopLogging}
---
title: no examples
logsource: {product: aws, service: cloudtrail}
detection: {call: {eventName: DeleteTrail}, condition: call}
`))
	if err != nil {
		t.Fatal(err)
	}
	tally, err := Test([]*File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, failure := range tally.Failures {
		got = append(got, failure.String())
	}
	want := "a.yml:7:7: x: does not match, although it stands under matches|a.yml:9:7: x: matches, although it stands under ignores"
	if strings.Join(got, "|") != want || tally.Rules != 2 || tally.Examples != 3 || len(tally.Without) != 1 {
		t.Errorf("%+v", tally)
	}
}

// TestExampleValues: types survive, and what YAML takes for a date is text.
func TestExampleValues(t *testing.T) {
	f, err := Parse("a.yml", []byte(good+`trailhold:
  matches:
    - {eventName: StopLogging, a: 1, b: true, c: null, d: 2026-03-01, e: '1', f: 1e3, g: 0x10, h: 012, userIdentity: {type: Root}}
`))
	if err != nil {
		t.Fatal(err)
	}
	records, err := f.abouts[0].Matches[0].Records()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a": "1", "b": "true", "d": "2026-03-01", "e": "1", "f": "1e3", "g": "0x10", "h": "012", "userIdentity.type": "Root", "awsRegion": "eu-central-1"} {
		if got := records[0].Field(path).Text(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if records[0].Field("userIdentity.arn").Text() != "" {
		t.Error("an object that the example gives is not the example's own")
	}
}

func TestRead(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("b/x.yaml", good)
	write("a.yml", good)
	write("README.md", "no rule")
	write("broken.yml", "title: x\ndetection: 1\n")
	files, err := Read(folder, filepath.Join(folder, "a.yml"))
	var at *sigma.Error
	if !errors.As(err, &at) || at.File != filepath.Join(folder, "broken.yml") {
		t.Errorf("error %v", err)
	}
	var names []string
	for _, f := range files {
		name, _ := filepath.Rel(folder, f.Name)
		names = append(names, filepath.ToSlash(name))
	}
	if got := strings.Join(names, " "); got != "a.yml b/x.yaml broken.yml a.yml" {
		t.Errorf("read %s", got)
	}
	empty := t.TempDir()
	if _, err := Read(empty); err == nil || !strings.Contains(err.Error(), "no .yml or .yaml file") {
		t.Errorf("empty folder: %v", err)
	}
	if _, err := Read(filepath.Join(empty, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing path: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(good + "trailhold: {tier: '1', techniques: [a], scope: broad, matches: [{eventName: StopLogging}], ignores: [{a: [1, {b: null}]}]}\n"))
	f.Add([]byte("title: x\ncorrelation: {type: event_count, rules: [x], timespan: 1m, condition: {gte: 2}}\ntrailhold: {matches: [[{a: b}, {a: c}]]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("fuzz.yml", data)
		if file == nil || file.File == nil {
			t.Fatalf("no file (%v)", err)
		}
		// Whatever could be read has to be runnable, or refused with an error.
		_, _ = Test([]*File{file}, Placeholders())
		if listed := len(List([]*File{file})); listed > len(file.Rules)+len(file.Correlations) {
			t.Errorf("%d rules listed", listed)
		}
	})
}
