package lab_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/lab"
)

// TestRecordsOfQueuesAndRules: what silences a guard's queue or rule leaves records that say so.
func TestRecordsOfQueuesAndRules(t *testing.T) {
	k := newKit(t, lab.Options{})
	ctx := t.Context()
	q, bus := sqs.NewFromConfig(k.config(home, "ALICE")), eventbridge.NewFromConfig(k.config(home, "ALICE"))
	url, arn := makeQueue(t, q, "guard", nil)
	_, err := q.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"MessageRetentionPeriod": "60"}})
	expectCode(t, err, "")
	_, err = q.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
	expectCode(t, err, "")
	_, err = q.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
	expectCode(t, err, "")
	makeRule(t, bus, "default", "guard", `{"source":["x"]}`, ebtypes.Target{Arn: &arn})
	_, err = bus.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String("guard")})
	expectCode(t, err, "")
	_, err = bus.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: aws.String("guard"), Ids: []string{"t0"}})
	expectCode(t, err, "")
	_, err = bus.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("guard")})
	expectCode(t, err, "")
	_, err = bus.PutPermission(ctx, &eventbridge.PutPermissionInput{Action: aws.String("events:PutEvents"), Principal: aws.String(secondAccount), StatementId: aws.String("s")})
	expectCode(t, err, "")
	_, err = bus.RemovePermission(ctx, &eventbridge.RemovePermissionInput{StatementId: aws.String("s")})
	expectCode(t, err, "")
	for event, want := range map[string]struct {
		source     string
		parameters map[string]any
	}{
		"SetQueueAttributes": {"sqs.amazonaws.com", map[string]any{"queueUrl": *url, "attributes": map[string]any{"MessageRetentionPeriod": "60"}}},
		"PurgeQueue":         {"sqs.amazonaws.com", map[string]any{"queueUrl": *url}},
		"DeleteQueue":        {"sqs.amazonaws.com", map[string]any{"queueUrl": *url}},
		"DisableRule":        {"events.amazonaws.com", map[string]any{"name": "guard"}},
		"RemoveTargets":      {"events.amazonaws.com", map[string]any{"rule": "guard", "ids": []any{"t0"}}},
		"DeleteRule":         {"events.amazonaws.com", map[string]any{"name": "guard"}},
		"PutPermission":      {"events.amazonaws.com", map[string]any{"action": "events:PutEvents", "principal": secondAccount, "statementId": "s"}},
		"RemovePermission":   {"events.amazonaws.com", map[string]any{"statementId": "s"}},
	} {
		record := k.find(home, event)
		wantEqual(t, event, []any{record.EventSource, record.AwsRegion, toText(record.RequestParameters)}, []any{want.source, home, toText(want.parameters)})
	}
}
