package drill

import (
	"context"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Outcome is what must come of an attack.
type Outcome string

// The outcomes.
const (
	Restored Outcome = "restored" // all is back at its baseline, and the trail delivers
	Reported Outcome = "reported" // there is nothing to put back: people are told
	Alerted  Outcome = "alerted"  // the guard cannot put it back: people are told that they must
)

// Technique is one attack and what must come of it.
type Technique struct {
	ID      string // of the tamper table
	Variant string // tells several attacks of one technique apart; may be empty

	// On is the kind of resource that is attacked; empty for the target itself. Where says which one, if the range has
	// several; nil: the first.
	On    trail.ResourceType
	Where func(trail.Resource) bool

	// Attack impairs the trail, or what it or the guard rests on. It returns an error if it could not, and nil for calls that
	// failed as they should. Where calls on the resource are all there is to it, it is nil and they are in calls.
	Attack func(ctx context.Context, s Scene) error
	calls  calls

	// Rounds is how often the attack is repeated, each time after the trail was restored. 0 means once.
	Rounds int
	// Unheard says that no event tells the guard of it: a sweep has to find it.
	Unheard bool
	// Ruins says that the range is not to be used afterwards.
	Ruins bool

	// Look looks for what no state shows: what it returns has not been put back.
	Look func(ctx context.Context, s Scene) ([]string, error)

	// Clean removes what the attack leaves beside the target, or puts back what the guard cannot; nil if it leaves nothing. Its
	// errors are of no interest: whether anything is left is looked at.
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

// Tier is the technique's tier in the tamper table.
func (t Technique) Tier() tamper.Tier {
	technique, _ := tamper.Lookup(t.ID)
	return technique.Tier
}

// Name is the id, with the variant if there is one.
func (t Technique) Name() string {
	if t.Variant == "" {
		return t.ID
	}
	return t.ID + " (" + t.Variant + ")"
}

// attack performs it.
func (t Technique) attack(ctx context.Context, s Scene) error {
	if t.Attack != nil {
		return t.Attack(ctx, s)
	}
	r, err := s.resource(t.On, t.Where)
	if err != nil {
		return err
	}
	return perform(ctx, s, r.Region, t.calls(s, r))
}

func (t Technique) seenAs() string {
	if t.SeenAs != "" {
		return t.SeenAs
	}
	return t.ID
}

func (t Technique) alerts() int { return max(t.Alerts, 1) }

func (t Technique) rounds() int { return max(t.Rounds, 1) }
