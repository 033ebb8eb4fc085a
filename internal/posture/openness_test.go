package posture

import (
	"strings"
	"testing"
)

// TestForeignStatements has statements in the bucket's policy that let others in without naming them as principals, or to a part of
// the files only.
func TestForeignStatements(t *testing.T) {
	const files = bucketARN + "/AWSLogs/" + own + "/*"
	for _, test := range []struct {
		name, statement        string
		private, crossAccounts Status
		detail                 string // of either
	}{
		{"everybody reads one account's files", `"Principal":"*","Action":"s3:GetObject","Resource":"` + files + `"`, Fail, Pass, "lets everybody call s3:GetObject"},
		{"everybody writes one region's files", `"Principal":"*","Action":"s3:PutObject","Resource":"` + bucketARN + `/AWSLogs/` + own + `/CloudTrail/eu-west-?/*"`, Fail, Fail, "lets everybody call"},
		{"another account deletes one account's files", `"Principal":{"AWS":"` + elsewhere + `"},"Action":"s3:DeleteObject","Resource":"` + files + `"`, Pass, Fail, "account " + elsewhere},
		{"of any bucket of that name", `"Principal":{"AWS":"` + elsewhere + `"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::trail-*/AWSLogs/*/x"`, Pass, Fail, "account " + elsewhere},
		{"of another bucket", `"Principal":{"AWS":"` + elsewhere + `"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::other/*"`, Pass, Pass, ""},
		{"another account, in a condition", `"Principal":"*","Action":"s3:PutObject","Resource":"` + files + `","Condition":{"StringEquals":{"aws:PrincipalAccount":"` + elsewhere + `"}}`, Pass, Fail, "account " + elsewhere},
		{"a role of another account, in a condition", `"Principal":"*","Action":"s3:PutObject","Resource":"` + files + `","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::` + elsewhere + `:role/x*"}}`, Pass, Fail, "account " + elsewhere},
		{"the account itself, in a condition", `"Principal":"*","Action":"s3:*","Resource":"` + files + `","Condition":{"StringEquals":{"aws:PrincipalAccount":"` + own + `"}}`, Pass, Pass, ""},
		{"the organization", `"Principal":"*","Action":"s3:PutObject","Resource":"` + files + `","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-example"}}`, Pass, Fail, "other accounts of the organization"},
		{"another organization", `"Principal":"*","Action":"s3:PutObject","Resource":"` + files + `","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-another"}}`, Pass, Unknown, "may let other accounts"},
		{"an endpoint", `"Principal":"*","Action":"s3:PutObject","Resource":"` + files + `","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`, Pass, Unknown, "may let other accounts"},
		{"a canonical user", `"Principal":{"CanonicalUser":"abc"},"Action":"s3:PutObject","Resource":"` + files + `"`, Pass, Unknown, "may let other accounts"},
		{"another account turns the lock off", `"Principal":{"AWS":"` + elsewhere + `"},"Action":"s3:PutBucketObjectLockConfiguration","Resource":"` + bucketARN + `"`, Pass, Fail, "account " + elsewhere},
		{"reading only", `"Principal":"*","Action":"s3:GetObject","Resource":"` + files + `","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-example"}}`, Pass, Pass, ""},
	} {
		inv := healthy()
		statement(`{"Sid":"Added","Effect":"Allow",` + test.statement + `}`)(&inv.Accounts[0])
		r := Audit(inv, Options{Checks: []string{"ct-bucket-private", "ct-bucket-cross-account"}})
		private, across := find(r, "ct-bucket-private")[0], find(r, "ct-bucket-cross-account")[0]
		if private.Status != test.private || across.Status != test.crossAccounts || !strings.Contains(private.Detail+across.Detail, test.detail) {
			t.Errorf("%s: %s (%s), %s (%s)", test.name, private.Status, private.Detail, across.Status, across.Detail)
		}
	}
}
