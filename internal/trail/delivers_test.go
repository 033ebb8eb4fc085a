package trail

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/severity"
)

const letsIn = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs"},
	{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*",
	 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}%s]}`

func TestWhetherAPolicyStillLetsCloudTrailDeliver(t *testing.T) {
	with := func(more string) Document { return document(t, strings.Replace(letsIn, "%s", more, 1)) }
	good, reworded := with(""), document(t, strings.ReplaceAll(strings.Replace(letsIn, "%s", "", 1), `"s3:PutObject"`, `["s3:PutObject"]`))
	denied := with(`,{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}`)
	harmless := with(`,{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}`)
	for name, c := range map[string]struct {
		want, have Document
		field      Field
		severity   severity.Severity
		says       string
	}{
		"as wanted":                    {good, good, "", severity.None, ""},
		"in other words":               {good, reworded, "", severity.None, ""},
		"changed, still delivering":    {good, harmless, "bucket.policy", severity.Medium, "can still deliver"},
		"denied":                       {good, denied, "bucket.policy", severity.High, "cannot deliver"},
		"deleted":                      {good, EmptyDocument, "bucket.policy", severity.High, "cannot deliver"},
		"the baseline keeps it out":    {denied, denied, FieldDelivery, severity.High, "capture the baseline again"},
		"mended, against the baseline": {denied, good, "bucket.policy", severity.Medium, "can still deliver"},
	} {
		r := Resource{Type: Bucket, ARN: bucketARN, Account: "111122223333", Region: "us-east-1", Settings: map[Setting]Document{"policy": c.want}}
		g := resting(r)
		have := asWanted(g)
		have.Dependents[r.ARN]["policy"] = Known(c.have)
		d := Diff(g, have)
		if c.field == "" {
			if len(d.Drifts) > 0 {
				t.Errorf("%s: %+v", name, d.Drifts)
			}
			continue
		}
		if len(d.Drifts) != 1 || d.Drifts[0].Field != c.field || d.Drifts[0].Severity != c.severity || !strings.Contains(d.Drifts[0].Detail, c.says) {
			t.Errorf("%s: %+v", name, d.Drifts)
		}
		if steps := Plan(Baseline{}, g, have); (len(steps) > 0) != (c.field == "bucket.policy") {
			t.Errorf("%s: steps %v", name, ids(steps))
		}
	}
}
