package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// JSON writes v as one indented document. What does not show by itself is escaped: it may have been chosen by an
// intruder, and JSON is read on terminals too.
func JSON(w io.Writer, v any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeHidden(out.String()))
	return err
}

// JSONLine writes v as one line. Hidden characters are escaped as JSON does it.
func JSONLine(w io.Writer, v any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeHidden(out.String()))
	return err
}

// escapeHidden may replace characters everywhere, since only JSON's strings can hold any that do not print.
func escapeHidden(document string) string {
	if !strings.ContainsFunc(document, escapes) {
		return document
	}
	var out strings.Builder
	for _, r := range document {
		switch {
		case !escapes(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

func escapes(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
