package posture

import (
	"math"

	"github.com/trailhold/trailhold/internal/severity"
)

// weights are how much a check counts, by its severity.
var weights = map[severity.Severity]float64{severity.Critical: 10, severity.High: 5, severity.Medium: 2, severity.Low: 1, severity.Info: 0}

// caps are the most that a score can be while a check of a severity fails: an account whose trail is stopped is in danger,
// however well its buckets are tagged.
var caps = map[severity.Severity]float64{severity.Critical: 3.9, severity.High: 7.9}

// ScoreOf is the score of findings. A check counts by its severity, and earns of that the share of things for which it
// passes; what is unknown earns nothing. Checks that don't apply, and findings that are muted, are left out of the
// arithmetic. Without anything that applies the score is 0: nothing is known to be right. Of its changes, only that is foreseen which
// the findings themselves show: remedies that others share.
func ScoreOf(checks []Check, findings []Finding) Score {
	tally := tallyOf(checks, findings)
	s := tally.score()
	s.Parts = []ScorePart{}
	for _, c := range tally.checks {
		if p := tally.parts[c.ID]; p.applies() {
			s.Parts = append(s.Parts, *p)
		}
	}
	s.Changes = foresight{checks: checks}.changes(findings)
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

// lost is what the check's failures take from what could be earned.
func (p ScorePart) lost() float64 {
	if p.Failed == 0 {
		return 0
	}
	return p.Weight * float64(p.Failed) / float64(p.total())
}

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
