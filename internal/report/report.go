// Package report shows what a command found: as text for a terminal, as SARIF for code scanning, as one HTML page that
// needs nothing else. JSON is not made of a Report: each command publishes a document of its own, with a schema.
//
// Whatever a Report holds may have been chosen by an intruder. Each writer makes it harmless for its own readers, so
// that whoever fills a Report need not.
package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
)

// Report is what a command found, in a shape that every writer can show.
type Report struct {
	Tool    Tool
	Title   string  // what was done, such as "Verification of CloudTrail logs"
	Subject []Field // what was looked at, and how
	Lanes   []Lane  // what is known of each thing, over time
	Rules   []Rule  // every kind of finding that could have been made, for readers that want to know what was checked

	Findings []Finding
	Omitted  int // findings that were counted but are not listed, since there were too many

	Sections []Section // what else there is to say, which only text shows: other forms have better ways

	Verdict Verdict
	Ended   time.Time // when the looking ended
}

// Section is a list under a title.
type Section struct {
	Title string
	Items []string
}

// Tool is the program that looked.
type Tool struct{ Name, Version, Address string }

// Field is a name and its value.
type Field struct{ Name, Value string }

// State is what is known of a stretch of time, or of everything together.
type State string

// The states. Unknown is never taken for good.
const (
	Good    State = "good"
	Bad     State = "bad"
	Unknown State = "unknown"
)

// Verdict is the one line that everything comes down to.
type Verdict struct {
	State State
	Text  string
}

// Lane is what is known of one thing, over time.
type Lane struct {
	Name  string
	Note  string // what there is to say about all of it
	Spans []Span // in order of time, not overlapping
}

// Span is a stretch of time with the same state. Times are UTC; From is before To.
type Span struct {
	From, To time.Time
	State    State
	Label    string // the state in the command's own word, such as "proven"
	Text     string // what there is to say about it
}

// Rule is a kind of finding.
type Rule struct {
	ID       string // such as "log-missing"
	Title    string // one short sentence
	Help     string // what it means, and what to do
	Severity severity.Severity
	Found    int // findings of it, where not all of them are among a report's
}

// Finding is one result.
type Finding struct {
	Rule     string // ID of its Rule
	Severity severity.Severity
	Object   string // what it is about: an s3:// address, a file or an ARN; empty if no single thing
	Text     string // what was found, without the Object
	Details  []Field
	Open     bool   // it could not be decided whether there is anything to find; only SARIF tells
	Accepted string // why somebody answers for it; empty: nobody does; only SARIF tells
}

// Group is the findings of one rule.
type Group struct {
	Rule     Rule
	Severity severity.Severity // of the worst of them
	Findings []Finding
}

// Count is how many findings of the rule there are, those among them that are not listed.
func (g Group) Count() int { return max(g.Rule.Found, len(g.Findings)) }

// Groups sorts the findings by rule: the worst rule first, findings in the order they were made. A finding whose rule
// is not among Rules gets a rule that has nothing but an ID.
func (r Report) Groups() []Group {
	index := map[string]int{}
	var groups []Group
	for _, f := range r.Findings {
		n, ok := index[f.Rule]
		if !ok {
			n = len(groups)
			index[f.Rule] = n
			groups = append(groups, Group{Rule: r.rule(f.Rule)})
		}
		groups[n].Findings = append(groups[n].Findings, f)
		groups[n].Severity = max(groups[n].Severity, f.Severity)
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule.ID, b.Rule.ID))
	})
	return groups
}

func (r Report) rule(id string) Rule {
	for _, rule := range r.Rules {
		if rule.ID == id {
			return rule
		}
	}
	return Rule{ID: id}
}
