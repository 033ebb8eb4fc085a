// Package record reads CloudTrail event records out of whatever envelope they came in.
//
// A record is only a wake-up: it says "look here", never "do this". The package therefore is strict about what
// can be a record at all and tolerant of everything that AWS may add to one, leave out or cut short.
//
// Field meanings: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
package record

import (
	"encoding/json"
	"time"
)

// Record is one CloudTrail event record. Strings that the record lacks are empty; JSON that it lacks or that is null is nil.
type Record struct {
	EventID            string
	EventSource        string // service host, such as cloudtrail.amazonaws.com
	EventName          string
	EventType          string // AwsApiCall, AwsServiceEvent, AwsConsoleAction, …
	EventCategory      string // Management, Data, NetworkActivity, Insight
	EventTime          time.Time
	Region             string // awsRegion: where the call was answered
	RecipientAccountID string
	RequestID          string
	ReadOnly           bool
	SourceIPAddress    string // an address, or a service's host name
	UserAgent          string
	ErrorCode          string
	ErrorMessage       string
	Identity           Identity
	RequestParameters  json.RawMessage // an object, or nil
	ResponseElements   json.RawMessage // an object, or nil
	Resources          []Resource

	// ParametersOmitted says that CloudTrail dropped requestParameters because they were too large: what the call
	// touched cannot be known from the record.
	ParametersOmitted bool

	Envelope Envelope
	Raw      json.RawMessage // the record alone, as received, without its envelope
}

// Resource is an entry of the record's resources list.
type Resource struct {
	ARN       string
	Type      string
	AccountID string
}

// Identity is who made the call (the record's userIdentity).
type Identity struct {
	Type          string // IAMUser, AssumedRole, Root, AWSService, FederatedUser, …
	ARN           string
	PrincipalID   string
	AccountID     string
	UserName      string
	AccessKeyID   string
	InvokedBy     string
	SessionIssuer string // ARN of the role or user that issued the session
	MFA           bool   // the session was authenticated with MFA
}

// String is the shortest text that still identifies the actor: an ARN where there is one.
func (i Identity) String() string {
	for _, s := range []string{i.ARN, i.InvokedBy, i.UserName, i.PrincipalID, i.AccountID, i.Type} {
		if s != "" {
			return s
		}
	}
	return "unknown"
}

// OutcomeKind tells how a call ended.
type OutcomeKind string

// How a call can end.
const (
	Succeeded OutcomeKind = "succeeded"
	Denied    OutcomeKind = "denied" // for lack of permission
	Failed    OutcomeKind = "failed" // for any other reason
)

// Outcome is how the recorded call ended, with the error code if it did not succeed.
type Outcome struct {
	Kind OutcomeKind
	Code string
}

// Envelope is the wrapping a record came in.
type Envelope string

// The envelopes that Parse understands. SQS and SNS wrappings are prefixes: "sqs/sns/eventbridge".
const (
	Bare         Envelope = "record"
	EventBridge  Envelope = "eventbridge"
	LogFile      Envelope = "logfile"
	LookupEvents Envelope = "lookup-events"
)
