package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b:c", true}, {"?", "", false}, {"?", "é", true},
		{"a*b*c", "aXbYc", true}, {"a*b*c", "aXcYb", false}, {"*ab", "aab", true}, {"a?c*", "abc", true}, {"a", "ab", false},
	} {
		if got := compile(c.pattern).matches(c.text); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.text, got)
		}
		if got := compile(c.pattern).covers(c.text); got != truth(c.want) {
			t.Errorf("%q covers %q: %v", c.pattern, c.text, got)
		}
	}
}

func TestCovers(t *testing.T) {
	many := strings.NewReplacer("#", string(AnyDigit), "~", string(AnyName))
	for _, c := range []struct {
		pattern, resource string
		want              Truth
	}{
		{"b/*", "b/~", Yes}, {"b/?", "b/~", Maybe}, {"b/x", "b/~", Maybe}, {"b/x/y", "b/~", No}, {"b/*/y", "b/~", No}, {"c*", "b~", No},
		{"b/*.gz", "b/~.gz", Yes}, {"b/x*a?c.gz", "b/~.gz", Maybe}, {"b", "b/~", No}, {"b/", "b/~", Maybe},
		{"2026/*", "####/~", Maybe}, {"????/*", "####/~", Yes}, {"x026/*", "####/~", No}, {"*/##/*", "##/x", No},
	} {
		if got := compile(c.pattern).covers(many.Replace(c.resource)); got != c.want {
			t.Errorf("%q covers %q: %v", c.pattern, c.resource, got)
		}
	}
}

// TestCoversAgainstSamples compares with texts drawn from what a resource stands for.
func TestCoversAgainstSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(letters string, n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			runes := []rune(letters)
			b.WriteRune(runes[r.IntN(len(runes))])
		}
		return b.String()
	}
	for range 5000 {
		pattern, resource := compile(draw("a1/*?", 7)), draw("a1/"+string([]rune{AnyDigit, AnyName}), 6)
		answer := pattern.covers(resource)
		for range 40 {
			var text strings.Builder
			for _, c := range resource {
				switch c {
				case AnyDigit:
					text.WriteString([]string{"0", "1", "7"}[r.IntN(3)])
				case AnyName:
					text.WriteString(draw("a1b", 4))
				default:
					text.WriteRune(c)
				}
			}
			if got := truth(pattern.matches(text.String())); answer != Maybe && got != answer {
				t.Fatalf("%q covers %q: %v, but for %q %v", string(pattern), resource, answer, text.String(), got)
			}
		}
	}
}

func TestExpand(t *testing.T) {
	values := func(name string) (string, Truth) {
		switch name {
		case "aws:username":
			return "a*b", Yes
		case "aws:nobody":
			return "", No
		}
		return "", Maybe
	}
	for _, c := range []struct {
		text string
		want string // a text that it must match
		t    Truth
	}{
		{"x/${aws:username}/*", "x/a*b/1", Yes}, {"${*}${?}${$}", "*?$", Yes}, {"${aws:nobody}", "", No}, {"${aws:other}", "", Maybe},
		{"${aws:nobody, 'all'}", "all", Yes}, {"${aws:nobody, all}", "", Maybe}, {"${aws:username,'x'}", "a*b", Yes}, {"${open", "${open", Yes},
	} {
		p, got := expand(c.text, true, values)
		if got != c.t || got == Yes && !p.matches(c.want) {
			t.Errorf("%q: %v %q", c.text, got, string(p))
		}
	}
	if p, _ := expand("${aws:username}", true, values); p.matches("aXb") {
		t.Error("a star in a variable's value is a wildcard")
	}
	if p, _ := expand("a*", false, values); p.matches("ab") {
		t.Error("a star is a wildcard where there are none")
	}
}
