package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/sigma"
)

// writer turns a rule's tree into a condition. The first thing that can't be said is kept.
type writer struct {
	Dialect
	failed error
}

func (w *writer) fail(what, fix string) string {
	if w.failed == nil {
		w.failed = &refusal{what, fix}
	}
	return "FALSE"
}

// condition writes a tree. A condition that reads what isn't there may be NULL, which is as good as FALSE everywhere but
// below NOT.
func (w *writer) condition(t sigma.Tree) string {
	switch t := t.(type) {
	case sigma.TreeAll:
		return all(w.conditions(together(t)))
	case sigma.TreeAny:
		return either(w.conditions(t))
	case sigma.TreeNot:
		return "NOT coalesce(" + w.condition(t.Part) + ", FALSE)"
	case sigma.TreeLeast:
		parts := w.conditions(t.Parts)
		for i := range parts {
			parts[i] = "IF(" + parts[i] + ", 1, 0)"
		}
		return fmt.Sprintf("%s >= %d", strings.Join(parts, " + "), t.Least)
	case sigma.TreeExists:
		return w.exists(t)
	case sigma.TreeSame:
		return w.same(t)
	case sigma.TreeField:
		p, err := w.find(t.Path)
		if err != nil {
			w.failed = firstError(w.failed, err)
			return "FALSE"
		}
		return w.field(t, p)
	case sigma.TreeKeywords:
		return w.keywords(t)
	}
	return w.fail("something that is not known", huntInstead)
}

// together takes parts that have to hold out of parts that have to hold.
func together(t sigma.TreeAll) []sigma.Tree {
	var list []sigma.Tree
	for _, part := range t {
		if inner, ok := part.(sigma.TreeAll); ok {
			list = append(list, together(inner)...)
		} else {
			list = append(list, part)
		}
	}
	return list
}

// firstError keeps the first error.
func firstError(first, next error) error {
	if first != nil {
		return first
	}
	return next
}

func (w *writer) conditions(trees []sigma.Tree) []string {
	var parts []string
	for _, t := range trees {
		parts = append(parts, w.condition(t))
	}
	return parts
}

func (w *writer) exists(t sigma.TreeExists) string {
	p, err := w.findJSON(t.Path)
	_, typed := w.texts[t.Path]
	_, member := w.members[t.Path]
	switch {
	case err != nil && !typed && !member:
		w.failed = firstError(w.failed, err)
		return "FALSE"
	case err != nil || !p.nulls:
		return w.fail("field "+quote(t.Path)+": exists asks for more than the table keeps, in which null and missing are the same",
			"write field: null or field: '*' where that is meant")
	}
	return p.exists()
}

// field writes what is asked of one path's values.
func (w *writer) field(t sigma.TreeField, p place) string {
	if !t.Every {
		return w.anyTest(t.Path, t.Tests, p)
	}
	var parts []string
	for _, one := range t.Tests {
		parts = append(parts, w.anyTest(t.Path, []sigma.Test{one}, p))
	}
	return all(parts)
}

// anyTest says that one of some tests accepts a value.
func (w *writer) anyTest(path string, tests []sigma.Test, p place) string {
	var parts, texts []string
	var literals foldedLiterals
	for _, t := range flattened(tests) {
		switch t := t.(type) {
		case sigma.TestNull:
			if p.one == "" && p.values == "" {
				return w.fail("field "+quote(path)+": null asks for more than the table keeps", huntInstead)
			}
			parts = append(parts, p.null())
		case sigma.TestText:
			if t.Numeric && p.values != "" {
				parts = append(parts, w.number(path, t, p))
			}
			if !literals.add(t) {
				texts = append(texts, w.test(path, t))
			}
		default:
			texts = append(texts, w.test(path, t))
		}
	}
	if texts = append(literals.conditions(), texts...); len(texts) > 0 {
		parts = append(parts, p.anyText(either(texts)))
	}
	return either(parts)
}

// flattened replaces tests that are a choice by what there is to choose from.
func flattened(tests []sigma.Test) []sigma.Test {
	var list []sigma.Test
	for _, t := range tests {
		if choice, ok := t.(sigma.TestAny); ok {
			list = append(list, flattened(choice)...)
		} else {
			list = append(list, t)
		}
	}
	return list
}

// number says that one of the values is a number, and equal to a rule's however it is written.
func (w *writer) number(path string, t sigma.TestText, p place) string {
	if !t.Exact {
		return w.fail("field "+quote(path)+": a number of more than 53 bits, which the engine would round", "write a pattern such as '123*'")
	}
	return "any_match(" + p.values + `, v -> regexp_like(json_format(v), '\A-?[0-9]') AND TRY_CAST(json_format(v) AS DOUBLE) = ` + double(t.Number) + ")"
}

// same compares the values of two paths.
func (w *writer) same(t sigma.TreeSame) string {
	left, err := w.find(t.Path)
	right, err2 := w.find(t.Other)
	if err = firstError(err, err2); err != nil {
		w.failed = firstError(w.failed, err)
		return "FALSE"
	}
	if right.one == "" {
		right.many = strings.ReplaceAll(right.many, "r -> r.", "s -> s.") // the two may stand within one another
	}
	fold := func(s string) string { return s }
	if !t.Cased {
		fold = foldedWholly
	}
	return left.any(func(l string) string {
		compare := func(r string) string { return related(t, fold(l), fold(r)) }
		if right.one != "" {
			return compare(right.one)
		}
		return "any_match(" + right.many + ", u -> " + compare("u") + ")"
	})
}

func related(t sigma.TreeSame, left, right string) string {
	switch {
	case t.Before && t.After:
		return "strpos(" + left + ", " + right + ") > 0"
	case t.After:
		return "substr(" + left + ", 1, length(" + right + ")) = " + right
	case t.Before:
		return "substr(" + left + ", greatest(length(" + left + ") - length(" + right + "), 0) + 1) = " + right
	}
	return left + " = " + right
}

// keywords looks through the JSON of the whole record. That covers each text within it, too, as long as what is looked for is
// written there as it is.
func (w *writer) keywords(t sigma.TreeKeywords) string {
	if w.whole == "" {
		return w.fail("a search of the whole record, which the table doesn't have as one", huntInstead)
	}
	p := place{one: "json_format(try(json_parse(" + w.whole + ")))"}
	for _, one := range flattened(t.Tests) {
		pattern, ok := one.(sigma.TestText)
		if !ok || slices.ContainsFunc(slices.Concat(pattern.Segments...), escaped) {
			return w.fail("a search of the whole record for more than plain text", "name the field")
		}
	}
	return w.field(sigma.TreeField{Path: "the whole record", Every: t.Every, Tests: textsOnly(t.Tests)}, p)
}

// escaped says that JSON may write a character, or what stands for one, in another way than as itself.
func escaped(g sigma.Glyph) bool {
	return g == sigma.AnyGlyph || g.OneOf != "" || g.Rune < ' ' || g.Rune == '"' || g.Rune == '\\'
}

// textsOnly makes tests compare text even if they are numbers.
func textsOnly(tests []sigma.Test) []sigma.Test {
	list := slices.Clone(tests)
	for i, t := range list {
		switch t := t.(type) {
		case sigma.TestText:
			t.Numeric = false
			list[i] = t
		case sigma.TestAny:
			list[i] = sigma.TestAny(textsOnly(t))
		}
	}
	return list
}
