package cli

import (
	"testing"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestDiffText shows what people see who compare: which resource, and of two long policies what differs.
func TestDiffText(t *testing.T) {
	const bucket, rule = "arn:aws:s3:::audit-logs", "arn:aws:events:eu-west-1:111122223333:rule/trailhold"
	allow := `{"Action":"s3:PutObject","Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"}},"Effect":"Allow"}`
	c := comparison{
		Worst: severity.Critical,
		Trails: []comparedTrail{{"audit", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit", "eu-west-1", trail.Difference{
			Drifts: []trail.Drift{
				{Field: "bucket.policy", Resource: bucket, Direction: trail.Narrowing, Severity: severity.High, Detail: "who may write and read log files has changed",
					Before: trail.Document(`{"Statement":[` + allow + `]}`),
					After:  trail.Document(`{"Statement":[` + allow + `,{"Action":"s3:*","Effect":"Deny","Principal":"*","Resource":"arn:aws:s3:::audit-logs/*"}]}`)},
				{Field: "bucket.versioning", Resource: bucket, Direction: trail.Narrowing, Severity: severity.High, Detail: "log files that are deleted can no longer be brought back",
					Before: trail.Document(`{"Status":"Enabled"}`), After: trail.Document(`{"Status":"Suspended"}`)},
			},
			Unknown: []trail.UnknownFacet{{Facet: "key.state", Resource: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd", Why: "DescribeKey: AccessDeniedException"}},
		}}},
		Resources: []comparedResource{
			{trail.Rule, "trailhold", rule, "eu-west-1", trail.Difference{
				Drifts: []trail.Drift{{Field: "rule.definition", Resource: rule, Direction: trail.Narrowing, Severity: severity.Critical, Detail: "the rule no longer wakes the guard as it should",
					Before: trail.Document(`{"EventPattern":"{}","State":"ENABLED"}`), After: trail.Document(`{"EventPattern":"{}","State":"DISABLED"}`)}},
				Unknown: []trail.UnknownFacet{{Facet: "rule.targets", Resource: rule, Why: "throttled"}},
			}},
			{trail.Table, "journal", "arn:aws:dynamodb:eu-west-1:111122223333:table/journal", "eu-west-1", trail.Difference{}},
		},
	}
	const want = `audit  eu-west-1
  bucket.policy      narrowing  high
    of     bucket audit-logs
    before nothing is gone
    after  {"Statement": [{"Action": "s3:*", "Effect": "Deny", "Principal": "*",
           "Resource": "arn:aws:s3:::audit-logs/*"}]}
    means  who may write and read log files has changed
  bucket.versioning  narrowing  high
    of     bucket audit-logs
    change {"Status": "Enabled"} → {"Status": "Suspended"}
    means  log files that are deleted can no longer be brought back
  key.state  could not be read
    of     key 1234abcd
    why    DescribeKey: AccessDeniedException

rule trailhold  eu-west-1
  rule.definition  narrowing  critical
    change {"State": "ENABLED"} → {"State": "DISABLED"}
    means  the rule no longer wakes the guard as it should
  rule.targets  could not be read
    why    throttled

table journal  eu-west-1
  as the baseline says

1 trail and 2 resources compared: 3 drifts, the worst critical; 2 parts could
not be read.
`
	if got := c.text(&page{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
