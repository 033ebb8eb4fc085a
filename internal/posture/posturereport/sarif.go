package posturereport

import (
	"io"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
)

// writeSARIF writes what fails, what is unknown, and what somebody answers for. Every check that was put is a rule.
func writeSARIF(w io.Writer, r posture.Report, s Subject) error {
	out := report.Report{Tool: s.Tool, Title: "CloudTrail audit", Verdict: verdict(r), Ended: r.At}
	for _, a := range byCheck(r) {
		out.Rules = append(out.Rules, report.Rule{ID: a.ID, Title: show(a.Title), Help: help(a.Check), Severity: a.Severity})
		for _, f := range a.of(posture.Fail, posture.Unknown, posture.Muted) {
			out.Findings = append(out.Findings, sarifFinding(f))
		}
	}
	if out.Verdict.State == report.Bad && count(r.Findings)[posture.Unknown] > 0 {
		out.Verdict.State = report.Unknown // the run did not see everything that it should have
	}
	return report.SARIF(w, out)
}

func help(c posture.Check) string {
	text := show(c.Rationale)
	for _, s := range standards(c) {
		text += "\n" + s.Name + ": " + strings.Join(s.IDs, ", ")
	}
	return strings.TrimSpace(text)
}

// sarifFinding places a finding about an account as a whole by account and region: the place is half of its fingerprint.
func sarifFinding(f posture.Finding) report.Finding {
	object := f.Resource
	if object == "" {
		object = strings.TrimSuffix(f.Account+"/"+f.Region, "/")
	}
	found := report.Finding{
		Rule: f.Check, Severity: f.Severity, Object: object, Text: show(f.Detail), Open: was(f) == posture.Unknown,
		Details: []report.Field{{Name: "account", Value: f.Account}, {Name: "status", Value: string(f.Status)}, {Name: "id", Value: f.ID}},
	}
	if f.Region != "" {
		found.Details = append(found.Details, report.Field{Name: "region", Value: f.Region})
	}
	if f.Remedy != "" {
		found.Details = append(found.Details, report.Field{Name: "remedy", Value: f.Remedy})
	}
	for _, e := range f.Evidence {
		found.Details = append(found.Details, report.Field{Name: "evidence: " + e.Name, Value: e.Value})
	}
	if f.Mute != nil {
		found.Accepted = muteText(*f.Mute)
	}
	return found
}

// muteText says who answers for a finding, and until when.
func muteText(m posture.Mute) string {
	text := m.Reason
	if !m.Until.IsZero() {
		text += ", until " + m.Until.UTC().Format("2006-01-02")
	}
	return text + " (" + m.Place + ")"
}
