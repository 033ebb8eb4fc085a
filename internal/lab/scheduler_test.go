package lab_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/lab"
)

func sweepTarget() *schedulertypes.Target {
	return &schedulertypes.Target{Arn: aws.String(guardFunction), RoleArn: aws.String(guardRole), Input: aws.String(`{"sweep":"<aws.scheduler.schedule-arn>"}`)}
}

func sweepSchedule(expression string) *scheduler.CreateScheduleInput {
	return &scheduler.CreateScheduleInput{Name: aws.String("sweep"), ScheduleExpression: &expression,
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: "OFF"}, Target: sweepTarget(), Description: aws.String("d")}
}

func updateOf(in *scheduler.CreateScheduleInput, state schedulertypes.ScheduleState) *scheduler.UpdateScheduleInput {
	return &scheduler.UpdateScheduleInput{Name: in.Name, ScheduleExpression: in.ScheduleExpression, FlexibleTimeWindow: in.FlexibleTimeWindow, Target: in.Target, State: state}
}

func TestSchedules(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx, name := scheduler.NewFromConfig(k.config(home, "ALICE")), t.Context(), aws.String("sweep")
	for _, expression := range []string{"rate(0 minutes)", "rate(5 parsecs)", "cron(1)", "rate(999999 days)"} {
		_, err := c.CreateSchedule(ctx, sweepSchedule(expression))
		expectCode(t, err, "ValidationException")
	}
	in := sweepSchedule("rate(5 minutes)")
	made := must[*scheduler.CreateScheduleOutput](t)(c.CreateSchedule(ctx, in))
	wantEqual(t, "ARN", *made.ScheduleArn, "arn:aws:scheduler:us-east-1:111122223333:schedule/default/sweep")
	_, err := c.CreateSchedule(ctx, in)
	expectCode(t, err, "ConflictException")
	_, err = c.UpdateSchedule(ctx, updateOf(in, "DISABLED"))
	expectCode(t, err, "")
	got := must[*scheduler.GetScheduleOutput](t)(c.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: name}))
	wantEqual(t, "schedule", []any{got.State, aws.ToString(got.Description), *got.ScheduleExpression, *got.Target.Arn, *got.GroupName, got.FlexibleTimeWindow.Mode},
		[]any{"DISABLED", "", "rate(5 minutes)", guardFunction, "default", "OFF"})
	_, err = c.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: aws.String("g")})
	expectCode(t, err, "")
	in.GroupName = aws.String("g")
	_, err = c.CreateSchedule(ctx, in)
	expectCode(t, err, "")
	list := must[*scheduler.ListSchedulesOutput](t)(c.ListSchedules(ctx, &scheduler.ListSchedulesInput{GroupName: in.GroupName}))
	groups := must[*scheduler.ListScheduleGroupsOutput](t)(c.ListScheduleGroups(ctx, &scheduler.ListScheduleGroupsInput{}))
	wantEqual(t, "lists", []int{len(list.Schedules), len(groups.ScheduleGroups)}, []int{1, 2})
	_, err = c.DeleteScheduleGroup(ctx, &scheduler.DeleteScheduleGroupInput{Name: in.GroupName})
	expectCode(t, err, "")
	_, err = c.GetScheduleGroup(ctx, &scheduler.GetScheduleGroupInput{Name: in.GroupName})
	expectCode(t, err, "ResourceNotFoundException")
	_, err = c.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: name, GroupName: in.GroupName})
	expectCode(t, err, "ResourceNotFoundException")
	_, err = c.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: name})
	expectCode(t, err, "")
	_, err = c.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: name})
	expectCode(t, err, "ResourceNotFoundException")
	update := k.find(home, "UpdateSchedule")
	wantEqual(t, "record", []any{update.EventSource, update.RequestParameters["name"], update.RequestParameters["state"]}, []any{"scheduler.amazonaws.com", "sweep", "DISABLED"})
	k.find(home, "CreateSchedule")
	k.find(home, "DeleteScheduleGroup")
}

func TestScheduleRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		cfg := sdk(l, "me", "us-east-1")
		c, functions, roles, q, ctx := scheduler.NewFromConfig(cfg), lambda.NewFromConfig(cfg), iam.NewFromConfig(cfg), sqs.NewFromConfig(cfg), t.Context()
		_, deadARN := makeQueue(t, q, "dead", nil)
		got := make(chan string, 100)
		l.RegisterFunction(guardFunction, func(event []byte) { got <- string(event) })
		in := sweepSchedule("rate(5 minutes)")
		in.Target.DeadLetterConfig = &schedulertypes.DeadLetterConfig{Arn: &deadARN}
		must[*scheduler.CreateScheduleOutput](t)(c.CreateSchedule(ctx, in))
		after := func(what string, minutes, want int) {
			t.Helper()
			time.Sleep(time.Duration(minutes)*time.Minute + time.Second)
			synctest.Wait()
			if len(got) != want {
				t.Errorf("%s: %d invocations in %d minutes, want %d", what, len(got), minutes, want)
			}
			for len(got) > 0 {
				if event := <-got; event != `{"sweep":"arn:aws:scheduler:us-east-1:111122223333:schedule/default/sweep"}` {
					t.Errorf("%s: the function got %s", what, event)
				}
			}
		}
		after("enabled", 15, 3)
		_, err := c.UpdateSchedule(ctx, updateOf(in, "DISABLED"))
		expectCode(t, err, "")
		after("disabled", 15, 0)
		_, err = c.UpdateSchedule(ctx, updateOf(in, "ENABLED"))
		expectCode(t, err, "")
		makeFunction(t, functions, "guard")
		after("needs no resource policy", 10, 2)
		makeRole(t, roles, "other")
		after("the role doesn't exist", 10, 0)
		makeRole(t, roles, "guard")
		trust := func(principal string) {
			t.Helper()
			_, err := roles.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("guard"),
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + principal + `"},"Action":"sts:AssumeRole"}]}`)})
			expectCode(t, err, "")
		}
		trust("lambda.amazonaws.com")
		_, err = roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("guard"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
		expectCode(t, err, "")
		after("the role doesn't trust Scheduler", 10, 0)
		trust("scheduler.amazonaws.com")
		after("the role is in order", 10, 2)
		_, err = functions.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: aws.String("guard")})
		expectCode(t, err, "")
		after("no function", 5, 0)
		url := must[*sqs.GetQueueUrlOutput](t)(q.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("dead")})).QueueUrl
		if m := receive(t, q, url, 0); len(m) != 5 {
			t.Errorf("%d dead letters, want 5", len(m))
		}
		_, err = c.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: in.Name})
		expectCode(t, err, "")
		makeFunction(t, functions, "guard")
		after("deleted", 15, 0)
	})
}
