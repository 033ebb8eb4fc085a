package record

import (
	"encoding/json"
	"errors"
	"strings"
)

// shape is any object that Parse may meet: a record or one of the envelopes. What only one of them has tells which.
// Fields whose type decides over acceptance stay raw; of the others a value of the wrong type counts as missing.
type shape struct {
	// Envelopes.
	DetailType json.RawMessage `json:"detail-type"` // EventBridge
	Detail     json.RawMessage `json:"detail"`
	Records    json.RawMessage `json:"Records"` // log file, Lambda batch
	Events     json.RawMessage `json:"Events"`  // LookupEvents
	Body       json.RawMessage `json:"body"`    // SQS; "Body" from ReceiveMessage, "body" in Lambda
	Type       text            `json:"Type"`    // SNS
	Message    json.RawMessage `json:"Message"`
	SNS        json.RawMessage `json:"Sns"` // SNS in Lambda

	// A record.
	EventID            text            `json:"eventID"`
	EventSource        json.RawMessage `json:"eventSource"`
	EventName          json.RawMessage `json:"eventName"`
	EventTime          json.RawMessage `json:"eventTime"`
	EventType          text            `json:"eventType"`
	EventCategory      text            `json:"eventCategory"`
	AWSRegion          text            `json:"awsRegion"`
	RecipientAccountID text            `json:"recipientAccountId"`
	RequestID          text            `json:"requestID"`
	ReadOnly           flag            `json:"readOnly"`
	SourceIPAddress    text            `json:"sourceIPAddress"`
	UserAgent          text            `json:"userAgent"`
	ErrorCode          text            `json:"errorCode"`
	ErrorMessage       text            `json:"errorMessage"`
	UserIdentity       json.RawMessage `json:"userIdentity"`
	RequestParameters  json.RawMessage `json:"requestParameters"`
	ResponseElements   json.RawMessage `json:"responseElements"`
	Resources          json.RawMessage `json:"resources"`
	InsightDetails     json.RawMessage `json:"insightDetails"`
}

// kind is what an object turned out to be.
type kind int

const (
	kindUnknown kind = iota
	kindRecord
	kindEventBridge
	kindBatch // a "Records" list: log file or Lambda batch
	kindLookup
	kindSQS
	kindSNS
	kindSNSItem
	kindForeign // an event of another AWS service, such as an S3 notification
)

// kind tells what an object is. It depends on nothing but the object, so that a record which was accepted in an
// envelope is accepted without it too.
func (s shape) kind() kind {
	switch {
	case s.DetailType != nil:
		return kindEventBridge
	case s.Records != nil:
		return kindBatch
	case s.Events != nil:
		return kindLookup
	case s.SNS != nil:
		return kindSNSItem
	case s.Body != nil:
		return kindSQS
	case s.Type != "" && s.Message != nil:
		return kindSNS
	case strings.HasPrefix(s.source(), "aws:"):
		return kindForeign
	case s.EventName != nil, s.EventSource != nil, s.EventTime != nil, s.InsightDetails != nil:
		return kindRecord
	}
	return kindUnknown
}

// source is the event source, empty if there is none that is a string.
func (s shape) source() string {
	text, _ := asString(s.EventSource)
	return text
}

// text is a string that may be missing: anything but a string or a number reads as empty.
type text string

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (t *text) UnmarshalJSON(raw []byte) error {
	s, ok := asString(raw)
	if !ok && len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9') {
		s = string(raw)
	}
	*t = text(s)
	return nil
}

// flag is a boolean that AWS writes as true or as "true", depending on the field and the service.
type flag bool

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (f *flag) UnmarshalJSON(raw []byte) error {
	s, _ := asString(raw)
	*f = flag(string(raw) == "true" || strings.EqualFold(s, "true"))
	return nil
}

// asString decodes a JSON string; anything else is not ok.
func asString(raw []byte) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// asObject is raw if it is a JSON object, else nil.
func asObject(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return raw
}

// isTypeError says whether JSON is well formed but not of the type that was asked for.
func isTypeError(err error) bool {
	var wrong *json.UnmarshalTypeError
	return errors.As(err, &wrong)
}
