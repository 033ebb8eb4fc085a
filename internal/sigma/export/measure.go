package export

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/sigma"
)

// value is what of a window is compared with the correlation's bounds.
func (w *correlationWriter) value() string {
	number := "CASE WHEN " + isNumber("s.field_value") + " THEN TRY_CAST(s.field_value AS DOUBLE) END"
	switch w.c.Type {
	case sigma.EventCount:
		return "count(*)"
	case sigma.Temporal:
		return "count(DISTINCT s.rule_number)"
	case sigma.ValueCount:
		return "count(DISTINCT s.field_value)"
	case sigma.ValueSum:
		return "sum(" + number + ")"
	case sigma.ValueAverage:
		return "avg(" + number + ")"
	case sigma.ValueMinimum:
		return "min(" + number + ")"
	case sigma.ValueMaximum:
		return "max(" + number + ")"
	}
	return w.fail("a "+string(w.c.Type)+", for which the engine only has an approximation", huntInstead)
}

// presence adds for a temporal correlation a column for each rule that its condition asks for.
func (w *correlationWriter) presence() string {
	if w.c.Type != sigma.Temporal || len(w.shape.Bounds) > 0 {
		return ""
	}
	var b strings.Builder
	for i := range w.shape.References {
		fmt.Fprintf(&b, ", bool_or(s.rule_number = %d) AS r%d", i, i)
	}
	return b.String()
}

// fulfilled is the correlation's condition for a measured window.
func (w *correlationWriter) fulfilled() string {
	var parts []string
	if w.c.Type == sigma.ValueCount {
		parts = append(parts, "value > 0")
	}
	for _, b := range w.shape.Bounds {
		parts = append(parts, "value "+b.Relation+" "+double(b.Than))
	}
	if w.c.Type == sigma.Temporal && len(w.shape.Bounds) == 0 {
		if w.shape.Present == nil {
			return fmt.Sprintf("value = %d", len(w.shape.References))
		}
		return w.present(w.shape.Present)
	}
	return strings.Join(parts, " AND ")
}

// present writes which rules have to occur.
func (w *correlationWriter) present(t sigma.Tree) string {
	many := func(trees []sigma.Tree) (parts []string) {
		for _, one := range trees {
			parts = append(parts, w.present(one))
		}
		return parts
	}
	switch t := t.(type) {
	case sigma.TreeExists:
		var parts []string
		for i, ref := range w.shape.References {
			if ref.Name == t.Path {
				parts = append(parts, "r"+strconv.Itoa(i))
			}
		}
		return either(parts)
	case sigma.TreeAll:
		return all(many(t))
	case sigma.TreeAny:
		return either(many(t))
	case sigma.TreeNot:
		return "NOT " + w.present(t.Part)
	case sigma.TreeLeast:
		parts := many(t.Parts)
		for i := range parts {
			parts[i] = "IF(" + parts[i] + ", 1, 0)"
		}
		return fmt.Sprintf("(%s >= %d)", strings.Join(parts, " + "), t.Least)
	}
	return w.fail("a condition that is not known", huntInstead)
}
