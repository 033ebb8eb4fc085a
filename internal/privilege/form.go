package privilege

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// self is the resource itself.
var self = Form{Shape: "its ARN", arns: func(s subject) []string { return []string{s.exactly(s.arn)} }}

// exactly is a name that means itself, whatever is in it: names of alarms, and keys of objects, may have what policies take
// for wildcards and variables.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
func (s subject) exactly(name string) string {
	if s.blank {
		return name
	}
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(name)
}

// anything is for actions that cannot be limited to a resource.
func anything(why string) Form {
	return Form{Shape: "`*`", Why: why, arns: func(subject) []string { return []string{"*"} }}
}

// unlimited is for actions of which the Service Authorization Reference names no resource type.
var unlimited = anything("the action takes no resource")

// below is what begins with the resource's ARN.
func below(suffix, shape string) Form {
	return Form{Shape: shape, arns: func(s subject) []string { return []string{s.exactly(s.arn) + suffix} }}
}

// sibling is a resource of another type in the same region and account.
func sibling(service, rest, shape, why string) Form {
	return Form{Shape: shape, Why: why, arns: func(s subject) []string { return []string{s.other(service, rest)} }}
}

// other is the ARN of something else in the subject's region and account.
func (s subject) other(service, rest string) string {
	return strings.Join([]string{"arn", s.partition, service, s.region, s.account, rest}, ":")
}

// when limits a form to subjects of which something holds.
func (f Form) when(holds func(subject) bool) Form {
	arns := f.arns
	f.arns = func(s subject) []string {
		if !holds(s) {
			return nil
		}
		return arns(s)
	}
	return f
}

// logFiles are the files that CloudTrail delivers to a trail's bucket, and what lies beside them.
var logFiles = Form{Shape: "`bucket/[prefix/]AWSLogs/*`", arns: func(s subject) []string {
	if s.blank {
		return []string{s.arn + "/*AWSLogs/*"} // whatever the prefix is
	}
	bucket := "arn:" + s.partition + ":s3:::" + s.trail.S3BucketName
	return []string{bucket + s.exactly(strings.TrimSuffix("/"+s.trail.S3KeyPrefix, "/")) + "/AWSLogs/*"}
}}

// logBucket is the bucket of a trail.
var logBucket = Form{Shape: "the trail's bucket", arns: func(s subject) []string {
	if s.blank {
		return []string{s.arn}
	}
	return []string{"arn:" + s.partition + ":s3:::" + s.trail.S3BucketName}
}}

// bucketOf is the bucket of a place in one.
var bucketOf = Form{Shape: "the bucket", arns: func(s subject) []string {
	bucket, _, _ := strings.Cut(s.arn, "/")
	return []string{bucket}
}}

// group is a log group, in both forms that CloudWatch Logs knows its ARN in.
var group = Form{Shape: "its ARN, with and without `:*`", arns: func(s subject) []string {
	arn := s.exactly(strings.TrimSuffix(s.arn, ":*"))
	return []string{arn, arn + ":*"}
}}

// passed are the roles that a setting hands to a service: the values of a member of the wanted document.
func passed(setting, member string) Form {
	return Form{Shape: "the roles in " + setting, arns: func(s subject) []string { return valuesIn(s.document(setting), member) }}
}

// named are the values of a member of the wanted document that are ARNs of some service.
func named(setting, member, service, shape string) Form {
	return Form{Shape: shape, arns: func(s subject) []string {
		return slices.DeleteFunc(valuesIn(s.document(setting), member), func(arn string) bool { return arnPart(arn, 2) != service })
	}}
}

// wantedMuteRules are the rules that mute an alarm, as far as the baseline has them.
var wantedMuteRules = Form{Shape: "`alarm-mute-rule:name` of each in the baseline", arns: func(s subject) (arns []string) {
	for name := range s.document("muteRules").Members() {
		arns = append(arns, s.other("cloudwatch", "alarm-mute-rule:"+s.exactly(name)))
	}
	return arns
}}

// mutedAlarms are all alarms that the wanted mute rules silence, on each of which the rule's writer needs a permission.
var mutedAlarms = Form{Shape: "each alarm that such a rule mutes", arns: func(s subject) (arns []string) {
	for _, name := range valuesIn(s.document("muteRules"), "AlarmNames") {
		arns = append(arns, s.other("cloudwatch", "alarm:"+s.exactly(name)))
	}
	return arns
}}

// organizationForm is a resource of the organization, whose ARN is arn:aws:organizations::account:organization/o-id.
func organizationForm(format, shape, why string) Form {
	return Form{Shape: shape, Why: why, arns: func(s subject) []string {
		return []string{"arn:" + s.partition + ":organizations::" + strings.NewReplacer("{owner}", arnPart(s.arn, 4), "{id}", s.resource.Name(), "{account}", s.account).Replace(format)}
	}}
}

// valuesIn are the strings that a document has under a member of this name, however deep.
func valuesIn(document trail.Document, member string) []string {
	var found []string
	var walk func(key string, value any)
	walk = func(key string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for k, m := range v {
				walk(k, m)
			}
		case []any:
			for _, m := range v {
				walk(key, m)
			}
		case string:
			if key == member && v != "" {
				found = append(found, v)
			}
		}
	}
	walk("", document.Value())
	slices.Sort(found)
	return slices.Compact(found)
}
