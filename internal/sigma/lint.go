package sigma

import (
	"fmt"
	"slices"
	"strings"
)

// Warning is something in a rule that is allowed but hardly meant.
type Warning struct {
	Position
	What string
	Fix  string
}

// String is one line with the place, the doubt and the remedy.
func (w Warning) String() string { return fmt.Sprintf("%s: %s; %s", w.Position, w.What, w.Fix) }

// recordFields are the fields at the top of CloudTrail records of all categories, Insights and network activity among
// them, and of the events that EventBridge wraps around them. Source:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
var recordFields = []string{
	"additionalEventData", "addendum", "apiVersion", "awsRegion", "errorCode", "errorMessage", "eventCategory",
	"eventContext", "eventID", "eventName", "eventSource", "eventTime", "eventType", "eventVersion", "insightDetails",
	"managementEvent", "readOnly", "recipientAccountId", "requestID", "requestParameters", "resources",
	"responseElements", "serviceEventDetails", "sessionCredentialFromConsole", "sharedEventID", "sourceIPAddress",
	"tlsDetails", "userAgent", "userIdentity", "vpcEndpointAccountId", "vpcEndpointId", "edgeDeviceDetails",
}

// identityFields are the fields of userIdentity. Source:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
var identityFields = []string{
	"type", "principalId", "arn", "accountId", "accessKeyId", "userName", "sessionContext", "invokedBy", "identityProvider",
	"credentialId", "identityStoreArn", "onBehalfOf", "inScopeOf", "invokedByDelegate",
}

// Names decide which event sources and names are known. A function that is nil knows all of them. They are asked in
// lower case.
type Names struct {
	Source func(host string) bool
	Event  func(name string) bool
}

// Lint looks for what is allowed but hardly meant. Rules for other logs than CloudTrail's are only checked for their form.
//
// What CloudTrail could ever write isn't known, since AWS adds services and events every week. So a name is only doubted
// if it is against the rules by which AWS forms them: fields at the top of a record and in userIdentity that the
// documentation doesn't have (not below requestParameters and others, where each service has its own), event sources
// that are no service's host name, and event names with characters that no event has. Names that are not known are
// doubted in addition.
func Lint(r *Rule, known Names) []Warning {
	l := linter{cloudTrail: Applies(r.LogSource), known: known}
	l.detection(&r.detection)
	if r.detection.timeframe != nil && !r.Hidden {
		l.warn(Position{r.File, r.detection.timeframe.Line, r.detection.timeframe.Column},
			"timeframe has no effect without an aggregation, and one record is all that the rule looks at",
			"write a correlation rule if several records belong together, or remove it")
	}
	return l.warnings
}

// LintFilter looks for what is hardly meant in a filter.
func LintFilter(f *Filter, known Names) []Warning {
	l := linter{cloudTrail: Applies(f.LogSource), known: known}
	l.detection(&f.detection)
	if f.detection.condition != nil && !f.detection.condition.negates() {
		l.warn(f.Position, "the filter keeps only what its condition matches", "write condition: not selection to suppress what it matches")
	}
	return l.warnings
}

type linter struct {
	cloudTrail bool
	known      Names
	warnings   []Warning
}

func (l *linter) warn(at Position, what, fix string) {
	l.warnings = append(l.warnings, Warning{at, what, fix})
}

func (e *expr) negates() bool {
	return e.op == notOf || slices.ContainsFunc(e.args, (*expr).negates)
}

func (l *linter) detection(d *detection) {
	used := map[string]bool{}
	if d.condition != nil {
		d.condition.names(func(name string) { used[name] = true })
	}
	for _, s := range d.searches {
		if !used[s.name] {
			l.warn(s.at, fmt.Sprintf("no condition uses %q", clip(s.name)), "add it to the condition, or remove it")
		}
		for _, clause := range s.any {
			for _, it := range clause {
				l.item(it)
			}
		}
	}
}

func (l *linter) item(it item) {
	if it.op.all && len(it.values) == 1 && !it.op.expand {
		l.warn(it.at, "all has no effect on a single value", "remove it, or list the other values")
	}
	if !l.cloudTrail || it.field == "" {
		return
	}
	l.field(it)
	for _, v := range it.values {
		if it.op.comparison == equals && len(it.op.encodings) == 0 && !it.op.expand {
			l.value(it, v)
		}
	}
}

// field doubts fields that no record has.
func (l *linter) field(it item) {
	keys := strings.Split(it.field, ".")
	switch {
	case strings.ContainsAny(it.field, " []{}$"):
		l.warn(it.at, fmt.Sprintf("no field of a record is called %q", clip(it.field)), "write keys with dots between them; arrays need no mark")
	case !slices.Contains(recordFields, keys[0]):
		l.warn(it.at, fmt.Sprintf("CloudTrail records have no field %q", clip(keys[0])), didYouMean(keys[0], recordFields))
	case keys[0] == "userIdentity" && len(keys) > 1 && !slices.Contains(identityFields, keys[1]):
		l.warn(it.at, fmt.Sprintf("userIdentity has no field %q", clip(keys[1])), didYouMean(keys[1], identityFields))
	}
}

func didYouMean(name string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return "write " + k + ", names of fields are case-sensitive"
		}
	}
	return "see AWS's page on CloudTrail record contents"
}

// value doubts event sources and names that can't be.
func (l *linter) value(it item, v scalar) {
	if v.kind != String || it.op.windash {
		return
	}
	whole := !it.op.before && !it.op.after && !strings.ContainsAny(v.text, "*?")
	switch it.field {
	case "eventSource":
		bad := strings.Trim(strings.ToLower(v.text), "abcdefghijklmnopqrstuvwxyz0123456789.-*?")
		switch {
		case bad != "" || whole && !isService(v.text):
			l.warn(v.at, fmt.Sprintf("%q is no event source", clip(v.text)), "write a service's host name, such as cloudtrail.amazonaws.com")
		case whole && l.known.Source != nil && !l.known.Source(strings.ToLower(v.text)):
			l.warn(v.at, fmt.Sprintf("no event source %q is known", clip(v.text)), "look for a typing mistake")
		}
	case eventName:
		switch {
		case strings.ContainsAny(v.text, " \t,;/\"'"):
			l.warn(v.at, fmt.Sprintf("%q is no event name", clip(v.text)), "write the name of one API operation, such as StopLogging, and several as a list")
		case whole && l.known.Event != nil && !l.known.Event(strings.ToLower(v.text)):
			l.warn(v.at, fmt.Sprintf("no event %q is known", clip(v.text)), "look for a typing mistake")
		}
	}
}

// isService accepts the host names of AWS's services, and of those few that write records of their own.
func isService(host string) bool {
	host = strings.ToLower(host)
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn") ||
		strings.HasSuffix(host, ".aws.internal") || strings.HasSuffix(host, ".amazon.com")
}
