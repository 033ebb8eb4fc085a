package tally

import "github.com/trailhold/trailhold/internal/guard"

// Call is a kind of call that failed. Both parts are words of our code, not of AWS's answer, so that there are few of them.
type Call struct {
	Operation string // such as "CloudTrail StartLogging"
	Class     guard.Class
}

// Trouble says whether the call should not have failed. That something does not exist, or exists already, is an answer that
// callers ask for.
func (c Call) Trouble() bool { return c.Class != guard.ClassNotFound && c.Class != guard.ClassExists }
