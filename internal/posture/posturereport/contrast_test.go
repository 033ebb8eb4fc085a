package posturereport_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What stands on what, by the names that page.css gives its colours. Text needs a contrast of 4.5, what only has to be seen 3:
// https://www.w3.org/TR/WCAG22/#contrast-minimum and #non-text-contrast
var (
	texts = [][2]string{
		{"front", "back"}, {"soft", "back"}, {"link", "back"}, {"good", "back"}, {"bad", "back"}, {"unknown", "back"}, {"low", "back"},
		{"front", "panel"}, {"soft", "panel"}, {"link", "panel"}, {"on-whole", "whole"}, {"on-partly", "partly"},
	}
	shapes = [][2]string{{"whole", "back"}, {"corner", "partly"}, {"corner", "back"}, {"bad", "panel"}, {"good", "panel"}, {"unknown", "panel"}, {"front", "panel"}}
)

// TestContrast computes the contrasts of light, dark and paper.
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("page.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(string(css), -1)
	if len(blocks) != 3 {
		t.Fatalf("there are %d palettes", len(blocks))
	}
	for n, scheme := range []string{"light", "dark", "print"} {
		colours := map[string]string{}
		for _, c := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]+);`).FindAllStringSubmatch(blocks[n][1], -1) {
			colours[c[1]] = c[2]
		}
		check := func(pairs [][2]string, least float64) {
			for _, p := range pairs {
				if ratio := contrast(t, colours[p[0]], colours[p[1]]); ratio < least {
					t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, p[0], p[1], ratio)
				}
			}
		}
		check(texts, 4.5)
		check(shapes, 3)
	}
	rest := regexp.MustCompile(`:root \{[^}]*\}`).ReplaceAllString(string(css), "")
	if literal := regexp.MustCompile(`(#[0-9a-fA-F]{3,8}|rgb|hsl)\b`).FindString(rest); literal != "" {
		t.Errorf("%s is a colour without a name, which nobody has looked at", literal)
	}
	for _, name := range regexp.MustCompile(`var\(--([a-z-]+)\)`).FindAllStringSubmatch(rest, -1) {
		if !strings.Contains(blocks[0][1], "--"+name[1]+":") {
			t.Errorf("there is no colour %s", name[1])
		}
	}
}

// contrast is WCAG's ratio of two colours.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	digits := strings.TrimPrefix(colour, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	value, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		t.Fatalf("%q is no colour", colour)
	}
	part := func(shift int) float64 {
		c := float64(value>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
