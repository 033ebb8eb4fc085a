package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// scheduleProbes read a schedule of EventBridge Scheduler.
var scheduleProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "definition"}, gone: []string{"ResourceNotFoundException"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.schedules(r.Region).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String(r.Name()), GroupName: groupOf(r.ARN)})
		if err != nil {
			return nil, failure(ctx, "GetSchedule", err)
		}
		return map[trail.Setting]any{
			trail.Identity: map[string]string{"Owner": accountOf(aws.ToString(out.Arn))},
			"definition":   stripped(described(out), "Arn", "CreationDate", "GroupName", "LastModificationDate", "Name"),
		}, nil
	}},
}

// groupOf is the group that a schedule's ARN names.
func groupOf(scheduleARN string) *string {
	_, path, _ := strings.Cut(scheduleARN, ":schedule/")
	group, _, _ := strings.Cut(path, "/")
	return &group
}

// scheduleWrites make a schedule again and put it back, always whole: what UpdateSchedule is not given becomes the default.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
var scheduleWrites = map[trail.Op]write{
	trail.OpCreateSchedule: createSchedule,
	trail.OpUpdateSchedule: scheduleWrite((*scheduler.Client).UpdateSchedule, func(s trail.Step, in *scheduler.UpdateScheduleInput) (err error) {
		*in, err = into[scheduler.UpdateScheduleInput](s.Document)
		in.Name, in.GroupName = aws.String(nameOf(s)), groupOf(s.ARN)
		return err
	}),
}

func scheduleWrite[I, O any](call operation[*scheduler.Client, I, O, scheduler.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).schedules, func(o *scheduler.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

// createSchedule makes the group first if it is missing: deleting a group deletes all schedules in it.
func createSchedule(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	create := scheduleWrite((*scheduler.Client).CreateSchedule, newSchedule)
	metadata, err := create(ctx, c, s)
	if err == nil || failure(ctx, string(s.Op), err).Class != guard.ClassNotFound {
		return metadata, err
	}
	if _, err := scheduleWrite((*scheduler.Client).CreateScheduleGroup, func(s trail.Step, in *scheduler.CreateScheduleGroupInput) error {
		in.Name = groupOf(s.ARN)
		return nil
	})(ctx, c, s); err != nil {
		return smithy.Metadata{}, err
	}
	return create(ctx, c, s)
}

func newSchedule(s trail.Step, in *scheduler.CreateScheduleInput) (err error) {
	definition := s.Document.Members()["definition"]
	if definition.Empty() {
		return unusable(s, "cannot make a schedule whose definition is not in the baseline")
	}
	*in, err = into[scheduler.CreateScheduleInput](definition)
	in.Name, in.GroupName = aws.String(nameOf(s)), groupOf(s.ARN)
	return err
}
