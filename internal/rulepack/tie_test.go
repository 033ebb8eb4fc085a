package rulepack

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/tamper"
)

// tied is a rule or correlation of the pack with what it says of techniques.
type tied struct {
	sigma.Meta
	*About
	rule *sigma.Rule // nil for a correlation
}

func tiedRules(t *testing.T) []tied {
	t.Helper()
	var all []tied
	for _, f := range pack(t) {
		for _, r := range f.Rules {
			all = append(all, tied{r.Meta, f.Of(r.Meta), r})
		}
		for _, c := range f.Correlations {
			all = append(all, tied{c.Meta, f.Of(c.Meta), nil})
		}
	}
	return all
}

// level is a rule's level as a severity.
func level(m sigma.Meta) severity.Severity {
	s, _ := severity.Parse(strings.Replace(m.Level, "informational", "info", 1))
	return s
}

var attack = regexp.MustCompile(`^attack\.t\d{4}(\.\d{3})?$`)

// attackIDs are the ATT&CK ids among a rule's tags, as the table of techniques writes them.
func attackIDs(m sigma.Meta) []string {
	var ids []string
	for _, tag := range m.Tags {
		if attack.MatchString(tag) {
			ids = append(ids, strings.ToUpper(strings.TrimPrefix(tag, "attack.")))
		}
	}
	return ids
}

// techniques looks up what a rule names.
func (r tied) techniques(t *testing.T) []tamper.Technique {
	t.Helper()
	var list []tamper.Technique
	for _, id := range r.Techniques {
		technique, ok := tamper.Lookup(id)
		if !ok {
			t.Errorf("%s: there is no technique %q", r.Meta.Position, id)
		}
		list = append(list, technique)
	}
	return list
}

// general are the techniques that are ways for any call to go.
var general = []string{tamper.ParamPadding, tamper.WrongRegion, tamper.DeniedAttempt}

// TestRulesAgreeWithTechniques holds the level, the ATT&CK ids and the calls of each rule to those of its techniques.
func TestRulesAgreeWithTechniques(t *testing.T) {
	attempt, _ := tamper.Lookup(tamper.DeniedAttempt)
	for _, r := range tiedRules(t) {
		if len(r.Techniques) == 0 {
			continue
		}
		worst := severity.None
		var ids []string
		var calls []tamper.Call
		for _, technique := range r.techniques(t) {
			worst = max(worst, technique.Severity)
			ids = slices.Concat(ids, technique.ATTCKv18, technique.ATTCKv19)
			calls = append(calls, technique.Calls...)
			if !slices.Contains(general, technique.ID) && r.Tier != technique.Tier {
				t.Errorf("%s: tier %s, but the technique is of tier %s", r.Meta.Position, r.Tier, technique.Tier)
			}
		}
		switch {
		case r.Scope == ScopeExact && level(r.Meta) != worst:
			t.Errorf("%s: level %s, but the technique is %s", r.Meta.Position, r.Level, worst)
		case r.Scope == ScopeBroad && level(r.Meta) > worst:
			t.Errorf("%s: level %s is above the technique's, %s", r.Meta.Position, r.Level, worst)
		case r.Scope == ScopeAttempt && level(r.Meta) > attempt.Severity:
			t.Errorf("%s: level %s is above that of an attempt, %s", r.Meta.Position, r.Level, attempt.Severity)
		}
		for _, id := range attackIDs(r.Meta) {
			if len(ids) > 0 && !slices.Contains(ids, id) {
				t.Errorf("%s: %s is none of the technique's ids %v", r.Meta.Position, id, ids)
			}
		}
		r.checkCalls(t, calls)
	}
}

// checkCalls: whatever a rule names has to be a call of its techniques, with that call's source.
func (r tied) checkCalls(t *testing.T, calls []tamper.Call) {
	if r.rule == nil {
		return
	}
	sources := r.rule.Values("eventSource")
	for _, name := range r.rule.Values("eventName") {
		if !slices.ContainsFunc(calls, func(c tamper.Call) bool { return c.Name == name && slices.Contains(sources, c.Source) }) {
			t.Errorf("%s: no technique of the rule is performed by %s of %v", r.Meta.Position, name, sources)
		}
	}
	for _, source := range sources {
		if !slices.ContainsFunc(calls, func(c tamper.Call) bool { return c.Source == source }) {
			t.Errorf("%s: no technique of the rule has a call of %s", r.Meta.Position, source)
		}
	}
}

// TestTechniquesHaveRules: every call and every ATT&CK id of every technique is in at least one rule for it.
func TestTechniquesHaveRules(t *testing.T) {
	rules := tiedRules(t)
	for _, technique := range tamper.Techniques() {
		var names, ids []string
		found, correlated := 0, false
		for _, r := range rules {
			if !slices.Contains(r.Techniques, technique.ID) {
				continue
			}
			found++
			ids = append(ids, attackIDs(r.Meta)...)
			if r.rule == nil {
				correlated = true // by rules that have the names
				continue
			}
			names = append(names, r.rule.Values("eventName")...)
		}
		if found == 0 {
			t.Errorf("%s has no rule", technique.ID)
		}
		for _, c := range technique.Calls {
			if !correlated && !slices.Contains(names, c.Name) {
				t.Errorf("%s: no rule finds %s", technique.ID, c.Name)
			}
		}
		for _, id := range slices.Concat(technique.ATTCKv18, technique.ATTCKv19) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s: no rule carries %s", technique.ID, id)
			}
		}
	}
}

// TestRulesAreComplete checks what every rule of the pack owes its reader.
func TestRulesAreComplete(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	seen := map[string]string{}
	for _, r := range tiedRules(t) {
		at := r.Meta.Position
		for _, unique := range []string{r.ID, r.Title, r.Name} {
			if other := seen[unique]; unique != "" && other != "" {
				t.Errorf("%s: %q stands in %s too", at, unique, other)
			}
			seen[unique] = at.String()
		}
		switch {
		case !uuid.MatchString(r.ID):
			t.Errorf("%s: the id %q is no UUID", at, r.ID)
		case r.Title == "" || r.Description == "" || r.Level == "" || r.Author != Author || len(r.FalsePositives) == 0 || r.Tier == "":
			t.Errorf("%s: something is missing", at)
		case len(r.Matches) == 0 || len(r.Ignores) == 0:
			t.Errorf("%s: it needs examples that match and such that don't", at)
		case level(r.Meta) > severity.Info && len(attackIDs(r.Meta)) == 0:
			t.Errorf("%s: it has no ATT&CK id", at)
		}
		if r.rule != nil && len(r.rule.Values("eventName")) == 0 {
			// A second key to search for would halve the speed of a hunt, and a rule without any undo it.
			t.Errorf("%s: the rule names no event", at)
		}
		for _, url := range r.References {
			if !strings.HasPrefix(url, "https://docs.aws.amazon.com/") {
				t.Errorf("%s: the reference %s is not AWS's documentation", at, url)
			}
		}
		if old := slices.Contains(r.Tags, "attack.t1562.008"); old != slices.Contains(r.Tags, "attack.t1685.002") {
			t.Errorf("%s: carry both the old and the new id of impairing logs", at)
		}
	}
}

func TestTheClassicThree(t *testing.T) {
	classic := map[string]string{"Logging Stopped": "high", "Trail Deletion": "high", "Trail Modification": "medium"}
	for _, r := range tiedRules(t) {
		if want, ok := classic[r.Title]; ok {
			if r.Level != want {
				t.Errorf("%s is %s, want %s", r.Title, r.Level, want)
			}
			delete(classic, r.Title)
		}
	}
	if len(classic) > 0 {
		t.Errorf("missing: %v", slices.Collect(maps.Keys(classic)))
	}
}
