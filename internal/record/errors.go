package record

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrNotCloudTrail means that the input is well-formed and comes from something else: a scheduled event, an S3
// notification, the confirmation of a subscription. Test for it with errors.Is.
var ErrNotCloudTrail = errors.New("not from CloudTrail")

// ParseError says what cannot be read and where. Text from the input is quoted and cut, so that it can be printed.
type ParseError struct {
	Envelope Envelope // the wrappings around the place, empty if none was recognised
	Path     string   // from the outermost object down, such as Records[3].body.detail.eventTime; empty for the whole
	Reason   string
	Err      error // ErrNotCloudTrail, or nil
}

// Error is "envelope: path: reason".
func (e *ParseError) Error() string {
	parts := []string{cmp.Or(string(e.Envelope), "input"), e.Path, e.Reason}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// Unwrap returns Err.
func (e *ParseError) Unwrap() error { return e.Err }

// place is where in the input the parser is.
type place struct {
	wrappings []string // outermost first
	path      string
	depth     int // documents around and including this one
}

// envelope joins the wrappings: "sqs/sns/eventbridge".
func (a place) envelope() Envelope { return Envelope(strings.Join(a.wrappings, "/")) }

// wrapped is the same place, known to be inside one more envelope.
func (a place) wrapped(name Envelope) place {
	a.wrappings = append(slices.Clip(a.wrappings), string(name))
	return a
}

// deeper is the same place, one document further in.
func (a place) deeper() place {
	a.depth++
	return a
}

// field is a place inside the current object.
func (a place) field(name string) place {
	if a.path != "" {
		name = a.path + "." + name
	}
	a.path = name
	return a
}

// index is a place inside the current list.
func (a place) index(n int) place {
	a.path = fmt.Sprintf("%s[%d]", a.path, n)
	return a
}

// maxQuoted is how many bytes of hostile text an error carries at most.
const maxQuoted = 80

// quote makes text from the input safe to print.
func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.QuoteToASCII(strings.ToValidUTF8(s[:maxQuoted], "")) + "…"
	}
	return strconv.QuoteToASCII(s)
}

// cut bounds the text of a library's error, which quotes what it found by itself.
func cut(s string) string {
	if len(s) > 2*maxQuoted {
		return s[:2*maxQuoted] + "…"
	}
	return s
}

// Unreadable is the part of Parse's error that must not be ignored: nil if all of it is ErrNotCloudTrail. Something
// from another service is no loss; a broken record beside it is.
func Unreadable(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		if errors.Is(err, ErrNotCloudTrail) {
			return nil
		}
		return err
	}
	var left []error
	for _, e := range joined.Unwrap() {
		left = append(left, Unreadable(e))
	}
	return errors.Join(left...)
}
