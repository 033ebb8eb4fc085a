package guard

import (
	"context"
	"errors"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

// Observer reads the state of trails. It changes nothing.
type Observer interface {
	// Observe reads every facet of a guarded trail, concurrently, and the status in each of its Regions. What it
	// cannot read it returns as unknown, with the reason; a positive not-found answer is Gone.
	Observe(ctx context.Context, want trail.Guarded) trail.State

	// Essentials reads only what decides about logging: configuration and status in the home region.
	Essentials(ctx context.Context, want trail.Guarded) trail.State

	// Status reads the delivery status of a trail in one region.
	Status(ctx context.Context, arn, region string) trail.Facet[trail.Status]
}

// Actuator carries out steps.
type Actuator interface {
	// Apply makes the one call that the step names. Errors are *APIError wherever the service or the network gave one.
	Apply(ctx context.Context, step trail.Step) (Receipt, error)
}

// Receipt is what a call left behind.
type Receipt struct {
	RequestID string // AWS's id of the call, which its CloudTrail record will carry
	DryRun    bool   // nothing was called
}

// Journal keeps incidents. Implementations are safe for concurrent use.
type Journal interface {
	// Save stores an incident. Its Version must be that of the stored one (0 if there is none yet); the stored
	// incident gets Version+1, which is returned. ErrConflict means that somebody else saved it first.
	Save(ctx context.Context, i incident.Incident) (incident.Incident, error)

	// Recent returns the incidents of a trail ("" for all) that were seen at or after since, or are not yet ended, newest first.
	Recent(ctx context.Context, trailARN string, since time.Time) ([]incident.Incident, error)

	// Get returns one incident by id, or ErrNotFound.
	Get(ctx context.Context, id string) (incident.Incident, error)
}

// Errors of a Journal.
var (
	ErrConflict = errors.New("the incident was changed by somebody else")
	ErrNotFound = errors.New("no such incident")
)

// Teller tells people about an incident. It retries by itself within ctx. A *PartlyTold means that people were told, though
// not by every channel; any other error means that nobody was.
type Teller interface {
	Tell(ctx context.Context, i incident.Incident, kind incident.Kind) error
}

// PartlyTold says which channels did not tell people, while others did. It is worth a line in the log, and no reason to tell
// the same again: a channel that fails for days must not keep the others from what comes next.
type PartlyTold struct{ Err error }

// Error names the channels.
func (e *PartlyTold) Error() string { return e.Err.Error() }

// Unwrap returns the channels' errors.
func (e *PartlyTold) Unwrap() error { return e.Err }

// Class sorts API errors by what can be done about them.
type Class string

// The classes.
const (
	ClassRetry      Class = "retry"      // throttled, conflict, 5xx, network, answer lost: try again
	ClassDependency Class = "dependency" // a bucket, key, topic, log group or role must be put right first
	ClassDenied     Class = "denied"     // this identity may not
	ClassNotFound   Class = "not-found"  // AWS positively said that the resource does not exist
	ClassExists     Class = "exists"     // the name is taken
	ClassQuota      Class = "quota"      // a limit is reached
	ClassOther      Class = "other"
)

// APIError is a failed call.
type APIError struct {
	Op      string // the API operation
	Code    string // AWS's error code; empty for network errors
	Message string
	Class   Class
	Err     error
}

// Error names the operation, the code and AWS's message.
func (e *APIError) Error() string {
	text := e.Op
	for _, part := range []string{e.Code, e.Message} { // AWS gives some errors no message
		if part != "" {
			text += ": " + part
		}
	}
	return text
}

// Unwrap returns the SDK's error.
func (e *APIError) Unwrap() error { return e.Err }

// ClassOf returns the class of an error, ClassOther if it is not an APIError.
func ClassOf(err error) Class {
	var api *APIError
	if errors.As(err, &api) {
		return api.Class
	}
	return ClassOther
}
