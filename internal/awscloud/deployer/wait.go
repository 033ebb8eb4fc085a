package deployer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
)

// maxReason is how many characters of a reason from CloudFormation are shown.
const maxReason = 500

// maxEventPages bounds the pages of events that are read at once; each has 100 at most, and the largest of our stacks makes fewer.
const maxEventPages = 20

const stackType = "AWS::CloudFormation::Stack"

// patience is how many looks in a row may fail for what passes, beside the SDK's own retries: with lastPoll between them, a minute's worth.
const patience = 20

// pause is the time between two looks, which grows.
type pause struct {
	next   time.Duration
	failed int // looks in a row
}

func newPause() *pause { return &pause{next: firstPoll} }

// outlasts says whether to look again after such an error: a stack is being built for minutes, in which others make calls, too.
func (p *pause) outlasts(err error) bool {
	if err == nil {
		p.failed = 0
		return false
	}
	p.failed++
	return guard.ClassOf(err) == guard.ClassRetry && p.failed <= patience
}

// until waits for the next look, or for the end of ctx.
func (p *pause) until(ctx context.Context) error {
	timer := time.NewTimer(p.next)
	defer timer.Stop()
	p.next = min(p.next*3/2, lastPoll)
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("interrupted: CloudFormation goes on by itself; run the command again to go on from there: %w", context.Cause(ctx))
	}
}

// clean makes text from AWS fit to be shown.
func clean(text *string) string { return plain.Text(aws.ToString(text), maxReason) }

// busy says whether CloudFormation is at work on a stack.
func busy(s types.StackStatus) bool {
	return strings.HasSuffix(string(s), "_IN_PROGRESS") && s != types.StackStatusReviewInProgress
}

// settled reads a stack, and waits if CloudFormation is at work on it; nil if there is none.
func (d *Deployer) settled(ctx context.Context, region, name string) (*types.Stack, error) {
	have, err := d.find(ctx, region, name)
	if err != nil || have == nil || !busy(have.StackStatus) {
		return have, err
	}
	have, _, err = d.watch(ctx, region, aws.ToString(have.StackId), "")
	if have != nil && have.StackStatus == types.StackStatusDeleteComplete {
		return nil, err
	}
	return have, err
}

// watch waits until CloudFormation is done with a stack and tells what happens meanwhile, after the event with the id since. It
// returns why resources failed.
func (d *Deployer) watch(ctx context.Context, region, id, since string) (*types.Stack, []string, error) {
	var failures []string
	sets := counter{d: d}
	for wait := newPause(); ; {
		have, events, err := d.look(ctx, region, id, since)
		again := wait.outlasts(err)
		if err != nil && !again {
			return nil, failures, err
		}
		for _, e := range slices.Backward(events) {
			since = aws.ToString(e.EventId)
			d.tell(progressOf(region, e))
			if why := failureOf(e); why != "" {
				failures = append(failures, why)
			}
		}
		if !again && !busy(have.StackStatus) {
			return have, failures, nil
		}
		if !again {
			sets.look(ctx, region, have)
		}
		if err := wait.until(ctx); err != nil {
			return nil, failures, err
		}
	}
}

// look reads a stack, and what has happened to it after the event with the id since.
func (d *Deployer) look(ctx context.Context, region, id, since string) (*types.Stack, []types.StackEvent, error) {
	out, err := d.stacks(region).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &id})
	if err != nil {
		return nil, nil, awscloud.Failure(ctx, "DescribeStacks", err)
	}
	if len(out.Stacks) == 0 {
		return nil, nil, errors.New("CloudFormation's answer names no stack")
	}
	events, err := d.events(ctx, region, id, since)
	if err != nil {
		return nil, nil, err // events that were read are read again: they are told once, and in order
	}
	return &out.Stacks[0], events, nil
}

func progressOf(region string, e types.StackEvent) Progress {
	return Progress{
		Region: region, Stack: clean(e.StackName), Resource: clean(e.LogicalResourceId), Kind: clean(e.ResourceType),
		Status: string(e.ResourceStatus), Because: clean(e.ResourceStatusReason),
	}
}

// failureOf is why a resource failed; empty for all other events, and for those that only failed because another one did.
func failureOf(e types.StackEvent) string {
	reason := clean(e.ResourceStatusReason)
	if !strings.HasSuffix(string(e.ResourceStatus), "_FAILED") || aws.ToString(e.ResourceType) == stackType || strings.Contains(reason, "cancelled") {
		return ""
	}
	return clean(e.LogicalResourceId) + " (" + clean(e.ResourceType) + "): " + reason
}

// newestEvent is the id of a stack's newest event; empty if there is no stack.
func (d *Deployer) newestEvent(ctx context.Context, region, name string) string {
	out, err := d.stacks(region).DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &name})
	if err != nil || len(out.StackEvents) == 0 {
		return "" // at worst, older events are told again
	}
	return aws.ToString(out.StackEvents[0].EventId)
}

// events lists a stack's events after one of them, newest first.
func (d *Deployer) events(ctx context.Context, region, id, since string) (events []types.StackEvent, err error) {
	in := &cloudformation.DescribeStackEventsInput{StackName: &id}
	for range maxEventPages {
		out, err := d.stacks(region).DescribeStackEvents(ctx, in)
		if err != nil {
			return events, awscloud.Failure(ctx, "DescribeStackEvents", err)
		}
		for _, e := range out.StackEvents {
			if aws.ToString(e.EventId) == since {
				return events, nil
			}
			events = append(events, e)
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return events, nil
		}
	}
	return events, nil
}
