package tamper

import (
	"cmp"
	"slices"
	"strings"
)

// Call is an API call as CloudTrail records it. The same name means different calls in different services.
type Call struct {
	Source string // eventSource, such as s3.amazonaws.com
	Name   string // eventName; Lambda's carry the version of its API, such as DeleteFunction20150331
}

// The services whose calls matter, as records name them. CloudWatch's records say monitoring.
const (
	sourceAccount        = "account.amazonaws.com"
	sourceAlarms         = "monitoring.amazonaws.com"
	sourceCloudFormation = "cloudformation.amazonaws.com"
	sourceCloudTrail     = "cloudtrail.amazonaws.com"
	sourceDynamoDB       = "dynamodb.amazonaws.com"
	sourceEvents         = "events.amazonaws.com"
	sourceIAM            = "iam.amazonaws.com"
	sourceKMS            = "kms.amazonaws.com"
	sourceLambda         = "lambda.amazonaws.com"
	sourceLogs           = "logs.amazonaws.com"
	sourceOrganizations  = "organizations.amazonaws.com"
	sourceS3             = "s3.amazonaws.com"
	sourceScheduler      = "scheduler.amazonaws.com"
	sourceSNS            = "sns.amazonaws.com"
	sourceSQS            = "sqs.amazonaws.com"
)

// The calls that change a trail, as CloudTrail records them.
const (
	callAddTags       = "AddTags"
	callCreate        = "CreateTrail"
	callDelete        = "DeleteTrail"
	callConfiguration = "PutEventConfiguration"
	callSelectors     = "PutEventSelectors"
	callInsights      = "PutInsightSelectors"
	callRemoveTags    = "RemoveTags"
	callStart         = "StartLogging"
	callStop          = "StopLogging"
	callUpdate        = "UpdateTrail"
)

// trailCalls lists the names of the calls that change a trail, sorted.
func trailCalls() []string {
	return []string{
		callAddTags, callCreate, callDelete, callConfiguration, callSelectors,
		callInsights, callRemoveTags, callStart, callStop, callUpdate,
	}
}

// callsOf makes calls of one service.
func callsOf(source string, names ...string) []Call {
	calls := make([]Call, len(names))
	for n, name := range names {
		calls[n] = Call{Source: source, Name: name}
	}
	return calls
}

// Calls lists all calls that matter, sorted by service and name.
func Calls() []Call {
	var all []Call
	for _, t := range table {
		all = append(all, t.Calls...)
	}
	return sorted(all)
}

// sorted sorts calls and drops repetitions.
func sorted(calls []Call) []Call {
	calls = slices.Clone(calls)
	slices.SortFunc(calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(calls)
}

// EventNames lists the names of the calls of one service that matter, sorted; nil for a service that does not.
func EventNames(source string) []string {
	var names []string
	for _, c := range Calls() {
		if c.Source == source {
			names = append(names, c.Name)
		}
	}
	return names
}

// is says whether a record with this source and name is of the call, in whatever version of its API.
func (c Call) is(source, name string) bool {
	return strings.EqualFold(c.Source, source) && c.base() == (Call{Source: c.Source, Name: name}).base()
}

// base is the name without the version of the API that Lambda puts behind it: a date, and perhaps a v and a number.
func (c Call) base() string {
	const date = len("20150331")
	if c.Source != sourceLambda {
		return c.Name
	}
	name := c.Name
	if n := strings.LastIndexByte(name, 'v'); n > 0 && digits(name[n+1:]) && n+1 < len(name) {
		name = name[:n]
	}
	if n := len(name) - date; n > 0 && digits(name[n:]) {
		return name[:n]
	}
	return c.Name
}

func digits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// recordedAs are the calls that CloudTrail records under another name than the API has.
var recordedAs = map[string]string{
	"PutBucketLifecycleConfiguration":    "PutBucketLifecycle",
	"PutBucketNotificationConfiguration": "PutBucketNotification",
	"PutObjectLockConfiguration":         "PutBucketObjectLockConfiguration",
	"PutPublicAccessBlock":               "PutBucketPublicAccessBlock",
	"DeletePublicAccessBlock":            "DeleteBucketPublicAccessBlock",
}

// Records says whether a record with this event name may be of an API operation.
func Records(eventName, operation string) bool {
	lambda := Call{Source: sourceLambda, Name: eventName}
	name, renamed := recordedAs[operation]
	return eventName == operation || lambda.base() == operation || renamed && eventName == name
}
