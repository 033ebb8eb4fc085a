package sigma

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// number is a JSON number: exact if it is an integer of 64 bits, and as near as a float can be otherwise.
type number struct {
	exact bool
	i     int64
	f     float64
}

// maxNumber is the longest text that is taken for a number, in bytes.
const maxNumber = 64

// parseNumber accepts what JSON's grammar accepts: no leading zeros, plus signs, hexadecimal digits or words.
func parseNumber(s string) (number, bool) {
	if len(s) > maxNumber || !isNumber(s) {
		return number{}, false
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{true, i, float64(i)}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return number{}, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return number{true, int64(f), f}, true
	}
	return number{false, 0, f}, true
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := func() int {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		return n
	}
	n := digits()
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		if n = digits(); n == 0 {
			return false
		}
		s = s[n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = digits(); n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// compare returns -1, 0 or 1.
func (n number) compare(m number) int {
	switch {
	case n.exact && m.exact && n.i < m.i, !(n.exact && m.exact) && n.f < m.f:
		return -1
	case n.exact && m.exact && n.i > m.i, !(n.exact && m.exact) && n.f > m.f:
		return 1
	}
	return 0
}

// holds says whether a number stands in a relation to another.
func (c comparison) holds(n, m number) bool {
	sign := n.compare(m)
	switch c {
	case less:
		return sign < 0
	case lessOrEqual:
		return sign <= 0
	case greater:
		return sign > 0
	case greaterOrEqual:
		return sign >= 0
	}
	return sign == 0
}

// timePart is what a time modifier takes of a time.
type timePart uint8

const (
	noPart timePart = iota
	minute
	hour
	day
	week
	month
	year
)

var timeParts = map[string]timePart{"minute": minute, "hour": hour, "day": day, "week": week, "month": month, "year": year}

// timeForms are the forms of time that CloudTrail and the parameters of AWS's calls have.
var timeForms = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly}

// of takes a part of a time as it is written, without converting zones. Week is the week of ISO 8601.
func (part timePart) of(s string) (number, bool) {
	for _, form := range timeForms {
		t, err := time.Parse(form, s)
		if err != nil {
			continue
		}
		_, isoWeek := t.ISOWeek()
		n := [...]int{minute: t.Minute(), hour: t.Hour(), day: t.Day(), week: isoWeek, month: int(t.Month()), year: t.Year()}[part]
		return number{true, int64(n), float64(n)}, true
	}
	return number{}, false
}

// bounds are the numbers that a part can be.
func (part timePart) bounds() (least, most int64) {
	least = [...]int64{year: 0, day: 1, week: 1, month: 1}[part]
	most = [...]int64{minute: 59, hour: 23, day: 31, week: 53, month: 12, year: 9999}[part]
	return least, most
}
