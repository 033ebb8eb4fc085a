package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// maxName bounds event names and sources. The longest that AWS uses have a quarter of it.
const maxName = 256

// record turns an object into a Record, if it can be one.
func (p *parser) record(raw []byte, s shape, at place) {
	name, source, insight := s.EventName, s.EventSource, false
	if name == nil && source == nil && s.InsightDetails != nil {
		// An Insights event names the unusual call one level deeper than others name theirs.
		name, source, insight = insightCall(s.InsightDetails), insightSource(s.InsightDetails), true
	}
	r := s.base()
	var err error
	if r.EventName, err = eventName(name); err != nil {
		p.fail(at.field("eventName"), nil, "%s", err)
		return
	}
	if r.EventSource, err = eventSource(source); err != nil {
		p.fail(at.field("eventSource"), nil, "%s", err)
		return
	}
	if r.EventTime, err = eventTime(s.EventTime); err != nil {
		p.fail(at.field("eventTime"), nil, "%s", err)
		return
	}
	if insight && r.EventCategory == "" {
		r.EventCategory = "Insight"
	}
	r.Envelope, r.Raw = at.envelope(), bytes.Clone(bytes.TrimSpace(raw))
	p.records = append(p.records, r)
}

// base is all of a record that may be missing.
func (s shape) base() Record {
	parameters := asObject(s.RequestParameters)
	return Record{
		EventID:            string(s.EventID),
		EventType:          string(s.EventType),
		EventCategory:      string(s.EventCategory),
		Region:             string(s.AWSRegion),
		RecipientAccountID: string(s.RecipientAccountID),
		RequestID:          string(s.RequestID),
		ReadOnly:           bool(s.ReadOnly),
		SourceIPAddress:    string(s.SourceIPAddress),
		UserAgent:          string(s.UserAgent),
		ErrorCode:          string(s.ErrorCode),
		ErrorMessage:       string(s.ErrorMessage),
		Identity:           identity(s.UserIdentity),
		RequestParameters:  parameters,
		ResponseElements:   asObject(s.ResponseElements),
		Resources:          resources(s.Resources),
		ParametersOmitted:  omitted(parameters),
	}
}

func eventName(raw json.RawMessage) (string, error) {
	name, err := required(raw)
	if err == nil && strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		err = errors.New("not an event name: " + quote(name))
	}
	return name, err
}

// eventSource accepts what can be a service's host name, such as cloudtrail.amazonaws.com.
func eventSource(raw json.RawMessage) (string, error) {
	source, err := required(raw)
	if err == nil && strings.ContainsFunc(source, func(r rune) bool { return !hostRune(r) }) {
		err = errors.New("not a service's host name: " + quote(source))
	}
	return source, err
}

func hostRune(r rune) bool {
	return r == '.' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// eventTime reads an ISO 8601 time, with or without a fraction of seconds.
func eventTime(raw json.RawMessage) (time.Time, error) {
	text, err := required(raw)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errors.New("not a time: " + quote(text))
	}
	return t.UTC(), nil
}

// required is a string that a record must have.
func required(raw json.RawMessage) (string, error) {
	if raw == nil || string(raw) == "null" {
		return "", errors.New("missing")
	}
	switch s, ok := asString(raw); {
	case !ok:
		return "", errors.New("not a string")
	case s == "":
		return "", errors.New("empty")
	case len(s) > maxName:
		return "", errors.New("too long: " + quote(s))
	default:
		return s, nil
	}
}

// identity reads userIdentity. A part of the wrong type counts as missing.
func identity(raw json.RawMessage) Identity {
	var i struct {
		Type           text `json:"type"`
		ARN            text `json:"arn"`
		PrincipalID    text `json:"principalId"`
		AccountID      text `json:"accountId"`
		UserName       text `json:"userName"`
		AccessKeyID    text `json:"accessKeyId"`
		InvokedBy      text `json:"invokedBy"`
		SessionContext struct {
			Attributes struct {
				MFA flag `json:"mfaAuthenticated"` // the string "true"
			} `json:"attributes"`
			SessionIssuer struct {
				ARN text `json:"arn"`
			} `json:"sessionIssuer"`
		} `json:"sessionContext"`
	}
	if asObject(raw) != nil {
		// The shape checked the syntax; an object of another type in the session context leaves it empty.
		_ = json.Unmarshal(raw, &i)
	}
	return Identity{
		Type:          string(i.Type),
		ARN:           string(i.ARN),
		PrincipalID:   string(i.PrincipalID),
		AccountID:     string(i.AccountID),
		UserName:      string(i.UserName),
		AccessKeyID:   string(i.AccessKeyID),
		InvokedBy:     string(i.InvokedBy),
		SessionIssuer: string(i.SessionContext.SessionIssuer.ARN),
		MFA:           bool(i.SessionContext.Attributes.MFA),
	}
}

// resources reads the resources list and skips entries that say nothing.
func resources(raw json.RawMessage) []Resource {
	var list []struct {
		ARN       text `json:"ARN"`
		Type      text `json:"type"`
		AccountID text `json:"accountId"`
	}
	if len(raw) == 0 || raw[0] != '[' {
		return nil
	}
	// The shape checked the syntax; entries of another type are left empty.
	_ = json.Unmarshal(raw, &list)
	var out []Resource
	for _, entry := range list {
		r := Resource{ARN: string(entry.ARN), Type: string(entry.Type), AccountID: string(entry.AccountID)}
		if r != (Resource{}) {
			out = append(out, r)
		}
	}
	return out
}

// omitted says whether CloudTrail replaced the parameters, because they were larger than 100 KB, by
// {"reason":"requestParameters too large","omitted":…}. Either half is enough: mistaking a call's own parameters for
// this costs a needless look.
func omitted(parameters json.RawMessage) bool {
	if parameters == nil {
		return false
	}
	var notice struct {
		Reason  text `json:"reason"`
		Omitted flag `json:"omitted"`
	}
	_ = json.Unmarshal(parameters, &notice) // neither type can fail, and the shape checked the syntax
	return bool(notice.Omitted) || strings.HasSuffix(string(notice.Reason), " too large")
}

func insightCall(details json.RawMessage) json.RawMessage {
	var d struct{ EventName json.RawMessage }
	_ = json.Unmarshal(details, &d) // not an object: then the name is missing
	return d.EventName
}

func insightSource(details json.RawMessage) json.RawMessage {
	var d struct{ EventSource json.RawMessage }
	_ = json.Unmarshal(details, &d) // not an object: then the source is missing
	return d.EventSource
}
