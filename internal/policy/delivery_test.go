package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/policy"
)

const (
	trailARN = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/main"
	keyARN   = "arn:aws:kms:eu-west-1:111111111111:key/0a1b"
	topicARN = "arn:aws:sns:eu-west-1:111111111111:told"
)

// own is a trail of one account.
func own() policy.Delivery {
	return policy.Delivery{
		TrailARN: trailARN, Bucket: "logs", Regions: []string{"eu-west-1", "us-east-1"}, Validation: true,
		KeyARN: keyARN, TopicARN: topicARN, At: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	}
}

func prefixed(prefix string) policy.Delivery {
	d := own()
	d.Prefix = prefix
	return d
}

func organization(accounts ...string) policy.Delivery {
	d := own()
	d.Organization, d.OrganizationID, d.Accounts = true, "o-example", accounts
	return d
}

// unnamed is an organization trail of an organization whose id isn't known.
func unnamed(accounts ...string) policy.Delivery {
	d := organization(accounts...)
	d.OrganizationID = ""
	return d
}

// everywhere is a trail of which not all regions are known, with insights.
func everywhere() policy.Delivery {
	d := own()
	d.Regions, d.Insights, d.BucketRegion, d.BucketAccount = nil, true, "eu-west-1", "111111111111"
	return d
}

func keyless() policy.Delivery {
	d := own()
	d.KeyARN = ""
	return d
}

// doc makes a policy of statements.
func doc(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",\n") + `]}`
}

// Statements as the CloudTrail User Guide gives them, with a condition to fill in.
func acl(condition string) string {
	return `{"Sid":"Acl","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs"` + cond(condition) + `}`
}

func write(folder, condition string) string {
	return `{"Sid":"Write","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/` + folder + `"` + cond(condition) + `}`
}

func cond(condition string) string {
	if condition == "" {
		return ""
	}
	return `,"Condition":{` + condition + `}`
}

// deny is a Deny beside the documented policy; rest are the elements between Effect and Condition.
func deny(rest, condition string) string {
	return doc(acl(""), write("AWSLogs/111111111111/*", ownerACL), `{"Sid":"No","Effect":"Deny",`+rest+cond(condition)+`}`)
}

const (
	folder    = "AWSLogs/111111111111/*"
	ownerACL  = `"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}`
	source    = `"StringEquals":{"aws:SourceArn":"` + trailARN + `"}`
	both      = `"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"` + trailARN + `"}`
	everybody = `"Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]`
	puts      = `"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"`
)

func encrypt(condition string) string {
	return `{"Sid":"Encrypt","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*"` + cond(condition) + `}`
}

const (
	describe    = `{"Sid":"Describe","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:DescribeKey","Resource":"*"}`
	decrypt     = `{"Sid":"Decrypt","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"}`
	root        = `{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"}`
	contextLike = `"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111111111111:trail/*"}`
)

func publish(principal, condition string) string {
	return `{"Sid":"Publish","Effect":"Allow","Principal":` + principal + `,"Action":"SNS:Publish","Resource":"` + topicARN + `"` + cond(condition) + `}`
}

const service = `{"Service":"cloudtrail.amazonaws.com"}`

const (
	noACL = "not allowed s3:GetBucketAcl"
	noPut = "not allowed s3:PutObject"
	denyA = `denied s3:GetBucketAcl "No"`
	denyP = `denied s3:PutObject "No"`
	oddA  = `unclear s3:GetBucketAcl "No"`
	oddP  = `unclear s3:PutObject "No"`
)

var bucketCases = []struct {
	name string
	d    policy.Delivery
	text string
	want []string
}{
	{"documented", own(), doc(acl(""), write(folder, ownerACL)), nil},
	{"documented with SourceArn", own(), doc(acl(source), write(folder, both)), nil},
	{"documented with prefix", prefixed("my-prefix"), doc(acl(source), write("my-prefix/"+folder, both)), nil},
	{"documented organization", organization("111111111111", "222222222222"), doc(acl(source), write(folder, both), write("AWSLogs/o-example/*", both)), nil},
	{"documented organization, accounts unknown", organization(), doc(acl(source), write("AWSLogs/o-example/*", both)), nil},
	{"documented Control Tower", organization(), doc(
		`{"Sid":"AllowSSLRequestsOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"],"Condition":{"Bool":{"aws:SecureTransport":false}}}`,
		`{"Sid":"Check","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com","config.amazonaws.com"]},"Action":"s3:GetBucketAcl","Resource":["arn:aws:s3:::logs"]}`,
		`{"Sid":"Delivery","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":["arn:aws:s3:::logs/AWSLogs/o-example/*"],"Condition":{"StringEquals":{"aws:SourceOrgID":"o-example"}}}`), nil},
	{"documented data perimeter", own(), deny(everybody, `"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-example"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}`), nil},
	{"old with the accounts of regions", own(), doc(
		`{"Sid":"Old","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::903692715234:root"]},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}`),
		[]string{`unclear s3:GetBucketAcl "Old"`, `unclear s3:PutObject "Old"`}},

	{"no policy", own(), "", []string{noACL, noPut}},
	{"not a policy", own(), `{"Version"`, []string{"unclear "}},
	{"everything to everybody", own(), doc(`{"Effect":"Allow",` + everybody + `}`), nil},
	{"only the acl", own(), doc(acl("")), []string{noPut}},
	{"only writing", own(), doc(write(folder, ownerACL)), []string{noACL}},
	{"another service", own(), strings.ReplaceAll(doc(acl(""), write(folder, "")), "cloudtrail.", "config."), []string{noACL, noPut}},
	{"account instead of service", own(), doc(`{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:*","Resource":"*"}`), []string{noACL, noPut}},
	{"deleted role", own(), doc(`{"Effect":"Allow","Principal":{"AWS":"AROAEXAMPLE"},"Action":"s3:*","Resource":"*"}`), []string{noACL, noPut}},
	{"canonical user", own(), doc(`{"Effect":"Allow","Principal":{"CanonicalUser":"79a59d"},"Action":"s3:*","Resource":"*"}`), []string{noACL, noPut}},
	{"wrong SourceArn", own(), doc(acl(strings.Replace(source, "main", "mine", 1)), write(folder, strings.Replace(both, "main", "mine", 1))), []string{noACL, noPut}},
	{"SourceArn of another region", own(), doc(acl(strings.Replace(source, "eu-west-1", "us-east-1", 1)), write(folder, both)), []string{noACL}},
	{"SourceArn with ArnLike", own(), doc(acl(""), write(folder, `"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111111111111:trail/*"}`)), nil},
	{"SourceArn with a wildcard that is none", own(), doc(acl(""), write(folder, `"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:*:111111111111:trail/*"}`)), []string{noPut}},
	{"one of several SourceArns", own(), doc(acl(""), write(folder, `"StringEquals":{"AWS:SourceArn":["x","`+trailARN+`"]}`)), nil},
	{"SourceAccount", own(), doc(acl(`"StringEquals":{"aws:SourceAccount":"111111111111"}`), write(folder, `"StringEquals":{"aws:SourceAccount":"222222222222"}`)), []string{noPut}},
	{"SourceOrgID that isn't known", own(), doc(acl(""), write(folder, `"StringEquals":{"aws:SourceOrgID":"o-example"}`)), []string{`unclear s3:PutObject "Write"`}},
	{"other account's folder", own(), doc(acl(""), write("AWSLogs/222222222222/*", ownerACL)), []string{noPut}},
	{"organization not in the path", organization("111111111111", "222222222222"), doc(acl(""), write(folder, ownerACL)), []string{noPut}},
	{"organization with one account open", organization("111111111111", "222222222222"), doc(acl(""), write("AWSLogs/o-example/111111111111/*", ownerACL)), []string{noPut}},
	{"organization with one of unknown accounts", organization(), doc(acl(""), write("AWSLogs/o-example/111111111111/*", ownerACL)), []string{`unclear s3:PutObject "Write"`}},
	{"other organization", organization("111111111111"), doc(acl(""), write("AWSLogs/o-other/*", ownerACL)), []string{noPut}},
	{"prefix missing in the policy", prefixed("p"), doc(acl(""), write(folder, ownerACL)), []string{noPut}},
	{"prefix only in the policy", own(), doc(acl(""), write("p/"+folder, ownerACL)), []string{noPut}},
	{"wildcard for the prefix", prefixed("p"), doc(acl(""), write("*/AWSLogs/1111111111??/*", ownerACL)), nil},
	{"logs without digests", own(), doc(acl(""), write("AWSLogs/111111111111/CloudTrail/*", ownerACL)), []string{noPut}},
	{"digests only", own(), doc(acl(""), write("AWSLogs/111111111111/CloudTrail-Digest/*", ownerACL)), []string{noPut}},
	{"one region", own(), doc(acl(""), write("AWSLogs/111111111111/*/eu-west-1/*", ownerACL)), []string{noPut}},
	{"only archives of a name", own(), doc(acl(""), write(folder+"_x.json.gz", ownerACL)), []string{`unclear s3:PutObject "Write"`}},
	{"another bucket", own(), strings.ReplaceAll(doc(acl(""), write(folder, "")), ":::logs", ":::log"), []string{noACL, noPut}},
	{"wrong ACL", own(), doc(acl(""), write(folder, `"StringEquals":{"s3:x-amz-acl":"private"}`)), []string{noPut}},
	{"ACL ignoring case", own(), doc(acl(""), write(folder, `"StringEqualsIgnoreCase":{"s3:x-amz-acl":"Bucket-Owner-Full-Control"}`)), nil},
	{"wildcard action", own(), doc(`{"Effect":"Allow","Principal":` + service + `,"Action":["s3:Get*","S3:put*"],"Resource":"arn:aws:s3:::logs*"}`), nil},
	{"NotAction in an Allow", own(), doc(`{"Effect":"Allow","Principal":` + service + `,"NotAction":"s3:PutObject","Resource":"*"}`), []string{noPut}},
	{"NotPrincipal in an Allow", own(), doc(`{"Effect":"Allow","NotPrincipal":` + service + `,"Action":"s3:*","Resource":"*"}`), []string{noACL, noPut}},
	{"NotResource in an Allow", own(), doc(`{"Effect":"Allow","Principal":` + service + `,"Action":"s3:*","NotResource":"arn:aws:s3:::logs/AWSLogs/*"}`), []string{noPut}},

	{"deny everything", own(), deny(everybody, ""), []string{denyA, denyP}},
	{"deny the service", own(), deny(`"Principal":`+service+`,"Action":"s3:PutObject","Resource":"*"`, ""), []string{denyP}},
	{"deny all services", own(), deny(`"Principal":{"Service":"*"},"Action":"s3:PutObject","Resource":"*"`, ""), []string{denyP}},
	{"deny an account", own(), deny(`"Principal":{"AWS":"222222222222"},"Action":"s3:*","Resource":"*"`, ""), nil},
	{"deny deletion", own(), deny(`"Principal":"*","Action":["s3:Delete*","s3:PutBucketPolicy"],"Resource":"*"`, ""), nil},
	{"deny with NotAction", own(), deny(`"Principal":"*","NotAction":["s3:GetBucketAcl","s3:Get*"],"Resource":"*"`, ""), []string{denyP}},
	{"deny with NotPrincipal", own(), deny(`"NotPrincipal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"s3:PutObject","Resource":"*"`, ""), []string{denyP}},
	{"deny with NotPrincipal that excepts CloudTrail", own(), deny(`"NotPrincipal":`+service+`,"Action":"s3:PutObject","Resource":"*"`, ""), nil},
	{"deny one region's folder", own(), deny(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*/us-east-1/*"`, ""), []string{denyP}},
	{"deny some hours", own(), deny(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*T00??Z*"`, ""), []string{denyP}},
	{"deny a region that isn't recorded", own(), deny(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/111111111111/CloudTrail/ap-east-1/*"`, ""), nil},
	{"deny with NotResource", own(), deny(`"Principal":"*","Action":"s3:PutObject","NotResource":"arn:aws:s3:::logs/AWSLogs/111111111111/CloudTrail/*"`, ""), []string{denyP}},
	{"deny with NotResource that excepts all", own(), deny(`"Principal":"*","Action":"s3:PutObject","NotResource":"arn:aws:s3:::logs/AWSLogs/*"`, ""), nil},
	{"deny without TLS", own(), deny(everybody, `"Bool":{"aws:SecureTransport":"false"}`), nil},
	{"deny with TLS", own(), deny(everybody, `"Bool":{"aws:SecureTransport":"true"}`), []string{denyA, denyP}},
	{"deny old TLS", own(), deny(everybody, `"NumericLessThan":{"s3:TlsVersion":1.2}`), nil},
	{"deny all but new TLS", own(), deny(everybody, `"NumericLessThan":{"s3:TlsVersion":"1.3"}`), []string{oddA, oddP}},
	{"deny outside of the organization", own(), deny(everybody, `"StringNotEquals":{"aws:PrincipalOrgID":"o-example"}`), []string{denyA, denyP}},
	{"deny outside of an endpoint", own(), deny(everybody, `"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`), []string{denyA, denyP}},
	{"deny inside of an endpoint", own(), deny(everybody, `"StringEquals":{"aws:SourceVpce":"vpce-1"}`), nil},
	{"deny addresses", own(), deny(everybody, `"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`), []string{oddA, oddP}},
	{"deny all but one role", own(), deny(everybody, `"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/admin"}`), []string{denyA, denyP}},
	{"deny one role", own(), deny(everybody, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}`), nil},
	{"deny services", own(), deny(everybody, `"Bool":{"aws:PrincipalIsAWSService":"true"}`), []string{denyA, denyP}},
	{"deny the service by name", own(), deny(everybody, `"StringLike":{"aws:PrincipalServiceName":"cloudtrail*"}`), []string{denyA, denyP}},
	{"deny by list of names", own(), deny(everybody, `"ForAnyValue:StringEquals":{"aws:PrincipalServiceNamesList":["a","cloudtrail.amazonaws.com"]}`), []string{denyA, denyP}},
	{"deny this trail", own(), deny(everybody, `"ArnEquals":{"aws:SourceArn":"arn:aws:cloudtrail:*:*:trail/main"}`), []string{denyA, denyP}},
	{"deny other trails", own(), deny(everybody, `"ArnNotEquals":{"aws:SourceArn":"`+trailARN+`"}`), nil},
	{"deny since a date", own(), deny(everybody, `"DateGreaterThan":{"aws:CurrentTime":"2026-05-01T00:00Z"}`), []string{denyA, denyP}},
	{"deny until a date", own(), deny(everybody, `"DateLessThan":{"aws:EpochTime":"1700000000"}`), nil},
	{"deny by an unknown operator", own(), deny(everybody, `"StringResembles":{"aws:SourceArn":"x"}`), []string{oddA, oddP}},
	{"deny by an unknown key", own(), deny(everybody, `"StringEquals":{"aws:Weather":"rain"}`), []string{oddA, oddP}},
	{"deny by an unknown and a false condition", own(), deny(everybody, `"StringEquals":{"aws:Weather":"rain","aws:SourceAccount":"2"}`), nil},
	{"deny by tag variable", own(), deny(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/${aws:PrincipalTag/team}/*"`, ""), []string{oddP}},
	{"deny by account variable", own(), deny(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/${aws:SourceAccount}/*"`, ""), []string{denyP}},
	{"deny if the ACL is there", own(), deny(puts, `"Null":{"s3:x-amz-acl":"false"}`), []string{denyP}},
	{"deny if the ACL is missing", own(), deny(puts, `"Null":{"s3:x-amz-acl":true}`), nil},
	{"deny without KMS, with a key", own(), deny(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/*/CloudTrail/*"`, `"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}`), nil},
	{"deny without KMS, without a key", keyless(), deny(puts, `"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}`), []string{denyP}},
	{"deny without S3's encryption, without a key", keyless(), deny(puts, `"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}`), []string{oddP}},
	{"deny another key", own(), deny(`"Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/*/CloudTrail/*"`, `"StringNotEqualsIfExists":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:eu-west-1:222222222222:key/x"}`), []string{denyP}},
	{"regions unknown", everywhere(), doc(acl(""), write(folder, ownerACL)), nil},
	{"regions unknown, one open", everywhere(), doc(acl(""), write("AWSLogs/111111111111/*/eu-west-1/*", ownerACL)), []string{`unclear s3:PutObject "Write"`}},
	{"regions unknown, nothing open", everywhere(), doc(acl("")), []string{noPut}},
	{"insights not open", everywhere(), doc(acl(""), write("AWSLogs/111111111111/CloudTrail/*", ownerACL), write("AWSLogs/111111111111/CloudTrail-Digest/*", ownerACL)), []string{noPut}},
	{"organization with one account denied", organization("111111111111", "222222222222"), doc(acl(""), write("AWSLogs/o-example/*", ownerACL),
		`{"Sid":"No","Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::logs/AWSLogs/o-example/222222222222/*"}`), []string{denyP}},
	{"deny where the bucket is", everywhere(), deny(everybody, `"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`), []string{denyA, denyP}},
	{"deny elsewhere", everywhere(), deny(everybody, `"StringNotEquals":{"aws:RequestedRegion":"eu-west-1","aws:ResourceAccount":"2"}`), nil},
	{"deny in the account", everywhere(), deny(everybody, `"StringEquals":{"aws:ResourceAccount":"111111111111"}`), []string{denyA, denyP}},
	{"deny all endpoints", own(), deny(everybody, `"StringLike":{"aws:SourceVpce":"vpce-*"}`), nil},
	{"deny whoever comes through an endpoint", own(), deny(everybody, `"Null":{"aws:SourceVpce":"false"}`), []string{oddA, oddP}},
	{"deny what services do for others", own(), deny(everybody, `"Bool":{"aws:ViaAWSService":"true"}`), nil},
	{"deny what isn't encrypted, digests included", own(), deny(puts, `"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}`), []string{oddP}},
	{"organization whose id isn't known", unnamed("111111111111"), doc(acl(""), write("AWSLogs/o-example/*", ownerACL)), []string{`unclear s3:PutObject "Write"`}},
	{"organization whose id isn't known, all open", unnamed("111111111111"), doc(acl(""), write("AWSLogs/*", ownerACL)), nil},
	{"deny and no allow", own(), doc(`{"Sid":"No","Effect":"Deny",` + everybody + `,"Condition":{"StringEquals":{"aws:Weather":"rain"}}}`), []string{noACL, noPut}},
}

func TestBucket(t *testing.T) {
	for _, c := range bucketCases {
		if got := brief(c.d.CheckBucket(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func brief(obstacles []policy.Obstacle) []string {
	var lines []string
	for _, o := range obstacles {
		kind := [...]string{"", "denied", "not allowed", "unclear"}[o.Kind]
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s %s %s", kind, o.Action, o.Statement), " "))
	}
	return lines
}

func TestKey(t *testing.T) {
	bucketKey := own()
	bucketKey.BucketKey = true
	const noEncrypt, noDescribe = "not allowed kms:GenerateDataKey", "not allowed kms:DescribeKey"
	for name, c := range map[string]struct {
		d    policy.Delivery
		text string
		want []string
	}{
		"documented":                      {own(), doc(root, encrypt(contextLike), describe), nil},
		"documented with SourceArn":       {own(), doc(encrypt(contextLike+`,`+source), describe), nil},
		"documented for the bucket key":   {bucketKey, doc(encrypt(contextLike), describe, decrypt), nil},
		"bucket key without decryption":   {bucketKey, doc(encrypt(contextLike), describe), []string{"not allowed kms:Decrypt"}},
		"only the account":                {own(), doc(root), []string{noEncrypt, noDescribe}},
		"no describing":                   {own(), doc(encrypt("")), []string{noDescribe}},
		"context of another account":      {own(), doc(encrypt(strings.Replace(contextLike, "111111111111", "222222222222", 1)), describe), []string{noEncrypt}},
		"one of several contexts":         {own(), doc(encrypt(`"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":["arn:aws:cloudtrail:*:222222222222:trail/*","arn:aws:cloudtrail:*:1111*"]}`), describe), nil},
		"wrong SourceArn":                 {own(), doc(encrypt(strings.Replace(source, "main", "x", 1)), describe), []string{noEncrypt}},
		"action without the wildcard":     {own(), doc(strings.Replace(encrypt(""), "DataKey*", "DataKey", 1), describe), nil},
		"only without plain text":         {own(), doc(strings.Replace(encrypt(""), "DataKey*", "DataKeyWithoutPlaintext", 1), describe), []string{noEncrypt}},
		"another key's ARN":               {own(), doc(strings.Replace(encrypt(""), `"*"`, `"`+keyARN+`x"`, 1), describe), []string{noEncrypt}},
		"its own ARN":                     {own(), doc(strings.Replace(encrypt(""), `"*"`, `"`+keyARN+`"`, 1), describe), nil},
		"deny all but one admin":          {own(), doc(encrypt(""), describe, `{"Sid":"No","Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111111111111:user/a"},"Action":"kms:*","Resource":"*"}`), []string{`denied kms:GenerateDataKey "No"`, `denied kms:DescribeKey "No"`}},
		"deny through S3":                 {own(), doc(encrypt(""), describe, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"kms:Generate*","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}`), []string{`unclear kms:GenerateDataKey "No"`}},
		"deny without encryption context": {own(), doc(encrypt(""), describe, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"kms:Generate*","Resource":"*","Condition":{"Null":{"kms:EncryptionContext:aws:cloudtrail:arn":"true"}}}`), nil},
		"deny foreign callers":            {own(), doc(encrypt(""), describe, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"StringNotEquals":{"kms:CallerAccount":"111111111111"}}}`), []string{`denied kms:GenerateDataKey "No"`, `denied kms:DescribeKey "No"`}},
	} {
		if got := brief(c.d.CheckKey(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestTopic(t *testing.T) {
	china := own()
	china.TrailARN = "arn:aws-cn:cloudtrail:cn-north-1:111111111111:trail/main"
	china.TopicARN = "arn:aws-cn:sns:cn-north-1:111111111111:told"
	no := []string{"not allowed sns:Publish"}
	for name, c := range map[string]struct {
		d    policy.Delivery
		text string
		want []string
	}{
		"documented":                {own(), doc(publish(service, "")), nil},
		"documented with SourceArn": {own(), doc(publish(service, source)), nil},
		"documented with account":   {own(), doc(publish(service, `"StringEquals":{"aws:SourceAccount":"111111111111"}`)), nil},
		"documented in China":       {china, doc(`{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com.cn"},"Action":"SNS:Publish","Resource":"` + china.TopicARN + `"}`), nil},
		"Chinese name elsewhere":    {own(), doc(publish(`{"Service":"cloudtrail.amazonaws.com.cn"}`, "")), no},
		"the default of SNS":        {own(), doc(publish(`{"AWS":"*"}`, `"StringEquals":{"AWS:SourceOwner":"111111111111"}`)), []string{`unclear sns:Publish "Publish"`}},
		"none":                      {own(), "", no},
		"another topic":             {own(), strings.ReplaceAll(doc(publish(service, "")), "told", "old"), no},
		"another trail":             {own(), doc(publish(service, strings.Replace(source, "main", "x", 1))), no},
		"no resource":               {own(), doc(`{"Effect":"Allow","Principal":` + service + `,"Action":"sns:Publish"}`), nil},
		"deny":                      {own(), doc(publish(service, ""), `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`), []string{`denied sns:Publish number 2`}},
		"variable in an old policy": {own(), strings.Replace(doc(publish(service, `"StringEquals":{"aws:SourceArn":"${aws:SourceArn}"}`)), "2012", "2008", 1), no},
	} {
		if got := brief(c.d.CheckTopic(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestTopicKey(t *testing.T) {
	d := own()
	d.TopicKeyARN = "arn:aws:kms:eu-west-1:111111111111:key/topic"
	const noEncrypt, noDecrypt = "not allowed kms:GenerateDataKey", "not allowed kms:Decrypt"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"documented":                {doc(`{"Effect":"Allow","Principal":` + service + `,"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}`), nil},
		"documented with SourceArn": {doc(`{"Effect":"Allow","Principal":` + service + `,"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"` + cond(source) + `}`), nil},
		"for this topic":            {doc(`{"Effect":"Allow","Principal":` + service + `,"Action":"kms:*","Resource":"*"` + cond(`"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"`+topicARN+`"}`) + `}`), nil},
		"that of the trail's key":   {doc(encrypt(contextLike), describe), []string{"unclear kms:GenerateDataKey \"Encrypt\"", noDecrypt}},
		"only the account":          {doc(root), []string{noEncrypt, noDecrypt}},
		"deny":                      {doc(encrypt(""), decrypt, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}`), []string{`denied kms:Decrypt "No"`}},
	} {
		if got := brief(d.CheckTopicKey(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}
