package trail

import (
	"strings"
	"testing"
)

func TestParseResourceARN(t *testing.T) {
	good := map[string]ResourceARN{
		"arn:aws:s3:::logs": {Bucket, "aws", "", ""},
		"arn:aws:kms:eu-west-1:111122223333:key/1234abcd":             {Key, "aws", "eu-west-1", "111122223333"},
		"arn:aws:sns:eu-west-1:111122223333:told":                     {Topic, "aws", "eu-west-1", "111122223333"},
		"arn:aws-cn:logs:cn-north-1:111122223333:log-group:/a/b:*":    {LogGroup, "aws-cn", "cn-north-1", "111122223333"},
		"arn:aws:iam::111122223333:role/service-role/to-logs":         {Role, "aws", "", "111122223333"},
		"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:Root (CIS)":  {Alarm, "aws", "eu-west-1", "111122223333"},
		"arn:aws:events:eu-west-1:111122223333:rule/trailhold":        {Rule, "aws", "eu-west-1", "111122223333"},
		"arn:aws:events:eu-west-1:111122223333:event-bus/central":     {EventBus, "aws", "eu-west-1", "111122223333"},
		"arn:aws:scheduler:eu-west-1:111122223333:schedule/default/s": {Schedule, "aws", "eu-west-1", "111122223333"},
		"arn:aws:lambda:eu-west-1:111122223333:function:guard":        {Function, "aws", "eu-west-1", "111122223333"},
		"arn:aws:sqs:eu-west-1:111122223333:dead":                     {Queue, "aws", "eu-west-1", "111122223333"},
		"arn:aws:dynamodb:eu-west-1:111122223333:table/journal":       {Table, "aws", "eu-west-1", "111122223333"},
		"arn:aws:organizations::111122223333:organization/o-abc":      {Organization, "aws", "", "111122223333"},
		"arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/e":  {EventDataStore, "aws", "eu-west-1", "111122223333"},
		"arn:aws:cloudtrail:eu-west-1:111122223333:channel/c":         {Channel, "aws", "eu-west-1", "111122223333"},
	}
	seen := map[ResourceType]bool{}
	for text, want := range good {
		if got, err := ParseResourceARN(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		seen[want.Type] = true
	}
	for _, typ := range Types() {
		if !seen[typ] || ResourceARNExample(typ) == "" {
			t.Errorf("%s: no ARN is known to be its own", typ)
		}
	}
	bad := map[string]string{
		"": "not an ARN", "logs": "not an ARN", "arn:aws:s3:::a\nb": "not an ARN", "arn:aws:s3:::" + strings.Repeat("a", 2000): "not an ARN",
		"arn:aws:cloudtrail:eu-west-1:111122223333:trail/main": "can be guarded", "arn:aws:s3:::logs/prefix": "can be guarded",
		"arn:aws:s3:::": "can be guarded", "arn:aws:kms:eu-west-1:111122223333:alias/a": "can be guarded",
		"arn:aws:sns:eu-west-1:111122223333:told:subscription": "can be guarded", "arn:amazon:s3:::logs": "partition",
		"arn:aws:s3:eu-west-1::logs": "looks like arn:aws:s3:::name", "arn:aws:iam::1111:role/r": "looks like arn:aws:iam::account:role/name",
		"arn:aws:sqs:ireland:111122223333:dead": "looks like", "arn:aws:iam:eu-west-1:111122223333:role/r": "looks like",
	}
	for text, message := range bad {
		if got, err := ParseResourceARN(text); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestGlobalRegion(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:iam::111122223333:role/r": "us-east-1", "arn:aws-us-gov:iam::111122223333:role/r": "us-gov-west-1",
		"arn:aws-cn:iam::111122223333:role/r": "cn-north-1", "arn:aws-cn:organizations::111122223333:organization/o-a": "cn-northwest-1",
		"arn:aws-iso:iam::111122223333:role/r": "", "arn:aws:s3:::logs": "",
	} {
		if a, err := ParseResourceARN(text); err != nil || a.GlobalRegion() != want {
			t.Errorf("%s: %q, %v", text, a.GlobalRegion(), err)
		}
	}
}
