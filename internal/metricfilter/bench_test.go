package metricfilter

import (
	"strings"
	"testing"
)

// BenchmarkCheckWorst has a filter as long as they can be, with as many values as are tried, for the control with the most
// records.
func BenchmarkCheckWorst(b *testing.B) {
	var parts []string
	for _, name := range strings.Split("abcde", "") {
		parts = append(parts, "$."+name+` = "*"`)
	}
	pattern := "{ (" + strings.Join(parts, " || ") + ") || ($.eventName = \"*\")"
	for len(pattern) < maxPattern-30 {
		pattern += ` && $.eventName != "x"`
	}
	var c Control
	for _, one := range Controls() {
		if one.ID == "mf-organizations" {
			c = one
		}
	}
	for b.Loop() {
		if r := Check(c, pattern+" }"); r.Unjudged != "" || len(r.Floods) == 0 {
			b.Fatal(r)
		}
	}
}
