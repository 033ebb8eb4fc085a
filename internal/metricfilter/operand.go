package metricfilter

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// operand is what a property is compared with.
type operand interface {
	// equals compares it with a value of a record; comparable is false for one that it can't be compared with at all.
	equals(value any) (equal Truth, comparable bool)
	String() string
}

// text is a text, in which an asterisk at the beginning or end stands for anything.
type text string

func (t text) equals(value any) (Truth, bool) {
	switch v := value.(type) {
	case string:
		return t.like(v), true
	case json.Number:
		return t.like(v.String()), true
	case bool:
		// The guide knows comparisons of texts and numbers only.
		return min(Maybe, t.like(strconv.FormatBool(v))), true
	}
	return No, false
}

// like compares with a text. An asterisk in the middle stood for itself in an earlier edition of the guide; the present
// one doesn't say. The answer is open where that makes a difference.
func (t text) like(value string) Truth {
	pattern := string(t)
	inner, head := strings.CutPrefix(pattern, "*")
	inner, tail := strings.CutSuffix(inner, "*")
	answer := truth(outer(inner, value, head, tail))
	if strings.Contains(inner, "*") && truth(glob(pattern, value)) != answer {
		return Maybe
	}
	return answer
}

// outer compares with a text around which anything may stand.
func outer(pattern, value string, head, tail bool) bool {
	switch {
	case head && tail:
		return strings.Contains(value, pattern)
	case head:
		return strings.HasSuffix(value, pattern)
	case tail:
		return strings.HasPrefix(value, pattern)
	}
	return value == pattern
}

// glob compares with a text in which every asterisk stands for anything.
func glob(pattern, value string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(value, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}

func (t text) String() string { return quote(string(t)) }

// number is a number as it was written, without quotation marks. Of a text in the record it is a text as well: digits
// need no quotation marks.
type number struct {
	written string
	value   float64
}

var numberSyntax = regexp.MustCompile(`^[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$`)

// parseNumber reads a number; ok is false if it's none, or one that is too large to be compared.
func parseNumber(written string) (n number, ok bool) {
	if !numberSyntax.MatchString(written) {
		return number{}, false
	}
	value, err := strconv.ParseFloat(written, 64)
	return number{written, value}, err == nil
}

func (n number) equals(value any) (Truth, bool) {
	v, ok := value.(json.Number)
	if !ok {
		return text(n.written).equals(value)
	}
	f, err := v.Float64()
	return truth(err == nil && f == n.value), true
}

func (n number) String() string { return n.written }

// ordered says whether a number of the record is less or greater than the pattern's. Whether a text that is a number
// counts as one isn't documented.
func (c *comparison) ordered(value any) Truth {
	limit, ok := c.value.(number)
	if !ok {
		return No
	}
	most := Yes
	var written string
	switch v := value.(type) {
	case json.Number:
		written = v.String()
	case string:
		written, most = v, Maybe
	}
	have, ok := parseNumber(written)
	if !ok {
		return No
	}
	holds := map[string]bool{
		"<": have.value < limit.value, "<=": have.value <= limit.value,
		">": have.value > limit.value, ">=": have.value >= limit.value,
	}[c.operator]
	return min(most, truth(holds))
}

// quote writes a text so that it can be read again.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
