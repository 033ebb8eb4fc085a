package function

import (
	"sync"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/tally"
)

// Counts is what an instance of the function did since it last wrote a line of metrics. The zero value is ready; it is safe
// for concurrent use. An instance handles one invocation at a time, so that a line has what the invocation did.
type Counts struct {
	mu       sync.Mutex
	detected int
	restored int
	failed   int
	took     []int64 // milliseconds, at most maxValues
	calls    map[tally.Call]int
}

// Change counts what was added to an incident; it is for tally.Journal.
func (c *Counts) Change(added tally.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.detected += toInt(added.Detected)
	c.restored += toInt(added.Restored)
	c.failed += toInt(added.Failed)
	if added.Timed && len(c.took) < maxValues {
		c.took = append(c.took, added.Took.Milliseconds())
	}
}

// CallFailed counts a call of AWS that failed; it is awscloud.Options.Failed.
func (c *Counts) CallFailed(operation string, class guard.Class) {
	call := tally.Call{Operation: operation, Class: class}
	if !call.Trouble() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[tally.Call]int{}
	}
	c.calls[call]++
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// take returns metrics of what was counted, without those that are zero, and what a line says besides, for people who search the
// log: which calls failed. It begins to count anew.
func (c *Counts) take() (measures []measure, details map[string]any) {
	if c == nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	errors := 0
	byCall := map[string]int{}
	for call, n := range c.calls {
		errors += n
		byCall[call.Operation+" "+string(call.Class)] = n
	}
	for _, m := range []struct {
		name  string
		value int
	}{{"Detections", c.detected}, {"Restorations", c.restored}, {"RestorationFailures", c.failed}, {"ApiErrors", errors}} {
		if m.value > 0 {
			measures = append(measures, measure{m.name, count, m.value})
		}
	}
	if len(c.took) > 0 {
		measures = append(measures, measure{"RestorationMilliseconds", milliseconds, c.took})
	}
	if errors > 0 {
		details = map[string]any{"FailedCalls": byCall}
	}
	c.detected, c.restored, c.failed, c.took, c.calls = 0, 0, 0, nil, nil
	return measures, details
}
