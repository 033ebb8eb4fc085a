package digest

import (
	"cmp"
	"slices"
	"sync"
)

// maxProblems bounds the problems told one by one. Counts go on beyond it.
const maxProblems = 100_000

// ledger collects problems from everywhere, until the context ends: what is noticed after that, such as a digest that was
// not reached, may be nothing but the end itself.
type ledger struct {
	ended func() error // the context's Err

	mu       sync.Mutex // guards the rest
	problems []Problem
	omitted  int
}

func (l *ledger) add(p Problem) {
	if l.ended() != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.problems) >= maxProblems {
		l.omitted++
		return
	}
	l.problems = append(l.problems, p)
}

func (l *ledger) len() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.problems) + l.omitted)
}

func (l *ledger) has(kind Kind) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Kind == kind })
}

// sorted returns the problems in a fixed order: by chain, time, object and kind.
func (l *ledger) sorted() []Problem {
	problems := slices.Clone(l.problems)
	if l.omitted > 0 {
		problems = append(problems, Problem{
			Kind: ChainOmitted, Class: ChainOmitted.class(), Detail: "further problems are not told one by one: " + count(l.omitted, "problem"),
		})
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			compareChains(a.Chain, b.Chain), a.Time.Compare(b.Time), cmp.Compare(a.Object, b.Object),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail), cmp.Compare(a.Found, b.Found),
		)
	})
	return problems
}

// failures returns the evidence alone, in the same order.
func (l *ledger) failures() []Problem {
	return slices.DeleteFunc(l.sorted(), func(p Problem) bool { return p.Class != Failure })
}
