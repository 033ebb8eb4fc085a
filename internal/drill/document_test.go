package drill_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/madeof"
	"github.com/trailhold/trailhold/internal/tamper"
)

// documented is where people read the table.
var documented = filepath.Join("..", "..", "docs", "techniques.md")

func TestDocumentOfTechniquesIsUpToDate(t *testing.T) { madeof.Document(t, documented, document()) }

const introduction = `# Techniques

Every way to impair a trail, or what it and Trailhold rest on, that Trailhold knows: what it is noticed by, what is done about it, what
nobody can bring back, and the attacks that prove it. This page is made of the code; a test fails when the two differ.

Each attack is performed by ` + "`trailhold demo --all`" + ` and by the test ` + "`TestGuardHoldsOutAgainstEveryTechnique`" + ` in
` + "`internal/drill/labrange`" + `, which fail if it does not end as said here: *restored* means that everything that is guarded is at its baseline
again, as a fresh look finds, and that delivery is proved; *alerted* that only people can put it back, and were told; *reported* that there is
nothing to put back. *By a sweep* means that no event tells of it.

Calls are named as CloudTrail records them. Numbers such as T1562.008 are those of MITRE ATT&CK up to version 18, and from version 19 on.
`

var chapters = []struct {
	tier  tamper.Tier
	title string
}{
	{tamper.TierTrail, "The trail"},
	{tamper.TierDependency, "What its delivery rests on"},
	{tamper.TierGuard, "The guard"},
	{tamper.TierOrganization, "The organization"},
	{tamper.TierLake, "CloudTrail Lake"},
}

// document is the table of techniques as people read it.
func document() string {
	var page strings.Builder
	page.WriteString(introduction)
	for _, chapter := range chapters {
		fmt.Fprintf(&page, "\n## %s\n\n| technique | noticed by | what is done | lost | attacks that prove it |\n|---|---|---|---|---|\n", chapter.title)
		for _, technique := range tamper.Techniques() {
			if technique.Tier == chapter.tier {
				page.WriteString(row(technique))
			}
		}
	}
	return page.String()
}

func row(t tamper.Technique) string {
	lost := t.Lost
	if lost == "" {
		lost = "–"
	}
	name := fmt.Sprintf("`%s`<br>%s", t.ID, t.Title)
	if ids := attack(t); ids != "" {
		name += "<br>" + ids
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", name, calls(t), t.Restores, lost, proofs(t))
}

// attack lists the ATT&CK ids of both versions.
func attack(t tamper.Technique) string {
	before, after := strings.Join(t.ATTCKv18, ", "), strings.Join(t.ATTCKv19, ", ")
	if before == after {
		return before
	}
	return before + " / " + after
}

// calls lists what records of it say, service by service, and what differs afterwards.
func calls(t tamper.Technique) string {
	if slices.Contains([]string{tamper.ParamPadding, tamper.DeniedAttempt}, t.ID) {
		return "any of the calls of the others"
	}
	var services, text []string
	for _, c := range t.Calls {
		service, _, _ := strings.Cut(c.Source, ".")
		if !slices.Contains(services, service) {
			services = append(services, service)
			text = append(text, service+":")
		}
		text[len(text)-1] += " `" + c.Name + "`"
	}
	if len(t.Fields) > 0 {
		var fields []string
		for _, f := range t.Fields {
			fields = append(fields, string(f))
		}
		text = append(text, "drift: "+strings.Join(fields, ", "))
	}
	return strings.Join(text, "<br>")
}

// proofs lists the attacks of a technique.
func proofs(t tamper.Technique) string {
	var found []string
	for _, technique := range drill.All() {
		if technique.ID != t.ID {
			continue
		}
		how := string(technique.Outcome)
		if technique.Unheard {
			how += " by a sweep"
		}
		found = append(found, technique.Name()+": "+how)
	}
	switch why := drill.Unhosted()[t.ID]; {
	case why != "":
		return "none: " + why
	case len(found) == 0:
		return "none: the call does no harm"
	}
	return strings.Join(found, "<br>")
}
