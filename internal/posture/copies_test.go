package posture

import (
	"strings"
	"testing"
)

// TestCopies has rules of replication that copy all, some or none of the log files, to buckets of which the owner is known or not.
func TestCopies(t *testing.T) {
	const another = `"Destination":{"Bucket":"arn:aws:s3:::copy","Account":"` + elsewhere + `"}`
	for _, test := range []struct {
		name, rule          string
		replicated, another Status
		detail              string // of either
	}{
		{"all", another, Pass, Pass, ""},
		{"an empty prefix", `"Filter":{"Prefix":""},` + another, Pass, Pass, ""},
		{"this account's log files", `"Filter":{"Prefix":"AWSLogs/` + own + `/"},` + another, Pass, Pass, ""},
		{"of an older form", `"Prefix":"AWSLogs",` + another, Pass, Pass, ""},
		{"another account's log files", `"Filter":{"Prefix":"AWSLogs/` + elsewhere + `/"},` + another, Fail, Fail, "no copy of the log files"},
		{"those of one region", `"Prefix":"AWSLogs/` + own + `/CloudTrail/eu-west-1/",` + another, Fail, Fail, "no copy of the log files"},
		{"another folder", `"Filter":{"Prefix":"reports/"},` + another, Fail, Fail, ""},
		{"files with a tag", `"Filter":{"Tag":{"Key":"k","Value":"v"}},` + another, Fail, Fail, ""},
		{"files with tags", `"Filter":{"And":{"Prefix":"","Tags":[{"Key":"k","Value":"v"}]}},` + another, Fail, Fail, ""},
		{"nobody knows whose bucket", `"Destination":{"Bucket":"arn:aws:s3:::copy"}`, Pass, Unknown, "whose that bucket is"},
		{"an own bucket", `"Destination":{"Bucket":"` + bucketARN + `"}`, Pass, Fail, "only this account"},
	} {
		inv := healthy()
		a := &inv.Accounts[0]
		a.Trails = a.Trails[:1]
		a.set(bucketARN, "replication", doc(`{"Rules":[{"Status":"Enabled",%s}]}`, test.rule))
		r := Audit(inv, Options{Checks: []string{"ct-bucket-replication", "ct-copy-elsewhere"}})
		copied, held := find(r, "ct-bucket-replication")[0], find(r, "ct-copy-elsewhere")[0]
		if copied.Status != test.replicated || held.Status != test.another || !strings.Contains(copied.Detail+held.Detail, test.detail) {
			t.Errorf("%s: %s (%s), %s (%s)", test.name, copied.Status, copied.Detail, held.Status, held.Detail)
		}
	}
}
