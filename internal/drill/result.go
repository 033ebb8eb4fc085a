package drill

import "time"

// Result is what came of one technique.
type Result struct {
	Technique string  `json:"technique"`
	Variant   string  `json:"variant,omitempty"`
	Tier      string  `json:"tier"`
	Title     string  `json:"title"`
	Expected  Outcome `json:"expected"`

	Seen     bool `json:"seen"`     // an incident names the technique and, if an event told of it, the intruder
	Swept    bool `json:"swept"`    // no event told of it: a sweep found it
	Restored bool `json:"restored"` // the guard says so, and a fresh look finds everything at its baseline
	Proved   bool `json:"proved"`   // delivery was seen after the restoration

	Alerts    int `json:"alerts"`    // received by a subscriber
	FollowUps int `json:"followUps"` // received: that delivery is proved

	Seconds  Seconds  `json:"seconds"`
	Lost     []string `json:"lost"` // what nobody can bring back, in the incident's words
	Incident string   `json:"incident,omitempty"`

	OK       bool     `json:"ok"`
	Problems []string `json:"problems,omitempty"` // why it is not OK
}

// Seconds are times since the attack began; since its last round if it has several. What was not reached is 0.
type Seconds struct {
	Seen     float64 `json:"seen"`
	Restored float64 `json:"restored"`
	Proved   float64 `json:"proved"`
}

// seconds is the time from one moment to another, to the millisecond; 0 if the other was never reached.
func seconds(from, to time.Time) float64 {
	if to.IsZero() {
		return 0
	}
	return max(to.Sub(from), 0).Round(time.Millisecond).Seconds()
}

// Report is what came of a whole drill.
type Report struct {
	Incidents []Result `json:"incidents"`
	OK        bool     `json:"ok"` // all of them are, and there is at least one
}
