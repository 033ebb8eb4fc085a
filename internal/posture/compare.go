package posture

// Compare says how a report differs from an earlier one. Only checks that both put are compared: what was not asked is
// neither new nor fixed.
func Compare(before, now Report) *Comparison {
	c := Comparison{With: before.At, New: []string{}, Fixed: []Finding{}, Unchanged: []string{}, Before: before.Score.Value}
	asked := func(r Report) map[string]bool {
		ids := map[string]bool{}
		for _, check := range r.Checks {
			ids[check.ID] = true
		}
		return ids
	}
	askedBefore, askedNow := asked(before), asked(now)
	bad := map[string]bool{}
	for _, f := range before.Findings {
		bad[f.ID] = bad[f.ID] || f.Status.bad()
	}
	still := map[string]bool{}
	for _, f := range now.Findings {
		if !f.Status.bad() || !askedBefore[f.Check] {
			continue
		}
		still[f.ID] = true
		if bad[f.ID] {
			c.Unchanged = append(c.Unchanged, f.ID)
		} else {
			c.New = append(c.New, f.ID)
		}
	}
	for _, f := range before.Findings {
		if f.Status.bad() && !still[f.ID] && askedNow[f.Check] {
			c.Fixed = append(c.Fixed, f)
		}
	}
	return &c
}

// bad says whether a status asks somebody to do something.
func (s Status) bad() bool { return s == Fail || s == Unknown }
