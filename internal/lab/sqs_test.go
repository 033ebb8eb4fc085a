package lab_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/trailhold/trailhold/internal/lab"
)

func makeQueue(t *testing.T, c *sqs.Client, name string, attributes map[string]string) (url *string, arn string) {
	t.Helper()
	url = must[*sqs.CreateQueueOutput](t)(c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})).QueueUrl
	out := must[*sqs.GetQueueAttributesOutput](t)(c.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}}))
	return url, out.Attributes["QueueArn"]
}

func send(t *testing.T, c *sqs.Client, url *string, body string) {
	t.Helper()
	must[*sqs.SendMessageOutput](t)(c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body}))
}

// receive takes what there is, waiting so many seconds.
func receive(t *testing.T, c *sqs.Client, url *string, wait int32) []sqstypes.Message {
	t.Helper()
	out := must[*sqs.ReceiveMessageOutput](t)(c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: url, WaitTimeSeconds: wait, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"}, MessageAttributeNames: []string{"All"},
	}))
	return out.Messages
}

func TestQueues(t *testing.T) {
	l := twoAccounts(t)
	c, other := sqs.NewFromConfig(sdk(l, "me", "us-east-1")), sqs.NewFromConfig(sdk(l, "other", "us-east-1"))
	ctx := t.Context()
	url, arn := makeQueue(t, c, "q", map[string]string{"VisibilityTimeout": "5"})
	if *url != "http://lab.test/"+lab.DefaultAccount+"/q" || arn != "arn:aws:sqs:us-east-1:"+lab.DefaultAccount+":q" {
		t.Errorf("queue = %s, %s", *url, arn)
	}
	_, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"VisibilityTimeout": "6"}})
	expectCode(t, err, "QueueAlreadyExists")
	_, err = c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("gone")})
	expectCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
	_, err = c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "43201"}})
	expectCode(t, err, "InvalidAttributeValue")
	_, err = c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Nonsense": "1"}})
	expectCode(t, err, "InvalidAttributeName")
	_, err = other.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	expectCode(t, err, "AccessDenied")
	_, err = c.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: url, Label: aws.String("l"), AWSAccountIds: []string{secondAccount}, Actions: []string{"SendMessage"}})
	expectCode(t, err, "")
	send(t, other, url, "x")
	_, err = c.RemovePermission(ctx, &sqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("l")})
	expectCode(t, err, "")
	_, err = other.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	expectCode(t, err, "AccessDenied")
	list := must[*sqs.ListQueuesOutput](t)(c.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String("q")}))
	if len(list.QueueUrls) != 1 {
		t.Errorf("queues = %v", list.QueueUrls)
	}
	_, err = c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
	expectCode(t, err, "")
	_, err = c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
	expectCode(t, err, "AWS.SimpleQueueService.PurgeQueueInProgress")
	_, err = c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
	expectCode(t, err, "")
	_, err = c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
	expectCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
}

func TestMessages(t *testing.T) {
	l := twoAccounts(t)
	c := sqs.NewFromConfig(sdk(l, "me", "us-east-1"))
	ctx := t.Context()
	url, _ := makeQueue(t, c, "q", nil)
	out := must[*sqs.SendMessageOutput](t)(c.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("héllo"),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{"a.b": {DataType: aws.String("String"), StringValue: aws.String("v")}, "n": {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2}}},
	}))
	got := receive(t, c, url, 0)
	if len(got) != 1 || *got[0].Body != "héllo" || *got[0].MessageId != *out.MessageId || got[0].Attributes["ApproximateReceiveCount"] != "1" || *got[0].MD5OfMessageAttributes != *out.MD5OfMessageAttributes || *got[0].MessageAttributes["a.b"].StringValue != "v" {
		t.Fatalf("received %+v", got)
	}
	if again := receive(t, c, url, 0); len(again) != 0 {
		t.Errorf("a message in flight was handed out again: %+v", again)
	}
	_, err := c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got[0].ReceiptHandle})
	expectCode(t, err, "")
	_, err = c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("nonsense")})
	expectCode(t, err, "ReceiptHandleIsInvalid")
	_, err = c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("bad \x01")})
	expectCode(t, err, "InvalidMessageContents")
	_, err = c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String(strings.Repeat("x", 1<<20+1))})
	expectCode(t, err, "InvalidParameterValue")
	_, err = c.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []sqstypes.SendMessageBatchRequestEntry{}})
	expectCode(t, err, "AWS.SimpleQueueService.EmptyBatchRequest")
	batch := must[*sqs.SendMessageBatchOutput](t)(c.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []sqstypes.SendMessageBatchRequestEntry{
		{Id: aws.String("1"), MessageBody: aws.String("one")}, {Id: aws.String("2"), MessageBody: aws.String("bad \x02")}}}))
	if len(batch.Successful) != 1 || len(batch.Failed) != 1 || *batch.Failed[0].Code != "InvalidMessageContents" {
		t.Errorf("batch = %+v", batch)
	}
	one := receive(t, c, url, 0)
	_, err = c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: one[0].ReceiptHandle, VisibilityTimeout: 0})
	expectCode(t, err, "")
	_, err = c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: one[0].ReceiptHandle, VisibilityTimeout: 9})
	expectCode(t, err, "AWS.SimpleQueueService.MessageNotInflight")
	two := receive(t, c, url, 0)
	deleted := must[*sqs.DeleteMessageBatchOutput](t)(c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: []sqstypes.DeleteMessageBatchRequestEntry{{Id: aws.String("x"), ReceiptHandle: two[0].ReceiptHandle}}}))
	if len(deleted.Successful) != 1 {
		t.Errorf("deleted = %+v", deleted)
	}
}

func TestLongPollingWakesOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		c := sqs.NewFromConfig(sdk(l, "me", "us-east-1"))
		url, _ := makeQueue(t, c, "q", nil)
		start := time.Now()
		go func() {
			time.Sleep(7 * time.Second)
			send(t, c, url, "late")
		}()
		if got := receive(t, c, url, 20); len(got) != 1 || time.Since(start) != 7*time.Second {
			t.Errorf("received %d after %v", len(got), time.Since(start))
		}
		start = time.Now()
		if got := receive(t, c, url, 20); len(got) != 0 || time.Since(start) != 20*time.Second {
			t.Errorf("received %d after %v", len(got), time.Since(start))
		}
		if got := receive(t, c, url, 20); len(got) != 1 || time.Since(start) != 30*time.Second {
			t.Errorf("reappeared %d after %v, want the visibility timeout", len(got), time.Since(start))
		}
	})
}

func TestLongPollingOfAClientThatLeftTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		c := sqs.NewFromConfig(sdk(l, "me", "us-east-1"))
		url, _ := makeQueue(t, c, "q", nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20}); err == nil {
			t.Error("no error")
		}
		synctest.Wait()
		send(t, c, url, "x")
		if got := receive(t, c, url, 0); len(got) != 1 || got[0].Attributes["ApproximateReceiveCount"] != "1" {
			t.Errorf("received %+v", got)
		}
	})
}

func TestDeadLetterQueueDelayAndRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		c := sqs.NewFromConfig(sdk(l, "me", "us-east-1"))
		dead, arn := makeQueue(t, c, "dead", nil)
		url, _ := makeQueue(t, c, "q", map[string]string{"VisibilityTimeout": "1", "DelaySeconds": "3", "MessageRetentionPeriod": "60", "RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":"2"}`})
		send(t, c, url, "poison")
		start := time.Now()
		for i := range 2 {
			if got := receive(t, c, url, 20); len(got) != 1 {
				t.Fatalf("receive %d: %+v", i, got)
			}
		}
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("took %v: the delay and one visibility timeout are 4s", took)
		}
		if got := receive(t, c, url, 2); len(got) != 0 {
			t.Errorf("received a third time: %+v", got)
		}
		got := receive(t, c, dead, 0)
		if len(got) != 1 || *got[0].Body != "poison" || !strings.HasSuffix(got[0].Attributes["DeadLetterQueueSourceArn"], ":q") {
			t.Errorf("dead letters: %+v", got)
		}
		send(t, c, url, "stale")
		time.Sleep(61 * time.Second)
		if got := receive(t, c, url, 0); len(got) != 0 {
			t.Errorf("received after the retention period: %+v", got)
		}
	})
}
