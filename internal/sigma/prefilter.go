package sigma

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// anchors are what a stretch of JSON is searched for before anything of it is parsed: keys that matching records have,
// with the values that they have there. Searching for a few keys takes a small part of the time that it takes to parse.
type anchors struct {
	keys []anchor
	open bool // some rule matches records of which nothing is known
}

// anchor is a key, followed by its quotation mark, and the values that make a record interesting.
type anchor struct {
	needle
	values   map[string]bool // folded
	anything bool
}

// needle is text to search for. Looking for its rarest byte is several times faster than looking for its first: log
// files are full of an e, but not of an N.
type needle struct {
	text string
	rare int // which of its bytes to look for
}

func newNeedle(text string) needle {
	n := needle{text, 0}
	for i := range len(text) {
		if commonness(text[i]) < commonness(text[n.rare]) {
			n.rare = i
		}
	}
	return n
}

// commonness ranks bytes by how often they occur in CloudTrail records.
func commonness(c byte) int {
	switch {
	case c == '\\':
		return 0
	case 'A' <= c && c <= 'Z':
		return 10 + strings.IndexByte("JQZXYHGVKLWUBFODPNMRCTIES", c)
	}
	return 100 + strings.IndexByte("$@=+jqxzkvwyhb_g0-123456789ufp/mdl.:csnoirta,e\"", c)
}

// find returns where the needle begins in data, at from at the earliest, and len(data) if nowhere.
func (n needle) find(data []byte, from int) int {
	for i := from + n.rare; i < len(data); i++ {
		next := bytes.IndexByte(data[i:], n.text[n.rare])
		if next < 0 {
			break
		}
		i += next
		if start := i - n.rare; len(data)-start >= len(n.text) && string(data[start:start+len(n.text)]) == n.text {
			return start
		}
	}
	return len(data)
}

// Limits of the search.
const (
	maxAnchors  = 24  // each is a pass over the data
	maxAnchored = 128 // bytes of a value that is compared; longer ones are interesting
)

// escape is how JSON begins the long form of a printable ASCII character. What contains it may be anything.
var escape = newNeedle(`\u00`)

// newAnchors chooses for each rule the demand that is best to search for.
func newAnchors(rules [][]demand) *anchors {
	byKey := map[string]*anchor{}
	a := &anchors{}
	for _, demands := range rules {
		chosen := best(demands)
		if chosen == nil || chosen.worth() <= 1 {
			a.open = true
			continue
		}
		for _, alternative := range chosen {
			text := key(alternative.path) + `"`
			if byKey[text] == nil {
				byKey[text] = &anchor{needle: newNeedle(text), values: map[string]bool{}}
			}
			byKey[text].add(alternative)
		}
	}
	for _, one := range byKey {
		a.keys = append(a.keys, *one)
	}
	slices.SortFunc(a.keys, func(a, b anchor) int { return strings.Compare(a.text, b.text) })
	a.open = a.open || len(a.keys) > maxAnchors
	return a
}

func (a *anchor) add(one alternative) {
	a.anything = a.anything || one.texts == nil
	for _, text := range one.texts {
		a.values[text] = true
	}
}

// anchorable says whether every record that has a field contains the last part of its path, either as it is or with an
// escape.
func anchorable(path string) bool {
	k := key(path)
	return k != "" && !strings.ContainsFunc(k, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' || r == '/' })
}

// Search goes through the JSON text of any number of records, such as a whole log file, and finds where a record may
// lie that one of the plan's rules matches. Text that is itself inside of a JSON string has to be unwrapped before.
type Search struct {
	anchors *anchors
	data    []byte
	next    []int // where each anchor occurs next; len(data) if nowhere
	escaped int   // where the next escape is
}

// Search begins a search in some data, which must not change before it ends.
func (p *Plan) Search(data []byte) *Search {
	s := &Search{anchors: p.anchors, data: data, escaped: -1}
	for range p.anchors.keys {
		s.next = append(s.next, -1)
	}
	return s
}

// Next returns the first interesting place at or after from: a record that begins at or after from and ends at or before
// that place matches nothing. It returns len(data) if nothing interesting follows. From must not decrease between calls.
func (s *Search) Next(from int) int {
	if s.anchors.open {
		return min(from, len(s.data))
	}
	if s.escaped < from {
		s.escaped = escape.find(s.data, from)
	}
	nearest := s.escaped
	for i := range s.anchors.keys {
		if s.next[i] < from {
			s.next[i] = s.anchors.keys[i].next(s.data, from)
		}
		nearest = min(nearest, s.next[i])
	}
	return nearest
}

// next returns where the key next stands with an interesting value.
func (a *anchor) next(data []byte, from int) int {
	for {
		at := a.find(data, from)
		if at == len(data) {
			return at
		}
		from = at + len(a.text)
		if a.interesting(data[from:]) {
			return at
		}
	}
}

// interesting decides about what follows a key.
func (a *anchor) interesting(rest []byte) bool {
	i := skipSpace(rest, 0)
	if i == len(rest) || rest[i] != ':' {
		return false // it was no key
	}
	i = skipSpace(rest, i+1)
	if i == len(rest) || a.anything {
		return true
	}
	window := rest[i:min(len(rest), i+maxAnchored+2)]
	var folded [maxAnchored]byte
	text, ok := foldToken(folded[:0], window)
	return !ok || a.values[string(text)]
}

// foldToken appends to buf the folded text of a string, number, boolean or null at the beginning of some JSON. It can't
// for objects, arrays, strings with escapes or characters beyond ASCII, and what doesn't fit into buf or doesn't end.
func foldToken(buf, value []byte) ([]byte, bool) {
	quoted := value[0] == '"'
	switch value[0] {
	case '{', '[':
		return nil, false
	case '"':
		value = value[1:]
	}
	for _, c := range value {
		switch {
		case quoted && c == '"', !quoted && (c == ',' || c == '}' || c == ']' || c <= ' '):
			return buf, true
		case c >= utf8.RuneSelf || c == '\\' || len(buf) == cap(buf):
			return nil, false
		}
		buf = append(buf, lowerASCII(c))
	}
	return buf, !quoted
}
