package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/trail"
)

// tableProbes read a table. All calls name it by its ARN.
var tableProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "deletionProtection"}, gone: []string{"ResourceNotFoundException"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.tables(r.Region).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &r.ARN})
		if err != nil {
			return nil, failure(ctx, "DescribeTable", err)
		}
		if out.Table == nil {
			return nil, strange("DescribeTable", "the answer is about no table")
		}
		return map[trail.Setting]any{
			trail.Identity:       map[string]string{"Owner": accountOf(aws.ToString(out.Table.TableArn))},
			"deletionProtection": map[string]bool{"DeletionProtectionEnabled": aws.ToBool(out.Table.DeletionProtectionEnabled)},
		}, nil
	}},
	{settings: []trail.Setting{"pointInTimeRecovery"}, read: tableRecovery},
	{settings: []trail.Setting{"timeToLive"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		now, err := c.timeToLive(ctx, r.Region, r.ARN)
		return map[trail.Setting]any{"timeToLive": described(now)}, err
	}},
}

// tableRecovery leaves out the dates, which move all the time.
func tableRecovery(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.tables(r.Region).DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &r.ARN})
	if err != nil {
		return nil, failure(ctx, "DescribeContinuousBackups", err)
	}
	wanted := ddbtypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(false)}
	if d := out.ContinuousBackupsDescription; d != nil && d.PointInTimeRecoveryDescription != nil && d.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == ddbtypes.PointInTimeRecoveryStatusEnabled {
		wanted.PointInTimeRecoveryEnabled, wanted.RecoveryPeriodInDays = aws.Bool(true), d.PointInTimeRecoveryDescription.RecoveryPeriodInDays
	}
	return map[trail.Setting]any{"pointInTimeRecovery": described(wanted)}, nil
}

// timeToLive is how a table's items expire. Switching that takes up to an hour, in which it counts as switched.
func (c *Cloud) timeToLive(ctx context.Context, region, table string) (ddbtypes.TimeToLiveSpecification, error) {
	now := ddbtypes.TimeToLiveSpecification{Enabled: aws.Bool(false)}
	out, err := c.tables(region).DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil {
		return now, failure(ctx, "DescribeTimeToLive", err)
	}
	if d := out.TimeToLiveDescription; d != nil && (d.TimeToLiveStatus == ddbtypes.TimeToLiveStatusEnabled || d.TimeToLiveStatus == ddbtypes.TimeToLiveStatusEnabling) {
		now.Enabled, now.AttributeName = aws.Bool(true), d.AttributeName
	}
	return now, nil
}

// tableWrites put a table's settings back. Nobody can make it again with what was in it.
var tableWrites = map[trail.Op]write{
	trail.OpUpdateTable: tableWrite((*dynamodb.Client).UpdateTable, func(s trail.Step, in *dynamodb.UpdateTableInput) (err error) {
		*in, err = into[dynamodb.UpdateTableInput](s.Document)
		in.TableName = &s.ARN
		return err
	}),
	trail.OpUpdateContinuousBackups: tableWrite((*dynamodb.Client).UpdateContinuousBackups, func(s trail.Step, in *dynamodb.UpdateContinuousBackupsInput) (err error) {
		in.TableName = &s.ARN
		in.PointInTimeRecoverySpecification, err = into[*ddbtypes.PointInTimeRecoverySpecification](s.Document)
		return err
	}),
	trail.OpUpdateTimeToLive: putTimeToLive,
}

func tableWrite[I, O any](call operation[*dynamodb.Client, I, O, dynamodb.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).tables, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

// putTimeToLive switches off what another attribute rules, before the next plan switches on what is wanted: DynamoDB takes
// neither both at once nor a switch without the attribute's name, and within an hour of the last one it takes none.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
func putTimeToLive(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	wanted, err := into[ddbtypes.TimeToLiveSpecification](s.Document)
	if err != nil {
		return smithy.Metadata{}, err
	}
	now, err := c.timeToLive(ctx, s.Region, s.ARN)
	if err != nil {
		return smithy.Metadata{}, err
	}
	if aws.ToBool(now.Enabled) {
		wanted = ddbtypes.TimeToLiveSpecification{Enabled: aws.Bool(false), AttributeName: now.AttributeName}
	}
	return tableWrite((*dynamodb.Client).UpdateTimeToLive, func(s trail.Step, in *dynamodb.UpdateTimeToLiveInput) error {
		in.TableName, in.TimeToLiveSpecification = &s.ARN, &wanted
		return nil
	})(ctx, c, s)
}
