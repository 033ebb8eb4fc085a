// Package drill attacks a disposable trail, and all that it and the guard rest on, in every known way and checks that the guard brings it back.
//
// A technique is data: an attack, what it must be recognised as, and what must come of it. The verdict never rests on
// the guard's own account alone: the drill looks at everything that is guarded itself afterwards, and counts the alerts
// that a subscriber received.
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

	// Call makes any other call, named as in "kms:DisableKey". Its input, any value that encoding/json writes with the names
	// of AWS's API, must fit the call. Of the answer, output gets what it has fields for; nil: nothing.
	Call(ctx context.Context, region, operation string, input, output any) error
	// Visit follows a link without any credentials.
	Visit(ctx context.Context, link string) error
}

// Letter is one alert as a subscriber received it.
type Letter struct {
	Subject, Text string
	Incident      incident.Incident // as told, the original records among it
}

// Range is where a drill takes place: an account with a trail that nobody will miss, and a guard that is awake.
type Range interface {
	// Target is the trail to attack, and Guarded all that is guarded, the target among it.
	Target() trail.Guarded
	Guarded() []trail.Guarded

	// Enter brings an intruder whom nobody has seen before.
	Enter(ctx context.Context) (Scene, error)

	// Hold keeps the records of what happens from reaching the guard until release is called. Real records take
	// seconds to minutes, so that a quick series of calls is over before the guard hears of the first.
	Hold() (release func())

	// Observe looks at something guarded with eyes other than the guard's.
	Observe(ctx context.Context, g trail.Guarded) trail.State

	// Next waits for the next incident that records led the guard to. An error is the guard's, or says that ctx ended.
	Next(ctx context.Context) (incident.Incident, error)

	// Sweep lets a guard look at everything without being told to, and returns the incidents that led to. It need not be the
	// one that events wake: of several ways to look, one is enough.
	Sweep(ctx context.Context) ([]incident.Incident, error)

	// Prove lets the guard look for fresh delivery, and returns what has become of an incident.
	Prove(ctx context.Context, id string) (incident.Incident, error)

	// Letters returns every alert that a subscriber has received so far, oldest first.
	Letters() ([]Letter, error)
}
