package posture

// Compare says how a report differs from an earlier one. Only checks that both put are compared: what was not asked is
// neither new nor fixed. What is muted now is not fixed, and neither is what vanished while something could not be read.
func Compare(before, now Report) *Comparison {
	c := Comparison{With: before.At, New: []string{}, Fixed: []Finding{}, Unchanged: []string{}, Before: before.Score.Value}
	askedBefore, askedNow := asked(before), asked(now)
	was, is := byID(before.Findings), byID(now.Findings)
	for _, f := range now.Findings {
		switch {
		case !f.Status.bad() || !askedBefore[f.Check]:
		case was[f.ID].Status.bad():
			c.Unchanged = append(c.Unchanged, f.ID)
		default:
			c.New = append(c.New, f.ID)
		}
	}
	hidden := map[[2]string]bool{} // checks and accounts of which something is unknown
	for _, f := range now.Findings {
		if f.Status == Unknown {
			hidden[[2]string{f.Check, f.Account}] = true
		}
	}
	for _, f := range before.Findings {
		current, there := is[f.ID]
		mended := there && (current.Status == Pass || current.Status == NotApplicable)
		vanished := !there && !hidden[[2]string{f.Check, f.Account}]
		if f.Status.bad() && askedNow[f.Check] && (mended || vanished) {
			c.Fixed = append(c.Fixed, f)
		}
	}
	return &c
}

// asked are the checks that a report put.
func asked(r Report) map[string]bool {
	ids := map[string]bool{}
	for _, c := range r.Checks {
		ids[c.ID] = true
	}
	return ids
}

func byID(findings []Finding) map[string]Finding {
	found := make(map[string]Finding, len(findings))
	for _, f := range findings {
		found[f.ID] = f
	}
	return found
}

// bad says whether a status asks somebody to do something.
func (s Status) bad() bool { return s == Fail || s == Unknown }
