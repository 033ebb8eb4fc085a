package incident

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestMessage(t *testing.T) {
	var i Incident
	i.AddMessage([]byte(`{"half`), "input: unexpected end")
	for n := range maxEventIDs + 10 {
		i.AddMessage(fmt.Append(nil, n), "another reason")
	}
	data, err := i.MarshalJSON() // it must survive a journal
	if err != nil {
		t.Fatal(err)
	}
	var back Incident
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	reason, start, ok := back.Message()
	if reason != "input: unexpected end" || start != `{"half` || !ok {
		t.Errorf("reason %q, start %q, ok %v: not the first message's", reason, start, ok)
	}
	if i.Occurrences != maxEventIDs+11 || len(i.EventIDs) != maxEventIDs || len(i.Records) != 1 || len(i.Notes) != 2 {
		t.Errorf("%d messages: kept %d ids, %d records, %d notes", i.Occurrences, len(i.EventIDs), len(i.Records), len(i.Notes))
	}
	if i.EventIDs[0] != MessageID([]byte(`{"half`)) || i.EventIDs[1] == i.EventIDs[0] {
		t.Errorf("ids %q", i.EventIDs[:2])
	}
}

func TestMessageIsCut(t *testing.T) {
	var i Incident
	i.AddMessage([]byte(strings.Repeat("监", 10_000)), "")
	if _, start, _ := i.Message(); len(start) < maxMessageKept/2 || len(start) > maxMessageKept+6 { // bytes of a character that was cut become U+FFFD
		t.Errorf("%d bytes are kept", len(start))
	}
}

func TestIncidentOfATrailHasNoMessage(t *testing.T) {
	for name, i := range map[string]Incident{
		"empty":           {},
		"event":           {EventIDs: []string{"b1e0c8a2-0000-4000-8000-000000000001"}},
		"hostile eventID": {EventIDs: []string{"message-1"}, Techniques: []string{"stop-logging"}},
	} {
		if _, _, ok := i.Message(); ok {
			t.Errorf("%s: taken for an unreadable message", name)
		}
	}
}
