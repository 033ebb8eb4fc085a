package hunt

import (
	"bytes"
	"encoding/json"
)

// What follows finds its way through JSON without checking it: whatever becomes a record is read by sigma.Record, which
// does. Functions return -1 where the data ends first.

func skipSpace(data []byte, i int) int {
	for i < len(data) && isSpace(data[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skip returns the place after the value that begins at i.
func skip(data []byte, i int) int {
	if i >= len(data) {
		return -1
	}
	switch data[i] {
	case '"':
		return skipString(data, i)
	case '{', '[':
		return skipNested(data, i)
	}
	for start := i; i < len(data); i++ {
		if c := data[i]; isSpace(c) || c == ',' || c == '}' || c == ']' || c == ':' {
			return max(i, start+1)
		}
	}
	return -1
}

func skipString(data []byte, i int) int {
	for i++; i < len(data); i++ {
		next := bytes.IndexByte(data[i:], '"')
		if next < 0 {
			return -1
		}
		if slash := bytes.IndexByte(data[i:i+next], '\\'); slash >= 0 {
			i += slash + 1 // what is escaped counts for nothing
			continue
		}
		return i + next + 1
	}
	return -1
}

// skipNested needs no stack: in JSON that is right, each bracket has its like.
func skipNested(data []byte, i int) int {
	for depth := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i = skipString(data, i) - 1; i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// eachMember goes through the members of the object that begins at i, until f returns false. It returns false if it met
// what is no member, or the data's end.
func eachMember(data []byte, i int, f func(key string, value int) bool) bool {
	for i = skipSpace(data, i+1); i < len(data) && data[i] != '}'; {
		if data[i] != '"' {
			return false
		}
		end := skipString(data, i)
		if end < 0 {
			return false
		}
		key := text(data[i:end])
		if i = skipSpace(data, end); i >= len(data) || data[i] != ':' {
			return false
		}
		if i = skipSpace(data, i+1); i >= len(data) {
			return false
		}
		if !f(key, i) {
			return true
		}
		if i = skip(data, i); i < 0 {
			return false
		}
		if i = skipSpace(data, i); i < len(data) && data[i] == ',' {
			i = skipSpace(data, i+1)
		}
	}
	return i < len(data)
}

// text returns what a JSON string says. It is empty for what is no string.
func text(quoted []byte) string {
	if len(quoted) >= 2 && bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}
