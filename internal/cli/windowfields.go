package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// allFields stands for every field that is guarded of a trail or resource.
const allFields = "all"

// unit is what the flags say the window is for.
func (f *windowFlags) unit(b trail.Baseline) (trail.Guarded, error) {
	var others []string
	for _, u := range b.Units() {
		if u.IsTrail() != (f.trail != "") {
			continue
		}
		if u.ARN == f.trail || u.ARN == f.resource || u.IsTrail() && u.Name == f.trail {
			return u, nil
		}
		others = append(others, cmp.Or(u.Name, u.ARN))
	}
	if f.trail != "" {
		return trail.Guarded{}, usagef("the baseline guards no trail %q%s", f.trail, among(f.trail, others))
	}
	return trail.Guarded{}, usagef("the baseline guards no resource %q by itself%s", f.resource, among(f.resource, others))
}

// among says which of the names was meant, or what there is.
func among(name string, names []string) string {
	const shown = 5
	switch near := nearest(name, names); {
	case len(near) > 0:
		return " (did you mean " + strings.Join(near, " or ") + "?)"
	case len(names) == 0:
		return ": it guards none"
	case len(names) > shown:
		return fmt.Sprintf(": it guards %s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return ": it guards " + strings.Join(names, ", ")
}

// chosenFields are the fields with the given names, which must be guarded: a window for others would promise something.
func chosenFields(unit trail.Guarded, names []string) ([]trail.Field, error) {
	guarded := fieldsOf(unit)
	var chosen []trail.Field
	for _, name := range names {
		name = strings.TrimSpace(name)
		switch field := trail.Field(name); {
		case name == allFields:
			return guarded, nil
		case !slices.Contains(trail.Fields(), field):
			return nil, usagef("--fields: there is no field %q%s", name, meant(name, guarded))
		case !slices.Contains(guarded, field):
			return nil, usagef("--fields: the baseline guards no %s of %s%s", name, unitName(unit.ARN), meant(name, guarded))
		case !slices.Contains(chosen, field):
			chosen = append(chosen, field)
		}
	}
	return chosen, nil
}

// meant suggests fields that are guarded.
func meant(name string, guarded []trail.Field) string {
	if near := nearest(name, texts(guarded)); len(near) > 0 {
		return " (did you mean " + strings.Join(near, " or ") + "?)"
	}
	return ": shell completion lists them, and so does the baseline"
}

// fieldsOf lists the fields in which a unit can drift from its baseline.
func fieldsOf(unit trail.Guarded) []trail.Field {
	var fields []trail.Field
	if unit.IsTrail() {
		fields = slices.DeleteFunc(trail.Fields(), func(f trail.Field) bool { return strings.Contains(string(f), ".") })
	}
	for _, r := range unit.Dependents {
		for _, s := range trail.SettingsOf(r.Type) {
			if f := trail.FieldOf(r.Type, s); !slices.Contains(fields, f) {
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// completeFields completes the last of several fields that commas separate.
func completeFields(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before, last := "", typed
	if n := strings.LastIndexByte(typed, ','); n >= 0 {
		before, last = typed[:n+1], typed[n+1:]
	}
	var found []string
	for _, name := range append(texts(trail.Fields()), allFields) {
		if strings.HasPrefix(name, last) {
			found = append(found, before+name)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func texts(fields []trail.Field) []string {
	var names []string
	for _, f := range fields {
		names = append(names, string(f))
	}
	return names
}

// fieldNames lists fields that came from a journal.
func fieldNames(fields []trail.Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, plain.Text(string(f), maxValue))
	}
	return strings.Join(names, ", ")
}

// nearest lists up to three names that somebody who typed s may have meant: those that contain it, or else those that a
// few changed letters lead to.
func nearest(s string, names []string) []string {
	const most, longest = 3, 200
	s = strings.ToLower(s)
	if len(s) < 2 || len(s) > longest {
		return nil
	}
	var found []string
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), s) {
			found = append(found, name)
		}
	}
	for letters := 1; letters <= max(1, min(len(s)/3, 3)) && len(found) == 0; letters++ {
		for _, name := range names {
			if distance(s, strings.ToLower(name)) == letters {
				found = append(found, name)
			}
		}
	}
	return found[:min(len(found), most)]
}

// distance is the least number of letters to insert, remove or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for n := range row {
		row[n] = n
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for k := range len(b) {
			change := diagonal
			if a[i] != b[k] {
				change++
			}
			diagonal = row[k+1]
			row[k+1] = min(change, row[k]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
