package metricfilter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of CloudWatch Logs for one pattern. The API takes no longer pattern, so none in force is longer.
const (
	maxPattern   = 1024 // characters
	maxRegexes   = 2    // in a JSON pattern
	maxWildcards = 3    // selectors with a wildcard in a JSON pattern
)

// Filter is a filter pattern, ready to be asked. The zero value matches everything, as the empty pattern does.
type Filter struct {
	expression node  // of a JSON pattern
	terms      terms // of any other
}

// Error says what is wrong with a pattern and where.
type Error struct {
	At      int // counted in bytes, from 0
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("filter pattern, at byte %d: %s", e.At+1, e.Message)
}

// Parse reads a pattern. It knows JSON patterns ({ $.eventName = StopLogging }) and patterns of terms, phrases and regular
// expressions. Patterns for space-delimited text ([a, b, …]) are refused: what they find in JSON is documented nowhere. An
// error is an *[Error].
//
// It is no validator: it reads some patterns that CloudWatch Logs may refuse, such as keywords in lower case, because
// patterns that are in force have passed that already.
func Parse(pattern string) (Filter, error) {
	if n := utf8.RuneCountInString(pattern); n > maxPattern {
		return Filter{}, &Error{0, fmt.Sprintf("it has %d characters; CloudWatch Logs allows %d", n, maxPattern)}
	}
	if !utf8.ValidString(pattern) {
		return Filter{}, &Error{0, "it is not valid UTF-8"}
	}
	p := &parser{text: pattern}
	p.space()
	switch {
	case strings.HasPrefix(p.rest(), "{"):
		expression, err := p.json()
		return Filter{expression: expression}, err
	case strings.HasPrefix(p.rest(), "["):
		return Filter{}, p.errorf("this is a pattern for space-delimited text, which CloudTrail's records are not; write { $.field = value }")
	}
	found, err := p.terms()
	return Filter{terms: found}, err
}

// Match says whether a record matches: one JSON object as CloudTrail writes it, on one line and without spaces. A JSON
// pattern doesn't match what isn't JSON.
func (f Filter) Match(record []byte) Truth {
	if f.expression == nil {
		return f.terms.match(string(record))
	}
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber() // numbers are compared with wildcards as they are written
	var value any
	if err := d.Decode(&value); err != nil {
		return No
	}
	return f.expression.match(value)
}

// String is the pattern in one spelling: every comparison in parentheses, every text in quotation marks. Parsing it gives
// the same filter again.
func (f Filter) String() string {
	if f.expression == nil {
		return f.terms.String()
	}
	return "{ " + f.expression.String() + " }"
}
