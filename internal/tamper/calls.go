package tamper

import "fmt"

// eventSource is the only service whose calls change a trail itself.
const eventSource = "cloudtrail.amazonaws.com"

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

// EventNames lists the names of the CloudTrail events that matter, sorted.
func EventNames() []string {
	return []string{
		callAddTags, callCreate, callDelete, callConfiguration, callSelectors,
		callInsights, callRemoveTags, callStart, callStop, callUpdate,
	}
}

// EventPattern is the EventBridge event pattern, in JSON, of a rule that forwards exactly the events that matter. A
// rule in state ENABLED suffices: all of them are write events.
func EventPattern() string {
	names := ""
	for n, name := range EventNames() {
		if n > 0 {
			names += ","
		}
		names += fmt.Sprintf("%q", name)
	}
	return `{"source":["aws.cloudtrail"],"detail-type":["AWS API Call via CloudTrail"],` +
		`"detail":{"eventSource":["` + eventSource + `"],"eventName":[` + names + `]}}`
}
