package lab_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/trailhold/trailhold/internal/lab"
)

// TestRoleOfTrail: where roles are kept, CloudTrail must be able to assume the one for logs and to write with it.
func TestRoleOfTrail(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	must[*cloudwatchlogs.CreateLogGroupOutput](t)(k.logs().CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("trail")}))
	c, ctx, name := iam.NewFromConfig(k.config(home, "ALICE")), t.Context(), aws.String("logs-role")
	update := func() error {
		_, err := k.trail(home).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"), CloudWatchLogsRoleArn: aws.String("arn:aws:iam::111122223333:role/logs-role"),
			CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:us-east-1:111122223333:log-group:trail:*")})
		return err
	}
	const invalid = "InvalidCloudWatchLogsRoleArnException"
	makeRole(t, c, "other")
	expectCode(t, update(), invalid) // no such role
	_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	expectCode(t, err, "")
	put := func(effect, actions string) {
		t.Helper()
		_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String(effect), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"` + effect +
			`","Action":` + actions + `,"Resource":"arn:aws:logs:us-east-1:111122223333:log-group:trail:log-stream:111122223333_CloudTrail_us-east-1*"}]}`)})
		expectCode(t, err, "")
	}
	put("Allow", `["logs:CreateLogStream","logs:PutLogEvents"]`)
	expectCode(t, update(), invalid) // doesn't trust CloudTrail
	_, err = c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	expectCode(t, err, "")
	expectCode(t, update(), "")
	put("Deny", `"logs:PutLogEvents"`)
	expectCode(t, update(), invalid)
	if status := k.status(home, "main"); aws.ToString(status.LatestCloudWatchLogsDeliveryError) != "AccessDenied" {
		t.Errorf("CloudTrail writes with a role that may not: %q", aws.ToString(status.LatestCloudWatchLogsDeliveryError))
	}
	_, err = c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("Deny")})
	expectCode(t, err, "")
	put("Allow", `"logs:CreateLogStream"`)
	expectCode(t, update(), invalid)
}
