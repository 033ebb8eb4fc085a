package awscloud

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxFilterPages bounds the pages of a log group's filters, each of 50: it has at most 100 metric filters.
const maxFilterPages = 5

// logGroupGone is the code that stands for a list without the log group: there is no call that reads one by its name and
// answers that it does not exist.
const logGroupGone = "ResourceNotFoundException"

// logGroupProbes read a log group that CloudTrail delivers to.
var logGroupProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "retention", "encryption", "deletionProtection"}, gone: []string{logGroupGone}, read: logGroupItself},
	{settings: []trail.Setting{"metricFilters"}, read: metricFilters},
	{settings: []trail.Setting{"subscriptionFilters"}, read: subscriptionFilters},
	{settings: []trail.Setting{"dataProtection"}, read: dataProtection},
}

// logGroupItself finds the group in the list of those whose names begin with its own. The list is in the order of names,
// so that it is the first, if it exists.
func logGroupItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.logs(r.Region).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(r.Name())})
	if err != nil {
		return nil, failure(ctx, "DescribeLogGroups", err)
	}
	for _, g := range out.LogGroups {
		if aws.ToString(g.LogGroupName) != r.Name() {
			continue
		}
		return map[trail.Setting]any{
			trail.Identity:       map[string]string{"Owner": accountOf(aws.ToString(g.Arn))},
			"retention":          map[string]*int32{"RetentionInDays": g.RetentionInDays},
			"encryption":         map[string]*string{"KmsKeyId": g.KmsKeyId},
			"deletionProtection": map[string]bool{"DeletionProtectionEnabled": aws.ToBool(g.DeletionProtectionEnabled)},
		}, nil
	}
	return nil, &guard.APIError{Op: "DescribeLogGroups", Code: logGroupGone, Message: "the list does not have the log group", Class: guard.ClassNotFound}
}

func metricFilters(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	filters, err := c.metricFilters(ctx, r.Region, aws.String(r.Name()), maxFilterPages)
	return map[trail.Setting]any{"metricFilters": filterMembers(filters)}, err
}

// metricFilters lists the metric filters of a log group, or of all in the region.
func (c *Cloud) metricFilters(ctx context.Context, region string, group *string, maxPages int) ([]logstypes.MetricFilter, error) {
	return listed("DescribeMetricFilters", maxPages, func(token *string) ([]logstypes.MetricFilter, *string, error) {
		out, err := c.logs(region).DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: group, NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "DescribeMetricFilters", err)
		}
		return out.MetricFilters, out.NextToken, nil
	})
}

func filterMembers(filters []logstypes.MetricFilter) map[string]any {
	members := map[string]any{}
	for _, f := range filters {
		members[aws.ToString(f.FilterName)] = stripped(described(f), "CreationTime", "FilterName", "LogGroupName")
	}
	return members
}

func subscriptionFilters(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	filters, err := listed("DescribeSubscriptionFilters", maxFilterPages, func(token *string) ([]logstypes.SubscriptionFilter, *string, error) {
		out, err := c.logs(r.Region).DescribeSubscriptionFilters(ctx, &cloudwatchlogs.DescribeSubscriptionFiltersInput{LogGroupName: aws.String(r.Name()), NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "DescribeSubscriptionFilters", err)
		}
		return out.SubscriptionFilters, out.NextToken, nil
	})
	members := map[string]any{}
	for _, f := range filters {
		members[aws.ToString(f.FilterName)] = stripped(described(f), "CreationTime", "FilterName", "LogGroupName")
	}
	return map[trail.Setting]any{"subscriptionFilters": members}, err
}

// protection is a data protection policy, below a member that documents keep as it is: the policy's grammar demands
// objects that are empty.
type protection struct {
	PolicyDocument json.RawMessage `json:",omitempty"`
}

func dataProtection(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.logs(r.Region).GetDataProtectionPolicy(ctx, &cloudwatchlogs.GetDataProtectionPolicyInput{LogGroupIdentifier: aws.String(r.Name())})
	if err != nil {
		return nil, unless(failure(ctx, "GetDataProtectionPolicy", err), "ResourceNotFoundException")
	}
	return map[trail.Setting]any{"dataProtection": protection{json.RawMessage(aws.ToString(out.PolicyDocument))}}, nil
}

// logGroupWrites make a log group again and put its settings back.
var logGroupWrites = map[trail.Op]write{
	trail.OpCreateLogGroup: logWrite((*cloudwatchlogs.Client).CreateLogGroup, func(s trail.Step, in *cloudwatchlogs.CreateLogGroupInput) error {
		in.LogGroupName = aws.String(nameOf(s))
		return nil
	}),
	trail.OpPutLogGroupDeletionProtection: logWrite((*cloudwatchlogs.Client).PutLogGroupDeletionProtection, func(s trail.Step, in *cloudwatchlogs.PutLogGroupDeletionProtectionInput) error {
		in.LogGroupIdentifier, in.DeletionProtectionEnabled = aws.String(nameOf(s)), aws.Bool(s.Document.Flag("DeletionProtectionEnabled"))
		return nil
	}),
	trail.OpPutRetentionPolicy: logWrite((*cloudwatchlogs.Client).PutRetentionPolicy, func(s trail.Step, in *cloudwatchlogs.PutRetentionPolicyInput) (err error) {
		*in, err = into[cloudwatchlogs.PutRetentionPolicyInput](s.Document)
		in.LogGroupName = aws.String(nameOf(s))
		return err
	}),
	trail.OpDeleteRetentionPolicy: logWrite((*cloudwatchlogs.Client).DeleteRetentionPolicy, func(s trail.Step, in *cloudwatchlogs.DeleteRetentionPolicyInput) error {
		in.LogGroupName = aws.String(nameOf(s))
		return nil
	}),
	trail.OpAssociateKmsKey: logWrite((*cloudwatchlogs.Client).AssociateKmsKey, func(s trail.Step, in *cloudwatchlogs.AssociateKmsKeyInput) error {
		in.LogGroupName, in.KmsKeyId = aws.String(nameOf(s)), aws.String(s.Document.Text("KmsKeyId"))
		return nil
	}),
	trail.OpDisassociateKmsKey: logWrite((*cloudwatchlogs.Client).DisassociateKmsKey, func(s trail.Step, in *cloudwatchlogs.DisassociateKmsKeyInput) error {
		in.LogGroupName = aws.String(nameOf(s))
		return nil
	}),
	trail.OpPutMetricFilter: logWrite((*cloudwatchlogs.Client).PutMetricFilter, func(s trail.Step, in *cloudwatchlogs.PutMetricFilterInput) (err error) {
		*in, err = into[cloudwatchlogs.PutMetricFilterInput](s.Document)
		in.LogGroupName, in.FilterName = aws.String(nameOf(s)), &s.Member
		in.FilterPattern = aws.String(aws.ToString(in.FilterPattern)) // a pattern that matches everything is empty, and required
		return err
	}),
	trail.OpPutSubscriptionFilter: logWrite((*cloudwatchlogs.Client).PutSubscriptionFilter, func(s trail.Step, in *cloudwatchlogs.PutSubscriptionFilterInput) (err error) {
		*in, err = into[cloudwatchlogs.PutSubscriptionFilterInput](s.Document)
		in.LogGroupName, in.FilterName = aws.String(nameOf(s)), &s.Member
		in.FilterPattern = aws.String(aws.ToString(in.FilterPattern))
		return err
	}),
	trail.OpPutDataProtectionPolicy: logWrite((*cloudwatchlogs.Client).PutDataProtectionPolicy, func(s trail.Step, in *cloudwatchlogs.PutDataProtectionPolicyInput) error {
		wanted, err := into[protection](s.Document)
		in.LogGroupIdentifier, in.PolicyDocument = aws.String(nameOf(s)), aws.String(string(wanted.PolicyDocument))
		return err
	}),
	trail.OpDeleteDataProtectionPolicy: logWrite((*cloudwatchlogs.Client).DeleteDataProtectionPolicy, func(s trail.Step, in *cloudwatchlogs.DeleteDataProtectionPolicyInput) error {
		in.LogGroupIdentifier = aws.String(nameOf(s))
		return nil
	}),
}

func logWrite[I, O any](call operation[*cloudwatchlogs.Client, I, O, cloudwatchlogs.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).logs, func(o *cloudwatchlogs.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}
