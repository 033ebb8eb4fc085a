package awscloud

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// Apply makes the one call that a step names, in the step's region and by ARN, once: retrying is the guard's
// business, which reads the state in between. The receipt carries AWS's request id also where the call failed.
//
// A call whose answer was lost may have taken effect; after CreateTrail the next attempt then meets ClassExists.
func (c *Cloud) Apply(ctx context.Context, step trail.Step) (guard.Receipt, error) {
	if step.Region == "" || step.ARN == "" {
		return guard.Receipt{}, unusable(step, "names no region or no resource")
	}
	meta, err := c.carryOut(ctx, step)
	if err != nil {
		if _, ok := err.(*guard.APIError); ok { // nothing was called
			return guard.Receipt{}, err
		}
		return guard.Receipt{RequestID: plain.Text(requestIDOf(err), 100)}, failure(ctx, string(step.Op), err)
	}
	id, _ := middleware.GetRequestIDMetadata(meta)
	return guard.Receipt{RequestID: plain.Text(id, 100)}, nil
}

// carryOut makes the call, of the trail itself or of a resource that it rests on.
func (c *Cloud) carryOut(ctx context.Context, step trail.Step) (smithy.Metadata, error) {
	if call, ok := calls[step.Op]; ok && step.Resource == "" {
		return call(ctx, c.CloudTrail(step.Region), step)
	}
	if write, ok := writesOf(step.Resource)[step.Op]; ok {
		return write(ctx, c, step)
	}
	return smithy.Metadata{}, unusable(step, "is not an operation that restoration uses")
}

// unusable is a step that cannot be called at all: a fault of the plan, not of AWS.
func unusable(step trail.Step, why string) error {
	return &guard.APIError{Op: string(step.Op), Message: plain.Text(fmt.Sprintf("step %q %s", step.ID, why), 200), Class: guard.ClassOther}
}

// call carries out a step and returns the metadata of AWS's answer.
type call func(context.Context, *cloudtrail.Client, trail.Step) (smithy.Metadata, error)

// calls are the operations of restoration.
var calls = map[trail.Op]call{
	trail.OpStartLogging:          startLogging,
	trail.OpCreateTrail:           createTrail,
	trail.OpUpdateTrail:           updateTrail,
	trail.OpDeleteTrail:           deleteTrail,
	trail.OpPutEventSelectors:     putEventSelectors,
	trail.OpPutInsightSelectors:   putInsightSelectors,
	trail.OpPutEventConfiguration: putEventConfiguration,
	trail.OpAddTags:               addTags,
	trail.OpRemoveTags:            removeTags,
}

// noRetry turns the SDK's retries off for one call.
func noRetry(o *cloudtrail.Options) { o.Retryer = aws.NopRetryer{} }

// result unifies what the SDK returns: on errors the output is nil.
func result[O any](out *O, err error, metadata func(*O) smithy.Metadata) (smithy.Metadata, error) {
	if err != nil {
		return smithy.Metadata{}, err
	}
	return metadata(out), nil
}

func startLogging(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	out, err := c.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &s.ARN}, noRetry)
	return result(out, err, func(o *cloudtrail.StartLoggingOutput) smithy.Metadata { return o.ResultMetadata })
}

func createTrail(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	if s.Create == nil {
		return smithy.Metadata{}, unusable(s, "has no trail to create")
	}
	out, err := c.CreateTrail(ctx, CreateInput(*s.Create), noRetry)
	return result(out, err, func(o *cloudtrail.CreateTrailOutput) smithy.Metadata { return o.ResultMetadata })
}

func updateTrail(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	if s.Update == nil {
		return smithy.Metadata{}, unusable(s, "has nothing to update")
	}
	out, err := c.UpdateTrail(ctx, UpdateInput(s.ARN, *s.Update), noRetry)
	return result(out, err, func(o *cloudtrail.UpdateTrailOutput) smithy.Metadata { return o.ResultMetadata })
}

func deleteTrail(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	out, err := c.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &s.ARN}, noRetry)
	return result(out, err, func(o *cloudtrail.DeleteTrailOutput) smithy.Metadata { return o.ResultMetadata })
}

func putEventSelectors(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	if s.Selectors == nil {
		return smithy.Metadata{}, unusable(s, "has no event selectors")
	}
	out, err := c.PutEventSelectors(ctx, SelectorsInput(s.ARN, *s.Selectors), noRetry)
	return result(out, err, func(o *cloudtrail.PutEventSelectorsOutput) smithy.Metadata { return o.ResultMetadata })
}

func putInsightSelectors(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	if s.Insights == nil {
		return smithy.Metadata{}, unusable(s, "has no insight selectors")
	}
	out, err := c.PutInsightSelectors(ctx, InsightsInput(s.ARN, *s.Insights), noRetry)
	return result(out, err, func(o *cloudtrail.PutInsightSelectorsOutput) smithy.Metadata { return o.ResultMetadata })
}

func putEventConfiguration(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	if s.EventConfiguration == nil {
		return smithy.Metadata{}, unusable(s, "has no event configuration")
	}
	out, err := c.PutEventConfiguration(ctx, EventConfigurationInput(s.ARN, *s.EventConfiguration), noRetry)
	return result(out, err, func(o *cloudtrail.PutEventConfigurationOutput) smithy.Metadata { return o.ResultMetadata })
}

func addTags(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	if len(s.Tags) == 0 {
		return smithy.Metadata{}, unusable(s, "has no tags")
	}
	out, err := c.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: &s.ARN, TagsList: tagList(s.Tags)}, noRetry)
	return result(out, err, func(o *cloudtrail.AddTagsOutput) smithy.Metadata { return o.ResultMetadata })
}

func removeTags(ctx context.Context, c *cloudtrail.Client, s trail.Step) (smithy.Metadata, error) {
	if len(s.Tags) == 0 {
		return smithy.Metadata{}, unusable(s, "has no tags")
	}
	out, err := c.RemoveTags(ctx, &cloudtrail.RemoveTagsInput{ResourceId: &s.ARN, TagsList: tagList(s.Tags)}, noRetry)
	return result(out, err, func(o *cloudtrail.RemoveTagsOutput) smithy.Metadata { return o.ResultMetadata })
}
