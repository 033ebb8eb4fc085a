package sigma

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encode applies encodings in turn. The result has more than one text if what is looked for may begin at any byte of
// what was encoded. It is empty if the result is no text that a JSON string can hold.
func encode(s string, encodings []encoding) []string {
	data := []byte(s)
	for _, e := range encodings {
		switch e {
		case base64Whole:
			return []string{base64.StdEncoding.EncodeToString(data)}
		case base64Anywhere:
			return offsets(data)
		default:
			data = toUTF16(string(data), e)
		}
	}
	if !utf8.Valid(data) {
		return nil
	}
	return []string{string(data)}
}

func toUTF16(s string, e encoding) []byte {
	var out []byte
	if e == utf16bom {
		out = []byte{0xff, 0xfe}
	}
	for _, unit := range utf16.Encode([]rune(s)) {
		if e == utf16be {
			out = append(out, byte(unit>>8), byte(unit))
		} else {
			out = append(out, byte(unit), byte(unit>>8))
		}
	}
	return out
}

// offsets returns the part of the Base64 form that doesn't depend on the neighbours, for data that begins 0, 1 or 2
// bytes after a multiple of 3. Characters that also hold bits of a neighbour are cut off.
func offsets(data []byte) []string {
	var list []string
	for shift := range 3 {
		padded := append(bytes.Repeat([]byte{' '}, shift), data...)
		text := base64.StdEncoding.EncodeToString(padded)
		first := []int{0, 2, 3}[shift]
		last := len(strings.TrimRight(text, "="))
		if len(padded)%3 != 0 {
			last--
		}
		if first < last {
			list = append(list, text[first:last])
		}
	}
	return list
}

// windashVariants writes out what a pattern with windash means, for values that are encoded afterwards; nil if that
// would be more than limit texts.
func windashVariants(list []element, limit int) []string {
	variants := []string{""}
	for _, e := range list {
		choices := []rune{e.r}
		if e.kind == dash {
			choices = []rune(dashes)
		}
		var longer []string
		for _, v := range variants {
			for _, r := range choices {
				longer = append(longer, v+string(r))
			}
		}
		if variants = longer; len(variants) > limit {
			return nil
		}
	}
	return variants
}
