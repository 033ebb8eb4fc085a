package huntreport

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/report"
)

// finding is a finding's JSON form.
type finding struct {
	Rule        *hunt.Rule        `json:"rule"`
	EventID     string            `json:"eventID,omitempty"`
	EventTime   string            `json:"eventTime,omitempty"`
	EventSource string            `json:"eventSource,omitempty"`
	EventName   string            `json:"eventName,omitempty"`
	Region      string            `json:"awsRegion,omitempty"`
	Account     string            `json:"account,omitempty"`
	SourceIP    string            `json:"sourceIPAddress,omitempty"`
	UserAgent   string            `json:"userAgent,omitempty"`
	ErrorCode   string            `json:"errorCode,omitempty"`
	Actor       *hunt.Actor       `json:"actor,omitempty"`
	File        string            `json:"file,omitempty"`
	Offset      *int64            `json:"offset,omitempty"`
	Correlation *hunt.Correlation `json:"correlation,omitempty"`
	Record      json.RawMessage   `json:"record,omitempty"`
}

func findingOf(f hunt.Finding) finding {
	if f.Correlation != nil {
		return finding{Rule: f.Rule, Correlation: f.Correlation}
	}
	e := f.Event
	return finding{
		Rule: f.Rule, EventID: e.ID, EventTime: e.TimeText, EventSource: e.Source, EventName: e.Name, Region: e.Region, Account: e.Account,
		SourceIP: e.SourceIP, UserAgent: e.UserAgent, ErrorCode: e.ErrorCode, Actor: &e.Actor, File: f.File, Offset: &f.Offset,
		Record: bytes.ToValidUTF8(f.Record, []byte("\ufffd")),
	}
}

// lines writes a line of JSON for each finding.
type lines struct{ w io.Writer }

func (l lines) Finding(f hunt.Finding) error { return report.JSONLine(l.w, findingOf(f)) }
func (l lines) End(hunt.Result) error        { return nil }

// document writes one JSON document, with a line for each finding.
type document struct {
	w       io.Writer
	subject Subject
	begun   bool
}

func (d *document) Finding(f hunt.Finding) error {
	separator := ","
	if !d.begun {
		separator = "{\"findings\":[\n"
	}
	d.begun = true
	if _, err := io.WriteString(d.w, separator); err != nil {
		return err
	}
	return report.JSONLine(d.w, findingOf(f))
}

// rest is what follows the findings.
type rest struct {
	Sources []string  `json:"sources"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Rules   int       `json:"rules"`
	Ended   time.Time `json:"ended"`
	hunt.Result
	Complete bool `json:"complete"`
}

func (d *document) End(r hunt.Result) error {
	head := "],\n"
	if !d.begun {
		head = "{\"findings\":[],\n"
	}
	var out bytes.Buffer
	s := d.subject
	err := report.JSON(&out, rest{s.Sources, s.From, s.To, s.Rules, s.Ended(), present(r), r.Complete()})
	if err != nil {
		return err
	}
	_, err = io.WriteString(d.w, head+strings.TrimPrefix(out.String(), "{\n"))
	return err
}

// present makes nil lists empty ones, which JSON writes as [].
func present(r hunt.Result) hunt.Result {
	if r.Problems == nil {
		r.Problems = []hunt.Problem{}
	}
	if r.BlindWindows == nil {
		r.BlindWindows = []hunt.BlindWindow{}
	}
	return r
}

// table writes comma-separated values.
type table struct{ w *csv.Writer }

func newTable(w io.Writer) (*table, error) {
	t := &table{csv.NewWriter(w)}
	return t, t.w.Write([]string{
		"time", "level", "rule", "title", "author", "event", "service", "region", "account", "actor", "accessKeyId", "sourceIPAddress", "error", "eventID", "file",
	})
}

func (t *table) Finding(f hunt.Finding) error {
	e := f.Event
	row := []string{
		e.TimeText, f.Rule.Level, f.Rule.ID, f.Rule.Title, f.Rule.Author, e.Name, e.Source, e.Region, e.Account, "", e.Actor.AccessKeyID, e.SourceIP,
		e.ErrorCode, e.ID, f.File,
	}
	if f.Correlation != nil {
		row[0], row[5], row[13] = f.Correlation.To.Format(time.RFC3339), f.Correlation.Type, strings.Join(f.Correlation.Events, " ")
	} else {
		row[9] = e.Actor.Name()
	}
	for i := range row {
		row[i] = report.Cell(row[i])
	}
	return t.w.Write(row)
}

func (t *table) End(hunt.Result) error {
	t.w.Flush()
	return t.w.Error()
}
