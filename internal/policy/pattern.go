package policy

import "slices"

// pattern is a text in which some elements are wildcards. They are no characters, so that a * that came out of a
// variable, or was written ${*}, is a plain star.
type pattern []rune

const (
	anyText rune = -1 - iota // *
	anyOne                   // ?
)

// compile reads * and ? as wildcards.
func compile(text string) pattern {
	p := make(pattern, 0, len(text))
	for _, c := range text {
		p = append(p, wildcard(c))
	}
	return p
}

func wildcard(c rune) rune {
	switch c {
	case '*':
		return anyText
	case '?':
		return anyOne
	}
	return c
}

// matches says whether the whole text fits. The time is at most proportional to the product of the lengths.
func (p pattern) matches(text string) bool {
	s := []rune(text)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == anyText:
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == anyOne || p[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return p[i:].isAnything()
}

// Match says whether a text fits a pattern as policies write them: * stands for any text and ? for any one character.
func Match(pattern, text string) bool { return compile(pattern).matches(text) }

// isAnything says whether nothing but stars is left.
func (p pattern) isAnything() bool {
	for _, c := range p {
		if c != anyText {
			return false
		}
	}
	return true
}

// AnyDigit and AnyName make the Resource of a request stand for many: the one for any digit, the other for any text
// without a slash. They are characters for private use, so that * and ? can be parts of names.
const (
	AnyDigit = '\U000F0000'
	AnyName  = '\U000F0001'
)

// covers says how many of the texts that a resource stands for fit: all (Yes), some (Maybe) or none. The time is at most
// proportional to the product of the lengths.
func (p pattern) covers(resource string) Truth {
	all, some, spare := p.start(), p.start(), make([]bool, len(p)+1)
	for _, c := range resource {
		all, spare = p.step(all, spare, c, false), all
		some, spare = p.step(some, spare, c, true), some
		if !slices.Contains(some, true) {
			return No
		}
	}
	switch {
	case all[len(p)]:
		return Yes
	case some[len(p)]:
		return Maybe
	}
	return No
}

// start is where one can be in the pattern before reading anything. Like all sets of places it has one for each element
// and one for the end.
func (p pattern) start() []bool {
	places := make([]bool, len(p)+1)
	places[0] = true
	p.skipStars(places)
	return places
}

// skipStars adds the places that are reached because a star may stand for nothing.
func (p pattern) skipStars(places []bool) {
	for i, c := range p {
		if places[i] && c == anyText {
			places[i+1] = true
		}
	}
}

// step sets after to where one can be after reading a character. With lucky, what stands for many is read as whatever
// fits; otherwise only what fits all of it is good enough.
func (p pattern) step(places, after []bool, c rune, lucky bool) []bool {
	clear(after)
	name := lucky && c == AnyName // it may have any length: one that has begun goes on, and there may be nothing of it
	after[len(p)] = name && places[len(p)]
	for i, element := range p {
		here := places[i] || name && after[i]
		if !here {
			continue
		}
		after[i] = after[i] || name
		switch {
		case element == anyText:
			after[i] = true
			after[i+1] = after[i+1] || name
		case fits(element, c, lucky):
			after[i+1] = true
		}
	}
	p.skipStars(after)
	return after
}

// fits says whether an element other than a star can be read as a character.
func fits(element, c rune, lucky bool) bool {
	switch c {
	case AnyDigit:
		return element == anyOne || lucky && '0' <= element && element <= '9'
	case AnyName:
		return lucky && element != '/'
	}
	return element == anyOne || element == c
}
