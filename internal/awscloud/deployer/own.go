package deployer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/trail"
)

// Own is what a guard's stacks have made, as far as the guard itself can guard it.
type Own struct {
	ARNs  []string // for the part "guard" of a baseline
	Notes []string // what is not among them, as sentences
}

// Own lists what the guard's stacks have made: those at home, and the forwarders in regions. A region that cannot be read is a
// note, since the rest can be guarded without it. No stack at all at home is an error.
func (d *Deployer) Own(ctx context.Context, name, home string, regions []string) (Own, error) {
	if err := CheckName(name); err != nil {
		return Own{}, err
	}
	main, err := d.deployed(ctx, home, name)
	if err != nil {
		return Own{}, err
	}
	if main == nil {
		return Own{}, fmt.Errorf("there is no guard %s in %s: give its region with --region", name, home)
	}
	var own Own
	var apart []string
	for _, p := range append([]*deployed{main}, d.others(ctx, name, home, regions)...) {
		for _, c := range p.checks {
			own.Notes = append(own.Notes, fmt.Sprintf("the stack %s in %s could not be read: what it has made is not guarded (%s)", c.Name, c.Region, c.Detail))
		}
		for _, r := range p.resources {
			if arn := p.ownARN(r); arn != "" {
				own.ARNs = append(own.ARNs, arn)
			} else if !within[r.Type] {
				apart = append(apart, strings.TrimPrefix(r.Type, "AWS::")+" "+lastOf(r.PhysicalID))
			}
		}
	}
	if len(apart) > 0 {
		own.Notes = append(own.Notes, "of what the guard's stacks have made, this is not guarded, since the guard may not look at it, or a baseline cannot hold it: "+strings.Join(apart, ", "))
	}
	slices.Sort(own.ARNs)
	own.ARNs = slices.Compact(own.ARNs)
	return own, nil
}

// within are the types whose resources are settings of others, and guarded with those.
var within = map[string]bool{
	"AWS::SNS::TopicPolicy": true, "AWS::SNS::Subscription": true, "AWS::SQS::QueuePolicy": true, "AWS::Events::EventBusPolicy": true,
	"AWS::Lambda::Permission": true, "AWS::Lambda::EventInvokeConfig": true, "AWS::IAM::Policy": true, "AWS::S3::BucketPolicy": true,
}

// ownARN makes the ARN of a resource that the guard can guard, by the id that Ref gives; empty for others. The function's policies in the
// template let it look at exactly these.
func (p *deployed) ownARN(r Resource) string {
	if arn := p.arnOf(r); arn != "" {
		return arn
	}
	partition, at := "arn:"+Partition(aws.ToString(p.stack.StackId))+":", ":"+p.region+":"+p.account+":"
	switch r.Type {
	case "AWS::Events::EventBus":
		return partition + "events" + at + "event-bus/" + r.PhysicalID
	case "AWS::SQS::Queue": // whose id is its address
		return partition + "sqs" + at + lastOf(r.PhysicalID)
	case "AWS::IAM::Role":
		return partition + "iam::" + p.account + ":role/" + r.PhysicalID
	case "AWS::KMS::Key":
		return partition + "kms" + at + "key/" + r.PhysicalID
	}
	return ""
}

// isForwarders says whether something in a baseline is of a forwarder's stack, going by what the template calls it.
func isForwarders(r trail.Resource, name, home string) bool {
	own := r.Type == trail.Rule || r.Type == trail.Queue || r.Type == trail.Alarm
	return own && r.Region != home && strings.HasPrefix(r.Name(), name+"-")
}
