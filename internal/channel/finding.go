package channel

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// What ASFF takes, in characters: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
const (
	asffTitle       = 256
	asffDescription = 1024
	asffText        = 512 // of a recommendation
	asffValue       = 1024
	asffID          = 512
)

// FindingImporter imports findings of this account into Security Hub.
type FindingImporter interface {
	// ImportFinding imports one finding in ASFF. It fails if Security Hub does not take it.
	ImportFinding(ctx context.Context, finding []byte) error

	// Region is where Security Hub is asked, for the ARN of its default product.
	Region() string
}

// SecurityHub keeps one finding for each incident, which later messages update: its record is archived once delivery is
// proved. BatchImportFindings sets the workflow's status only when it makes a finding; from then on it is people's, so
// that nothing that a guard says closes what somebody is working on.
type SecurityHub struct {
	named
	hub   FindingImporter
	links Linker
}

// NewSecurityHub makes a SecurityHub.
func NewSecurityHub(name string, hub FindingImporter, links Linker) *SecurityHub {
	return &SecurityHub{named(name), hub, links}
}

// Send implements notify.Sink.
func (s *SecurityHub) Send(ctx context.Context, m notify.Message) error { return send(ctx, s, m) }

// Report implements Reporter.
func (s *SecurityHub) Report(ctx context.Context, m notify.Message) (string, error) {
	if !trail.ValidAccount(m.Incident.Account) {
		return "", permanentf("a finding is about an account, and the message names none: with a test, give --account")
	}
	f := s.finding(m, time.Now().UTC())
	data, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	if err := s.hub.ImportFinding(ctx, data); err != nil {
		return "", err
	}
	return "finding " + f.ID + " is " + strings.ToLower(f.RecordState), nil
}

// finding is as much of ASFF as a message fills.
type finding struct {
	SchemaVersion         string
	ID                    string `json:"Id"`
	ProductARN            string `json:"ProductArn"`
	CompanyName           string
	ProductName           string
	GeneratorID           string `json:"GeneratorId"`
	AWSAccountID          string `json:"AwsAccountId"`
	Region                string
	FirstObservedAt       string `json:",omitempty"`
	CreatedAt             string
	UpdatedAt             string
	Title                 string
	Description           string
	Remediation           remediation
	SourceURL             string            `json:"SourceUrl,omitempty"`
	ProductFields         map[string]string // at most 50
	Resources             []findingResource
	FindingProviderFields providerFields
	Workflow              workflow
	RecordState           string
}

type remediation struct{ Recommendation recommendation }

type recommendation struct {
	Text string `json:",omitempty"`
	URL  string `json:"Url,omitempty"`
}

type findingResource struct {
	Type, Partition string
	ID              string `json:"Id"`
	Region          string `json:",omitempty"`
}

type providerFields struct {
	Severity findingSeverity
	Types    []string
}

type findingSeverity struct{ Label, Original string }

type workflow struct{ Status string }

func (s *SecurityHub) finding(m notify.Message, now time.Time) finding {
	i, hub := m.Incident, s.hub.Region()
	account := plain.ASCII(i.Account, 12)
	f := finding{
		SchemaVersion: "2018-10-08", ID: plain.ASCII("trailhold/"+account+"/"+i.ID, asffID), ProductARN: "arn:" + partitionOf(hub) + ":securityhub:" + hub + ":" + account + ":product/" + account + "/default",
		CompanyName: "Trailhold", ProductName: "Trailhold", GeneratorID: plain.ASCII("trailhold/"+generator(m), asffID), AWSAccountID: account, Region: hub,
		CreatedAt: stamp(i.Seen, now), UpdatedAt: stamp(now, now), Title: cut(m.Subject, asffTitle), Description: cut(description(m), asffDescription),
		ProductFields: s.productFields(m), Resources: []findingResource{findingAbout(i)},
		FindingProviderFields: providerFields{findingSeverity{findingLabel(i.Severity), i.Severity.String()}, []string{"TTPs/Defense Evasion"}},
		Workflow:              workflow{"NEW"}, RecordState: "ACTIVE",
	}
	if !i.Attack.IsZero() {
		f.FirstObservedAt = stamp(i.Attack, now)
	}
	f.Remediation.Recommendation.Text = cut(m.Brief.Next, asffText)
	if links := s.links.Links(m); len(links) > 0 {
		f.Remediation.Recommendation.URL, f.SourceURL = links[0].URL, links[len(links)-1].URL
	}
	if m.Kind == notify.KindTest || i.Stage == incident.Proved {
		f.Workflow.Status, f.RecordState = "RESOLVED", "ARCHIVED"
	}
	return f
}

// description is what happened, without what to do next, for which there is another place.
func description(m notify.Message) string {
	words := []string{m.Headline}
	for _, f := range fields(m.Brief)[1:] {
		if f.name != "next" {
			words = append(words, strings.ToUpper(f.name)+": "+f.text+".")
		}
	}
	return strings.Join(words, " ")
}

// productFields carry what ASFF has no place for.
func (s *SecurityHub) productFields(m notify.Message) map[string]string {
	out := map[string]string{"trailhold/incident": short(m.Incident.ID), "trailhold/kind": short(string(m.Kind)), "trailhold/stage": short(string(m.Incident.Stage))}
	for _, f := range fields(m.Brief) {
		out["trailhold/"+f.name] = cut(f.text, asffValue)
	}
	return out
}

// generator is what found it: the technique, or what kind of message it is.
func generator(m notify.Message) string {
	if t := technique(m); t != "" {
		return t
	}
	return string(m.Kind)
}

func findingAbout(i incident.Incident) findingResource {
	r := findingResource{Type: "Other", ID: cut(short(i.TrailARN), asffID), Partition: partition(i.TrailARN), Region: short(i.Region)}
	switch {
	case notify.ConsoleURL(i.TrailARN) != "":
		r.Type = "AwsCloudTrailTrail"
	case i.TrailARN == "":
		r.Type, r.ID = "AwsAccount", "AWS::::Account:"+short(i.Account)
	}
	return r
}

func findingLabel(s severity.Severity) string {
	switch s {
	case severity.Critical, severity.High, severity.Medium, severity.Low:
		return strings.ToUpper(s.String())
	}
	return "INFORMATIONAL"
}

// stamp is a time as ASFF wants it, or another one if it is unknown.
func stamp(t, otherwise time.Time) string {
	if t.IsZero() {
		t = otherwise
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func cut(s string, most int) string { return fit(s, most, asIs) }

// partition is that of an ARN, "aws" where it names none that there is.
func partition(arn string) string {
	if parts := strings.SplitN(arn, ":", 3); len(parts) == 3 && parts[0] == "arn" && slices.Contains([]string{"aws", "aws-cn", "aws-us-gov"}, parts[1]) {
		return parts[1]
	}
	return "aws"
}

// partitionOf is that of a region.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
