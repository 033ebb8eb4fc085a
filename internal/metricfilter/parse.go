package metricfilter

import (
	"fmt"
	"strings"
)

// parser reads a pattern from left to right. A pattern's length bounds its work and its depth.
type parser struct {
	text               string
	at                 int
	regexes, wildcards int
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) errorf(format string, args ...any) error {
	return &Error{p.at, fmt.Sprintf(format, args...)}
}

const spaces = " \t\r\n"

func (p *parser) space() {
	p.at = len(p.text) - len(strings.TrimLeft(p.rest(), spaces))
}

// take skips spaces and takes a token if it is next.
func (p *parser) take(token string) bool {
	p.space()
	if !strings.HasPrefix(p.rest(), token) {
		return false
	}
	p.at += len(token)
	return true
}

// json reads a JSON pattern.
func (p *parser) json() (node, error) {
	p.take("{")
	expression, err := p.any()
	switch {
	case err != nil:
		return nil, err
	case !p.take("}"):
		return nil, p.errorf("expected &&, || or } here%s", p.seen())
	}
	if p.space(); p.rest() != "" {
		return nil, p.errorf("something follows the closing brace")
	}
	return expression, nil
}

// seen shows where the parser is stuck.
func (p *parser) seen() string {
	rest := p.rest()
	if rest == "" {
		return ", where the pattern ends"
	}
	return fmt.Sprintf(", not %.24q", rest)
}

// any reads what || joins. && binds tighter.
func (p *parser) any() (node, error) {
	parts, err := p.joined("||", p.all)
	if len(parts) == 1 {
		return parts[0], err
	}
	return anyOf(parts), err
}

func (p *parser) all() (node, error) {
	parts, err := p.joined("&&", p.single)
	if len(parts) == 1 {
		return parts[0], err
	}
	return allOf(parts), err
}

func (p *parser) joined(operator string, part func() (node, error)) ([]node, error) {
	var parts []node
	for {
		n, err := part()
		if err != nil {
			return nil, err
		}
		if parts = append(parts, n); !p.take(operator) {
			return parts, nil
		}
	}
}

// single reads a condition, or an expression in parentheses.
func (p *parser) single() (node, error) {
	if !p.take("(") {
		return p.comparison()
	}
	expression, err := p.any()
	if err == nil && !p.take(")") {
		err = p.errorf("expected &&, || or ) here%s", p.seen())
	}
	return expression, err
}

func (p *parser) comparison() (node, error) {
	selector, err := p.selector()
	if err != nil {
		return nil, err
	}
	if selector.wildcard() {
		if p.wildcards++; p.wildcards > maxWildcards {
			return nil, p.errorf("a pattern can have at most %d selectors with a wildcard", maxWildcards)
		}
	}
	p.space()
	start := p.at
	for _, operator := range []string{"!=", "<=", ">=", "=", "<", ">"} {
		if p.take(operator) {
			value, err := p.value()
			if err != nil {
				return nil, err
			}
			if _, is := value.(number); !is && strings.ContainsAny(operator, "<>") {
				p.at = start
				return nil, p.errorf("%s compares numbers", operator)
			}
			return &comparison{selector, operator, value}, nil
		}
	}
	return p.state(selector)
}

// state reads a condition without a value.
func (p *parser) state(s selector) (node, error) {
	start := p.at
	first, second := strings.ToUpper(p.word()), strings.ToUpper(p.word())
	switch c := first + " " + second; {
	case c == isNull || c == isTrue || c == isFalse || c == notExists:
		return &comparison{selector: s, operator: c}, nil
	case first == "EXISTS" || c == "IS NOT":
		p.at = start
		return nil, p.errorf(`CloudWatch Logs knows neither EXISTS nor IS NOT; to ask that a field is there, write = "*"`)
	}
	p.at = start
	return nil, p.errorf("expected =, !=, <, >, <=, >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS here%s", p.seen())
}

// word reads letters.
func (p *parser) word() string {
	p.space()
	start := p.at
	for p.at < len(p.text) && nameByte(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}
