package hunt

import (
	"cmp"
	"slices"
	"time"
)

// BlindWindow is a time in which some events were not recorded, as the logs themselves tell.
type BlindWindow struct {
	Kind       string    `json:"kind"` // stopped, deleted, narrowed, or silent
	Trail      string    `json:"trail,omitempty"`
	Account    string    `json:"account"`
	Region     string    `json:"region"`
	From       time.Time `json:"from,omitzero"` // zero: since before the logs begin
	To         time.Time `json:"to,omitzero"`   // zero: it lasts, as far as the logs tell
	Affected   string    `json:"affected"`
	Techniques []string  `json:"techniques,omitempty"`
	Began      *Cause    `json:"began,omitempty"` // what began it
	Ended      *Cause    `json:"ended,omitempty"`
	Note       string    `json:"note,omitempty"`
	Around     []Nearby  `json:"around"` // findings during it, and in the hour before and after
	MoreAround int       `json:"moreAround,omitempty"`
}

// Cause is the call that began or ended something.
type Cause struct {
	EventID  string `json:"eventID"`
	Call     string `json:"call"`
	Actor    Actor  `json:"actor"`
	SourceIP string `json:"sourceIPAddress,omitempty"`
}

// Nearby is a finding near a blind window.
type Nearby struct {
	Time    time.Time `json:"time"`
	EventID string    `json:"eventID"`
	Call    string    `json:"call"`
	Actor   string    `json:"actor"`
	Rule    string    `json:"rule"`
	Level   string    `json:"level"`
	// During says that it happened in the window: another trail recorded it.
	During bool `json:"during"`
}

// silent is the kind of a window in which nothing came from a region that was never silent.
const silent = "silent"

// affectedBy says what is lost while a trail is in a state.
var affectedBy = map[string]string{
	stateStopped: "all events of this trail; management events remain in Event history for 90 days, data and network events are lost",
	stateDeleted: "all events of this trail; management events remain in Event history for 90 days, data and network events are lost",
	stateNarrowed: "the events that the trail no longer selects, or log files that went elsewhere; management events remain in Event " +
		"history for 90 days",
}

func (g gap) window() BlindWindow {
	w := BlindWindow{
		Kind: silent, Account: g.account, Region: g.region, From: g.from, To: g.to,
		Affected: "all events of this region: it had some in every hour of a day, and none in this time",
		Note:     "either nothing was recorded, or the log files are missing here: compare with the digests",
	}
	return w
}

func sortWindows(windows []BlindWindow) {
	slices.SortStableFunc(windows, func(a, b BlindWindow) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Trail, b.Trail))
	})
}

// nearby is a finding that is kept until the blind windows are known.
type nearby struct {
	Nearby
	account string
}

// Limits of what is kept for blind windows.
const (
	maxNearby = 20_000 // findings
	maxAround = 50     // of one window
	around    = time.Hour
)

// near keeps a finding in case that it is near a blind window.
func (h *history) near(f *Finding) {
	if f.Event.Time.IsZero() || len(h.nearby) == maxNearby {
		h.notNear++
		return
	}
	h.nearby = append(h.nearby, &nearby{Nearby{
		Time: f.Event.Time, EventID: f.Event.ID, Call: f.Event.Name, Actor: f.Event.Actor.Name(), Rule: f.Rule.Title, Level: f.Rule.Level,
	}, f.Event.Account})
}

// around gives each blind window what was found during and around it.
func (h *hunter) around() {
	list := h.history.nearby
	slices.SortStableFunc(list, func(a, b *nearby) int { return a.Time.Compare(b.Time) })
	for i := range h.result.BlindWindows {
		w := &h.result.BlindWindows[i]
		w.Around = []Nearby{}
		for _, n := range list {
			inside := !n.Time.Before(w.From) && (w.To.IsZero() || !n.Time.After(w.To))
			near := inside || w.From.Sub(n.Time) <= around && n.Time.Before(w.From) || n.Time.Sub(w.To) <= around && n.Time.After(w.To)
			if n.account != w.Account || !near || w.From.IsZero() && w.To.Sub(n.Time) > around {
				continue
			}
			if len(w.Around) == maxAround {
				w.MoreAround++
				continue
			}
			one := n.Nearby
			one.During = inside && !w.From.IsZero()
			w.Around = append(w.Around, one)
		}
	}
	h.result.Stats.NotCompared = h.history.notNear
}
