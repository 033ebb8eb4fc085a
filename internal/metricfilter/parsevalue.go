package metricfilter

import (
	"strconv"
	"strings"
)

// selector reads a path, such as $.userIdentity.type, $.resources[0].ARN or $.['a name'].
func (p *parser) selector() (selector, error) {
	if !p.take("$") {
		return nil, p.errorf("expected a selector such as $.eventName here%s", p.seen())
	}
	var s selector
	for p.at < len(p.text) && (p.text[p.at] == '.' || p.text[p.at] == '[') {
		next, err := p.step()
		if err != nil {
			return nil, err
		}
		if s = append(s, next); next.kind >= anyElement && s[:len(s)-1].wildcard() {
			return nil, p.errorf("a selector can have only one wildcard")
		}
	}
	if len(s) == 0 {
		return nil, p.errorf("expected .name or [index] after the $")
	}
	return s, nil
}

// step reads one step of a path, at the dot or bracket with which it begins.
func (p *parser) step() (step, error) {
	if p.text[p.at] == '.' {
		p.at++
	}
	switch {
	case strings.HasPrefix(p.rest(), "*"):
		p.at++
		return step{kind: anyField}, nil
	case strings.HasPrefix(p.rest(), "["):
		p.at++
		return p.bracket()
	}
	start := p.at
	for p.at < len(p.text) && nameByte(p.text[p.at]) {
		p.at++
	}
	if p.at == start {
		return step{}, p.errorf("expected the name of a property here%s", p.seen())
	}
	return step{name: p.text[start:p.at]}, nil
}

// maxIndex is the greatest index that means something: no log event has more elements.
const maxIndex = 1 << 20

// bracket reads what stands in brackets: an index, an asterisk or a quoted name.
func (p *parser) bracket() (step, error) {
	inner := p.rest()
	if strings.HasPrefix(inner, "'") || strings.HasPrefix(inner, `"`) {
		name, err := p.quoted(inner[0])
		if err == nil && !strings.HasPrefix(p.rest(), "]") {
			err = p.errorf("expected ] here%s", p.seen())
		}
		p.at++
		return step{name: name}, err
	}
	inner, _, closed := strings.Cut(inner, "]")
	index, err := strconv.ParseUint(inner, 10, 32)
	switch {
	case !closed:
		return step{}, p.errorf("the bracket is not closed")
	case inner != "*" && (err != nil || index > maxIndex):
		return step{}, p.errorf("expected an index, * or a quoted name here%s", p.seen())
	}
	p.at += len(inner) + 1
	if inner == "*" {
		return step{kind: anyElement}, nil
	}
	return step{kind: element, index: int(index)}, nil
}

// quoted reads a text between quotation marks, in which a backslash takes the next character as it is.
func (p *parser) quoted(mark byte) (string, error) {
	start := p.at
	var out strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == mark:
			p.at++
			return out.String(), nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			out.WriteByte(p.text[p.at])
		default:
			out.WriteByte(c)
		}
	}
	p.at = start
	return "", p.errorf("the quotation mark is not closed")
}

// value reads what a property is compared with.
func (p *parser) value() (operand, error) {
	p.space()
	switch {
	case strings.HasPrefix(p.rest(), `"`):
		s, err := p.quoted('"')
		return text(s), err
	case strings.HasPrefix(p.rest(), "%"):
		return p.regex()
	}
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(spaces+`(){}&|=!<>"'%`, rune(p.text[p.at])) {
		p.at++
	}
	written := p.text[start:p.at]
	if written == "" {
		return nil, p.errorf("expected a value here%s", p.seen())
	}
	if strings.HasPrefix(written, "$") {
		p.at = start
		return nil, p.errorf("a selector can't be compared with another")
	}
	if n, ok := parseNumber(written); ok {
		return n, nil
	}
	return text(written), nil
}

// regex reads an expression between percent signs.
func (p *parser) regex() (operand, error) {
	written, _, closed := strings.Cut(p.rest()[1:], "%")
	if !closed {
		return nil, p.errorf("the regular expression's closing %% is missing")
	}
	if p.regexes++; p.regexes > maxRegexes {
		return nil, p.errorf("a pattern can have at most %d regular expressions", maxRegexes)
	}
	r, err := compile(written)
	if err != nil {
		return nil, p.errorf("%v", err)
	}
	p.at += len(written) + 2
	return r, nil
}
