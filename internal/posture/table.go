package posture

import "slices"

// table lists all checks, in the order in which they are shown.
func table() []check {
	return slices.Concat(trailChecks)
}

// Checks lists all checks, in the order in which they are shown.
func Checks() []Check {
	var all []Check
	for _, c := range table() {
		all = append(all, c.Check)
	}
	return all
}
