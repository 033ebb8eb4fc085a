package posture

import "slices"

// table lists all checks, in the order in which they are shown.
func table() []check {
	return slices.Concat(trailChecks, settingChecks, dataChecks, bucketChecks, protectionChecks, keyChecks, watcherChecks, monitoringChecks(), activityChecks, guardChecks)
}

// Checks lists all checks, in the order in which they are shown.
func Checks() []Check {
	var all []Check
	for _, c := range table() {
		all = append(all, c.Check)
	}
	return all
}
