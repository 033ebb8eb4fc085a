// Package drill attacks a disposable trail in every known way and checks that the guard brings it back.
//
// A technique is data: an attack, what it must be recognised as, and what must come of it. The verdict never rests on
// the guard's own account alone: the drill looks at the trail itself afterwards, and counts the alerts that a
// subscriber received.
package drill

import (
	"context"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

// Intruder makes the calls that impair trails. A trail is named by its name or its ARN.
type Intruder interface {
	StopLogging(ctx context.Context, region, trail string) error
	StartLogging(ctx context.Context, region, trail string) error
	DeleteTrail(ctx context.Context, region, trail string) error
	CreateTrail(ctx context.Context, region string, create trail.Create) (arn string, err error)
	UpdateTrail(ctx context.Context, region, trail string, update trail.Update) error
	PutEventSelectors(ctx context.Context, region, trail string, selectors trail.Selectors) error
	PutInsightSelectors(ctx context.Context, region, trail string, insights []trail.InsightSelector) error
	PutEventConfiguration(ctx context.Context, region, trail string, configuration trail.EventConfiguration) error
	AddTags(ctx context.Context, region, arn string, tags map[string]string) error
	RemoveTags(ctx context.Context, region, arn string, tags map[string]string) error
}

// Scene is what one intruder has at hand.
type Scene struct {
	Intruder             // with rights to do anything to trails
	Powerless   Intruder // the same person's identity that may do nothing: each of its calls is denied
	AccessKeyID string   // of both; records tell by it whose calls they are

	Target        trail.Guarded // the trail to attack, as its baseline has it
	OtherRegion   string        // an enabled region that is not the target's home
	ForeignBucket string        // lets CloudTrail write, and belongs to the intruder
	ForeignKey    string        // ARN of a KMS key that belongs to the intruder
}

// Letter is one alert as a subscriber received it.
type Letter struct {
	Subject, Text string
	Incident      incident.Incident // as told, the original records among it
}

// Range is where a drill takes place: an account with a trail that nobody will miss, and a guard that is awake.
type Range interface {
	// Target is the trail to attack.
	Target() trail.Guarded

	// Enter brings an intruder whom nobody has seen before.
	Enter(ctx context.Context) (Scene, error)

	// Hold keeps the records of what happens from reaching the guard until release is called. Real records take
	// seconds to minutes, so that a quick series of calls is over before the guard hears of the first.
	Hold() (release func())

	// Observe looks at the target with eyes other than the guard's.
	Observe(ctx context.Context) trail.State

	// Next waits for the next incident that records led the guard to. An error is the guard's, or says that ctx ended.
	Next(ctx context.Context) (incident.Incident, error)

	// Prove lets the guard look for fresh delivery, and returns what has become of an incident.
	Prove(ctx context.Context, id string) (incident.Incident, error)

	// Letters returns every alert that a subscriber has received so far, oldest first.
	Letters() ([]Letter, error)
}
