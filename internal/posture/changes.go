package posture

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/severity"
)

// mostChanges is how many changes a score names.
const mostChanges = 3

// mostTrials bounds how many accounts are judged to find out which changes mend most. Of what is beyond it, only that is known which
// the remedies themselves show.
const mostTrials = 24

// foresight finds what to do first: again and again what mends the worst severity, and of that what costs most.
type foresight struct {
	checks []Check
	// apply tells how accounts would be after the remedies of findings, and the IDs of those whose remedies it knows how to apply;
	// nil if nobody can tell.
	apply func(Inventory, []Finding) (Inventory, []string)
	judge func(inv Inventory, account int, wanted func(check string) bool) []Finding // puts checks to one account
	inv   Inventory
}

// outlook is how things stand after some changes.
type outlook struct {
	inv      Inventory
	findings []Finding
	given    map[string]bool // IDs of findings that are taken as mended, since nobody can tell what their remedies change
}

// changes are the first changes, each on top of those before it.
func (f foresight) changes(findings []Finding) []Change {
	result, now := []Change{}, outlook{f.inv, slices.Clone(findings), map[string]bool{}}
	t := trials{foresight: f, findings: findings, left: mostTrials, mended: map[string]map[string]bool{}}
	for len(result) < mostChanges {
		check, found := t.best(now.findings)
		if !found {
			break
		}
		next := f.after(now, check)
		if change := f.change(check, findings, now, next); len(change.Findings) > 0 {
			result, now = append(result, change), next
		}
		t.mended[check] = nil // what is left of it, its remedies don't mend
	}
	return result
}

func (f foresight) change(check string, read []Finding, before, after outlook) Change {
	n := slices.IndexFunc(f.checks, func(c Check) bool { return c.ID == check })
	c := Change{Check: check, Title: f.checks[n].Title, Findings: []string{}, Remedies: []string{}, Score: tallyOf(f.checks, after.findings).score().Value}
	mended := mendedIn(before.findings, after.findings)
	for _, one := range read {
		if !mended[one.ID] {
			continue
		}
		c.Findings = append(c.Findings, one.ID)
		if one.Check == check && one.Remedy != "" && !slices.Contains(c.Remedies, one.Remedy) {
			c.Remedies = append(c.Remedies, one.Remedy)
		}
	}
	return c
}

// place is a check in an account.
type place struct{ check, account string }

// mendedIn are the IDs of the findings that failed and no longer do. One that is gone may be back under another name, such as that of
// the log group that there was not before: it counts if nothing of its check has begun to fail in its account.
func mendedIn(before, after []Finding) map[string]bool {
	failed, is, worse := map[string]bool{}, map[string]Status{}, map[place]bool{}
	for _, f := range before {
		failed[f.ID] = f.Status == Fail || f.Status == Unknown
	}
	for _, f := range after {
		is[f.ID] = f.Status
		if (f.Status == Fail || f.Status == Unknown) && !failed[f.ID] {
			worse[place{f.Check, f.Account}] = true
		}
	}
	mended := map[string]bool{}
	for _, f := range before {
		status, there := is[f.ID]
		if f.Status == Fail && status != Fail && status != Unknown && (there || !worse[place{f.Check, f.Account}]) {
			mended[f.ID] = true
		}
	}
	return mended
}

// trials find out what doing all that a check asks for mends, if that is all that is done.
type trials struct {
	foresight
	findings []Finding
	left     int                        // how many more accounts may be judged
	mended   map[string]map[string]bool // by check: IDs of findings
}

// best is the check that mends the worst, and of that most. What mends a finding of the worst severity is, among others, what its own
// check asks for: so no more is tried than the checks that fail worst, those first that cost most by themselves, and such as ask for
// the same commands as these.
func (t *trials) best(findings []Finding) (check string, found bool) {
	all := tallyOf(t.checks, findings)
	worst, most := severity.None, 0.0
	for _, c := range all.worstFirst() {
		asked, _ := askedBy(c.ID, findings)
		if level, _ := all.cost(shared(asked, nil, findings), findings); level < worst {
			continue
		}
		if t.try(c.ID); !slices.ContainsFunc(asked, func(f Finding) bool { return t.mended[c.ID][f.ID] }) {
			continue
		}
		level, cost := all.cost(t.mended[c.ID], findings)
		if order := cmp.Or(cmp.Compare(level, worst), cmp.Compare(cost, most)); level > severity.None && (!found || order > 0 || order == 0 && t.before(c.ID, check)) {
			check, found, worst, most = c.ID, true, level, cost
		}
	}
	return check, found
}

// cost is the worst severity of those findings that fail, and what they take from what could be earned.
func (t tally) cost(ids map[string]bool, findings []Finding) (worst severity.Severity, cost float64) {
	for _, f := range findings {
		if p := t.parts[f.Check]; p != nil && f.Status == Fail && ids[f.ID] {
			worst, cost = max(worst, f.Severity), cost+p.Weight/float64(p.total())
		}
	}
	return worst, cost
}

// before says whether a check is shown before another one.
func (f foresight) before(check, other string) bool {
	return slices.IndexFunc(f.checks, func(c Check) bool { return c.ID == check }) < slices.IndexFunc(f.checks, func(c Check) bool { return c.ID == other })
}

// worstFirst are the checks that fail: those with the worst failure first, and of those what costs most.
func (t tally) worstFirst() []Check {
	list := slices.DeleteFunc(slices.Clone(t.checks), func(c Check) bool { return t.parts[c.ID].Failed == 0 })
	slices.SortStableFunc(list, func(x, y Check) int {
		return cmp.Or(cmp.Compare(t.worst[y.ID], t.worst[x.ID]), cmp.Compare(t.parts[y.ID].lost(), t.parts[x.ID].lost()))
	})
	return list
}

// try finds out what the remedies of a check mend in the accounts where it fails.
func (t *trials) try(check string) {
	if _, tried := t.mended[check]; tried {
		return
	}
	asked, accounts := askedBy(check, t.findings)
	if t.apply == nil || len(accounts) > t.left {
		t.mended[check] = shared(asked, nil, t.findings)
		return
	}
	inv, known := t.play(t.inv, asked, t.findings)
	t.mended[check] = shared(asked, known, t.findings)
	if len(known) == 0 {
		return
	}
	t.left -= len(accounts)
	failed := map[string]bool{}
	for _, one := range t.findings {
		failed[one.Check] = failed[one.Check] || one.Status == Fail
	}
	var before, after []Finding
	for n, a := range inv.Accounts {
		if accounts[a.ID] {
			after = append(after, t.judge(inv, n, func(check string) bool { return failed[check] })...)
		}
	}
	for _, one := range t.findings {
		if accounts[one.Account] && failed[one.Check] {
			before = append(before, one)
		}
	}
	maps.Copy(t.mended[check], mendedIn(before, after))
}

// askedBy are a check's findings that fail, and the accounts they are about.
func askedBy(check string, findings []Finding) (asked []Finding, accounts map[string]bool) {
	accounts = map[string]bool{}
	for _, f := range findings {
		if f.Check == check && f.Status == Fail {
			asked, accounts[f.Account] = append(asked, f), true
		}
	}
	return asked, accounts
}

// play applies the remedies of findings, and so those that consist of the same commands. known are the findings of which it is then up
// to the checks whether they are mended.
func (f foresight) play(inv Inventory, asked, findings []Finding) (after Inventory, known []string) {
	same := shared(asked, nil, findings)
	all := slices.DeleteFunc(slices.Clone(findings), func(one Finding) bool { return !same[one.ID] })
	after, known = f.apply(inv, all)
	done := map[string]bool{}
	for _, one := range all {
		for _, command := range commands(one.Remedy) {
			done[command] = done[command] || slices.Contains(known, one.ID)
		}
	}
	for _, one := range all {
		if !slices.Contains(known, one.ID) && allDone(commands(one.Remedy), done) {
			known = append(known, one.ID)
		}
	}
	return after, known
}

// shared are the findings that are taken as mended because those that are asked about are: these themselves, unless it is known what
// their remedies change, and whatever the same commands mend. A remedy of several commands does what each of them alone does.
func shared(asked []Finding, known []string, findings []Finding) map[string]bool {
	mended, done := map[string]bool{}, map[string]bool{}
	for _, f := range asked {
		if slices.Contains(known, f.ID) {
			continue
		}
		mended[f.ID] = true
		for _, command := range commands(f.Remedy) {
			done[command] = true
		}
	}
	for _, f := range findings {
		if f.Status == Fail && !slices.Contains(known, f.ID) && allDone(commands(f.Remedy), done) {
			mended[f.ID] = true
		}
	}
	return mended
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

// after is the outlook once more has been done: what a check asks for. Everything is judged again, with what has come into being.
func (f foresight) after(now outlook, check string) outlook {
	asked, _ := askedBy(check, now.findings)
	next := outlook{inv: now.inv, given: maps.Clone(now.given)}
	var known []string
	if f.apply != nil {
		asked = slices.DeleteFunc(asked, func(one Finding) bool { return one.Remedy == "" })
		next.inv, known = f.play(now.inv, asked, now.findings)
	}
	maps.Copy(next.given, shared(asked, known, now.findings))
	next.findings = slices.Clone(now.findings)
	if len(known) > 0 {
		next.findings = f.judgeAll(next.inv, now.findings)
	}
	for n := range next.findings {
		if one := &next.findings[n]; next.given[one.ID] && one.Status == Fail {
			one.Status = Pass
		}
	}
	return next
}

// judgeAll puts the checks to all accounts. Remedies are those that were given before.
func (f foresight) judgeAll(inv Inventory, before []Finding) []Finding {
	remedies := map[string]string{}
	for _, one := range before {
		remedies[one.ID] = one.Remedy
	}
	var all []Finding
	for n := range inv.Accounts {
		all = append(all, f.judge(inv, n, func(string) bool { return true })...)
	}
	for n := range all {
		all[n].Remedy = remedies[all[n].ID] // what has come into being has none
	}
	return all
}
