package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/tamper"
)

// wire makes a call of one of AWS's JSON protocols and returns the answer.
func wire(box *lab.Lab, service, target string, in map[string]any) (map[string]any, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest("POST", "http://"+service, strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=lab/20260301/"+home+"/"+service+"/aws4_request")
	r.Header.Set("X-Amz-Target", target)
	answer, err := box.Client().Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", target, content)
	}
	var out map[string]any
	if err == nil && len(content) > 0 {
		err = json.Unmarshal(content, &out)
	}
	return out, err
}

func queueARN(name string) string {
	return "arn:aws:sqs:" + home + ":" + lab.DefaultAccount + ":" + name
}

// queue makes a queue, a rule that matches what the guard wants to hear of, and lets the one feed the other.
func (w *world) queue(ts *testscript.TestScript, args []string) error {
	name := args[0]
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},` +
		`"Action":"sqs:SendMessage","Resource":"` + queueARN(name) + `"}]}`
	made, err := wire(w.box, "sqs", "AmazonSQS.CreateQueue", map[string]any{
		"QueueName": name, "Attributes": map[string]string{"Policy": policy, "VisibilityTimeout": "5"},
	})
	if err != nil {
		return err
	}
	ts.Setenv("QUEUE", made["QueueUrl"].(string))
	_, err = wire(w.box, "events", "AWSEvents.PutRule", map[string]any{"Name": name, "EventPattern": tamper.EventPattern()})
	if err != nil {
		return err
	}
	_, err = wire(w.box, "events", "AWSEvents.PutTargets", map[string]any{
		"Rule": name, "Targets": []map[string]string{{"Id": "queue", "Arn": queueARN(name)}},
	})
	return err
}

// send puts a message into the queue that the script made.
func (w *world) send(ts *testscript.TestScript, args []string) error {
	_, err := wire(w.box, "sqs", "AmazonSQS.SendMessage", map[string]any{"QueueUrl": ts.Getenv("QUEUE"), "MessageBody": args[1]})
	return err
}

// queued checks how many messages the queue still has.
func (w *world) queued(ts *testscript.TestScript, args []string) error {
	out, err := wire(w.box, "sqs", "AmazonSQS.GetQueueAttributes", map[string]any{"QueueUrl": ts.Getenv("QUEUE"), "AttributeNames": []string{"All"}})
	if err != nil {
		return err
	}
	a := out["Attributes"].(map[string]any)
	state := fmt.Sprintf("%v visible, %v hidden", a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"])
	if !slices.Contains(args, state) {
		return fmt.Errorf("the queue has %s, want %q", state, args)
	}
	return nil
}
