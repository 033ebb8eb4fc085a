package sigma

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"
)

// What follows finds its way through JSON without building anything. It is not the standard library's decoder because
// that needs more than ten times as long for the same records, even to check that they are valid, and can't say where
// a field stands. It accepts exactly what encoding/json accepts, but for a lower limit of nesting; a fuzz test holds it
// to that.
//
// Functions called skip return the place after what begins at i, or brokenAt a place.

// brokenAt is returned for what is no JSON. What comes with it is the place, inverted.
func brokenAt(at int) int { return ^at }

// maxRecordNesting is how deep a record may be nested. CloudTrail's deepest have some twenty levels.
const maxRecordNesting = 200

// extent is a part of some JSON, given by where it begins and ends.
type extent struct{ from, to int }

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

func skipValue(data []byte, i, depth int) int {
	if i >= len(data) {
		return brokenAt(len(data))
	}
	switch data[i] {
	case '"':
		return skipString(data, i)
	case '{':
		return skipObject(data, i, depth)
	case '[':
		return skipArray(data, i, depth)
	case 't':
		return skipWord(data, i, "true")
	case 'f':
		return skipWord(data, i, "false")
	case 'n':
		return skipWord(data, i, "null")
	}
	return skipNumber(data, i)
}

func skipWord(data []byte, i int, word string) int {
	if len(data)-i < len(word) || string(data[i:i+len(word)]) != word {
		return brokenAt(i)
	}
	return i + len(word)
}

func skipNumber(data []byte, i int) int {
	if data[i] == '-' {
		i++
	}
	start := i
	if i = skipDigits(data, i); i == start || i > start+1 && data[start] == '0' {
		return brokenAt(start)
	}
	if i < len(data) && data[i] == '.' {
		start = i + 1
		if i = skipDigits(data, start); i == start {
			return brokenAt(start)
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		if i++; i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		start = i
		if i = skipDigits(data, i); i == start {
			return brokenAt(start)
		}
	}
	return i
}

func skipDigits(data []byte, i int) int {
	for i < len(data) && '0' <= data[i] && data[i] <= '9' {
		i++
	}
	return i
}

// Constants to look at eight bytes at a time.
const (
	ones        = 0x0101010101010101
	highs       = 0x80 * ones
	spaces      = ' ' * ones
	quotes      = '"' * ones
	backslashes = '\\' * ones
)

// skipString starts at the quotation mark.
func skipString(data []byte, i int) int {
	i++
	for i+8 <= len(data) {
		// In special, the lowest bit that is set belongs to the first byte that is a quotation mark, a backslash or a
		// control character: x-ones borrows from a byte only if that is zero, x-spaces only if it is less than a space.
		x := binary.LittleEndian.Uint64(data[i:])
		q, b := x^quotes, x^backslashes
		special := ((q-ones)&^q | (b-ones)&^b | (x-spaces)&^x) & highs
		if special == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(special) / 8
		if data[i] == '"' {
			return i + 1
		}
		if i = skipEscape(data, i); i < 0 {
			return i
		}
	}
	for i < len(data) {
		if data[i] == '"' {
			return i + 1
		}
		if data[i] >= ' ' && data[i] != '\\' {
			i++
			continue
		}
		if i = skipEscape(data, i); i < 0 {
			return i
		}
	}
	return brokenAt(len(data))
}

// skipEscape skips a backslash with what belongs to it. A control character in its place is not allowed.
func skipEscape(data []byte, i int) int {
	if data[i] != '\\' || i+1 >= len(data) {
		return brokenAt(i)
	}
	switch data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if len(data)-i < len(`\u0000`) || !isHex(data[i+2:i+6]) {
			return brokenAt(i)
		}
		return i + 6
	}
	return brokenAt(i)
}

func isHex(digits []byte) bool {
	for _, c := range digits {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func skipArray(data []byte, i, depth int) int {
	if depth == 0 {
		return brokenAt(i)
	}
	if i = skipSpace(data, i+1); i < len(data) && data[i] == ']' {
		return i + 1
	}
	for {
		if i = skipValue(data, i, depth-1); i < 0 {
			return i
		}
		if i = skipSpace(data, i); i >= len(data) || data[i] != ',' && data[i] != ']' {
			return brokenAt(i)
		}
		if data[i] == ']' {
			return i + 1
		}
		i = skipSpace(data, i+1)
	}
}

func skipObject(data []byte, i, depth int) int {
	if depth == 0 {
		return brokenAt(i)
	}
	var m member
	for i = firstMember(data, i); i >= 0; i = nextMember(data, i) {
		if data[i] == '}' {
			return i + 1
		}
		if i = m.read(data, i, depth); i < 0 {
			break
		}
	}
	return i
}

// member is a key of an object with its value, both as they stand in the JSON.
type member struct {
	key   extent // without the quotation marks
	value extent
}

// read takes the member whose key begins at i, and returns the place after its value.
func (m *member) read(data []byte, i, depth int) int {
	if i = m.readKey(data, i); i < 0 {
		return i
	}
	end := skipValue(data, i, depth-1)
	if end >= 0 {
		m.value = extent{i, end}
	}
	return end
}

// readKey takes the key that begins at i, and returns the place of its value.
func (m *member) readKey(data []byte, i int) int {
	end := skipString(data, i)
	if end < 0 {
		return end
	}
	m.key = extent{i + 1, end - 1}
	if i = skipSpace(data, end); i >= len(data) || data[i] != ':' {
		return brokenAt(i)
	}
	return skipSpace(data, i+1)
}

// firstMember returns the place of the first key of the object that begins at i, or of its end.
func firstMember(data []byte, i int) int {
	if i = skipSpace(data, i+1); i >= len(data) || data[i] != '"' && data[i] != '}' {
		return brokenAt(i)
	}
	return i
}

// nextMember returns the place of the key that follows a value which ends at i, or of the object's end.
func nextMember(data []byte, i int) int {
	if i = skipSpace(data, i); i >= len(data) || data[i] != ',' && data[i] != '}' {
		return brokenAt(i)
	}
	if data[i] == '}' {
		return i
	}
	if i = skipSpace(data, i+1); i >= len(data) || data[i] != '"' {
		return brokenAt(i)
	}
	return i
}

// isOdd says whether a string has escapes or characters beyond ASCII.
func isOdd(s []byte) bool {
	for ; len(s) >= 8; s = s[8:] {
		x := binary.LittleEndian.Uint64(s)
		b := x ^ backslashes
		if (x|(b-ones)&^b)&highs != 0 {
			return true
		}
	}
	for _, c := range s {
		if c >= utf8.RuneSelf || c == '\\' {
			return true
		}
	}
	return false
}

// unquote returns the text of a string, given with its quotation marks. Invalid UTF-8 becomes U+FFFD, as encoding/json
// has it.
func unquote(quoted []byte) string {
	content := quoted[1 : len(quoted)-1]
	if !isOdd(content) || bytes.IndexByte(content, '\\') < 0 && utf8.Valid(content) {
		return string(content)
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return "" // can't be: the record was read
	}
	return s
}
