package channel

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/tamper"
)

// ocsfVersion is that of the schema: https://schema.ocsf.io/1.3.0/classes/detection_finding
const ocsfVersion = "1.3.0"

// OCSF writes messages as events of OCSF's class Detection Finding (2004), one per line: to a URL, to a file, or to a stream.
type OCSF struct {
	named
	url   Secret // nil: write
	token Secret // of the header Authorization, after "Bearer"; nil for none
	links Linker

	mu   sync.Mutex // guards what is written
	file string     // empty: out
	out  io.Writer
}

// NewOCSFPost makes an OCSF that posts to a URL. Token, which may be nil, goes into the header Authorization.
func NewOCSFPost(name string, url, token Secret, links Linker) *OCSF {
	return &OCSF{named: named(name), url: url, token: token, links: links}
}

// NewOCSFFile makes an OCSF that appends to a file.
func NewOCSFFile(name, file string, links Linker) *OCSF {
	return &OCSF{named: named(name), file: file, links: links}
}

// NewOCSFWriter makes an OCSF that writes to a stream.
func NewOCSFWriter(name string, out io.Writer, links Linker) *OCSF {
	return &OCSF{named: named(name), out: out, links: links}
}

// Send implements notify.Sink.
func (o *OCSF) Send(ctx context.Context, m notify.Message) error { return send(ctx, o, m) }

// Report implements Reporter.
func (o *OCSF) Report(ctx context.Context, m notify.Message) (string, error) {
	data, err := json.Marshal(o.event(m, time.Now()))
	if err != nil {
		return "", err
	}
	if o.url == nil {
		return o.write(append(data, '\n'))
	}
	address, err := o.url(ctx)
	if err != nil {
		return "", err
	}
	r := request{url: address, body: data}
	if o.token != nil {
		token, err := o.token(ctx)
		if err != nil {
			return "", err
		}
		r.header, r.secrets = map[string]string{"Authorization": "Bearer " + token}, []string{token}
	}
	return r.post(ctx)
}

func (o *OCSF) write(line []byte) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file == "" {
		if _, err := o.out.Write(line); err != nil {
			return "", permanentf("cannot write: %w", err)
		}
		return "written", nil
	}
	file, err := os.OpenFile(o.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", permanent{err}
	}
	_, err = file.Write(line)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", permanent{err}
	}
	return "appended to " + o.file, nil
}

// object is a JSON object.
type object = map[string]any

// event is a message as OCSF has it. The finding's uid is the incident's id, so that later events update the same finding.
func (o *OCSF) event(m notify.Message, now time.Time) object {
	i := m.Incident
	activity, status := 1, 1 // create, new
	switch {
	case over(m):
		activity, status = 3, 4 // close, resolved
	case m.Kind != incident.KindAlert && m.Kind != notify.KindFailure && m.Kind != notify.KindTest:
		activity, status = 2, 2 // update, in progress
	}
	id, name := ocsfSeverity(i.Severity)
	e := object{
		"category_uid": 2, "class_uid": 2004, "activity_id": activity, "type_uid": 200400 + activity, "time": now.UnixMilli(), "status_id": status,
		"severity_id": id, "severity": name, "message": m.Headline, "finding_info": o.finding(m),
		"metadata": object{"version": ocsfVersion, "product": object{"name": "Trailhold", "vendor_name": "Trailhold"}, "uid": m.ID(), "profiles": []string{"cloud"}},
		"cloud":    object{"provider": "AWS", "region": short(i.Region), "account": object{"uid": short(i.Account)}},
		"unmapped": object{"brief": m.Brief, "stage": short(string(i.Stage)), "links": o.links.Links(m)}, "raw_data": string(m.JSONWithin(maxEvent)),
	}
	if m.Brief.Next != "" {
		e["remediation"] = object{"desc": m.Brief.Next}
	}
	if i.TrailARN != "" {
		e["resources"] = []object{{"uid": short(i.TrailARN), "region": short(i.Region), "cloud_partition": partition(i.TrailARN)}}
	}
	if i.Actor.Known() {
		e["evidences"] = []object{ocsfEvidence(i.Actor)}
	}
	return e
}

func (o *OCSF) finding(m notify.Message) object {
	i := m.Incident
	info := object{"uid": short(i.ID), "title": m.Subject, "desc": m.Brief.What, "types": []string{"Defense Evasion"}}
	if !i.Seen.IsZero() {
		info["created_time"] = i.Seen.UnixMilli()
	}
	if !i.Attack.IsZero() {
		info["first_seen_time"] = i.Attack.UnixMilli()
	}
	var attacks []object
	for _, id := range i.Techniques {
		if t, ok := tamper.Lookup(id); ok {
			info["analytic"] = object{"uid": t.ID, "name": t.Title, "type_id": 1}
			for _, uid := range t.ATTCKv18 {
				attacks = append(attacks, object{"technique": object{"uid": uid}, "version": "18"})
			}
			break
		}
	}
	if len(attacks) > 0 {
		info["attacks"] = attacks
	}
	return info
}

func ocsfEvidence(a incident.Actor) object {
	user := object{"uid": short(a.ARN), "type": short(a.Type), "credential_uid": short(a.AccessKeyID), "account": object{"uid": short(a.AccountID)}}
	evidence := object{"actor": object{"user": user, "invoked_by": short(a.InvokedBy)}}
	if a.SourceIPAddress != "" {
		evidence["src_endpoint"] = object{"ip": short(a.SourceIPAddress)}
	}
	return evidence
}

func ocsfSeverity(s severity.Severity) (id int, name string) {
	switch s {
	case severity.Critical:
		return 5, "Critical"
	case severity.High:
		return 4, "High"
	case severity.Medium:
		return 3, "Medium"
	case severity.Low:
		return 2, "Low"
	}
	return 1, "Informational"
}
