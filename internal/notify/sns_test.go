package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

// topic keeps what was published.
type topic struct {
	subject string
	bodies  map[string]string
	err     error
}

func (p *topic) Publish(_ context.Context, subject string, bodies map[string]string) error {
	p.subject, p.bodies = subject, bodies
	return p.err
}

func publish(t *testing.T, i incident.Incident) (*topic, incident.Incident) {
	t.Helper()
	p := &topic{}
	if err := NewSNS(p).Send(t.Context(), Compose(i, incident.KindAlert)); err != nil {
		t.Fatal(err)
	}
	if data, _ := json.Marshal(p.bodies); len(data) > 256<<10 {
		t.Errorf("%d bytes were published, SNS takes 262144", len(data))
	}
	var got incident.Incident
	if err := json.Unmarshal([]byte(p.bodies["email-json"]), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != i.ID || got.Stage != i.Stage || got.Actor.AccessKeyID != i.Actor.AccessKeyID || !got.Seen.Equal(i.Seen) {
		t.Errorf("the essentials are lost: %+v", got)
	}
	return p, got
}

func TestSNSBodies(t *testing.T) {
	p, got := publish(t, restored())
	m := Compose(restored(), incident.KindAlert)
	text := m.Text + Linker{}.Lines(m)
	if p.subject != m.Subject || p.bodies["default"] != text || p.bodies["email"] != text || len(p.bodies) != 3 {
		t.Errorf("published %q %v", p.subject, p.bodies)
	}
	if string(got.Records[0]) != string(restored().Records[0]) {
		t.Errorf("the original event is not in email-json: %s", got.Records)
	}
}

func TestSNSGivesUpRecordsFirst(t *testing.T) {
	i := restored()
	big := fmt.Appendf(nil, `{"eventName":"StopLogging","requestParameters":{"name":%q}}`, strings.Repeat("n", 60_000))
	for range 10 {
		i.Records = append(i.Records, big)
	}
	_, got := publish(t, i)
	if len(got.Records) != 3 || len(got.Drifts) != 1 || got.Drifts[0].After != false {
		t.Errorf("%d records are left, drifts %v", len(got.Records), got.Drifts)
	}
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "8 of 11 original events") {
		t.Errorf("what was cut is not said: %q", got.Notes)
	}
	i.Records = []json.RawMessage{fmt.Appendf(nil, `{"eventName":"StopLogging","requestParameters":{"name":%q}}`, strings.Repeat("n", 300_000))}
	if _, got = publish(t, i); string(got.Records[0]) != `{"eventName":"StopLogging"}` {
		t.Errorf("the one record became %.100s", got.Records[0])
	}
}

func TestSNSNeverExceedsItsLimit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 6 {
		i := huge(random)
		before, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, i)
		if after, _ := json.Marshal(i); !bytes.Equal(before, after) {
			t.Fatal("sending changed the caller's incident")
		}
	}
}

// huge is an incident with some parts far too large, in text that grows when it is escaped.
func huge(random *rand.Rand) incident.Incident {
	text := func() string {
		pieces := []string{"\x00", `"\`, "<&>", "\u202e", "監", "plain ", "\U000e0041"}
		return strings.Repeat(pieces[random.IntN(len(pieces))], 1<<random.IntN(11))
	}
	many := func() int { return []int{0, 1, 25}[random.IntN(3)] }
	i := restored()
	i.Actor.UserAgent, i.Actor.SourceIPAddress, i.TrailARN = text(), text(), text()
	for range many() {
		i.Records = append(i.Records, quote(text()), fmt.Appendf(nil, `{"a":%s,"eventName":"x"}`, quote(text())))
	}
	for range many() {
		i.Drifts = append(i.Drifts, trail.Drift{Field: trail.Field(text()), Before: text(), After: map[string]any{text(): text()}, Detail: text()})
	}
	i.Recovered = &incident.Recovered{Evidence: text(), Gaps: []string{text(), text()}}
	for range many() {
		i.Recovered.Actors = append(i.Recovered.Actors, incident.RecoveredActor{Actor: incident.Actor{ARN: text()}, Regions: []string{text()},
			Made: []incident.RecoveredCall{{Source: text(), Name: text(), ErrorCode: text(), Regions: []string{text()}}}})
	}
	for range many() {
		i.Steps = append(i.Steps, incident.StepResult{Step: trail.Step{ID: text(), Mends: []trail.Field{trail.Field(text())}, After: []string{text(), text()},
			Tags: map[string]string{text(): text()}}, Error: text(), RequestIDs: []string{text()}})
	}
	for range many() {
		i.Lost, i.Notes, i.EventIDs = append(i.Lost, text()), append(i.Notes, text()), append(i.EventIDs, text())
		i.Proof = append(i.Proof, incident.RegionProof{Region: text(), Detail: text()})
		i.Blind = append(i.Blind, incident.BlindWindow{Regions: []string{text(), text()}, Affected: text()})
		i.Unknown = append(i.Unknown, trail.UnknownFacet{Facet: text(), Why: text()})
	}
	return i
}

func TestSNSPassesTheErrorOn(t *testing.T) {
	p := &topic{err: errors.New("denied")}
	if err := NewSNS(p).Send(t.Context(), Compose(restored(), incident.KindAlert)); !errors.Is(err, p.err) {
		t.Errorf("got %v", err)
	}
}
