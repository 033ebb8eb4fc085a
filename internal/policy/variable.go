package policy

import (
	"strings"
	"unicode/utf8"
)

// variable is what a policy variable stands for: Yes and the value, No if the request has no such value, Maybe if it
// isn't known.
type variable func(name string) (string, Truth)

// expand puts the values of variables in. Wildcards are read as such only if wild, and never in a value. With no
// variables (in a policy of the old version) ${…} is plain text.
func expand(text string, wild bool, value variable) (pattern, Truth) {
	var p pattern
	for text != "" {
		name, rest, ok := cutVariable(text)
		if !ok || value == nil {
			c, size := utf8.DecodeRuneInString(text)
			if wild {
				c = wildcard(c)
			}
			p, text = append(p, c), text[size:]
			continue
		}
		v, t := substitute(name, value)
		if t != Yes {
			return nil, t
		}
		p, text = append(p, []rune(v)...), rest
	}
	return p, Yes
}

// maxVariable is how many bytes of a variable are read. Tag keys and values, the longest parts, have 128 and 256
// characters.
const maxVariable = 2048

// cutVariable takes ${…} from the beginning of a text.
func cutVariable(text string) (name, rest string, ok bool) {
	inner, ok := strings.CutPrefix(text, "${")
	if !ok {
		return "", "", false
	}
	end := strings.IndexByte(inner[:min(len(inner), maxVariable)], '}')
	if end < 0 {
		return "", "", false
	}
	return inner[:end], inner[end+1:], true
}

// substitute is the value of a variable: of a character that is written ${*}, ${?} or ${$} because it means something
// by itself, or of a condition key, with a default that may follow a comma in single quotes.
func substitute(name string, value variable) (string, Truth) {
	if name == "*" || name == "?" || name == "$" {
		return name, Yes
	}
	key, fallback, hasDefault := strings.Cut(name, ",")
	v, t := value(strings.TrimSpace(key))
	if t != No || !hasDefault {
		return v, t
	}
	fallback = strings.TrimSpace(fallback)
	if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
		return "", Maybe
	}
	return fallback[1 : len(fallback)-1], Yes
}
