package policy

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// resolve puts variables into a value of the policy. A variable without a value makes a match fail; what becomes of
// the negation is not documented.
func (e env) resolve(want string, wild bool) (pattern, Truth) {
	p, t := expand(want, wild, e.variable)
	if t == No && e.negated {
		t = Maybe
	}
	return p, t
}

func stringEquals(e env, have, want string) Truth {
	p, t := e.resolve(want, false)
	if t != Yes {
		return t
	}
	return truth(string(p) == have)
}

func stringEqualsIgnoreCase(e env, have, want string) Truth {
	p, t := e.resolve(want, false)
	if t != Yes {
		return t
	}
	return truth(strings.EqualFold(string(p), have))
}

func stringLike(e env, have, want string) Truth {
	p, t := e.resolve(want, true)
	if t != Yes {
		return t
	}
	return truth(p.matches(have))
}

// arnParts is how many parts an ARN has. The last one may contain more colons.
const arnParts = 6

// arnLike compares each part of an ARN by itself, so that a wildcard doesn't reach across a colon.
func arnLike(e env, have, want string) Truth {
	p, t := e.resolve(want, true)
	if t != Yes {
		return t
	}
	if len(p) == 1 && p[0] == anyText {
		return Yes
	}
	wants, haves := p.arn(), strings.SplitN(have, ":", arnParts)
	switch {
	case len(wants) < arnParts:
		return Maybe // AWS calls that an invalid ARN and doesn't say what it does with one
	case len(haves) < arnParts:
		return No
	}
	for i, part := range wants {
		if !part.matches(haves[i]) {
			return No
		}
	}
	return Yes
}

// arn cuts a pattern into the parts of an ARN.
func (p pattern) arn() []pattern {
	var parts []pattern
	start := 0
	for i, c := range p {
		if c == ':' && len(parts) < arnParts-1 {
			parts = append(parts, p[start:i])
			start = i + 1
		}
	}
	return append(parts, p[start:])
}

func boolEquals(_ env, have, want string) Truth {
	if strings.Contains(want, "${") {
		return Maybe // the guide says both that variables work here and that they don't
	}
	return truth(strings.EqualFold(have, want))
}

func binaryEquals(_ env, have, want string) Truth {
	value, err := base64.StdEncoding.DecodeString(want)
	if err != nil {
		return Maybe
	}
	return truth(string(value) == have)
}

func ipAddress(_ env, have, want string) Truth {
	address, err := netip.ParseAddr(have)
	if err != nil {
		return Maybe
	}
	prefix, err := netip.ParsePrefix(want)
	if err != nil {
		single, err := netip.ParseAddr(want)
		if err != nil {
			return Maybe
		}
		prefix = netip.PrefixFrom(single, single.BitLen())
	}
	return truth(prefix.Contains(address.Unmap()))
}

func numeric(fits func(order int) bool) test {
	return func(_ env, have, want string) Truth {
		a, okA := parseNumber(have)
		b, okB := parseNumber(want)
		if !okA || !okB {
			return Maybe
		}
		return truth(fits(compare(a, b)))
	}
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// parseNumber reads an integer or decimal number.
func parseNumber(s string) (float64, bool) {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, false // infinities, hexadecimal and the like
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func date(fits func(order int) bool) test {
	return func(_ env, have, want string) Truth {
		a, okA := parseDate(have)
		b, okB := parseDate(want)
		if !okA || !okB {
			return Maybe
		}
		return truth(fits(a.Compare(b)))
	}
}

// dateForms are the forms of the W3C's note on dates, which IAM takes. One without a zone is in UTC.
var dateForms = []string{
	time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02", "2006-01", "2006",
}

// parseDate reads a date, or the seconds since 1970.
func parseDate(s string) (time.Time, bool) {
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	seconds, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(seconds, 0), err == nil
}
