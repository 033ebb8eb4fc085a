// Package function is the guard as an AWS Lambda function: it tells the kinds of invocation apart and answers each in
// the way that its source expects.
package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/trailhold/trailhold/internal/canary"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/verifyjob"
)

// Guard is what the function needs of guard.Guard.
type Guard interface {
	Handle(ctx context.Context, records []record.Record) ([]incident.Incident, error)
	Sweep(ctx context.Context) ([]incident.Incident, error)
	ReportUnreadable(ctx context.Context, source string, message []byte, cause error) error
}

// Canary is what the function needs of canary.Canary.
type Canary interface {
	Send(ctx context.Context) (canary.Sent, error)
	Check(ctx context.Context) (*incident.Incident, error)
	Recognise(ctx context.Context, records []record.Record) (others []record.Record, came *canary.Sent)
}

// Verifier is what the function needs of verifyjob.Job.
type Verifier interface {
	Run(ctx context.Context) (verifyjob.Summary, error)
}

// reserve is the time kept at the end of an invocation to tell people and save what was done.
const reserve = 4 * time.Second

// Handler answers invocations. It satisfies lambda.Handler of aws-lambda-go.
type Handler struct {
	Guard     Guard
	Verifier  Verifier
	Heartbeat Heartbeat

	// Canary may be nil: then there is none.
	Canary Canary
}

// Invoke handles one invocation, and writes metrics of what came of it, whatever that was. An error makes Lambda deliver the
// event again; that metrics cannot be written is none.
func (h Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	defer func() { _ = h.Heartbeat.flush(time.Now()) }()
	return h.invoke(ctx, payload)
}

// invoke handles an SQS batch (answered with the messages that failed), a scheduled sweep, a verification of the last day's
// logs, or an event.
func (h Handler) invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) > 2*reserve {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	var kind invocation
	if err := json.Unmarshal(payload, &kind); err != nil {
		return nil, h.unreadable(ctx, incident.FromLambda, payload, fmt.Errorf("the invocation is not a JSON object: %w", err))
	}
	switch {
	case kind.batch():
		return h.batch(ctx, kind.Records)
	case kind.Action == "verify":
		summary, err := h.Verifier.Run(ctx)
		return verified(summary, err)
	case kind.Action == "canary":
		return h.sendCanary(ctx)
	case kind.sweep():
		return h.sweep(ctx)
	case kind.Action != "" && kind.DetailType == "":
		return nil, fmt.Errorf("unknown action %q: use sweep, verify or canary", kind.Action)
	}
	incidents, err := h.event(ctx, payload)
	return answer(incidents, err)
}

// sweep looks at everything, and says so where silence is noticed. A sweep that the invocation's end cut short is not complete:
// what was not reached in time was read as unknown.
func (h Handler) sweep(ctx context.Context) ([]byte, error) {
	incidents, err := h.Guard.Sweep(ctx)
	if h.Canary != nil {
		overdue, checkErr := h.Canary.Check(ctx)
		if overdue != nil {
			incidents = append(incidents, *overdue)
		}
		err = errors.Join(err, checkErr)
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = h.Heartbeat.beat(time.Now(), incidents)
	}
	return answer(incidents, err)
}

// invocation is as much of a payload as tells its kind.
type invocation struct {
	DetailType string       `json:"detail-type"`
	Source     string       `json:"source"`
	Action     string       `json:"action"`
	Records    []sqsMessage `json:"Records"`
}

type sqsMessage struct {
	MessageID   string `json:"messageId"`
	EventSource string `json:"eventSource"`
	Body        string `json:"body"`
}

func (i invocation) batch() bool {
	return len(i.Records) > 0 && i.Records[0].EventSource == "aws:sqs"
}

// sweep recognises what EventBridge Scheduler and scheduled rules send, and {"action":"sweep"}.
func (i invocation) sweep() bool {
	return i.Action == "sweep" || i.DetailType == "Scheduled Event" || i.Source == "aws.scheduler"
}

// event parses a payload and hands its records to the guard. What can be read of it is handled even if a part cannot.
func (h Handler) event(ctx context.Context, payload []byte) ([]incident.Incident, error) {
	records, parseErr := record.Parse(payload)
	incidents, err := h.handle(ctx, records)
	if parseErr = record.Unreadable(parseErr); parseErr != nil {
		err = errors.Join(err, h.unreadable(ctx, incident.FromLambda, payload, parseErr))
	}
	return incidents, err
}

// handle hands records to the guard, but for those of the canary.
func (h Handler) handle(ctx context.Context, records []record.Record) ([]incident.Incident, error) {
	var beatErr error
	if h.Canary != nil {
		var came *canary.Sent
		if records, came = h.Canary.Recognise(ctx, records); came != nil {
			beatErr = h.Heartbeat.canary(time.Now(), came.Took)
		}
	}
	incidents, err := h.Guard.Handle(ctx, records)
	return incidents, errors.Join(err, beatErr)
}

// sendCanary changes a trail harmlessly. Whether the event of that comes back, later invocations see.
func (h Handler) sendCanary(ctx context.Context) ([]byte, error) {
	if h.Canary == nil {
		return nil, errors.New("there is no canary: it needs TRAILHOLD_TABLE, and a trail that the baseline lets be restored")
	}
	sent, err := h.Canary.Send(ctx)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"canary": sent})
}

// unreadable tells people of a payload that cannot be parsed, and returns the error that keeps it from being lost.
func (h Handler) unreadable(ctx context.Context, source string, payload []byte, cause error) error {
	return errors.Join(cause, h.Guard.ReportUnreadable(ctx, source, payload, cause))
}

// batch handles the messages of an SQS batch. Those that failed are named in the answer (ReportBatchItemFailures), so
// that only they come again: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func (h Handler) batch(ctx context.Context, messages []sqsMessage) ([]byte, error) {
	type failure struct {
		ItemIdentifier string `json:"itemIdentifier"`
	}
	failures := []failure{}
	var readable []failure
	var records []record.Record
	for _, m := range messages {
		parsed, err := record.Parse([]byte(m.Body))
		records = append(records, parsed...)
		if err = record.Unreadable(err); err == nil {
			readable = append(readable, failure{m.MessageID})
			continue
		}
		failures = append(failures, failure{m.MessageID})
		_ = h.unreadable(ctx, incident.FromQueue, []byte(m.Body), err) // that the message comes again says enough
	}
	if _, err := h.handle(ctx, records); err != nil {
		failures = append(failures, readable...)
	}
	return json.Marshal(map[string]any{"batchItemFailures": failures})
}

// answer is what an invoker who waits gets to see.
func answer(incidents []incident.Incident, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"incidents": linesOf(incidents)})
}

// verified is the answer to a verification. That the time did not suffice is in it, and was told: were it an error, Lambda would
// try twice more at once, and give up.
func verified(s verifyjob.Summary, err error) ([]byte, error) {
	if err != nil && !verifyjob.OnlyUnfinished(err) {
		return nil, err
	}
	return json.Marshal(map[string]any{"verified": s, "incidents": linesOf(s.Incidents)})
}

// line is an incident in an answer.
type line struct {
	ID       string         `json:"id"`
	TrailARN string         `json:"trailArn"`
	Stage    incident.Stage `json:"stage"`
}

func linesOf(incidents []incident.Incident) []line {
	lines := []line{}
	for _, i := range incidents {
		lines = append(lines, line{i.ID, i.TrailARN, i.Stage})
	}
	return lines
}
