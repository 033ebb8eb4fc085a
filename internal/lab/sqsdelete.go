package lab

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// receiptEntry names a received message in DeleteMessage, ChangeMessageVisibility and their batches.
type receiptEntry struct {
	Id                string
	ReceiptHandle     string
	VisibilityTimeout int
}

type receiptInput struct {
	QueueUrl string
	receiptEntry
	Entries []receiptEntry
}

type batchDone struct{ Id string }

func deleteMessage(c *call) (any, error) {
	var in receiptInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return nil, q.delete(in.receiptEntry)
}

func deleteMessageBatch(c *call) (any, error) {
	var in receiptInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return batch(in.Entries, receiptEntry.id, func(e receiptEntry) (any, error) { return batchDone{e.Id}, q.delete(e) })
}

func changeMessageVisibility(c *call) (any, error) {
	var in receiptInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return nil, q.hide(in.receiptEntry, c.now)
}

func changeMessageVisibilityBatch(c *call) (any, error) {
	var in receiptInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return batch(in.Entries, receiptEntry.id, func(e receiptEntry) (any, error) { return batchDone{e.Id}, q.hide(e, c.now) })
}

func (e receiptEntry) id() string { return e.Id }

// find returns the index of the message with this receipt, or -1 if it is gone or has a newer receipt.
func (q *queue) find(receipt string) (int, error) {
	decoded, err := base64.StdEncoding.DecodeString(receipt)
	if err != nil || !strings.Contains(string(decoded), " ") {
		return -1, errorf("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", receipt)
	}
	return slices.IndexFunc(q.messages, func(m *message) bool { return m.receipt == receipt }), nil
}

// delete removes a message. As in SQS, deleting it again is no error, and a receipt that was superseded by a later
// receive deletes nothing.
func (q *queue) delete(e receiptEntry) error {
	i, err := q.find(e.ReceiptHandle)
	if err == nil && i >= 0 {
		q.messages = slices.Delete(q.messages, i, i+1)
	}
	return err
}

// hide changes when a message in flight becomes visible again.
func (q *queue) hide(e receiptEntry, now time.Time) error {
	if e.VisibilityTimeout < 0 || e.VisibilityTimeout > maxVisibility {
		return errorf("InvalidParameterValue", "Value %d for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and %d, if provided.", e.VisibilityTimeout, maxVisibility)
	}
	i, err := q.find(e.ReceiptHandle)
	if err != nil {
		return err
	}
	if i < 0 || !q.messages[i].visible.After(now) {
		return errorf("MessageNotInflight", "The message referred to is not in flight.")
	}
	q.messages[i].visible = now.Add(time.Duration(e.VisibilityTimeout) * time.Second)
	q.wake()
	return nil
}
