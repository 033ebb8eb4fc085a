package rulepack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/madeof"
	"github.com/trailhold/trailhold/internal/tamper"
)

const document = "../../docs/rules.md"

// TestDocument holds docs/rules.md, which is made from the rules and the table of techniques, to both.
func TestDocument(t *testing.T) {
	madeof.Document(t, document, introduction+rulesByTier(List(pack(t)))+rulesByTechnique(List(pack(t))))
}

const introduction = `# Rules

<!-- Made from the rules and the table of techniques: go test ./internal/rulepack -run TestDocument -update -->

The Sigma rules that come with Trailhold. They are files below ` + "`internal/rulepack/rules`" + `, compiled into the program, and plain
Sigma: other tools can run them once they have values for two placeholders. ` + "`trailhold rules list --output json`" + ` has all
that they say, ` + "`trailhold rules test`" + ` runs their examples, ` + "`trailhold rules lint`" + ` checks yours.

**Levels.** A rule that finds a technique of Trailhold's table has that technique's severity; a test holds the two to each other.
A rule whose finding may be something else has at most that, and attempts that failed have at most medium. Levels are for a
resource that a trail needs.

**Names.** A record does not say whether a bucket holds a trail's logs. So rules about buckets, topics, log groups, functions and the
like go by names, for which the placeholders ` + "`%logging_names%` and `%guard_names%`" + ` stand: ` + "`*trail*`, `*audit*`, `*-logs*`, `*siem*`" + ` and
more. KMS keys have no names, so that rules about them find all keys, with a lower level.

**Success and attempt.** Rules look for calls that succeeded, unless their titles say otherwise. Denied calls are recorded without
parameters; rules about attempts read the error message.

**Twice.** An update of a trail that changes its bucket is both a "Trail Modification" (medium) and "Trail Delivers to Another Bucket"
(high).

**Left out.** PutObject and CopyObject on log files: they are too frequent as data events to read every one of them, and
` + "`trailhold verify`" + ` shows a forged or overwritten file. What else other rule sets look for and these don't stands in
` + "`internal/rulepack/testdata/calls.txt`" + `, with the reason.

**What a rule says beyond Sigma** stands under the key ` + "`trailhold`" + `, which other tools ignore:

` + "```yaml" + `
trailhold:
    tier: '1'                      # see below
    techniques: [stop-logging]     # of Trailhold's table
    scope: exact                   # or broad, or attempt: how the level relates to the technique's severity
    matches:                       # records that it has to match; what they don't say is filled in
        - {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging, requestParameters: {name: main}}
    ignores:                       # records that it must not match
        - {eventSource: cloudtrail.amazonaws.com, eventName: StartLogging, requestParameters: {name: main}}
` + "```" + `
`

var tierTitles = map[Tier]string{
	tamper.TierTrail: "The trail itself", tamper.TierDependency: "What delivery depends on", tamper.TierGuard: "What guards trails",
	tamper.TierOrganization: "Organization and account", tamper.TierLake: "CloudTrail Lake", TierAudit: "Audit services besides CloudTrail",
}

func rulesByTier(entries []Entry) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n## All %d rules\n", len(entries))
	for _, tier := range Tiers() {
		fmt.Fprintf(&out, "\n### Tier %s: %s\n\n| title | level | techniques | ATT&CK | id |\n|---|---|---|---|---|\n", tier, tierTitles[tier])
		for _, e := range entries {
			if e.Tier == tier {
				fmt.Fprintf(&out, "| %s | %s | %s | %s | `%s` |\n", e.Title, e.Level, strings.Join(e.Techniques, ", "), strings.Join(e.ATTCK, ", "), e.ID)
			}
		}
	}
	return out.String()
}

func rulesByTechnique(entries []Entry) string {
	var out strings.Builder
	out.WriteString("\n## Which rules find a technique\n\nEach rule has examples that it has to match and such that it must not: `trailhold rules test`.\n\n" +
		"| technique | severity | rules |\n|---|---|---|\n")
	for _, technique := range tamper.Techniques() {
		var titles []string
		for _, e := range entries {
			if slices.Contains(e.Techniques, technique.ID) {
				titles = append(titles, e.Title)
			}
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", technique.ID, technique.Severity, strings.Join(titles, "; "))
	}
	return out.String()
}
