package posturereport

import (
	"cmp"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
)

// writeOCSF writes a line with an event of class Compliance Finding for each finding:
// https://schema.ocsf.io/1.3.0/classes/compliance_finding
func writeOCSF(w io.Writer, r posture.Report, s Subject) error {
	for _, a := range byCheck(r) {
		for _, f := range a.Findings {
			if err := report.JSONLine(w, ocsfOf(a.Check, f, r, s)); err != nil {
				return err
			}
		}
	}
	return nil
}

type ocsfEvent struct {
	Activity    int                 `json:"activity_id"`  // 1: create
	Category    int                 `json:"category_uid"` // 2: findings
	Class       int                 `json:"class_uid"`    // 2003: compliance finding
	Type        int                 `json:"type_uid"`
	Time        int64               `json:"time"` // milliseconds since 1970
	SeverityID  int                 `json:"severity_id"`
	Severity    string              `json:"severity"`
	StatusID    int                 `json:"status_id"`
	Status      string              `json:"status"`
	Message     string              `json:"message"`
	Comment     string              `json:"comment,omitempty"`
	Compliance  ocsfCompliance      `json:"compliance"`
	Info        ocsfInfo            `json:"finding_info"`
	Metadata    report.OCSFMetadata `json:"metadata"`
	Cloud       report.OCSFCloud    `json:"cloud"`
	Resources   []ocsfResource      `json:"resources"`
	Remediation *ocsfRemedy         `json:"remediation,omitempty"`
	Enrichments []ocsfKnowledge     `json:"enrichments,omitempty"`
}

type ocsfCompliance struct {
	Control      string   `json:"control"`
	Standards    []string `json:"standards"`
	Requirements []string `json:"requirements,omitempty"`
	StatusID     int      `json:"status_id"`
	Status       string   `json:"status"`
	Detail       string   `json:"status_detail"`
}

type ocsfInfo struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Description string   `json:"desc"`
	Created     int64    `json:"created_time"`
	Types       []string `json:"types"`
}

type ocsfResource struct {
	UID       string   `json:"uid"`
	Type      string   `json:"type"`
	Region    string   `json:"region,omitempty"`
	Partition string   `json:"cloud_partition"`
	Labels    []string `json:"labels,omitempty"`
}

type ocsfRemedy struct {
	Description string `json:"desc"`
}

// ocsfKnowledge is a piece of evidence: this class has no place for evidence of its own.
type ocsfKnowledge struct {
	Name  string        `json:"name"`
	Value string        `json:"value"`
	Data  ocsfEvidences `json:"data"`
}

type ocsfEvidences struct {
	Evidence string `json:"evidence"`
}

func ocsfOf(c posture.Check, f posture.Finding, r posture.Report, s Subject) ocsfEvent {
	id, caption := report.OCSFSeverity(f.Severity)
	at := r.At.UnixMilli()
	e := ocsfEvent{
		Activity: 1, Category: 2, Class: 2003, Type: 200301, Time: at, SeverityID: id, Severity: caption, StatusID: 1, Status: "New", Message: valid(f.Detail),
		Compliance: ocsfComplianceOf(c, f),
		Info:       ocsfInfo{UID: f.ID, Title: c.Title, Description: cmp.Or(c.Rationale, c.Title), Created: at, Types: []string{string(c.Group)}},
		Metadata:   report.OCSFWriter(s.Tool),
		Cloud:      report.OCSFPlace(f.Account, valid(f.Region)),
		Resources:  []ocsfResource{{UID: valid(about(f)), Type: resourceType(f.Resource), Region: valid(f.Region), Partition: valid(partition(f))}},
	}
	if f.Status == posture.Muted {
		e.StatusID, e.Status, e.Comment = 3, "Suppressed", valid(muteOf(f))
	}
	if f.Remedy != "" {
		e.Remediation = &ocsfRemedy{valid(f.Remedy)}
	}
	for _, v := range f.Evidence {
		e.Enrichments = append(e.Enrichments, ocsfKnowledge{valid(v.Name), valid(v.Value), ocsfEvidences{valid(v.Value)}})
	}
	return e
}

func ocsfComplianceOf(c posture.Check, f posture.Finding) ocsfCompliance {
	made := ocsfCompliance{Control: c.ID, Standards: []string{}, Detail: valid(f.Detail)}
	for _, s := range standards(c) {
		made.Standards = append(made.Standards, s.Name)
		for _, id := range s.IDs {
			made.Requirements = append(made.Requirements, s.Name+" "+id)
		}
	}
	if len(made.Standards) == 0 {
		made.Standards = append(made.Standards, "Trailhold") // the class asks for one, and nobody else asks for this
	}
	switch was(f) {
	case posture.Pass:
		made.StatusID, made.Status = 1, "Pass"
	case posture.Unknown:
		made.StatusID, made.Status = 2, "Warning" // did not yield a result due to missing information
	case posture.Fail:
		made.StatusID, made.Status = 3, "Fail"
	default:
		made.StatusID, made.Status = 99, "Not applicable"
	}
	return made
}

func valid(text string) string { return strings.ToValidUTF8(text, string(utf8.RuneError)) }
