package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/trailhold/trailhold/internal/trail"
)

// eventBusProbes read an event bus.
var eventBusProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "policy"}, gone: []string{"ResourceNotFoundException"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.events(r.Region).DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: eventBusName(r.ARN)})
		if err != nil {
			return nil, failure(ctx, "DescribeEventBus", err)
		}
		return map[trail.Setting]any{
			trail.Identity: map[string]string{"Owner": accountOf(aws.ToString(out.Arn))},
			"policy":       jsonText(out.Policy),
		}, nil
	}},
}

// eventBusName is all that follows the kind of resource: buses of partners have slashes in their names.
func eventBusName(arn string) *string {
	_, name, _ := strings.Cut(arn, ":event-bus/")
	return &name
}

// eventBusWrites make a bus again and put its policy back, whole: a single statement would leave those of an intruder's.
var eventBusWrites = map[trail.Op]write{
	trail.OpCreateEventBus: ruleWrite((*eventbridge.Client).CreateEventBus, func(s trail.Step, in *eventbridge.CreateEventBusInput) error {
		in.Name = eventBusName(s.ARN)
		return nil
	}),
	trail.OpPutPermission: ruleWrite((*eventbridge.Client).PutPermission, func(s trail.Step, in *eventbridge.PutPermissionInput) error {
		in.EventBusName, in.Policy = eventBusName(s.ARN), aws.String(string(s.Document))
		return nil
	}),
	trail.OpRemovePermission: ruleWrite((*eventbridge.Client).RemovePermission, func(s trail.Step, in *eventbridge.RemovePermissionInput) error {
		in.EventBusName, in.RemoveAllPermissions = eventBusName(s.ARN), true
		return nil
	}),
}
