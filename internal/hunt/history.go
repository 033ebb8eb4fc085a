package hunt

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Trail is a trail with what was done to it, as far as the logs tell.
type Trail struct {
	ARN     string   `json:"arn"` // or the name, where nothing tells account and region
	Name    string   `json:"name"`
	Account string   `json:"account"`
	Region  string   `json:"region"`
	Changes []Change `json:"changes"` // in order of time, the first of them
	Total   int      `json:"total"`   // of changes
	Logging []Period `json:"logging"` // in order of time; what is before the first change is unknown
}

// Change is one call about a trail.
type Change struct {
	Time       time.Time         `json:"time"`
	EventID    string            `json:"eventID"`
	Call       string            `json:"call"`
	Outcome    string            `json:"outcome"` // succeeded, denied or failed
	Code       string            `json:"errorCode,omitempty"`
	Techniques []string          `json:"techniques,omitempty"`
	Severity   severity.Severity `json:"severity"`
	Actor      Actor             `json:"actor"`
	SourceIP   string            `json:"sourceIPAddress,omitempty"`
	File       string            `json:"file"`
}

// Period is a time in which a trail was in one state.
type Period struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to,omitzero"` // zero: it lasts
	State string    `json:"state"`       // logging, narrowed, stopped or deleted
}

// The states of a trail.
const (
	stateLogging  = "logging"
	stateNarrowed = "narrowed"
	stateStopped  = "stopped"
	stateDeleted  = "deleted"
)

// trailCalls are the calls that make a trail's history.
var trailCalls = []string{
	"CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail", "PutEventSelectors", "PutInsightSelectors",
	"PutEventConfiguration",
}

// historyRules finds the records that the timeline is made of, in the same pass as all others.
func historyRules() ([]*sigma.Rule, error) {
	text := "title: history of trails\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  calls:\n" +
		"    eventSource: cloudtrail.amazonaws.com\n    eventName: [" + strings.Join(trailCalls, ", ") + "]\n  condition: calls\n"
	file, err := sigma.Parse("history", []byte(text))
	if err != nil {
		return nil, err
	}
	return file.Rules, nil
}

// Limits of what is kept.
const (
	maxTrails  = 2000
	maxChanges = 1000 // of one trail, as they are listed
	maxHistory = 200_000
)

// history collects what was done to trails.
type history struct {
	trails  map[string]*Trail
	changes int
	nearby  []*nearby // findings, for what was done around blind windows
	notNear int64     // findings that are not among them
}

func newHistory() *history { return &history{trails: map[string]*Trail{}} }

// take notes a record that is about trails.
func (h *history) take(m *match, file string) {
	records, err := record.Parse(m.raw)
	if err != nil || len(records) != 1 || m.event.Time.IsZero() || h.changes == maxHistory {
		return // the record is a finding nonetheless, if a rule looks for it
	}
	s, ok := tamper.Classify(records[0])
	if !ok {
		return // about an event data store
	}
	c := Change{
		Time: m.event.Time, EventID: m.event.ID, Call: m.event.Name, Outcome: string(s.Outcome.Kind), Code: m.event.ErrorCode,
		Techniques: s.Techniques, Severity: s.Severity, Actor: m.event.Actor, SourceIP: m.event.SourceIP, File: file,
	}
	arn, name := trailOf(s.Names, m.event)
	t := h.trails[cmp.Or(arn, name)]
	if t == nil {
		if len(h.trails) == maxTrails {
			return
		}
		t = &Trail{ARN: cmp.Or(arn, name), Name: name, Account: m.event.Account, Region: m.event.Region}
		if a, err := trail.ParseARN(arn); err == nil {
			t.Account, t.Region = a.Account, a.Region
		}
		h.trails[t.ARN] = t
	}
	t.Changes = append(t.Changes, c)
	h.changes++
}

// trailOf is which trail a record speaks of. A name is a trail of the account and region in which it was used.
func trailOf(names []string, e Event) (arn, name string) {
	for _, n := range names {
		if a, err := trail.ParseARN(n); err == nil {
			return n, a.Name
		}
	}
	if len(names) == 0 {
		return "", "unknown trail"
	}
	name = names[0]
	if !trail.ValidName(name) || !trail.ValidRegion(e.Region) || !trail.ValidAccount(e.Account) {
		return "", name
	}
	return trail.ARN{Partition: partition(e.Region), Region: e.Region, Account: e.Account, Name: name}.String(), name
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// narrowing are the techniques after which a trail still logs, but not all that it should, or not to where it should.
var narrowing = []string{
	tamper.BlindSelectors, tamper.SingleRegion, tamper.OrgTrailOff, tamper.ChangeBucket, tamper.Minimise,
}

// close puts everything in order, and finds when trails did not log.
func (h *history) close() ([]Trail, []BlindWindow) {
	trails, windows := []Trail{}, []BlindWindow{}
	for _, key := range slices.Sorted(maps.Keys(h.trails)) {
		t := h.trails[key]
		slices.SortStableFunc(t.Changes, func(a, b Change) int {
			return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.EventID, b.EventID))
		})
		found := t.replay()
		windows = append(windows, found...)
		t.Total = len(t.Changes)
		t.Changes = t.Changes[:min(len(t.Changes), maxChanges)]
		trails = append(trails, *t)
	}
	return trails, windows
}

// replay goes through a trail's changes.
func (t *Trail) replay() (windows []BlindWindow) {
	state, narrowed := "", map[string]bool{} // by call
	var open *BlindWindow
	for i := range t.Changes {
		c := &t.Changes[i]
		if c.Outcome != string(record.Succeeded) {
			continue
		}
		next := after(state, c, narrowed)
		if next == state {
			continue
		}
		if n := len(t.Logging); n > 0 {
			t.Logging[n-1].To = c.Time
		}
		if state == "" && c.Call == "StartLogging" {
			// It began again, and nobody saw it end: the stop is before the logs that there are, or in none of them.
			windows = append(windows, BlindWindow{
				Kind: stateStopped, Trail: t.ARN, Account: t.Account, Region: t.Region, To: c.Time, Ended: by(c), Affected: affectedBy[stateStopped],
				Note: "the logs do not show since when; it may be the trail's first start",
			})
		}
		if open != nil && state != next {
			open.To, open.Ended = c.Time, by(c)
			windows = append(windows, *open)
			open = nil
		}
		if affected := affectedBy[next]; affected != "" {
			open = &BlindWindow{
				Kind: next, Trail: t.ARN, Account: t.Account, Region: t.Region, From: c.Time, Began: by(c), Affected: affected, Techniques: c.Techniques,
			}
		}
		state = next
		t.Logging = append(t.Logging, Period{From: c.Time, State: state})
	}
	if open != nil {
		windows = append(windows, *open)
	}
	if t.Logging == nil {
		t.Logging = []Period{}
	}
	return windows
}

// after is a trail's state after a change. narrowed holds the calls that left it narrowed.
func after(state string, c *Change, narrowed map[string]bool) string {
	switch c.Call {
	case "CreateTrail":
		clear(narrowed)
		return stateStopped // it does not log before StartLogging
	case "DeleteTrail":
		clear(narrowed)
		return stateDeleted
	case "StopLogging":
		return stateStopped
	case "StartLogging":
		return loggingOr(narrowed)
	}
	delete(narrowed, c.Call)
	if slices.ContainsFunc(c.Techniques, func(t string) bool { return slices.Contains(narrowing, t) }) {
		narrowed[c.Call] = true
	}
	if state == stateStopped || state == stateDeleted {
		return state
	}
	if state == "" && len(narrowed) == 0 {
		return state // whether it logs, this call doesn't tell
	}
	return loggingOr(narrowed)
}

func loggingOr(narrowed map[string]bool) string {
	if len(narrowed) > 0 {
		return stateNarrowed
	}
	return stateLogging
}

func by(c *Change) *Cause {
	return &Cause{EventID: c.EventID, Call: c.Call, Actor: c.Actor, SourceIP: c.SourceIP}
}
