package metricfilter

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Control is one of the controls of the CIS AWS Foundations Benchmark that ask for a metric filter and an alarm.
type Control struct {
	ID    string // the check's
	Title string

	// Pattern is a filter that does what the control asks for and a little more. It's spelled as the benchmark spells its
	// own, because tools that compare texts are content with nothing else.
	Pattern string

	required []sample
	advised  []sample
	harmless []sample

	// about are the selectors of what makes a record one that the control is about. A filter may ask anything of them that
	// the required records fulfil. Of all others it may ask nothing.
	about []string

	// shaped are selectors whose values have one form in all records that the control is about, such as the ARN of a root
	// user. A filter may ask for the form, and may not leave out one of its values.
	shaped map[string]shape

	// except are values that the benchmark itself leaves out, by selector.
	except map[string]string
}

// sample is a record and what to call it.
type sample struct {
	name   string
	record map[string]any
}

// shape makes a value of a form that has as much as possible of what a pattern compares with; false if nothing fits.
type shape func(compared string) (string, bool)

// accountDigits finds the part of an account's id that a pattern names.
var accountDigits = regexp.MustCompile(`\d{1,12}`)

// rootOf is the ARN of an account's root user, of the account of which the pattern names a part.
func rootOf(compared string) (string, bool) {
	id := accountDigits.FindString(compared)
	return "arn:aws:iam::" + id + strings.Repeat("0", 12-len(id)) + ":root", id != ""
}

// aCall are the selectors of what all records of one API operation have in common. The version of the record's form is not
// among them: AWS raises it from time to time, and a filter that asks for one falls silent then.
var aCall = []string{"$.eventSource", "$.eventName", "$.eventType", "$.eventCategory", "$.managementEvent", "$.readOnly"}

// with is a record that differs from another in some fields, which are given by their selectors.
func (s sample) with(name string, changes map[string]any) sample {
	record := s.record
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		p := &parser{text: path}
		where, err := p.selector()
		if err != nil {
			panic("a selector of the table of controls: " + err.Error()) // a test makes every record
		}
		record, _ = where.set(record, changes[path])
	}
	return sample{name, record}
}

// callBy is the record of an API call as CloudTrail writes it, made by an IAM user.
func callBy(source, name string) sample {
	return sample{name, map[string]any{
		"eventVersion": "1.11",
		"userIdentity": map[string]any{
			"type": "IAMUser", "principalId": "AIDAEXAMPLE0000000001", "arn": "arn:aws:iam::111122223333:user/alice",
			"accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE000000001", "userName": "alice",
		},
		"eventTime":          "2026-03-04T05:06:07Z",
		"eventSource":        source + ".amazonaws.com",
		"eventName":          name,
		"awsRegion":          "us-east-1",
		"sourceIPAddress":    "192.0.2.10",
		"userAgent":          "aws-cli/2.17.0",
		"requestParameters":  map[string]any{},
		"responseElements":   map[string]any{},
		"requestID":          "5d3b8f2e-0000-4000-8000-000000000001",
		"eventID":            "5d3b8f2e-0000-4000-8000-000000000002",
		"readOnly":           false,
		"eventType":          "AwsApiCall",
		"managementEvent":    true,
		"recipientAccountId": "111122223333",
		"eventCategory":      "Management",
		"tlsDetails":         map[string]any{"tlsVersion": "TLSv1.3"},
	}}
}

// signIn is the record of a user's sign-in to the console.
func signIn() sample {
	return callBy("signin", "ConsoleLogin").with("a console sign-in", map[string]any{
		"$.eventType":                         "AwsConsoleSignIn",
		"$.requestParameters":                 absent{},
		"$.responseElements":                  map[string]any{"ConsoleLogin": "Success"},
		"$.additionalEventData.MFAUsed":       "Yes",
		"$.additionalEventData.LoginTo":       "https://console.aws.amazon.com/console/home",
		"$.userIdentity.accessKeyId":          absent{},
		"$.additionalEventData.MobileVersion": "No",
	})
}

// asRoot makes the root user the one who did it.
func (s sample) asRoot(name string) sample {
	return s.with(name, map[string]any{
		"$.userIdentity.type": "Root", "$.userIdentity.userName": absent{}, "$.userIdentity.principalId": "111122223333",
		"$.userIdentity.arn": "arn:aws:iam::111122223333:root",
	})
}

// calls are records of several calls of one service.
func calls(source, names string) []sample {
	var out []sample
	for _, name := range strings.Fields(names) {
		out = append(out, callBy(source, name))
	}
	return out
}

// everyday are records that happen all the time and that no control is about.
func everyday() []sample {
	reading := map[string]any{"$.readOnly": true}
	var out []sample
	for _, s := range slices.Concat(
		calls("ec2", "DescribeInstances DescribeSecurityGroups DescribeRouteTables"),
		calls("cloudtrail", "DescribeTrails GetTrailStatus LookupEvents"),
		calls("iam", "ListUsers GetPolicy"),
		calls("s3", "GetBucketPolicy ListBuckets"),
		calls("kms", "Decrypt DescribeKey"),
		calls("config", "DescribeConfigurationRecorders"),
		calls("organizations", "DescribeOrganization ListAccounts"),
		calls("sts", "AssumeRole GetCallerIdentity"),
	) {
		out = append(out, s.with(s.name, reading))
	}
	return append(out, signIn().with("a console sign-in with MFA", nil))
}

// named is the condition that the event has one of the names.
func named(names string) string {
	conditions := strings.Fields(names)
	for i, name := range conditions {
		conditions[i] = "($.eventName = " + name + ")"
	}
	return strings.Join(conditions, " || ")
}

// ofSource is a pattern for calls of one service.
func ofSource(source, names string) string {
	return "{ ($.eventSource = " + source + ".amazonaws.com) && (" + named(names) + ") }"
}
