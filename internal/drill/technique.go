package drill

import (
	"context"

	"github.com/trailhold/trailhold/internal/tamper"
)

// Outcome is what must come of an attack.
type Outcome string

// The outcomes.
const (
	Restored Outcome = "restored" // the trail is back at its baseline, and delivers
	Reported Outcome = "reported" // there is nothing to put back: people are told
)

// Technique is one attack and what must come of it.
type Technique struct {
	ID      string // of the tamper table
	Variant string // tells several attacks of one technique apart; may be empty

	// Attack impairs the trail. It returns an error if it could not, and nil for calls that failed as they should.
	Attack func(ctx context.Context, s Scene) error

	// Rounds is how often the attack is repeated, each time after the trail was restored. 0 means once.
	Rounds int

	// Clean removes what the attack leaves beside the target; nil if it leaves nothing. Its errors are of no interest:
	// whether anything is left is looked at.
	Clean func(ctx context.Context, s Scene) error

	Outcome Outcome

	// SeenAs is the technique that the incident must name; empty for ID.
	SeenAs string

	// Alerts is the number of alerts that people must receive, follow-ups not counted. 0 means one.
	Alerts int
}

// Title is the technique's title in the tamper table.
func (t Technique) Title() string {
	technique, _ := tamper.Lookup(t.ID)
	return technique.Title
}

// Name is the id, with the variant if there is one.
func (t Technique) Name() string {
	if t.Variant == "" {
		return t.ID
	}
	return t.ID + " (" + t.Variant + ")"
}

func (t Technique) seenAs() string {
	if t.SeenAs != "" {
		return t.SeenAs
	}
	return t.ID
}

func (t Technique) alerts() int { return max(t.Alerts, 1) }

func (t Technique) rounds() int { return max(t.Rounds, 1) }
