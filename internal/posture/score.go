package posture

import (
	"cmp"
	"math"
	"slices"
	"strings"

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
	s.Changes = changes(checks, findings)
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

// changes finds what to do first: again and again what mends the worst severity, and of that what costs most. Doing
// something for one check mends those findings of others that the same command mends.
func changes(checks []Check, findings []Finding) []Change {
	result, left := []Change{}, slices.Clone(findings)
	for range mostChanges {
		t := tallyOf(checks, left)
		best, found := Change{}, []int(nil)
		var worst severity.Severity
		most := 0.0
		for _, c := range checks {
			if t.parts[c.ID].Failed == 0 {
				continue
			}
			mended, level, cost := t.mends(c.ID, left)
			if found == nil || cmp.Or(cmp.Compare(level, worst), cmp.Compare(cost, most)) > 0 {
				best, found, worst, most = Change{Check: c.ID, Title: c.Title}, mended, level, cost
			}
		}
		if found == nil {
			break
		}
		best.Findings, best.Remedies = []string{}, []string{}
		for _, n := range found {
			left[n].Status = Pass
			best.Findings = append(best.Findings, left[n].ID)
			if f := left[n]; f.Check == best.Check && f.Remedy != "" && !slices.Contains(best.Remedies, f.Remedy) {
				best.Remedies = append(best.Remedies, f.Remedy)
			}
		}
		best.Score = tallyOf(checks, left).score().Value
		result = append(result, best)
	}
	return result
}

// mends lists the findings that are mended by doing what the findings of a check ask for: by their indices, with the worst of their
// severities and what they take from what could be earned. A remedy of several commands does what each of them alone does.
func (t tally) mends(check string, findings []Finding) (mended []int, worst severity.Severity, cost float64) {
	done := map[string]bool{}
	for _, f := range findings {
		if f.Check == check && f.Status == Fail {
			for _, command := range commands(f.Remedy) {
				done[command] = true
			}
		}
	}
	for n, f := range findings {
		p := t.parts[f.Check]
		if p == nil || f.Status != Fail || f.Check != check && !allDone(commands(f.Remedy), done) {
			continue
		}
		mended, worst = append(mended, n), max(worst, f.Severity)
		cost += p.Weight / float64(p.total())
	}
	return mended, worst, cost
}

// commands are those that a remedy consists of, without the lines that are for its reader.
func commands(remedy string) []string {
	remedy, _, _ = strings.Cut(remedy, "\n# ")
	if remedy == "" {
		return nil
	}
	return strings.Split(remedy, " && ")
}

func allDone(commands []string, done map[string]bool) bool {
	return len(commands) > 0 && !slices.ContainsFunc(commands, func(c string) bool { return !done[c] })
}
