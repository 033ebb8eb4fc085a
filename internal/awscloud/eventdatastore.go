package awscloud

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/trail"
)

// eventDataStoreProbes read an event data store. One that is pending deletion exists: it can be restored for a week.
var eventDataStoreProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "deletion", "configuration", "ingestion"}, gone: []string{"EventDataStoreNotFoundException"}, read: storeItself},
	{settings: []trail.Setting{"policy"}, read: lakePolicy},
}

// takesIn are the statuses in which an event data store takes in events, or is about to.
var takesIn = []cttypes.EventDataStoreStatus{
	cttypes.EventDataStoreStatusCreated, cttypes.EventDataStoreStatusEnabled, cttypes.EventDataStoreStatusStartingIngestion,
}

func storeItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.CloudTrail(r.Region).GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: &r.ARN})
	if err != nil {
		return nil, failure(ctx, "GetEventDataStore", err)
	}
	if out.Status == "" {
		return nil, strange("GetEventDataStore", "the answer does not say what state the event data store is in")
	}
	return map[trail.Setting]any{
		trail.Identity: map[string]string{"Owner": accountOf(aws.ToString(out.EventDataStoreArn))},
		"deletion":     map[string]bool{"Pending": out.Status == cttypes.EventDataStoreStatusPendingDeletion},
		"ingestion":    map[string]bool{"Ingesting": slices.Contains(takesIn, out.Status)},
		"configuration": stripped(described(out), "CreatedTimestamp", "EventDataStoreArn", "FederationRoleArn", "FederationStatus", "PartitionKeys",
			"Status", "UpdatedTimestamp"),
	}, nil
}

// lakePolicy is the policy of an event data store or a channel.
func lakePolicy(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.CloudTrail(r.Region).GetResourcePolicy(ctx, &cloudtrail.GetResourcePolicyInput{ResourceArn: &r.ARN})
	if err != nil {
		return nil, unless(failure(ctx, "GetResourcePolicy", err), "ResourcePolicyNotFoundException")
	}
	return map[trail.Setting]any{"policy": jsonText(out.ResourcePolicy)}, nil
}

// eventDataStoreWrites put an event data store's settings back. One that is gone is gone with all that was in it.
var eventDataStoreWrites = map[trail.Op]write{
	trail.OpRestoreEventDataStore: lakeWrite((*cloudtrail.Client).RestoreEventDataStore, func(s trail.Step, in *cloudtrail.RestoreEventDataStoreInput) error {
		in.EventDataStore = &s.ARN
		return nil
	}),
	trail.OpUpdateEventDataStore:         updateStore,
	trail.OpStartEventDataStoreIngestion: startIngestion,
	trail.OpPutResourcePolicy:            putLakePolicy,
	trail.OpDeleteResourcePolicy:         deleteLakePolicy,
}

func lakeWrite[I, O any](call operation[*cloudtrail.Client, I, O, cloudtrail.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).CloudTrail, noRetry, call, input)
}

var putLakePolicy = lakeWrite((*cloudtrail.Client).PutResourcePolicy, func(s trail.Step, in *cloudtrail.PutResourcePolicyInput) error {
	in.ResourceArn, in.ResourcePolicy = &s.ARN, aws.String(string(s.Document))
	return nil
})

var deleteLakePolicy = lakeWrite((*cloudtrail.Client).DeleteResourcePolicy, func(s trail.Step, in *cloudtrail.DeleteResourcePolicyInput) error {
	in.ResourceArn = &s.ARN
	return nil
})

// updateStore never shortens the retention: CloudTrail deletes what has become too old for a shorter one.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateEventDataStore.html
func updateStore(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	now, err := c.CloudTrail(s.Region).GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: &s.ARN})
	if err != nil {
		return smithy.Metadata{}, err
	}
	return lakeWrite((*cloudtrail.Client).UpdateEventDataStore, func(s trail.Step, in *cloudtrail.UpdateEventDataStoreInput) (err error) {
		*in, err = into[cloudtrail.UpdateEventDataStoreInput](s.Document)
		in.EventDataStore = &s.ARN
		if aws.ToInt32(now.RetentionPeriod) > aws.ToInt32(in.RetentionPeriod) {
			in.RetentionPeriod = nil
		}
		return err
	})(ctx, c, s)
}

// startIngestion does nothing for an event data store that takes in events already, as one does that was restored from its
// deletion a moment ago: CloudTrail refuses to start it then.
func startIngestion(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	now, err := c.CloudTrail(s.Region).GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: &s.ARN})
	if err != nil || slices.Contains(takesIn, now.Status) {
		return smithy.Metadata{}, err
	}
	return lakeWrite((*cloudtrail.Client).StartEventDataStoreIngestion, func(s trail.Step, in *cloudtrail.StartEventDataStoreIngestionInput) error {
		in.EventDataStore = &s.ARN
		return nil
	})(ctx, c, s)
}
