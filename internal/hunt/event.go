package hunt

import (
	"crypto/sha256"
	"time"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Event is what a finding says of its record. Text is as the record has it, which may be hostile. What the record lacks
// is empty.
type Event struct {
	ID        string    `json:"eventID"`
	Time      time.Time `json:"-"`         // zero if the record's is none
	TimeText  string    `json:"eventTime"` // as it is written
	Source    string    `json:"eventSource"`
	Name      string    `json:"eventName"`
	Region    string    `json:"awsRegion,omitempty"`
	Account   string    `json:"account,omitempty"` // whose log it is
	SourceIP  string    `json:"sourceIPAddress,omitempty"`
	UserAgent string    `json:"userAgent,omitempty"`
	ErrorCode string    `json:"errorCode,omitempty"`
	Actor     Actor     `json:"actor"`
}

// Actor is who made a call.
type Actor struct {
	ARN         string `json:"arn,omitempty"`
	Type        string `json:"type,omitempty"`
	AccountID   string `json:"accountId,omitempty"`
	PrincipalID string `json:"principalId,omitempty"`
	UserName    string `json:"userName,omitempty"`
	AccessKeyID string `json:"accessKeyId,omitempty"`
	Issuer      string `json:"sessionIssuer,omitempty"` // ARN of the role or user that the session is of
	InvokedBy   string `json:"invokedBy,omitempty"`
}

// Name is the shortest text that identifies the actor.
func (a Actor) Name() string {
	for _, name := range []string{a.ARN, a.InvokedBy, a.UserName, a.PrincipalID, a.AccountID} {
		if name != "" {
			return name
		}
	}
	if a.Type != "" {
		return a.Type
	}
	return "unknown"
}

// maxText bounds each text of an Event, in bytes: ARNs have at most 2048.
const maxText = 2048

// The fields of a record that a hunt reads itself, in the order of eventPaths. Those from the id on make a record's
// identity.
const (
	recipientAccountID = iota
	sourceIPAddress
	userAgent
	actorType
	actorAccountID
	principalID
	userName
	sessionIssuer
	invokedBy
	eventID
	eventTime
	eventSource
	eventName
	awsRegion
	errorCode
	actorARN
	accessKeyID
	eventFields // how many there are
)

var eventPaths = [eventFields]string{
	"recipientAccountId", "sourceIPAddress", "userAgent", "userIdentity.type", "userIdentity.accountId", "userIdentity.principalId",
	"userIdentity.userName", "userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.invokedBy",
	"eventID", "eventTime", "eventSource", "eventName", "awsRegion", "errorCode", "userIdentity.arn", "userIdentity.accessKeyId",
}

// excerpt is what a record has at the eventPaths, one behind the other.
type excerpt struct {
	bytes []byte
	ends  [eventFields + 1]int // of each text, the first behind nothing
}

func (x *excerpt) read(r *sigma.Record, fields []*sigma.Field) {
	x.bytes = x.bytes[:0]
	for i, f := range fields {
		x.bytes = f.AppendText(x.bytes, r)
		x.bytes = x.bytes[:min(len(x.bytes), x.ends[i]+maxText)]
		x.ends[i+1] = len(x.bytes)
	}
}

// event fills in an event, all of whose texts are parts of one string: most records may be findings. Who keeps one of
// them for long clones it.
func (x *excerpt) event(e *Event) {
	all := string(x.bytes)
	text := func(i int) string { return all[x.ends[i]:x.ends[i+1]] }
	e.ID, e.TimeText, e.Source, e.Name, e.Region = text(eventID), text(eventTime), text(eventSource), text(eventName), text(awsRegion)
	e.Account, e.SourceIP, e.UserAgent, e.ErrorCode = text(recipientAccountID), text(sourceIPAddress), text(userAgent), text(errorCode)
	e.Actor = Actor{
		ARN: text(actorARN), Type: text(actorType), AccountID: text(actorAccountID), PrincipalID: text(principalID),
		UserName: text(userName), AccessKeyID: text(accessKeyID), Issuer: text(sessionIssuer), InvokedBy: text(invokedBy),
	}
	e.Time = timeOf(e.TimeText)
	if e.Account == "" {
		e.Account = e.Actor.AccountID
	}
}

func cut(text string) string {
	if len(text) > maxText {
		return text[:maxText]
	}
	return text
}

// timeOf reads an eventTime. It is zero if it is none, or none that CloudTrail could write.
func timeOf(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 2000 || t.Year() >= 9000 {
		return time.Time{}
	}
	return t.UTC()
}

// identity is what makes two records the same, as far as a hunt is concerned: not the id alone, since who plants a file
// could hide a record behind another one with its id.
type identity [16]byte

// identify tells records apart that some rules match. It returns false for a record without an id, which is like no other.
// What is hashed ends with its lengths, so that no two identities are written in the same way.
func (x *excerpt) identify(rules []int32) (id identity, ok bool) {
	if x.ends[eventID] == x.ends[eventID+1] {
		return id, false
	}
	h, start := x.bytes, x.ends[eventID]
	for _, r := range rules {
		h = append(h, byte(r), byte(r>>8), byte(r>>16))
	}
	for _, end := range x.ends[eventID+1:] {
		h = append(h, byte(end-start), byte((end-start)>>8))
	}
	h = append(h, byte(len(rules)), byte(len(rules)>>8), byte(len(rules)>>16))
	x.bytes = h
	sum := sha256.Sum256(h[start:])
	return identity(sum[:16]), true
}

// fold remembers what was seen: at least the last half million identities, and at most twice as many.
type fold struct{ now, before map[identity]struct{} }

const folded = 500_000

// seen says whether an identity was seen before, and remembers it.
func (f *fold) seen(id identity) bool {
	if _, ok := f.now[id]; ok {
		return true
	}
	_, ok := f.before[id]
	if len(f.now) >= folded {
		f.before, f.now = f.now, nil
	}
	if f.now == nil {
		f.now = map[identity]struct{}{}
	}
	f.now[id] = struct{}{}
	return ok
}
