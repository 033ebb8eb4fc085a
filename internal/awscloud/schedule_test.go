package awscloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestScheduleWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	c, group, name := w.cloud.schedules("eu-west-1"), aws.String("trailhold"), aws.String("sweep")
	target := func(input string) *schedulertypes.Target {
		return &schedulertypes.Target{
			Arn: aws.String(guardFunction), RoleArn: aws.String("arn:aws:iam::111122223333:role/sweeper"), Input: &input,
			RetryPolicy: &schedulertypes.RetryPolicy{MaximumRetryAttempts: aws.Int32(3)},
		}
	}
	off := &schedulertypes.FlexibleTimeWindow{Mode: "OFF"}
	must[scheduler.CreateScheduleGroupOutput](t)(c.CreateScheduleGroup(w.context, &scheduler.CreateScheduleGroupInput{Name: group}))
	must[scheduler.CreateScheduleOutput](t)(c.CreateSchedule(w.context, &scheduler.CreateScheduleInput{
		GroupName: group, Name: name, ScheduleExpression: aws.String("rate(5 minutes)"), FlexibleTimeWindow: off, Target: target(`{"sweep":true}`), Description: aws.String("sweeps"),
	}))
	change := func(change func(*scheduler.UpdateScheduleInput)) func(*testing.T) {
		return func(t *testing.T) {
			in := &scheduler.UpdateScheduleInput{GroupName: group, Name: name, ScheduleExpression: aws.String("rate(5 minutes)"), FlexibleTimeWindow: off, Target: target(`{"sweep":true}`), Description: aws.String("sweeps")}
			change(in)
			must[scheduler.UpdateScheduleOutput](t)(c.UpdateSchedule(w.context, in))
		}
	}
	update := []trail.Op{trail.OpUpdateSchedule}
	r := trail.Resource{Type: trail.Schedule, ARN: "arn:aws:scheduler:eu-west-1:111122223333:schedule/trailhold/sweep", Region: "eu-west-1", Account: lab.DefaultAccount}
	tamperings := []tampering{
		{"disabled", "definition", change(func(in *scheduler.UpdateScheduleInput) { in.State = "DISABLED" }), update},
		{"rarely", "definition", change(func(in *scheduler.UpdateScheduleInput) { in.ScheduleExpression = aws.String("rate(365 days)") }), update},
		{"elsewhere", "definition", change(func(in *scheduler.UpdateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:lambda:eu-west-1:111122223333:function:other")
		}), update},
		{"other input", "definition", change(func(in *scheduler.UpdateScheduleInput) { in.Target.Input = aws.String("{}") }), update},
		{"deleted", trail.Identity, func(t *testing.T) {
			must[scheduler.DeleteScheduleOutput](t)(c.DeleteSchedule(w.context, &scheduler.DeleteScheduleInput{GroupName: group, Name: name}))
		}, []trail.Op{trail.OpCreateSchedule, trail.OpUpdateSchedule}},
		{"deleted with its group", trail.Identity, func(t *testing.T) {
			must[scheduler.DeleteScheduleGroupOutput](t)(c.DeleteScheduleGroup(w.context, &scheduler.DeleteScheduleGroupInput{Name: group}))
		}, []trail.Op{trail.OpCreateSchedule, trail.OpUpdateSchedule}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.Schedule, tamperings)
	w.neverMistakes(t, r, "scheduler", "GetSchedule")
}
