package plain

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"arn:aws:iam::111122223333:user/alice@example.com", "arn:aws:iam::111122223333:user/alice@example.com"},
		{"2001:db8::1", "2001:db8::1"},
		{"Zoë 監査 naïve", "Zoë 監査 naïve"},
		{"e\u0301", "e\u0301"},
		{"a\r\nSubject: x\tb", `a\r\nSubject: x\tb`},
		{"\x1b[31mred\x1b]8;;x\x07", `\x1b[31mred\x1b]8;;x\x07`},
		{"\u009b2J", `\x9b2J`},
		{"user\u202egpj.exe\u2066", `user\u202egpj.exe\u2066`},
		{"a\u200bb\ufeffc\u00add", `a\u200bb\ufeffc\xadd`},
		{"a\u2028b\u2029c\u00a0d", `a\u2028b\u2029c\xa0d`},
		{"\u3164\u115f\u2800\ufe0f\U000e0041", `\u3164\u115f\u2800\ufe0f\ue0041`},
		{"a\u0300\u0300\u0300\u0300b", "a\u0300\u0300" + `\u0300` + "\u0300b"},
		{"\xff\xc3", `\xff\xc3`},
		{"\ufffd", "\ufffd"},
		{"see https://evil.example/x", "see https[:]//evil.example/x"},
		{"WwW.evil.example", "WwW[.]evil.example"},
		{"www.://", "www[.][:]//"},
	} {
		if got := Text(c.in, 100); got != c.want {
			t.Errorf("Text(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTextIsCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abcde", 5, "abcde"}, {"abcdef", 5, "abcd…"}, {"監査監査", 3, "監査…"}, {"\n\n\n", 4, `\n\…`},
		{"ab", 1, "…"}, {"a", 1, "a"}, {"ab", 0, "…"}, {"ab", -7, "…"}, {strings.Repeat("x", 1<<20), 3, "xx…"},
	} {
		if got := Text(c.in, c.limit); got != c.want {
			t.Errorf("Text(%.20q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestASCII(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"  trail \r\n\t audit  ", 50, "trail audit"},
		{"Zoë", 50, "Zo?"},
		{"a\x00b\u202ec", 50, `a\x00b\u202ec`},
		{"abcdefgh", 8, "abcdefgh"},
		{"abcdefghi", 8, "abcde..."},
		{"ëëëëëëëëë", 4, "?..."},
		{"abc", 2, ".."},
		{"", 5, ""},
		{" ", 5, ""},
	} {
		if got := ASCII(c.in, c.limit); got != c.want {
			t.Errorf("ASCII(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "a\nb", "\x1b[0m", "\u202e", "http://x", "\xff\xfe", "www.www.x", strings.Repeat("\u0300", 9), "監査…"} {
		f.Add(s, 10)
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 1), 10_000)
		text := Text(s, limit)
		if n := utf8.RuneCountInString(text); n > limit || !utf8.ValidString(text) {
			t.Errorf("Text(%q, %d) = %q: %d characters", s, limit, text, n)
		}
		for _, r := range text {
			if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
				t.Errorf("Text(%q, %d) contains %U", s, limit, r)
			}
		}
		if strings.Contains(text, "://") || strings.Contains(strings.ToLower(text), "www.") {
			t.Errorf("Text(%q, %d) = %q: a link is left", s, limit, text)
		}
		ascii := ASCII(s, limit)
		if len(ascii) > limit || strings.TrimSpace(ascii) != ascii || strings.Contains(ascii, "://") {
			t.Errorf("ASCII(%q, %d) = %q", s, limit, ascii)
		}
		for n := range len(ascii) {
			if ascii[n] < ' ' || ascii[n] > '~' {
				t.Errorf("ASCII(%q, %d) contains %#x", s, limit, ascii[n])
			}
		}
	})
}
