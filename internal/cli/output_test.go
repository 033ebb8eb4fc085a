package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// FuzzWrap checks that no line is wider than a terminal, and that nothing but white space is lost.
func FuzzWrap(f *testing.F) {
	for _, text := range []string{"", "a b", strings.Repeat("word ", 40), strings.Repeat("x", 300), "a " + strings.Repeat("ü", 81) + " b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("what is put on a page is valid UTF-8")
		}
		var p page
		p.wrap("    means  ", text)
		for line := range strings.Lines(p.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("a line of %d characters: %q", n, line)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		want := squeeze(text)
		if want != "" {
			want = "means" + want
		}
		if got := squeeze(p.String()); got != want {
			t.Errorf("wrapped %q, want %q", got, want)
		}
	})
}

// TestHelp checks that every command explains itself, with an example, in lines that fit a terminal.
func TestHelp(t *testing.T) {
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s lacks a description or an example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Long + "\n" + cmd.Example + "\n" + cmd.UsageString()) {
			if line = strings.TrimSuffix(line, "\n"); utf8.RuneCountInString(line) > width {
				t.Errorf("%s: a line of %d characters: %s", cmd.CommandPath(), utf8.RuneCountInString(line), line)
			}
		}
		for _, c := range cmd.Commands() {
			check(c)
		}
	}
	check((&app{}).rootCommand())
}

func TestJSONHidesNothing(t *testing.T) {
	const hostile = "a\u202eb\u200bc\u009b2J<\U000e0041é"
	var out bytes.Buffer
	a := &app{stdout: &out}
	if err := a.printJSON(map[string]string{"name": hostile}); err != nil {
		t.Fatal(err)
	}
	const want = "{\n  \"name\": \"a\\u202eb\\u200bc\\u009b2J<\\udb40\\udc41é\"\n}\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["name"] != hostile {
		t.Errorf("read back %q, %v", back["name"], err)
	}
}

func TestColourIsForTerminals(t *testing.T) {
	a := &app{stdout: &bytes.Buffer{}}
	if a.colour() {
		t.Error("a buffer was taken for a terminal")
	}
	if got := (&page{}).paint(red, "x"); got != "x" {
		t.Errorf("without colour: %q", got)
	}
	if got := (&page{colour: true}).paint(red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("with colour: %q", got)
	}
}
