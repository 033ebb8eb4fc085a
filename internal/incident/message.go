package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// What a message that could not be read came from. It stands in the place of the trail, since nobody knows which trail
// the message was about.
const (
	FromQueue   = "SQS message"
	FromLambda  = "Lambda invocation"
	FromHistory = "Event history" // followed by " of " and the region
)

const (
	messageIDPrefix = "message-"
	messageReason   = "A message could not be read: "
	maxMessageKept  = 2048 // bytes
)

// MessageID names a message that could not be read by its content, so that it is the same whenever it is delivered. It
// stands where the records' event ids stand.
func MessageID(message []byte) string {
	sum := sha256.Sum256(message)
	return messageIDPrefix + hex.EncodeToString(sum[:16])
}

// AddMessage accounts for one more message that could not be read. The incident keeps the beginning of the first one.
func (i *Incident) AddMessage(message []byte, reason string) {
	i.Occurrences++
	if len(i.EventIDs) < maxEventIDs {
		i.EventIDs = append(slices.Clone(i.EventIDs), MessageID(message))
	}
	if i.Occurrences > 1 {
		i.AddNote("More such messages keep coming; they are folded into this incident.")
		return
	}
	quoted, err := json.Marshal(string(message[:min(len(message), maxMessageKept)]))
	if err == nil {
		i.Records = []json.RawMessage{quoted}
	}
	i.AddNote(messageReason + reason)
}

// Message tells why the message that an incident is about could not be read, and how it begins. Both are hostile text.
// ok is false for incidents that are about a trail.
func (i Incident) Message() (reason, start string, ok bool) {
	if len(i.EventIDs) == 0 || !strings.HasPrefix(i.EventIDs[0], messageIDPrefix) || len(i.Techniques) > 0 {
		return "", "", false
	}
	for _, note := range i.Notes {
		if text, found := strings.CutPrefix(note, messageReason); found {
			reason = text
			break
		}
	}
	if len(i.Records) > 0 && json.Unmarshal(i.Records[0], &start) != nil {
		start = ""
	}
	return reason, start, true
}
