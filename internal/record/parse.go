package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Bounds on what Parse reads. They are far above what AWS sends: an SQS or SNS message holds at most 1 MiB, a log
// file a few tens of MiB, and no chain of AWS services nests more than four documents.
const (
	MaxBytes   = 64 << 20 // of the input, and of what it inflates to
	MaxRecords = 200_000  // in one input, good and bad together
	MaxNesting = 8        // documents inside one another
)

// maxErrors is how many broken records one input's error spells out; the others are counted.
const maxErrors = 20

// limits are the bounds of one parse. Tests lower them.
type limits struct {
	bytes, records, nesting int
}

// Parse finds every CloudTrail record in data: a bare record, an EventBridge event, a log file (plain or gzip), a
// LookupEvents answer, or any of them inside SQS messages, SNS notifications or a Lambda batch of either.
//
// A broken record does not hide its neighbours: Parse then returns the good records and an error that joins one
// *ParseError for each broken one. errors.Is(err, ErrNotCloudTrail) tells that something in the input was
// recognised and does not come from CloudTrail.
func Parse(data []byte) ([]Record, error) {
	return parse(data, limits{bytes: MaxBytes, records: MaxRecords, nesting: MaxNesting})
}

func parse(data []byte, bounds limits) ([]Record, error) {
	p := &parser{limits: bounds}
	plain, err := inflate(data, bounds.bytes)
	if err != nil {
		return nil, &ParseError{Reason: err.Error()}
	}
	p.document(plain, place{}, Bare)
	return p.records, p.err()
}

// parser collects what one input holds.
type parser struct {
	limits  limits
	seen    int // records and messages, good and bad
	records []Record
	errs    []error
	more    int // errors beyond maxErrors
}

// err joins what went wrong, or is nil.
func (p *parser) err() error {
	if p.more > 0 {
		p.errs = append(p.errs, &ParseError{Reason: fmt.Sprintf("%d more records could not be read", p.more)})
	}
	return errors.Join(p.errs...)
}

// fail records that something at a place cannot be read.
func (p *parser) fail(at place, cause error, format string, args ...any) {
	if len(p.errs) >= maxErrors {
		p.more++
		return
	}
	p.errs = append(p.errs, &ParseError{
		Envelope: at.envelope(), Path: at.path, Reason: fmt.Sprintf(format, args...), Err: cause,
	})
}

// document reads one JSON object, whatever it is, and descends into envelopes. A record that has no envelope of its
// own is given the one in alone.
func (p *parser) document(data []byte, at place, alone Envelope) {
	if at = at.deeper(); at.depth > p.limits.nesting {
		p.fail(at, nil, "more than %d documents inside one another", p.limits.nesting)
		return
	}
	s, ok := p.shape(data, at)
	if !ok {
		return
	}
	switch s.kind() {
	case kindRecord:
		p.record(data, s, at.wrapped(alone))
	case kindEventBridge:
		p.eventBridge(s, at.wrapped(EventBridge))
	case kindBatch:
		p.each(s.Records, at.field("Records"), p.item)
	case kindLookup:
		p.each(s.Events, at.wrapped(LookupEvents).field("Events"), p.lookupEvent)
	case kindSQS:
		p.text(s.Body, at.wrapped("sqs").field("body"))
	case kindSNS:
		p.notification(s, at.wrapped("sns"))
	case kindSNSItem:
		p.snsItem(s, at.wrapped("sns").field("Sns"))
	case kindForeign:
		p.fail(at, ErrNotCloudTrail, "%s: event source %s", ErrNotCloudTrail, quote(s.source()))
	default:
		p.fail(at, nil, "neither a CloudTrail record nor an envelope of one: needs eventName, eventSource and eventTime")
	}
}

// shape decodes one object.
func (p *parser) shape(data []byte, at place) (shape, bool) {
	var s shape
	switch err := json.Unmarshal(data, &s); {
	case err == nil:
		return s, true
	case isTypeError(err):
		p.fail(at, nil, "not a JSON object")
	default:
		p.fail(at, nil, "not JSON: %s", cut(err.Error()))
	}
	return s, false
}

// item reads an entry of a "Records" list: a record of a log file, or a message of a Lambda batch.
func (p *parser) item(raw []byte, at place) { p.document(raw, at, LogFile) }

// eventBridge reads an EventBridge event. Every detail-type that carries CloudTrail records ends alike: "AWS API
// Call via CloudTrail", "AWS Console Sign In via CloudTrail", "AWS Service Event via CloudTrail" and so on.
func (p *parser) eventBridge(s shape, at place) {
	detailType, ok := asString(s.DetailType)
	if !ok {
		p.fail(at.field("detail-type"), nil, "not a string")
		return
	}
	if !strings.HasSuffix(detailType, " via CloudTrail") {
		p.fail(at.field("detail-type"), ErrNotCloudTrail, "%s: detail-type %s", ErrNotCloudTrail, quote(detailType))
		return
	}
	p.bare(s.Detail, at.field("detail"))
}

// lookupEvent reads an entry of a LookupEvents answer, which holds the record as a string.
func (p *parser) lookupEvent(raw []byte, at place) {
	var entry struct{ CloudTrailEvent json.RawMessage }
	at = at.field("CloudTrailEvent")
	if err := json.Unmarshal(raw, &entry); err != nil {
		p.fail(at, nil, "its event is not a JSON object")
		return
	}
	text, ok := asString(entry.CloudTrailEvent)
	if !ok {
		p.fail(at, nil, "not a string that holds a record")
		return
	}
	p.bare([]byte(text), at)
}

// bare reads what can be nothing but a record.
func (p *parser) bare(raw []byte, at place) {
	if raw == nil {
		p.fail(at, nil, "missing")
		return
	}
	s, ok := p.shape(raw, at)
	if !ok {
		return
	}
	if s.kind() != kindRecord {
		p.fail(at, nil, "not a CloudTrail record: needs eventName, eventSource and eventTime")
		return
	}
	p.record(raw, s, at)
}

// notification reads an SNS message as it is delivered to queues and HTTP endpoints.
func (p *parser) notification(s shape, at place) {
	if s.Type != "Notification" {
		p.fail(at.field("Type"), ErrNotCloudTrail, "%s: SNS message of type %s", ErrNotCloudTrail, quote(string(s.Type)))
		return
	}
	p.text(s.Message, at.field("Message"))
}

// snsItem reads an SNS message as Lambda gets it.
func (p *parser) snsItem(s shape, at place) {
	var sns struct{ Message json.RawMessage }
	if err := json.Unmarshal(s.SNS, &sns); err != nil {
		p.fail(at, nil, "not a JSON object")
		return
	}
	p.text(sns.Message, at.field("Message"))
}

// text descends into a document that an envelope carries as a string.
func (p *parser) text(raw json.RawMessage, at place) {
	text, ok := asString(raw)
	if !ok {
		p.fail(at, nil, "not a string")
		return
	}
	p.document([]byte(text), at, Bare)
}

// each hands the entries of a list to read, one by one: a list of millions of entries costs no more than MaxRecords.
func (p *parser) each(list json.RawMessage, at place, read func(raw []byte, at place)) {
	decoder := json.NewDecoder(bytes.NewReader(list))
	if open, err := decoder.Token(); err != nil || open != json.Delim('[') {
		p.fail(at, nil, "not a list")
		return
	}
	for n := 0; decoder.More(); n++ {
		if p.seen++; p.seen > p.limits.records {
			p.fail(at.index(n), nil, "more than %d records in one input: this and the following were not read", p.limits.records)
			return
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			p.fail(at.index(n), nil, "not JSON: %s", cut(err.Error()))
			return
		}
		read(raw, at.index(n))
	}
}
