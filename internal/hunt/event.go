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

// The fields of a record that a hunt reads itself, in the order of eventPaths.
const (
	eventID = iota
	eventTime
	eventSource
	eventName
	awsRegion
	errorCode
	actorARN
	accessKeyID
	recipientAccountID
	sourceIPAddress
	userAgent
	actorType
	actorAccountID
	principalID
	userName
	sessionIssuer
	invokedBy
	eventFields // how many there are
)

var eventPaths = [eventFields]string{
	"eventID", "eventTime", "eventSource", "eventName", "awsRegion", "errorCode", "userIdentity.arn", "userIdentity.accessKeyId", "recipientAccountId",
	"sourceIPAddress", "userAgent", "userIdentity.type", "userIdentity.accountId", "userIdentity.principalId", "userIdentity.userName",
	"userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.invokedBy",
}

// eventOf makes one string of all texts of an event, and parts of that of each: most records may be findings. Who keeps
// one of them for long clones it.
func (w *worker) eventOf(r *sigma.Record) Event {
	var ends [eventFields + 1]int // where each text ends, the first behind nothing
	w.texts = w.texts[:0]
	for i, f := range w.hunt.fields {
		start := len(w.texts)
		if v := f.In(r); v.Kind() == sigma.String || v.Kind() == sigma.Number {
			w.texts = v.AppendTo(w.texts)
		}
		w.texts = w.texts[:min(len(w.texts), start+maxText)]
		ends[i+1] = len(w.texts)
	}
	all := string(w.texts)
	text := func(i int) string { return all[ends[i]:ends[i+1]] }
	e := Event{
		ID: text(eventID), TimeText: text(eventTime), Source: text(eventSource), Name: text(eventName), Region: text(awsRegion),
		Account: text(recipientAccountID), SourceIP: text(sourceIPAddress), UserAgent: text(userAgent), ErrorCode: text(errorCode),
		Actor: Actor{
			ARN: text(actorARN), Type: text(actorType), AccountID: text(actorAccountID), PrincipalID: text(principalID),
			UserName: text(userName), AccessKeyID: text(accessKeyID), Issuer: text(sessionIssuer), InvokedBy: text(invokedBy),
		},
	}
	e.Time = timeOf(e.TimeText)
	if e.Account == "" {
		e.Account = e.Actor.AccountID
	}
	return e
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

// identify returns false for a record without an id, which is like no other.
func (e *Event) identify(rules []int32) (id identity, ok bool) {
	if e.ID == "" {
		return id, false
	}
	h := make([]byte, 0, 512)
	for _, part := range [...]string{e.ID, e.TimeText, e.Source, e.Name, e.Region, e.ErrorCode, e.Actor.ARN, e.Actor.AccessKeyID} {
		h = append(append(h, part...), 0)
	}
	for _, r := range rules {
		h = append(h, byte(r), byte(r>>8), byte(r>>16))
	}
	sum := sha256.Sum256(h)
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
