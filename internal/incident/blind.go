package incident

import (
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

// Category is a kind of events, as CloudTrail tells them apart.
type Category string

// The categories of events.
const (
	CategoryManagement Category = "management"
	CategoryData       Category = "data"
	CategoryNetwork    Category = "network"
	CategoryInsights   Category = "insights"
)

// Fate is what became of the events of a blind window.
type Fate string

// What can become of events.
const (
	Lost       Fate = "lost"       // never recorded, or deleted
	Delayed    Fate = "delayed"    // recorded; CloudTrail goes on trying to deliver them
	Unreadable Fate = "unreadable" // delivered, but nobody here may be able to read them
	Elsewhere  Fate = "elsewhere"  // delivered to another place than the baseline's
)

// Copy tells which of a trail's two copies of the events is meant.
type Copy string

// The copies that a trail makes.
const (
	CopyLogFiles Copy = "log-files" // in the bucket
	CopyLogGroup Copy = "log-group" // in CloudWatch Logs
)

// Recovery is where the events of a blind window can be had from after all.
type Recovery string

// Where events can be had from.
const (
	FromNowhere       Recovery = "none"
	FromEventHistory  Recovery = "event-history"  // of this account, for 90 days: management events only
	FromMemberHistory Recovery = "member-history" // Event history of each member account of the organization, with credentials of that account
	FromRetry         Recovery = "retry"          // CloudTrail itself tries to deliver for 30 days
	FromVersions      Recovery = "versions"       // earlier versions of the objects in the bucket
	FromPlace         Recovery = "place"          // where they were delivered to, for whoever may read there
	FromKey           Recovery = "key"            // the log files, with the key they are encrypted under
	FromLogFiles      Recovery = "log-files"      // the log files hold the same events
)

// How long events can be had from there.
const (
	historyKept = 90 * 24 * time.Hour // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
	retried     = 30 * 24 * time.Hour // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html
)

// insightsResume is how long CloudTrail may take to deliver Insights events again after logging or Insights were off:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/insights-events-understanding.html
const insightsResume = 36 * time.Hour

// BlindWindow is the time in which events of one category were not recorded as the baseline wants, in all regions for
// which the same holds.
type BlindWindow struct {
	Regions  []string  `json:"regions"` // the home region first
	Category Category  `json:"category"`
	Fate     Fate      `json:"fate"`
	Copy     Copy      `json:"copy"`
	From     time.Time `json:"from,omitzero"` // zero: unknown
	To       time.Time `json:"to,omitzero"`   // zero: still open
	Affected string    `json:"affected"`      // which events and why, in words
	Recovery Recovery  `json:"recovery"`
	Until    time.Time `json:"recoverableUntil,omitzero"` // from then on no longer all of them; zero: no such limit, or unknown
}

// Tampering is what blind windows follow from.
type Tampering struct {
	Want       trail.Guarded
	Drifts     []trail.Drift
	Techniques []string                  // some of which destroy what the trail had delivered, and leave no drift
	Status     trail.Facet[trail.Status] // in the home region, as first seen
	Attack     time.Time                 // of the earliest record; zero: unknown
	To         time.Time                 // when the trail was as it should be again; zero: it is not yet
}

// BlindWindows computes, per category and regions, from when to when events were lost, delayed, unreadable or sent
// elsewhere, and where they can still be had from. Only what the baseline's selectors record can be lost. A window whose
// beginning nobody saw has no From.
func BlindWindows(t Tampering) []BlindWindow {
	if !t.Want.IsTrail() {
		return nil
	}
	var windows []BlindWindow
	dark := slices.ContainsFunc(t.Drifts, func(d trail.Drift) bool { return silences(d.Field) })
	for _, e := range t.effects() {
		if dark && !e.silencing && !e.outlasts() {
			continue // a trail that records nothing makes finer losses pointless to list
		}
		for _, category := range e.categories {
			for _, w := range t.windows(e, category) {
				if !slices.ContainsFunc(windows, w.repeats) {
					windows = append(windows, w)
				}
			}
		}
	}
	return windows
}

// silences says whether a drift of the field keeps the trail from recording anything at all.
func silences(f trail.Field) bool { return f == trail.FieldTrail || f == trail.FieldLogging }

// outlasts says whether an effect matters although nothing was recorded meanwhile: it concerns what was recorded before,
// or recorded until then.
func (e effect) outlasts() bool { return e.past || e.fate == Elsewhere || e.fate == Unreadable }

// windows are those of one effect on one category: two where CloudTrail gave up trying to deliver the oldest events.
func (t Tampering) windows(e effect, category Category) []BlindWindow {
	w := BlindWindow{
		Regions: e.regions, Category: category, Fate: e.fate, Copy: e.copy, From: e.from, To: e.to,
		Affected: e.affected(category), Recovery: e.recoveryOf(category),
	}
	if category == CategoryInsights && e.fate == Lost && e.copy == CopyLogFiles && !e.past && !w.To.IsZero() {
		w.To = w.To.Add(insightsResume)
	}
	if w.Fate != Delayed || w.From.IsZero() || w.To.IsZero() || w.To.Sub(w.From) <= retried {
		return []BlindWindow{w.limited()}
	}
	given := w
	given.Fate, given.To, given.Recovery = Lost, w.To.Add(-retried), lostRecovery(category)
	given.Affected += "; CloudTrail tries for 30 days, and has given these up"
	w.From = given.To
	return []BlindWindow{given.limited(), w.limited()}
}

// limited sets until when all events of the window can be had.
func (w BlindWindow) limited() BlindWindow {
	switch {
	case w.From.IsZero():
	case w.Recovery == FromEventHistory, w.Recovery == FromMemberHistory:
		w.Until = w.From.Add(historyKept)
	case w.Recovery == FromRetry:
		w.Until = w.From.Add(retried)
	}
	return w
}

// repeats says whether another window tells the same of the same events.
func (w BlindWindow) repeats(other BlindWindow) bool {
	return w.Category == other.Category && w.Fate == other.Fate && w.Copy == other.Copy && w.From.Equal(other.From) &&
		w.To.Equal(other.To) && !slices.ContainsFunc(w.Regions, func(r string) bool { return !slices.Contains(other.Regions, r) })
}

// Words says where the events can be had from.
func (r Recovery) Words() string {
	switch r {
	case FromEventHistory:
		return "Event history has them for 90 days (trailhold backfill)"
	case FromMemberHistory:
		return "Event history of each member account has its own for 90 days"
	case FromRetry:
		return "CloudTrail tries to deliver them for 30 days"
	case FromVersions:
		return "earlier versions in the bucket hold them"
	case FromPlace:
		return "whoever may read that place has them"
	case FromKey:
		return "the log files can be read with that key"
	case FromLogFiles:
		return "the log files in the bucket have them"
	}
	return "they cannot be brought back"
}

// lostRecovery is where events that were never recorded can be had from: Event history keeps management events whatever
// trails do, and nothing else.
func lostRecovery(c Category) Recovery {
	if c == CategoryManagement {
		return FromEventHistory
	}
	return FromNowhere
}
