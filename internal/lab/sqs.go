package lab

import (
	"net/http"
	"strings"
	"time"
)

// Limits of queues and messages, from the API documentation of SQS.
const (
	maxBatch         = 10
	maxQueueMessage  = 1 << 20
	maxInFlight      = 120_000
	maxBacklog       = 200_000 // AWS has no limit; the lab's memory has
	maxQueues        = 1000    // per account and region; AWS has no limit
	maxReceiveWait   = 20
	maxVisibility    = 43_200
	maxMessageDelay  = 900
	purgeInterval    = time.Minute
	maxQueueTags     = 50
	maxMessageFields = 10 // message attributes
)

// sqsState is the queues of one account in one region.
type sqsState struct {
	queues map[string]*queue
}

// sqsService is Amazon SQS, except FIFO queues.
var sqsService = service{protocol: awsJSON, operations: map[string]operation{
	"CreateQueue":                  {run: inQueryNames(createQueue)},
	"DeleteQueue":                  {run: inQueryNames(deleteQueue)},
	"GetQueueUrl":                  {run: inQueryNames(getQueueURL), readOnly: true},
	"ListQueues":                   {run: inQueryNames(listQueues), readOnly: true},
	"ListDeadLetterSourceQueues":   {run: inQueryNames(listDeadLetterSourceQueues), readOnly: true},
	"GetQueueAttributes":           {run: inQueryNames(getQueueAttributes), readOnly: true},
	"SetQueueAttributes":           {run: inQueryNames(setQueueAttributes)},
	"PurgeQueue":                   {run: inQueryNames(purgeQueue)},
	"TagQueue":                     {run: inQueryNames(tagQueue)},
	"UntagQueue":                   {run: inQueryNames(untagQueue)},
	"ListQueueTags":                {run: inQueryNames(listQueueTags), readOnly: true},
	"AddPermission":                {run: inQueryNames(addQueuePermission)},
	"RemovePermission":             {run: inQueryNames(removeQueuePermission)},
	"SendMessage":                  {run: inQueryNames(sendMessage), silent: true},
	"SendMessageBatch":             {run: inQueryNames(sendMessageBatch), silent: true},
	"ReceiveMessage":               {run: inQueryNames(receiveMessage), silent: true},
	"DeleteMessage":                {run: inQueryNames(deleteMessage), silent: true},
	"DeleteMessageBatch":           {run: inQueryNames(deleteMessageBatch), silent: true},
	"ChangeMessageVisibility":      {run: inQueryNames(changeMessageVisibility), silent: true},
	"ChangeMessageVisibilityBatch": {run: inQueryNames(changeMessageVisibilityBatch), silent: true},
}}

// queryNames maps the names of errors to those of the retired query protocol, which SDKs still show to their users.
var queryNames = map[string]string{
	"QueueDoesNotExist":            "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":              "QueueAlreadyExists",
	"QueueDeletedRecently":         "AWS.SimpleQueueService.QueueDeletedRecently",
	"PurgeQueueInProgress":         "AWS.SimpleQueueService.PurgeQueueInProgress",
	"EmptyBatchRequest":            "AWS.SimpleQueueService.EmptyBatchRequest",
	"TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"BatchEntryIdsNotDistinct":     "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"InvalidBatchEntryId":          "AWS.SimpleQueueService.InvalidBatchEntryId",
	"BatchRequestTooLong":          "AWS.SimpleQueueService.BatchRequestTooLong",
	"MessageNotInflight":           "AWS.SimpleQueueService.MessageNotInflight",
	"UnsupportedOperation":         "AWS.SimpleQueueService.UnsupportedOperation",
}

// inQueryNames adds the header that carries an error's name in the query protocol.
func inQueryNames(run func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		answer, err := run(c)
		if api, ok := err.(*apiError); ok && queryNames[api.Code] != "" {
			c.header.Set("X-Amzn-Query-Error", queryNames[api.Code]+";Sender")
		}
		return answer, err
	}
}

// queueByARN finds a queue of any account and region, or nil.
func (l *Lab) queueByARN(arn string) *queue {
	a, ok := splitARN(arn, "sqs")
	if !ok || l.accounts[a.account] == nil || l.accounts[a.account].regions[a.region] == nil {
		return nil
	}
	return l.accounts[a.account].regions[a.region].queues.queues[a.resource]
}

// arnParts is an ARN taken apart.
type arnParts struct {
	service, region, account, resource string
}

// splitARN takes an ARN of a service apart.
func splitARN(arn, service string) (arnParts, bool) {
	parts, ok := splitAnyARN(arn)
	return parts, ok && parts.service == service
}

func splitAnyARN(arn string) (arnParts, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[5] == "" {
		return arnParts{}, false
	}
	return arnParts{parts[2], parts[3], parts[4], parts[5]}, true
}

// queue finds the queue that a URL of this region names, and checks that the caller may do this to it.
func (c *call) queue(queueURL string) (*queue, error) {
	path := strings.Split(strings.TrimRight(queueURL, "/"), "/")
	if len(path) < 2 || queueURL == "" {
		return nil, &apiError{Status: http.StatusNotFound, Code: "InvalidAddress", Message: "The address " + queueURL + " is not valid for this endpoint."}
	}
	owner, name := path[len(path)-2], path[len(path)-1]
	q := c.lab.queueByARN("arn:aws:sqs:" + c.region + ":" + owner + ":" + name)
	if q == nil {
		return nil, errorf("QueueDoesNotExist", "The specified queue does not exist.")
	}
	if owner == c.account.id && c.accessKey != "" {
		return q, nil
	}
	a := c.access("sqs:"+strings.TrimSuffix(c.operation, "Batch"), q.arn)
	if ask(q.attributes["Policy"], a) != policyAllows {
		return nil, &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access to the resource " + queueURL + " is denied."}
	}
	return q, nil
}

// queueURL is a queue's address as this caller sees it: at the host that it talks to.
func (c *call) queueURL(q *queue) string { return c.endpoint() + "/" + q.account + "/" + q.name }

// endpoint is the address that the caller talks to.
func (c *call) endpoint() string {
	if c.request.TLS != nil || c.request.URL.Scheme == "https" {
		return "https://" + c.request.Host
	}
	return "http://" + c.request.Host
}
