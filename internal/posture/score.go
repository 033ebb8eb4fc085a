package posture

import (
	"cmp"
	"math"
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
)

// weights are how much a check counts, by its severity.
var weights = map[severity.Severity]float64{severity.Critical: 10, severity.High: 5, severity.Medium: 2, severity.Low: 1, severity.Info: 0}

// caps are the most that a score can be while a check of a severity fails: an account whose trail is stopped is in danger,
// however well its buckets are tagged.
var caps = map[severity.Severity]float64{severity.Critical: 3.9, severity.High: 7.9}

// mostChanges is how many changes a score names.
const mostChanges = 3

// ScoreOf is the score of findings. A check counts by its severity, and earns of that the share of things for which it
// passes; what is unknown earns nothing. Checks that don't apply, and findings that are muted, are left out of the
// arithmetic. Without anything that applies the score is 0: nothing is known to be right.
func ScoreOf(checks []Check, findings []Finding) Score {
	tally := tallyOf(checks, findings)
	s := tally.score()
	s.Parts = []ScorePart{}
	for _, c := range tally.checks {
		if p := tally.parts[c.ID]; p.applies() {
			s.Parts = append(s.Parts, *p)
		}
	}
	s.Changes = tally.changes(findings)
	return s
}

// tally counts the findings of each check.
type tally struct {
	checks []Check
	parts  map[string]*ScorePart
	worst  map[string]severity.Severity // of a check's failures
}

func tallyOf(checks []Check, findings []Finding) tally {
	t := tally{checks: checks, parts: map[string]*ScorePart{}, worst: map[string]severity.Severity{}}
	for _, c := range checks {
		t.parts[c.ID] = &ScorePart{Check: c.ID, Weight: weights[c.Severity]}
	}
	for _, f := range findings {
		p := t.parts[f.Check]
		if p == nil {
			continue
		}
		switch f.Status {
		case Pass:
			p.Passed++
		case Fail:
			p.Failed++
			t.worst[f.Check] = max(t.worst[f.Check], f.Severity)
		case Unknown:
			p.Unknown++
		}
	}
	for _, p := range t.parts {
		if p.applies() {
			p.Earned = p.Weight * float64(p.Passed) / float64(p.total())
		}
	}
	return t
}

func (p ScorePart) total() int { return p.Passed + p.Failed + p.Unknown }

func (p ScorePart) applies() bool { return p.total() > 0 && p.Weight > 0 }

// score adds up. It's rounded down, so that 10 means that everything passes.
func (t tally) score() Score {
	s := Score{Cap: 10}
	for _, c := range t.checks {
		p := t.parts[c.ID]
		if p.applies() {
			s.Possible += p.Weight
			s.Earned += p.Earned
		}
		if limit, limited := caps[t.worst[c.ID]]; limited && limit < s.Cap {
			s.Cap, s.CapBy = limit, c.ID
		}
	}
	if s.Possible > 0 {
		s.Value = min(s.Cap, math.Floor(100*s.Earned/s.Possible+1e-9)/10)
	}
	return s
}

// changes finds what to do first: again and again the check whose failures cost most, that of the worst severity if several
// cost the same.
func (t tally) changes(findings []Finding) []Change {
	result := []Change{}
	for range mostChanges {
		best := t.costliest()
		if best == nil {
			break
		}
		p := t.parts[best.ID]
		p.Passed, p.Failed = p.Passed+p.Failed, 0
		p.Earned = p.Weight * float64(p.Passed) / float64(p.total())
		delete(t.worst, best.ID)
		change := Change{Check: best.ID, Title: best.Title, Findings: []string{}, Remedies: []string{}, Score: t.score().Value}
		for _, f := range findings {
			if f.Check != best.ID || f.Status != Fail {
				continue
			}
			change.Findings = append(change.Findings, f.ID)
			if f.Remedy != "" && !slices.Contains(change.Remedies, f.Remedy) {
				change.Remedies = append(change.Remedies, f.Remedy)
			}
		}
		result = append(result, change)
	}
	return result
}

// costliest is the check whose failures cost most; nil if none fails.
func (t tally) costliest() *Check {
	var best *Check
	for n := range t.checks {
		c := &t.checks[n]
		if t.parts[c.ID].Failed > 0 && (best == nil || t.compare(*c, *best) > 0) {
			best = c
		}
	}
	return best
}

func (t tally) compare(a, b Check) int {
	return cmp.Or(cmp.Compare(t.worst[a.ID], t.worst[b.ID]), cmp.Compare(t.cost(a), t.cost(b)))
}

// cost is what the failures of a check take from what could be earned.
func (t tally) cost(c Check) float64 {
	p := t.parts[c.ID]
	return p.Weight * float64(p.Failed) / float64(p.total())
}
