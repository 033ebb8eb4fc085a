package incident

import (
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

// Window is a change window: until it ends, drift of some fields is expected. It is noted and not reverted; what has not
// become part of the baseline by then is restored.
type Window struct {
	Fields   []trail.Field `json:"fields"`
	Until    time.Time     `json:"until"`
	Reason   string        `json:"reason"`             // a ticket, or why
	OpenedBy string        `json:"openedBy,omitempty"` // ARN of the caller, as AWS knows it
}

// OpenAt says whether the incident is a change window that is open at a time.
func (i Incident) OpenAt(now time.Time) bool {
	return i.Window != nil && i.Stage == ChangeWindow && now.Before(i.Window.Until)
}
