package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/harden/apply"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// printHardening prints the plan, or what it has come to.
func (a *app) printHardening(h hardening) error {
	if a.json() {
		return a.printJSON(h)
	}
	p := a.page()
	switch {
	case h.Results == nil && h.After == nil:
		p.hardeningHead(h.Plan)
		for _, s := range h.Plan.Steps {
			p.hardeningStep(s)
		}
		p.hardeningLeft(h.Plan.Left)
		if len(h.Plan.Steps) > 0 {
			p.linef("\nNothing was changed. Add --yes to make the calls.")
		}
	case h.After != nil:
		p.linef("\nThe score was %.1f and is %.1f now.", h.Plan.Before, h.After.Before)
		p.hardeningLeft(h.After.Left)
	}
	return a.print(p.String())
}

// hardeningHead says what is about to be changed, and what for.
func (p *page) hardeningHead(plan harden.Plan) {
	if len(plan.Steps) == 0 {
		p.linef("Account %s: the score is %.1f, and there is no step to take.", plan.Account, plan.Before)
		return
	}
	p.linef("Account %s: the score is %.1f, and about %.1f after %s.", plan.Account, plan.Before, plan.Expected, plural(len(plan.Steps), "step"))
}

// hardeningStep tells one step.
func (p *page) hardeningStep(s harden.Step) {
	p.linef("\n%s  %s", p.paint(bold, fmt.Sprintf("%d  %s", s.Number, s.Call)), plain.Text(unitName(s.Resource), maxValue)+" in "+plain.Text(s.Region, maxValue))
	p.wrap("   for     ", strings.Join(s.Checks, ", "))
	for _, c := range s.Changes {
		p.hardeningChange(s, c)
	}
	p.wrap("   costs   ", s.Cost)
	p.command("   undo    ", s.Undo)
	if s.Caution != "" {
		p.wrap("   careful ", s.Caution)
	}
	if len(s.After) > 0 {
		p.wrap("   after   ", "step "+strings.Trim(strings.ReplaceAll(fmt.Sprint(s.After), " ", ", "), "[]"))
	}
}

// maxChange is how many characters of a value are shown. Whoever is to agree to a change has to see it.
const maxChange = 4000

// hardeningChange shows what a part becomes; of lists, what is only in one of them. What is made is shown by the steps that
// give it its settings.
func (p *page) hardeningChange(s harden.Step, c harden.Change) {
	if s.Call == trail.OpCreateBucket || s.Call == trail.OpCreateLogGroup {
		p.linef("   changes it does not exist, and is made")
		return
	}
	name := string(c.Field)
	if c.Member != "" {
		name += " " + plain.Text(c.Member, maxValue)
	}
	p.wrap("   changes ", name)
	from, to := decodedJSON(c.From), decodedJSON(c.To)
	before, after, lists := listsApart(from, to)
	if !lists {
		p.wrap("     from  ", changedTo(from))
		p.wrap("     to    ", changedTo(to))
		return
	}
	if len(before) > 0 {
		p.wrap("     drops ", changedTo(before))
	}
	if len(after) > 0 {
		p.wrap("     adds  ", changedTo(after))
	}
}

func decodedJSON(v any) any {
	text, _ := json.Marshal(v) // of our own types
	var decoded any
	_ = json.Unmarshal(text, &decoded)
	return decoded
}

// listsApart leaves out of two objects what they have in common, members of lists among it, such as the statements of two
// policies. lists is false if they have no list in common.
func listsApart(from, to any) (before, after map[string]any, lists bool) {
	before, ok := from.(map[string]any)
	after, also := to.(map[string]any)
	if !ok || !also {
		return nil, nil, false
	}
	for key, value := range before {
		if reflect.DeepEqual(value, after[key]) {
			delete(before, key)
			delete(after, key)
			continue
		}
		old, ok := value.([]any)
		now, also := after[key].([]any)
		if !ok || !also {
			continue
		}
		lists = true
		if before[key], after[key] = without(old, now), without(now, old); len(without(old, now)) == 0 {
			delete(before, key)
		}
		if len(without(now, old)) == 0 {
			delete(after, key)
		}
	}
	return before, after, lists
}

// without is a list without the members of another one.
func without(list, other []any) []any {
	return slices.DeleteFunc(slices.Clone(list), func(one any) bool {
		return slices.ContainsFunc(other, func(two any) bool { return reflect.DeepEqual(one, two) })
	})
}

func changedTo(v any) string {
	if v == nil || v == "" {
		return "nothing"
	}
	if text, ok := v.(string); ok {
		return plain.Text(text, maxChange)
	}
	text, _ := json.Marshal(v) // was decoded from JSON
	return plain.Text(airy.Replace(string(text)), maxChange)
}

// hardeningResult tells what became of a step, in one line or two.
func (p *page) hardeningResult(plan harden.Plan, r apply.Result) {
	colour := red
	if r.Outcome.Good() {
		colour = green
	}
	n := slices.IndexFunc(plan.Steps, func(s harden.Step) bool { return s.Number == r.Number })
	text := fmt.Sprintf("%3d of %d  %s  %s %s", r.Number, len(plan.Steps), p.paint(colour, fmt.Sprintf("%-8s", r.Outcome)), r.Call, plain.Text(unitName(r.Resource), maxValue))
	if member := plan.Steps[n].Changes; len(member) > 0 && member[0].Member != "" {
		text += " " + plain.Text(member[0].Member, maxValue)
	}
	p.linef("%s", text)
	if r.Detail != "" {
		p.wrap("          ", plain.Text(r.Detail, maxValue))
	}
}

// leftGroup is findings that are left for the same reason.
type leftGroup struct {
	harden.Left
	checks, places []string
}

// hardeningLeft lists what no step mends, each reason once for all checks and places.
func (p *page) hardeningLeft(left []harden.Left) {
	var groups []*leftGroup
	for _, l := range left {
		n := slices.IndexFunc(groups, func(g *leftGroup) bool { return g.Why == l.Why && g.Detail == l.Detail })
		if n < 0 {
			groups, n = append(groups, &leftGroup{Left: l}), len(groups)
		}
		g := groups[n]
		if !slices.Contains(g.checks, l.Check) {
			g.checks = append(g.checks, l.Check)
		}
		place := l.Region
		if l.Resource != "" {
			place = unitName(l.Resource)
		}
		if place != "" && !slices.Contains(g.places, place) {
			g.places = append(g.places, place)
		}
	}
	if len(groups) > 0 {
		p.linef("\n%s", p.paint(bold, "What no step mends"))
	}
	for _, g := range groups {
		p.wrap(fmt.Sprintf("  %-8s  ", g.Severity), strings.Join(g.checks, ", "))
		text := g.Detail
		if len(g.places) > 0 {
			text = strings.Join(g.places, ", ") + ": " + text
		}
		p.wrap("            ", plain.Text(text, maxValue))
		p.wrap("      why   ", plain.Text(g.Why, maxValue))
	}
}
