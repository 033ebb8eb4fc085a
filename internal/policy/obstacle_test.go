package policy_test

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
)

func TestObstacleLines(t *testing.T) {
	hostile := strings.Replace(deny(everybody, ""), `"Sid":"No"`, `"Sid":"No\n\u001b[2J see https://evil.example/x"`, 1)
	twice := organization()
	twice.Regions = nil
	for name, c := range map[string]struct {
		obstacles []policy.Obstacle
		want      []string
	}{
		"denied": {own().CheckBucket(deny(everybody, "")), []string{
			`the bucket policy denies CloudTrail s3:GetBucketAcl on arn:aws:s3:::logs, by statement "No"`,
			`the bucket policy denies CloudTrail s3:PutObject on arn:aws:s3:::logs/AWSLogs/111111111111/CloudTrail/eu-west-1/* and 3 more, by statement "No"`}},
		"not allowed": {own().CheckBucket(doc(acl(""), write(folder, strings.Replace(source, "main", "x", 1)))), []string{
			`the bucket policy does not let CloudTrail s3:PutObject on arn:aws:s3:::logs/AWSLogs/111111111111/CloudTrail/eu-west-1/* and 3 more; statement "Write" would, but for its condition "StringEquals" of "aws:SourceArn"`}},
		"wrong folder": {own().CheckBucket(doc(acl(""), write("x/*", ""))), []string{
			`the bucket policy does not let CloudTrail s3:PutObject on arn:aws:s3:::logs/AWSLogs/111111111111/CloudTrail/eu-west-1/* and 3 more; statement "Write" would, but for its Resource`}},
		"one resource": {everywhere().CheckBucket(doc(acl(""), `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:PutObject","Resource":"x","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`))[:1], []string{
			`the bucket policy does not let CloudTrail s3:PutObject on arn:aws:s3:::logs/AWSLogs/111111111111/CloudTrail/* and 2 more`}},
		"one call twice": {twice.CheckBucket(doc(acl(""))), []string{
			`the bucket policy does not let CloudTrail s3:PutObject on arn:aws:s3:::logs/AWSLogs/o-example/*`}},
		"unclear": {own().CheckTopic(doc(publish(`{"AWS":"*"}`, `"StringEquals":{"AWS:SourceOwner":"111111111111"}`))), []string{
			`can't tell whether the topic policy lets CloudTrail sns:Publish on arn:aws:sns:eu-west-1:111111111111:told: statement "Publish": the value of condition key "AWS:SourceOwner" is not known`}},
		"unreadable": {own().CheckKey("{"), []string{
			`can't tell whether CloudTrail delivers: the key policy can't be read: line 1, column 2: the JSON ends too early; close what is open`}},
		"no trail": {policy.Delivery{TrailARN: "main"}.CheckBucket(""), []string{
			`can't tell whether CloudTrail delivers: the trail's ARN "main" is not one of a trail`}},
		"hostile": {own().CheckBucket(hostile)[:1], []string{
			`the bucket policy denies CloudTrail s3:GetBucketAcl on arn:aws:s3:::logs, by statement "No\n\x1b[2J see https[:]//evil.example/x"`}},
	} {
		if len(c.obstacles) != len(c.want) {
			t.Errorf("%s: %v", name, c.obstacles)
			continue
		}
		for i, o := range c.obstacles {
			if o.String() != c.want[i] {
				t.Errorf("%s:\n got %s\nwant %s", name, o, c.want[i])
			}
		}
	}
}

func TestReader(t *testing.T) {
	account := policy.Caller("arn:aws:iam::111111111111:root", "")
	const denied = `the key policy denies arn:aws:iam::111111111111:root kms:Decrypt on arn:aws:kms:eu-west-1:111111111111:key/0a1b, by statement "No"`
	for name, c := range map[string]struct {
		text, want string
	}{
		"documented": {doc(root, encrypt(contextLike), describe), ""},
		"documented for the account's users": {doc(`{"Sid":"Read","Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:Decrypt","kms:ReEncryptFrom"],"Resource":"*",
			"Condition":{"StringEquals":{"kms:CallerAccount":"111111111111"},` + contextLike + `}}`), ""},
		"documented with Null": {doc(`{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"kms:Decrypt","Resource":"*","Condition":{"Null":{"kms:EncryptionContext:aws:cloudtrail:arn":"false"}}}`), ""},
		"CloudTrail only":      {doc(encrypt("")), `the key policy does not let arn:aws:iam::111111111111:root kms:Decrypt on arn:aws:kms:eu-west-1:111111111111:key/0a1b`},
		"denied":               {doc(root, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}`), denied},
		"denied for logs":      {doc(root, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*","Condition":{`+contextLike+`}}`), denied},
	} {
		var got string
		for _, o := range own().CheckReader(c.text, account) {
			got += o.String()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}
