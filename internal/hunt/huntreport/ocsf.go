package huntreport

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/report"
)

// ocsf writes a line with an event of class Detection Finding for each finding:
// https://schema.ocsf.io/1.3.0/classes/detection_finding
type ocsf struct {
	w       io.Writer
	subject Subject
}

type ocsfEvent struct {
	Activity   int                 `json:"activity_id"`  // 1: create
	Category   int                 `json:"category_uid"` // 2: findings
	Class      int                 `json:"class_uid"`    // 2004: detection finding
	Type       int                 `json:"type_uid"`
	Time       int64               `json:"time"` // milliseconds since 1970
	SeverityID int                 `json:"severity_id"`
	Severity   string              `json:"severity"`
	Status     int                 `json:"status_id"` // 1: new
	Message    string              `json:"message"`
	Info       ocsfInfo            `json:"finding_info"`
	Metadata   report.OCSFMetadata `json:"metadata"`
	Cloud      report.OCSFCloud    `json:"cloud"`
	Evidences  []ocsfEvidence      `json:"evidences,omitempty"`
	Raw        string              `json:"raw_data,omitempty"`
}

type ocsfInfo struct {
	UID         string       `json:"uid"`
	Title       string       `json:"title"`
	Description string       `json:"desc,omitempty"`
	Created     int64        `json:"created_time,omitempty"`
	Analytic    ocsfAnalytic `json:"analytic"`
	Attacks     []ocsfAttack `json:"attacks,omitempty"`
}

type ocsfAnalytic struct {
	UID  string `json:"uid,omitempty"`
	Name string `json:"name"`
	Type int    `json:"type_id"` // 1: rule
}

type ocsfAttack struct {
	Technique ocsfTechnique `json:"technique"`
}

type ocsfTechnique struct {
	UID string `json:"uid"`
}

type ocsfEvidence struct {
	API      ocsfAPI       `json:"api"`
	Actor    ocsfActor     `json:"actor"`
	Endpoint *ocsfEndpoint `json:"src_endpoint,omitempty"`
}

type ocsfAPI struct {
	Operation string       `json:"operation"`
	Service   ocsfService  `json:"service"`
	Request   *ocsfRequest `json:"request,omitempty"`
	Response  *ocsfAnswer  `json:"response,omitempty"`
}

type ocsfService struct {
	Name string `json:"name"`
}

type ocsfRequest struct {
	UID string `json:"uid"`
}

type ocsfAnswer struct {
	Error string `json:"error"`
}

type ocsfActor struct {
	User ocsfUser `json:"user"`
}

type ocsfUser struct {
	UID        string `json:"uid,omitempty"`
	Name       string `json:"name"`
	Credential string `json:"credential_uid,omitempty"`
}

type ocsfEndpoint struct {
	IP string `json:"ip"`
}

func (o *ocsf) Finding(f hunt.Finding) error {
	id, name := report.OCSFSeverity(f.Rule.Severity)
	at := f.Time()
	if at.IsZero() {
		at = o.subject.Ended()
	}
	e := ocsfEvent{
		Activity: 1, Category: 2, Class: 2004, Type: 200401, Time: at.UnixMilli(), SeverityID: id, Severity: name, Status: 1, Message: f.Rule.Title,
		Info: ocsfInfo{
			UID: o.uid(f), Title: f.Rule.Title, Description: f.Rule.Description, Created: at.UnixMilli(),
			Analytic: ocsfAnalytic{f.Rule.ID, f.Rule.Title, 1}, Attacks: attacks(f.Rule.Tags),
		},
		Metadata: report.OCSFWriter(o.subject.Tool),
		Cloud:    report.OCSFPlace(f.Event.Account, f.Event.Region),
	}
	if f.Correlation == nil {
		e.Evidences = []ocsfEvidence{evidenceOf(f.Event)}
		e.Raw = strings.ToValidUTF8(string(f.Record), "\ufffd")
	}
	return report.JSONLine(o.w, e)
}

// uid names a finding alike in every run.
func (o *ocsf) uid(f hunt.Finding) string {
	switch {
	case f.Correlation != nil:
		return fmt.Sprintf("%s/%s/%s", f.Rule.ID, f.Correlation.From.Format(time.RFC3339), strings.Join(f.Correlation.Events[:min(len(f.Correlation.Events), 1)], ""))
	case f.Event.ID != "":
		return f.Rule.ID + "/" + f.Event.ID
	}
	return fmt.Sprintf("%s/%s/%d", f.Rule.ID, f.File, f.Offset)
}

func evidenceOf(e hunt.Event) ocsfEvidence {
	out := ocsfEvidence{
		API:   ocsfAPI{Operation: e.Name, Service: ocsfService{e.Source}},
		Actor: ocsfActor{ocsfUser{e.Actor.PrincipalID, e.Actor.Name(), e.Actor.AccessKeyID}},
	}
	if e.ID != "" {
		out.API.Request = &ocsfRequest{e.ID}
	}
	if e.ErrorCode != "" {
		out.API.Response = &ocsfAnswer{e.ErrorCode}
	}
	if e.SourceIP != "" {
		out.Endpoint = &ocsfEndpoint{e.SourceIP}
	}
	return out
}

// attacks reads ATT&CK's techniques from a rule's tags, such as attack.t1562.008.
func attacks(tags []string) (list []ocsfAttack) {
	for _, tag := range tags {
		if id, ok := strings.CutPrefix(tag, "attack.t"); ok && id != "" && strings.Trim(id, "0123456789.") == "" {
			list = append(list, ocsfAttack{Technique: ocsfTechnique{"T" + id}})
		}
	}
	return list
}

func (o *ocsf) End(hunt.Result) error { return nil }
