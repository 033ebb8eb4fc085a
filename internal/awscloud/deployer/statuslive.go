package deployer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
)

// levelOf tells what is gone from what cannot be read.
func levelOf(err error) Level {
	var failed *guard.APIError
	if errors.As(err, &failed) && failed.Class == guard.ClassNotFound {
		return Wrong
	}
	return Unknown
}

// depths looks for dead letters.
func (d *Deployer) depths(ctx context.Context, p *deployed) {
	client := sqs.NewFromConfig(d.cloud.Config(), func(o *sqs.Options) { o.Region = p.region })
	for _, r := range p.resources {
		if r.Type != "AWS::SQS::Queue" {
			continue
		}
		out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: &r.PhysicalID, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
		})
		name := lastOf(r.PhysicalID)
		if failed := awscloud.Failure(ctx, "GetQueueAttributes", err); failed != nil {
			p.found(levelOf(failed), "dead letters", name, "cannot be read: %s", reason(failed))
			continue
		}
		if n := out.Attributes["ApproximateNumberOfMessages"]; n != "0" {
			p.found(Wrong, "dead letters", name, "%s waiting: see the runbook of the alarm of that name", n)
			continue
		}
		p.found(Fine, "dead letters", name, "empty")
	}
}

// running tells of a function that Lambda does not run. One that was idle for long is Inactive, and fine.
func (d *Deployer) running(ctx context.Context, p *deployed) {
	client := lambda.NewFromConfig(d.cloud.Config(), func(o *lambda.Options) { o.Region = p.region })
	for _, r := range p.resources {
		if r.Type != "AWS::Lambda::Function" {
			continue
		}
		out, err := client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &r.PhysicalID})
		switch failed := awscloud.Failure(ctx, "GetFunctionConfiguration", err); {
		case failed != nil && levelOf(failed) == Unknown: // that it is gone is told already
			p.found(Unknown, "function", r.PhysicalID, "its state cannot be read: %s", reason(failed))
		case failed != nil:
		case out.State == lambdatypes.StateFailed:
			p.found(Wrong, "function", r.PhysicalID, "cannot run: %s", clean(out.StateReason))
		case out.LastUpdateStatus == lambdatypes.LastUpdateStatusFailed:
			p.found(Wrong, "function", r.PhysicalID, "its last update failed: %s", clean(out.LastUpdateStatusReason))
		case out.Environment == nil:
			p.found(Wrong, "function", r.PhysicalID, "has no environment: it does not know its baseline")
		default:
			p.environment(r.PhysicalID, out.Environment.Variables)
		}
	}
}

// bucket is where the guard's files are.
func (p *deployed) bucket() string {
	return cmp.Or(p.parameters["BaselineS3Bucket"], p.parameters["LambdaS3Bucket"])
}

// baseline is where the guard's baseline is, and its sum.
func (p *deployed) baseline() string {
	return "s3://" + p.bucket() + "/" + p.parameters["BaselineS3Key"] + "#sha256=" + p.parameters["BaselineSHA256"]
}

// environment compares what decides about the guard with what was deployed. Values are not told: somebody may have put a secret there.
func (p *deployed) environment(function string, variables map[string]string) {
	bucket := p.bucket()
	want := map[string]string{
		"TRAILHOLD_BASELINE": p.baseline(),
		"TRAILHOLD_DRY_RUN":  fmt.Sprint(p.parameters["Restore"] == "false"),
		"TRAILHOLD_MEMBERS":  p.parameters["Members"],
	}
	want["TRAILHOLD_ALERTS"] = ""
	if key := p.parameters["AlertsS3Key"]; key != "" {
		want["TRAILHOLD_ALERTS"] = "s3://" + bucket + "/" + key + "#sha256=" + p.parameters["AlertsSHA256"]
	}
	for _, r := range p.resources {
		switch r.Type {
		case "AWS::DynamoDB::Table":
			want["TRAILHOLD_TABLE"] = r.PhysicalID
		case "AWS::SNS::Topic":
			want["TRAILHOLD_TOPIC_ARN"] = r.PhysicalID
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if variables[name] != want[name] {
			p.found(Wrong, "function", function, "%s is not what was deployed", name)
		}
	}
}

// silence tells what the alarm on silence has seen. Whether there is a heartbeat now, the metric tells first.
func (p *deployed) silence(a cwtypes.MetricAlarm) {
	name := clean(a.AlarmName)
	switch {
	case a.StateValue == cwtypes.StateValueAlarm && p.beating():
		p.found(Note, "heartbeat", name, "has gone off and is not back yet, though there is a heartbeat again")
	case a.StateValue == cwtypes.StateValueAlarm:
		p.found(Wrong, "heartbeat", name, "has gone off: there was no complete sweep for %s", 2*p.beatEvery())
	case a.StateValue != cwtypes.StateValueOk:
		p.found(Note, "heartbeat", name, "CloudWatch has not looked yet")
	default:
		p.found(Fine, "heartbeat", name, "is quiet")
	}
}

// alarmStates looks for alarms that have gone off.
func (d *Deployer) alarmStates(ctx context.Context, p *deployed) {
	var names []string
	for _, r := range p.resources {
		if r.Type == "AWS::CloudWatch::Alarm" {
			names = append(names, r.PhysicalID)
		}
	}
	if len(names) == 0 {
		return
	}
	client := cloudwatch.NewFromConfig(d.cloud.Config(), func(o *cloudwatch.Options) { o.Region = p.region })
	out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: names})
	if err != nil {
		p.found(Unknown, "alarms", "all", "their states cannot be read: %s", reason(awscloud.Failure(ctx, "DescribeAlarms", err)))
		return
	}
	for _, a := range out.MetricAlarms {
		switch {
		case aws.ToString(a.MetricName) == heartbeat:
			p.silence(a)
		case a.StateValue != cwtypes.StateValueAlarm:
		case aws.ToString(a.MetricName) == canaryBeat && p.chirps(time.Now()):
			p.found(Note, "alarms", clean(a.AlarmName), "has gone off, as it does until the first canary has come, and is not back yet")
		default:
			p.found(Wrong, "alarms", clean(a.AlarmName), "has gone off: %s", clean(a.StateReason))
		}
	}
}
