// Package verification is the outcome of verifying log files, for those who read it: one document with a published
// schema, and one report.Report, made of what the core found.
package verification

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

//go:embed verification.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of an Outcome's JSON form. Each call returns a copy.
func Schema() []byte { return bytes.Clone(schema) }

// Outcome is what a verification of log files found, and of what. Its JSON form follows Schema.
type Outcome struct {
	Source string    `json:"source"` // what was verified: an ARN, a file, a directory or an s3:// address
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	digest.Result
	Complete bool      `json:"complete"` // nothing was left unread
	Ended    time.Time `json:"ended"`
}

// Complete says whether nothing was left unread. An interrupted verification is never complete.
func Complete(r digest.Result) bool {
	for _, p := range r.Problems {
		if p.Class == digest.Unknown {
			return false
		}
	}
	return r.Digests.Unknown == 0 && r.Logs.Unknown == 0
}

// MarshalJSON implements json.Marshaler: lists are never null.
func (v Outcome) MarshalJSON() ([]byte, error) {
	type plainForm Outcome
	if v.Chains == nil {
		v.Chains = []digest.ChainResult{}
	}
	if v.Problems == nil {
		v.Problems = []digest.Problem{}
	}
	for n := range v.Chains {
		if v.Chains[n].Intervals == nil {
			v.Chains[n].Intervals = []digest.Interval{}
		}
	}
	return json.Marshal(plainForm(v))
}

// SeverityOf is how much a kind of problem matters.
func SeverityOf(class digest.Class) severity.Severity {
	switch class {
	case digest.Notice:
		return severity.Info
	case digest.Unknown:
		return severity.Medium
	}
	return severity.High
}

// Report makes a verification showable.
func (v Outcome) Report(tool report.Tool) report.Report {
	r := report.Report{
		Tool: tool, Title: "Verification of CloudTrail logs", Ended: v.Ended, Verdict: v.verdict(),
		Subject: []report.Field{{Name: "verified", Value: v.Source}, {Name: "time", Value: span(v.From, v.To)}},
	}
	for _, info := range digest.Kinds() {
		r.Rules = append(r.Rules, report.Rule{ID: string(info.Kind), Title: info.Meaning, Severity: SeverityOf(info.Class)})
	}
	for _, c := range v.Chains {
		r.Lanes = append(r.Lanes, laneOf(c))
	}
	for _, p := range v.Problems {
		r.Findings = append(r.Findings, findingOf(p))
	}
	return r
}

func minuteOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

func span(from, to time.Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return "all there is"
	case from.IsZero():
		return "up to " + minuteOf(to) + " UTC"
	case to.IsZero():
		return "from " + minuteOf(from) + " UTC on"
	}
	return minuteOf(from) + " to " + minuteOf(to) + " UTC"
}

// ChainName names a chain in one line: whose events, from where, by which trail.
func ChainName(c digest.Chain) string {
	name := c.Account + "  " + c.Region
	if c.Trail != "" {
		name += "  " + c.Trail
	}
	if c.HomeRegion != "" && c.HomeRegion != c.Region {
		name += " (" + c.HomeRegion + ")"
	}
	if c.Organization != "" {
		name += "  " + c.Organization
	}
	if c.Backfill {
		name += "  backfill"
	}
	if c.Prefix != "" {
		name += "  in " + c.Prefix
	}
	return name
}

func laneOf(c digest.ChainResult) report.Lane {
	l := report.Lane{Name: ChainName(c.Chain), Note: counts("digest", c.Digests) + "; " + counts("log", c.Logs)}
	for _, i := range c.Intervals {
		if !i.To.After(i.From) {
			continue
		}
		l.Spans = append(l.Spans, report.Span{From: i.From, To: i.To, State: stateOf(i.State), Label: string(i.State)})
	}
	return l
}

func stateOf(s digest.State) report.State {
	switch s {
	case digest.Proven:
		return report.Good
	case digest.Broken:
		return report.Bad
	}
	return report.Unknown
}

// counts is what was counted, in words: "8,640 logs: 8,639 valid, 1 missing".
func counts(one string, c digest.Counts) string {
	text := report.Count(int(c.Valid+c.Invalid+c.Missing+c.Unknown), one)
	var parts []string
	for _, part := range []struct {
		n    int64
		word string
	}{{c.Valid, "valid"}, {c.Invalid, "invalid"}, {c.Missing, "missing"}, {c.Unknown, "unknown"}} {
		if part.n > 0 {
			parts = append(parts, report.Thousands(int(part.n))+" "+part.word)
		}
	}
	if len(parts) == 1 && c.Valid > 0 {
		return text + ", all valid"
	}
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

func findingOf(p digest.Problem) report.Finding {
	f := report.Finding{Rule: string(p.Kind), Severity: SeverityOf(p.Class), Object: p.Object, Text: p.Detail}
	add := func(name, value string) {
		if value != "" {
			f.Details = append(f.Details, report.Field{Name: name, Value: value})
		}
	}
	add("expected", p.Expected)
	add("found", p.Found)
	if !p.Time.IsZero() {
		add("time", p.Time.UTC().Format("2006-01-02 15:04:05")+" UTC")
	}
	add("chain", strings.TrimSpace(ChainName(p.Chain)))
	return f
}

// verdict puts everything into one line.
func (v Outcome) verdict() report.Verdict {
	failures, unknown := v.count()
	what := fmt.Sprintf("%s; %s", counts("digest", v.Digests), counts("log", v.Logs))
	chains := report.Count(len(v.Chains), "chain")
	switch {
	case failures > 0 && unknown > 0:
		return report.Verdict{State: report.Bad, Text: fmt.Sprintf("NOT WHOLE: %s, and %d that could not be settled, in %s (%s).", report.Count(failures, "failure"), unknown, chains, what)}
	case failures > 0:
		return report.Verdict{State: report.Bad, Text: fmt.Sprintf("NOT WHOLE: %s in %s (%s).", report.Count(failures, "failure"), chains, what)}
	case unknown > 0:
		return report.Verdict{State: report.Unknown, Text: fmt.Sprintf("NOT PROVED: %s could not be settled in %s (%s).", report.Count(unknown, "thing"), chains, what)}
	case v.OK:
		return report.Verdict{State: report.Good, Text: fmt.Sprintf("WHOLE: %s (%s).", chains, what)}
	case len(v.Chains) == 0:
		return report.Verdict{State: report.Bad, Text: "NOT WHOLE: there is no digest at all. Is log file validation on, and is this the right place?"}
	}
	return report.Verdict{State: report.Unknown, Text: fmt.Sprintf("NOT PROVED: %s (%s).", chains, what)}
}

// count counts what fails, and what could not be read or proved.
func (v Outcome) count() (failures, unknown int) {
	for _, p := range v.Problems {
		switch p.Class {
		case digest.Failure:
			failures++
		case digest.Unknown:
			unknown++
		}
	}
	return failures, unknown
}
