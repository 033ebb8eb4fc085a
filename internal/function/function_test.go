package function

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/canary"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/verifyjob"
)

// fake is a guard that notes what it is asked.
type fake struct {
	records    int
	sweeps     int
	unreadable []string
	fail       error
}

func (f *fake) Handle(_ context.Context, records []record.Record) ([]incident.Incident, error) {
	f.records += len(records)
	return nil, f.fail
}

func (f *fake) Sweep(context.Context) ([]incident.Incident, error) {
	f.sweeps++
	return []incident.Incident{{ID: "sweep-1", TrailARN: "arn", Stage: incident.Restored}}, f.fail
}

func (f *fake) ReportUnreadable(_ context.Context, source string, _ []byte, _ error) error {
	f.unreadable = append(f.unreadable, source)
	return nil
}

// verifier counts how often it is asked to verify.
type verifier struct {
	runs int
	fail error
}

func (v *verifier) Run(context.Context) (verifyjob.Summary, error) {
	v.runs++
	return verifyjob.Summary{Trails: 2, Failures: 1, Incidents: []incident.Incident{{ID: "verification-1", TrailARN: "arn", Stage: incident.Observed}}}, v.fail
}

// bird is a canary.
type bird struct {
	sends         int
	overdue, mine bool
}

func (b *bird) Send(context.Context) (canary.Sent, error) {
	b.sends++
	return canary.Sent{Trail: "arn", Pending: true}, nil
}

func (b *bird) Check(context.Context) (*incident.Incident, error) {
	if b.overdue {
		return &incident.Incident{ID: "canary-1"}, nil
	}
	return nil, nil
}

func (b *bird) Recognise(_ context.Context, records []record.Record) ([]record.Record, *canary.Sent) {
	if b.mine {
		return nil, &canary.Sent{}
	}
	return records, nil
}

const event = `{"detail-type":"AWS API Call via CloudTrail","source":"aws.cloudtrail","detail":{"eventVersion":"1.10",` +
	`"eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com","eventTime":"2026-03-01T12:00:00Z","eventID":"e"}}`

// inSQS wraps bodies as Lambda does.
func inSQS(bodies ...string) string {
	var messages []string
	for n, body := range bodies {
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(body) + `"`
		messages = append(messages, `{"messageId":"m`+string(rune('1'+n))+`","eventSource":"aws:sqs","body":`+quoted+`}`)
	}
	return `{"Records":[` + strings.Join(messages, ",") + `]}`
}

func TestInvoke(t *testing.T) {
	down := errors.New("down")
	tests := []struct {
		name, payload   string
		guard           fake
		answer          string // what the answer contains
		fails           bool
		records, sweeps int
		unreadable      int
		verifier        verifier
		verifications   int
		canary          bird
		sends           int
	}{
		{name: "an event", payload: event, answer: `{"incidents":[]}`, records: 1},
		{name: "an event that could not be handled comes again", payload: event, guard: fake{fail: down}, fails: true, records: 1},
		{name: "a scheduled rule", payload: `{"detail-type":"Scheduled Event","source":"aws.events"}`, answer: `"sweep-1"`, sweeps: 1},
		{name: "EventBridge Scheduler", payload: `{"source":"aws.scheduler","detail-type":"x"}`, answer: `"sweep-1"`, sweeps: 1},
		{name: "a sweep asked for by hand", payload: `{"action":"sweep"}`, answer: `"stage":"restored"`, sweeps: 1},
		{name: "a sweep that failed", payload: `{"action":"sweep"}`, guard: fake{fail: down}, fails: true, sweeps: 1},
		{name: "a verification", payload: `{"action":"verify"}`, verifications: 1, answer: `{"incidents":[{"id":"verification-1","trailArn":"arn","stage":"observed"}],` +
			`"verified":{"trails":2,"unfinished":0,"withoutValidation":0,"digests":{"valid":0,"invalid":0,"missing":0,"unknown":0},` +
			`"logs":{"valid":0,"invalid":0,"missing":0,"unknown":0},"failures":1,"unknown":0}}`},
		{name: "a verification that came to no end", payload: `{"action":"verify"}`, verifier: verifier{fail: down}, fails: true, verifications: 1},
		{name: "a verification whose time did not suffice, which people know", payload: `{"action":"verify"}`, verifications: 1, answer: `"verification-1"`,
			verifier: verifier{fail: errors.Join(nil, errors.Join(&verifyjob.Unfinished{Err: down}))}},
		{name: "a verification whose time did not suffice, and nobody knows", payload: `{"action":"verify"}`, verifications: 1, fails: true,
			verifier: verifier{fail: errors.Join(&verifyjob.Unfinished{Err: down}, errors.Join(down))}},
		{name: "a canary", payload: `{"action":"canary"}`, answer: `{"canary":{"trail":"arn","at":"0001-01-01T00:00:00Z","pending":true}}`, sends: 1},
		{name: "a canary that is overdue", payload: `{"action":"sweep"}`, canary: bird{overdue: true}, answer: `"canary-1"`, sweeps: 1},
		{name: "a canary's event", payload: event, canary: bird{mine: true}, answer: `{"incidents":[]}`},
		{name: "an action that there isn't", payload: `{"action":"verfy"}`, fails: true},
		{name: "another service's event", payload: `{"detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{}}`, answer: `{"incidents":[]}`},
		{name: "not JSON", payload: `{`, fails: true, unreadable: 1},
		{name: "not an object", payload: `[1]`, fails: true, unreadable: 1},
		{name: "a record that can't be read", payload: `{"detail-type":"AWS API Call via CloudTrail","source":"aws.cloudtrail","detail":{}}`, fails: true, unreadable: 1},
		{name: "a batch", payload: inSQS(event, event), answer: `{"batchItemFailures":[]}`, records: 2},
		{name: "a batch with a bad message", payload: inSQS(event, "{"), answer: `{"batchItemFailures":[{"itemIdentifier":"m2"}]}`, records: 1, unreadable: 1},
		{name: "a batch that could not be handled", payload: inSQS(event, "{", event), guard: fake{fail: down}, records: 2, unreadable: 1,
			answer: `{"batchItemFailures":[{"itemIdentifier":"m2"},{"itemIdentifier":"m1"},{"itemIdentifier":"m3"}]}`},
		{name: "a batch with another service's message", payload: inSQS(`{"detail-type":"x","source":"aws.ec2","detail":{}}`), answer: `{"batchItemFailures":[]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Handler{Guard: &test.guard, Verifier: &test.verifier, Canary: &test.canary}.Invoke(t.Context(), []byte(test.payload))
			if (err != nil) != test.fails || !strings.Contains(string(got), test.answer) {
				t.Errorf("answered %s, %v; want %s, failing: %v", got, err, test.answer, test.fails)
			}
			if test.canary.sends != test.sends {
				t.Errorf("sent %d canaries, want %d", test.canary.sends, test.sends)
			}
			if test.verifier.runs != test.verifications {
				t.Errorf("verified %d times, want %d", test.verifier.runs, test.verifications)
			}
			if g := test.guard; g.records != test.records || g.sweeps != test.sweeps || len(g.unreadable) != test.unreadable {
				t.Errorf("records %d, sweeps %d, unreadable %d; want %d, %d, %d", g.records, g.sweeps, len(g.unreadable), test.records, test.sweeps, test.unreadable)
			}
		})
	}
}

func TestFromEnvironmentBeats(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	h, err := FromEnvironment(t.Context(), func(key string) string {
		return map[string]string{"TRAILHOLD_BASELINE": "../baselinefile/testdata/valid/minimal.yaml"}[key]
	}, t.Output())
	if err != nil || len(h.Heartbeat.Account) != 12 || h.Heartbeat.Out == nil {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestFromEnvironmentSaysHowToMend(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	tests := []struct{ name, key, value, want string }{
		{"no baseline", "TRAILHOLD_BASELINE", "", "TRAILHOLD_BASELINE is not set: give"},
		{"a missing file", "TRAILHOLD_BASELINE", "/nowhere/baseline.yaml", "/nowhere/baseline.yaml"},
		{"a bad level", "TRAILHOLD_LOG_LEVEL", "loud", "use debug, info, warn or error"},
	}
	for _, test := range tests {
		_, err := FromEnvironment(t.Context(), func(key string) string {
			if key == test.key {
				return test.value
			}
			return ""
		}, t.Output())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", test.name, err, test.want)
		}
	}
}
