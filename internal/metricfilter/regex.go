package metricfilter

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// regex is a regular expression between percent signs. It finds a part of a text unless it is anchored.
type regex struct {
	written string
	search  *regexp.Regexp
}

// regexOperators are the characters that an expression may have besides letters, digits and spaces.
const regexOperators = `:_#=@/;,-^$?[]{}|\*+.`

// noLeast is a repetition without a least number, the one thing that Go's expressions write differently.
var noLeast = regexp.MustCompile(`(^|[^\\])\{,(\d+\})`)

// compile reads an expression as it stands between percent signs. Go finds it in time linear in the text.
func compile(written string) (regex, error) {
	for _, c := range written {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' '
		if !letter && !strings.ContainsRune(regexOperators, c) {
			return regex{}, fmt.Errorf("a regular expression can't have %q; write \\x and two hexadecimal digits", c)
		}
	}
	search, err := regexp.Compile(`(?s)` + noLeast.ReplaceAllString(written, "$1{0,$2"))
	if err != nil {
		return regex{}, fmt.Errorf("%%%s%% is not a regular expression", written)
	}
	return regex{written, search}, nil
}

func (r regex) equals(value any) (Truth, bool) {
	switch v := value.(type) {
	case string:
		return truth(r.search.MatchString(v)), true
	case json.Number:
		return truth(r.search.MatchString(v.String())), true
	case bool:
		return min(Maybe, truth(r.search.MatchString(fmt.Sprint(v)))), true
	}
	return No, false
}

func (r regex) String() string { return "%" + r.written + "%" }
