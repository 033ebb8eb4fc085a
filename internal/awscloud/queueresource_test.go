package awscloud

import (
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestQueueWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	c := w.cloud.sqs("eu-west-1")
	must[sqs.CreateQueueOutput](t)(c.CreateQueue(w.context, &sqs.CreateQueueInput{QueueName: aws.String("dead")}))
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-west-1:111122223333:missed"}]}`
	out, err := c.CreateQueue(w.context, &sqs.CreateQueueInput{QueueName: aws.String("missed"), Attributes: map[string]string{
		"MessageRetentionPeriod": "1209600", "Policy": policy, "RedrivePolicy": `{"maxReceiveCount":5,"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:dead"}`,
	}})
	if err != nil {
		t.Fatal(err)
	}
	set := func(name, value string) func(*testing.T) {
		return func(t *testing.T) {
			must[sqs.SetQueueAttributesOutput](t)(c.SetQueueAttributes(w.context, &sqs.SetQueueAttributesInput{QueueUrl: out.QueueUrl, Attributes: map[string]string{name: value}}))
		}
	}
	put := []trail.Op{trail.OpSetQueueAttributes}
	r := trail.Resource{Type: trail.Queue, ARN: "arn:aws:sqs:eu-west-1:111122223333:missed", Region: "eu-west-1", Account: lab.DefaultAccount}
	tamperings := []tampering{
		{"policy replaced", "policy", set("Policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}`), put},
		{"policy removed", "policy", set("Policy", ""), put},
		{"kept a minute", "attributes", set("MessageRetentionPeriod", "60"), put},
		{"under another key", "attributes", set("KmsMasterKeyId", "arn:aws:kms:eu-west-1:666666666666:key/theirs"), put},
		{"no dead letters", "attributes", set("RedrivePolicy", ""), put},
		{"dead at once", "attributes", set("RedrivePolicy", `{"maxReceiveCount":1,"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:dead"}`), put},
		{"dead letters of nobody", "attributes", set("RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`), put},
		{"deleted", trail.Identity, func(t *testing.T) {
			must[sqs.DeleteQueueOutput](t)(c.DeleteQueue(w.context, &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl}))
		}, []trail.Op{trail.OpCreateQueue, trail.OpSetQueueAttributes, trail.OpSetQueueAttributes}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.Queue, tamperings)
	w.neverMistakes(t, r, "sqs", "GetQueueUrl", "GetQueueAttributes")

	must[sqs.SendMessageOutput](t)(c.SendMessage(w.context, &sqs.SendMessageInput{QueueUrl: out.QueueUrl, MessageBody: aws.String("x")}))
	baseline := w.captured(t, r)
	must[sqs.SendMessageOutput](t)(c.SendMessage(w.context, &sqs.SendMessageInput{QueueUrl: out.QueueUrl, MessageBody: aws.String("y")}))
	if _, _, fields := w.drifts(t, baseline); len(fields) > 0 {
		t.Errorf("messages are a drift: %v", fields)
	}
}

func TestQueueWithoutPolicy(t *testing.T) {
	w := newWorld(t)
	c := w.cloud.sqs("us-east-1")
	out, err := c.CreateQueue(w.context, &sqs.CreateQueueInput{QueueName: aws.String("plain")})
	if err != nil {
		t.Fatal(err)
	}
	w.withstands(t, trail.Resource{Type: trail.Queue, ARN: "arn:aws:sqs:us-east-1:111122223333:plain", Region: "us-east-1", Account: lab.DefaultAccount}, []tampering{
		{"policy added", "policy", func(t *testing.T) {
			must[sqs.SetQueueAttributesOutput](t)(c.SetQueueAttributes(w.context, &sqs.SetQueueAttributesInput{QueueUrl: out.QueueUrl, Attributes: map[string]string{
				"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}`,
			}}))
		}, []trail.Op{trail.OpSetQueueAttributes}},
	})
}

// That a queue is a FIFO queue is compared, and never written: SQS refuses to change it.
func TestQueueAttributesThatAreWritten(t *testing.T) {
	got, err := queueAttributes(trail.Step{Setting: "attributes", Document: `{"FifoQueue":"true","DelaySeconds":"0","RedrivePolicy":{"maxReceiveCount":5}}`})
	want := map[string]string{"DelaySeconds": "0", "RedrivePolicy": `{"maxReceiveCount":5}`, "RedriveAllowPolicy": "", "KmsMasterKeyId": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v (%v)", got, err)
	}
}
