package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/plain"
)

// ParseError says what is wrong with a policy, where, and how to mend it.
type ParseError struct {
	Line, Column int // from 1; the column counts characters
	Message      string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// maxShown is how many characters of a policy an error message repeats.
const maxShown = 60

// shown is a piece of a policy in quotes, made harmless.
func shown(text string) string { return `"` + plain.Text(text, maxShown) + `"` }

// reader walks through the JSON of a policy. The standard decoder's tokens are used, and not its mapping to structs,
// because that accepts duplicate keys and doesn't say where a value of the wrong kind stands.
type reader struct {
	text string
	json *json.Decoder
}

func newReader(text string) *reader {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return &reader{text: text, json: d}
}

// at is where the next token begins.
func (r *reader) at() int {
	at := int(r.json.InputOffset())
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

// next is the first byte of the next token, 0 at the end.
func (r *reader) next() byte {
	if at := r.at(); at < len(r.text) {
		return r.text[at]
	}
	return 0
}

func (r *reader) errorAt(at int, format string, args ...any) error {
	before := r.text[:min(max(at, 0), len(r.text))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &ParseError{Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

func (r *reader) token() (json.Token, error) {
	at := r.at()
	token, err := r.json.Token()
	if err == nil {
		return token, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, r.errorAt(len(r.text), "the JSON ends too early; close what is open")
	case errors.As(err, &syntax):
		return nil, r.errorAt(max(at, int(syntax.Offset)-1), "not JSON: %s", plain.Text(err.Error(), maxShown))
	}
	return nil, r.errorAt(at, "not JSON: %s", plain.Text(err.Error(), maxShown))
}

// object reads an object and hands over each key, once, with its place. The function reads the value.
func (r *reader) object(what string, each func(key string, at int) error) error {
	if at := r.at(); r.next() != '{' {
		return r.errorAt(at, "%s must be an object: write it in { }", what)
	}
	if _, err := r.token(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.json.More() {
		at := r.at()
		token, err := r.token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		if seen[key] {
			return r.errorAt(at, "%s occurs twice in %s; remove one, since services differ in which one they follow", shown(key), what)
		}
		seen[key] = true
		if err := each(key, at); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// list reads a list, or one value that stands for a list of one.
func (r *reader) list(each func() error) error {
	if r.next() != '[' {
		return each()
	}
	if _, err := r.token(); err != nil {
		return err
	}
	for r.json.More() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// value reads a string, or a boolean or number as the string that it is written as.
func (r *reader) value(what string) (string, error) {
	at := r.at()
	if c := r.next(); c == '{' || c == '[' {
		return "", r.errorAt(at, "%s must be a string: write it in quotes", what)
	}
	token, err := r.token()
	if err != nil {
		return "", err
	}
	switch v := token.(type) {
	case string:
		return v, nil
	case bool:
		return fmt.Sprint(v), nil
	case json.Number:
		return v.String(), nil
	}
	return "", r.errorAt(at, "%s must be a string, not null; remove it or give it a value", what)
}

// values reads one value or a list of them.
func (r *reader) values(what string) ([]string, error) {
	values := []string{}
	err := r.list(func() error {
		value, err := r.value(what)
		values = append(values, value)
		return err
	})
	return values, err
}

// end makes sure that nothing follows the document.
func (r *reader) end() error {
	if at := r.at(); at < len(r.text) {
		return r.errorAt(at, "something follows the end of the policy; remove it")
	}
	return nil
}
