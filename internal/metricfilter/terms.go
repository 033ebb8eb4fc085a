package metricfilter

import "strings"

// terms is a pattern that looks at an event as text. All required terms must be in it and no excluded one, and one of the
// optional. With others beside them, optional terms are ignored: so the guide says.
type terms []term

type term struct {
	mark    string // "", "-" (excluded) or "?" (optional)
	operand operand
}

// terms reads the terms that are left.
func (p *parser) terms() (terms, error) {
	var found terms
	for p.space(); p.rest() != ""; p.space() {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	return found, nil
}

func (p *parser) term() (term, error) {
	var t term
	if mark := p.text[p.at]; mark == '-' || mark == '?' {
		t.mark = string(mark)
		p.at++
	}
	var err error
	switch rest := p.rest(); {
	case rest == "" || strings.ContainsRune(spaces, rune(rest[0])):
		return term{}, p.errorf("expected a term after the %s", t.mark)
	case rest[0] == '"':
		var s string
		s, err = p.quoted('"')
		t.operand = text(s)
	case rest[0] == '%':
		t.operand, err = p.regex()
	default:
		end := strings.IndexAny(rest, spaces)
		if end < 0 {
			end = len(rest)
		}
		t.operand = text(rest[:end])
		p.at += end
	}
	return t, err
}

// in says whether a term is in an event. Upper and lower case differ, and a term needs not be a whole word. A phrase of
// spaces matches everything, as the guide says of " ".
func (t term) in(event string) bool {
	switch o := t.operand.(type) {
	case text:
		return strings.TrimSpace(string(o)) == "" || strings.Contains(event, string(o))
	case regex:
		return o.search.MatchString(event)
	}
	return false
}

func (t terms) match(event string) Truth {
	optional, found, required := false, false, false
	for _, term := range t {
		in := term.in(event)
		switch {
		case term.mark == "?":
			optional, found = true, found || in
		case in == (term.mark == "-"):
			return No
		default:
			required = true
		}
	}
	return truth(required || !optional || found)
}

func (t terms) String() string {
	texts := make([]string, len(t))
	for i, term := range t {
		texts[i] = term.mark + term.operand.String()
	}
	return strings.Join(texts, " ")
}
