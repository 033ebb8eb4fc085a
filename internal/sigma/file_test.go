package sigma

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestMeta(t *testing.T) {
	f, err := Parse("x.yml", []byte("\ufeff# a comment\n---\n"+`title: A title
id: 11111111-2222-3333-4444-555555555555
name: short
status: test
level: High
author: Somebody
license: DRL-1.1
description: |
  Two
  lines
date: 2026-01-02
modified: 2026-02-03
references: [https://example.com/1, https://example.com/2]
tags: [attack.t1562.008]
falsepositives: unknown
fields: [eventName]
unknown-to-us: {a: [1, {b: c}]}
logsource: {category: x, product: AWS, service: CloudTrail, definition: anything}
detection: {s: {a: 1}, condition: s}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Meta{
		Position: Position{"x.yml", 3, 1}, ID: "11111111-2222-3333-4444-555555555555", Name: "short", Title: "A title", Status: "test",
		Level: "high", Author: "Somebody", License: "DRL-1.1", Description: "Two\nlines\n", Date: "2026-01-02", Modified: "2026-02-03",
		References: []string{"https://example.com/1", "https://example.com/2"}, Tags: []string{"attack.t1562.008"},
		FalsePositives: []string{"unknown"}, Fields: []string{"eventName"},
	}
	if got := f.Rules[0].Meta; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if source := f.Rules[0].LogSource; source != (LogSource{"x", "AWS", "CloudTrail"}) || !Applies(source) {
		t.Errorf("%+v", source)
	}
	for _, other := range []LogSource{{}, {Product: "aws"}, {Service: "cloudtrail"}, {Product: "aws", Service: "guardduty"}, {Product: "azure", Service: "cloudtrail"}} {
		if Applies(other) {
			t.Errorf("%+v is taken for CloudTrail", other)
		}
	}
}

func TestCollections(t *testing.T) {
	const rule = "detection: {s: {x: %d}, condition: s}\n"
	for _, c := range []struct {
		text string
		want []string // titles, or titles with level
	}{
		{"action: global\nlogsource: {product: aws}\nlevel: low\n---\ntitle: a\n" + rule + "---\ntitle: b\nlevel: high\n" + rule, []string{"a low", "b high"}},
		{"action: global\nlogsource: {product: aws}\n---\naction: global\nlevel: low\n---\ntitle: a\n" + rule, []string{"a low"}},
		{"action: global\nlogsource: {product: aws}\nlevel: low\n---\naction: reset\n---\ntitle: a\nlogsource: {product: x}\n" + rule, []string{"a "}},
		{"title: a\nlogsource: {product: aws}\nlevel: low\n" + rule + "---\naction: repeat\ntitle: b\n", []string{"a low", "b low"}},
		{"title: a\nlogsource: {product: aws}\n" + rule + "---\n---\n# nothing\n---\ntitle: b\nlogsource: {product: aws}\n" + rule, []string{"a ", "b "}},
	} {
		f, err := Parse("f.yml", []byte(strings.ReplaceAll(c.text, "%d", "1")))
		if err != nil {
			t.Errorf("%v\n%s", err, c.text)
			continue
		}
		var got []string
		for _, r := range f.Rules {
			got = append(got, r.Title+" "+r.Level)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q\n%s", got, c.want, c.text)
		}
	}
}

// TestGlobalDetectionIsMerged makes sure that a document may add its condition to a shared selection.
func TestGlobalDetectionIsMerged(t *testing.T) {
	p := planOf(t, "action: global\nlogsource: {product: aws}\ndetection: {s: {x: 1}}\n---\ntitle: a\ndetection: {condition: s}\n---\ntitle: b\ndetection: {s2: {y: 1}, condition: s and s2}\n")
	if got := agree(t, p, `{"x":1}`); !slices.Equal(got, []int{0}) {
		t.Errorf("%v", got)
	}
	if got := agree(t, p, `{"x":1,"y":1}`); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("%v", got)
	}
}

func TestAliasesInYAML(t *testing.T) {
	p := planOf(t, head+"detection:\n  one: {x: &names [a, b]}\n  two: {y: *names}\n  condition: one and two\n")
	if got := agree(t, p, `{"x":"a","y":"b"}`); len(got) != 1 {
		t.Error("an alias was not resolved")
	}
}

// TestRepeatedSizeIsBounded makes sure that a small file can't stand for an endless number of rules' parts.
func TestRepeatedSizeIsBounded(t *testing.T) {
	text := "action: global\nlogsource: {product: aws}\nreferences: [" + strings.Repeat("a,", 100_000) + "a]\n"
	for i := range 10 {
		text += fmt.Sprintf("---\ntitle: t%d\ndetection: {s: {a: 1}, condition: s}\n", i)
	}
	f, err := Parse("f.yml", []byte(text))
	if err == nil || len(f.Rules) != 2 || !strings.Contains(err.Error(), "what the file repeats makes it too large") {
		t.Errorf("%d rules, %v", len(f.Rules), err)
	}
}

const filtered = `title: rule a
id: 1-2-3
logsource: {product: aws, service: cloudtrail}
detection: {s: {x: 1}, condition: s}
---
title: rule b
logsource: {product: windows}
detection: {s: {x: 1}, condition: s}
---
title: filter
logsource: {product: aws}
filter:
  rules: %s
  known: {user: alice}
  condition: not known
`

func TestFilters(t *testing.T) {
	for rules, want := range map[string][]int{
		"[1-2-3]": {1}, "1-2-3": {1}, "[rule a]": {1}, "any": {1}, "all": {1}, "[]": {1},
	} {
		p := planOf(t, strings.ReplaceAll(filtered, "%s", rules))
		if got := agree(t, p, `{"x":1,"user":"Alice"}`); !slices.Equal(got, want) {
			t.Errorf("rules: %s: %v match what the filter is about, want %v", rules, got, want)
		}
		if got := agree(t, p, `{"x":1,"user":"bob"}`); !slices.Equal(got, []int{0, 1}) {
			t.Errorf("rules: %s: %v match what the filter is not about", rules, got)
		}
	}
	for rules, want := range map[string]string{
		"[nobody]": `f.yml:13:11: the filter has no effect: there is no rule "nobody" with its log source`,
		"[rule b]": `f.yml:13:11: the filter has no effect`,
		"[[x]]":    "a reference to a rule is a list",
	} {
		f, err := Parse("f.yml", []byte(strings.ReplaceAll(filtered, "%s", rules)))
		if err == nil {
			_, err = Link(f)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("rules: %s: %v, want %s", rules, err, want)
		}
	}
	for text, want := range map[string]string{
		"x":                          `f.yml:3:9: filter is "x", not a map`,
		"{s: {a: 1}, condition: s}":  "f.yml:3:9: the filter names no rules",
		"{rules: any, condition: s}": "there is no search identifier",
		"{rules: any, s: {a: 1}}":    "there is no condition",
		"{rules: any, s: {a|x: 1}}":  `modifier "x": not known`,
		"{rules: any, s: {a: 1}, condition: s | count() > 1}": "an aggregation in a filter",
	} {
		_, err := Parse("f.yml", []byte(head+"filter: "+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestFilterWithBadValue makes sure that a filter that can't be compiled keeps its rules from running unfiltered.
func TestFilterWithBadValue(t *testing.T) {
	f, err := Parse("f.yml", []byte(strings.ReplaceAll(strings.ReplaceAll(filtered, "%s", "any"), "user: alice", "user|re: '('")))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Link(f)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(set.Rules, nil)
	if err == nil || len(p.Matchers()) != 1 || p.Matchers()[0].Rule().Title != "rule b" {
		t.Errorf("%d matchers, %v", len(p.Matchers()), err)
	}
}
