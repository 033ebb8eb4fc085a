package whocan

import (
	"fmt"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

// large is an account of principals with policies of their own, some of which can do everything, and of trails each of which
// has a bucket, key, topic and log group of its own.
func large(tb testing.TB, principals, trails int) (Account, []Target) {
	a := Account{ID: account, OrganizationID: "o-1", SCPs: [][]*Policy{
		{named(tb, "FullAWSAccess", allowAll)},
		{named(tb, "FullAWSAccess", allowAll), named(tb, "protect", with(`{"Effect":"Deny","Action":["cloudtrail:StopLogging"],"Resource":"*"}`, `"ArnNotLike":{"aws:PrincipalArn":"`+iam+`role/glass"}`))},
	}}
	admin := named(tb, "admin", allowAll)
	for i := range principals {
		own := named(tb, "own", allow("arn:aws:s3:::app-"+fmt.Sprint(i)+"/*", "s3:GetObject s3:PutObject s3:DeleteObject"),
			allow("*", "ec2:Describe* logs:Get* logs:Describe* cloudtrail:Get* cloudtrail:List*"),
			allow(trailA+fmt.Sprint(i%trails), "cloudtrail:StopLogging cloudtrail:DeleteTrail"),
			with(allow("*", "kms:Decrypt kms:GenerateDataKey iam:PassRole"), `"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`),
			allow("*", "sts:AssumeRole"))
		p := role(fmt.Sprintf("r%d", i), parse(tb, `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`), own)
		if i%5 == 0 {
			p.Policies = append(p.Policies, admin)
		}
		a.Principals = append(a.Principals, p)
	}
	var targets []Target
	for i := range trails {
		add := func(kind trail.ResourceType, arn string) {
			targets = append(targets, Target{Type: kind, ARN: fmt.Sprintf(arn, i), Region: "eu-west-1", Account: account})
		}
		add(Trail, trailA+"%d")
		add(trail.Bucket, "arn:aws:s3:::logs-%d")
		add(trail.Key, "arn:aws:kms:eu-west-1:111122223333:key/%d")
		targets[len(targets)-1].Policy = parse(tb, open)
		add(trail.Topic, "arn:aws:sns:eu-west-1:111122223333:t%d")
		add(trail.LogGroup, "arn:aws:logs:eu-west-1:111122223333:log-group:g%d")
	}
	return a, targets
}

// BenchmarkEvaluate has 200 principals, 40 of whom can do everything, all techniques, and 20 trails on 80 resources.
func BenchmarkEvaluate(b *testing.B) {
	a, targets := large(b, 200, 20)
	for b.Loop() {
		if r := Evaluate(a, targets); len(r.Techniques[1].Who) != 201 {
			b.Fatal(len(r.Techniques[1].Who))
		}
	}
}
