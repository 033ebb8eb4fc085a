package awscloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// store makes an event data store for one category of events and returns its ARN.
func (w *world) store(t *testing.T, name, category string) string {
	t.Helper()
	out, err := w.cloud.CloudTrail("us-east-1").CreateEventDataStore(w.context, &cloudtrail.CreateEventDataStoreInput{
		Name: &name, RetentionPeriod: aws.Int32(400), AdvancedEventSelectors: selecting(category),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.EventDataStoreArn
}

func selecting(category string) []cttypes.AdvancedEventSelector {
	return []cttypes.AdvancedEventSelector{{Name: aws.String(category), FieldSelectors: []cttypes.AdvancedFieldSelector{{Field: aws.String("eventCategory"), Equals: []string{category}}}}}
}

func lakeStatement(effect, arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"cloudtrail:*","Resource":"` + arn + `"}]}`
}

// policyTamperings are the ways to change the policy of a resource of CloudTrail Lake that has one.
func (w *world) policyTamperings(arn string) []tampering {
	c := w.cloud.CloudTrail("us-east-1")
	return []tampering{
		{"policy replaced", "policy", func(t *testing.T) {
			must[cloudtrail.PutResourcePolicyOutput](t)(c.PutResourcePolicy(w.context, &cloudtrail.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: aws.String(lakeStatement("Deny", arn))}))
		}, []trail.Op{trail.OpPutResourcePolicy}},
		{"policy removed", "policy", func(t *testing.T) {
			must[cloudtrail.DeleteResourcePolicyOutput](t)(c.DeleteResourcePolicy(w.context, &cloudtrail.DeleteResourcePolicyInput{ResourceArn: &arn}))
		}, []trail.Op{trail.OpPutResourcePolicy}},
	}
}

func TestEventDataStoreWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	c := w.cloud.CloudTrail("us-east-1")
	arn := w.store(t, "lake", "Management")
	r := trail.Resource{Type: trail.EventDataStore, ARN: arn, Region: "us-east-1", Account: lab.DefaultAccount}
	w.withstands(t, r, []tampering{{"policy added", "policy", func(t *testing.T) {
		must[cloudtrail.PutResourcePolicyOutput](t)(c.PutResourcePolicy(w.context, &cloudtrail.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: aws.String(lakeStatement("Allow", arn))}))
	}, []trail.Op{trail.OpDeleteResourcePolicy}}})
	must[cloudtrail.PutResourcePolicyOutput](t)(c.PutResourcePolicy(w.context, &cloudtrail.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: aws.String(lakeStatement("Allow", arn))}))
	change := func(in cloudtrail.UpdateEventDataStoreInput) func(*testing.T) {
		return func(t *testing.T) {
			in.EventDataStore = &arn
			must[cloudtrail.UpdateEventDataStoreOutput](t)(c.UpdateEventDataStore(w.context, &in))
		}
	}
	stop := func(t *testing.T) {
		must[cloudtrail.StopEventDataStoreIngestionOutput](t)(c.StopEventDataStoreIngestion(w.context, &cloudtrail.StopEventDataStoreIngestionInput{EventDataStore: &arn}))
	}
	deleted := func(t *testing.T) {
		change(cloudtrail.UpdateEventDataStoreInput{TerminationProtectionEnabled: aws.Bool(false)})(t)
		must[cloudtrail.DeleteEventDataStoreOutput](t)(c.DeleteEventDataStore(w.context, &cloudtrail.DeleteEventDataStoreInput{EventDataStore: &arn}))
	}
	update := []trail.Op{trail.OpUpdateEventDataStore}
	tamperings := append(w.policyTamperings(arn), []tampering{
		{"stopped", "ingestion", stop, []trail.Op{trail.OpStartEventDataStoreIngestion}},
		{"shorter", "configuration", change(cloudtrail.UpdateEventDataStoreInput{RetentionPeriod: aws.Int32(7)}), update},
		{"unprotected", "configuration", change(cloudtrail.UpdateEventDataStoreInput{TerminationProtectionEnabled: aws.Bool(false)}), update},
		{"one region", "configuration", change(cloudtrail.UpdateEventDataStoreInput{MultiRegionEnabled: aws.Bool(false)}), update},
		{"other events", "configuration", change(cloudtrail.UpdateEventDataStoreInput{AdvancedEventSelectors: []cttypes.AdvancedEventSelector{{FieldSelectors: []cttypes.AdvancedFieldSelector{
			{Field: aws.String("eventCategory"), Equals: []string{"Management"}}, {Field: aws.String("readOnly"), Equals: []string{"true"}},
		}}}}), update},
		{"deleted", "deletion", deleted, []trail.Op{trail.OpRestoreEventDataStore, trail.OpUpdateEventDataStore, trail.OpStartEventDataStoreIngestion}},
		{"stopped and deleted", "deletion", func(t *testing.T) {
			stop(t)
			deleted(t)
		}, []trail.Op{trail.OpRestoreEventDataStore, trail.OpUpdateEventDataStore, trail.OpStartEventDataStoreIngestion}},
	}...)
	w.withstands(t, r, tamperings)
	covers(t, trail.EventDataStore, tamperings, []tampering{{setting: trail.Identity}})
	w.neverMistakes(t, r, "cloudtrail", "GetEventDataStore", "GetResourcePolicy")

	// CloudTrail refuses to start what runs; that is no failure.
	start := trail.Step{ID: "x", Op: trail.OpStartEventDataStoreIngestion, Resource: r.Type, Region: r.Region, ARN: arn}
	if _, err := w.cloud.Apply(w.context, start); err != nil {
		t.Error(err)
	}

	gone := w.captured(t, r)
	gone.ARN = arn[:len(arn)-12] + "000000000000"
	if _, _, fields := w.drifts(t, gone); len(fields) != 1 || fields[0] != "event-data-store.identity" {
		t.Errorf("an event data store that does not exist drifts in %v", fields)
	}
}

// Restoring anything else does not shorten a retention that somebody has made longer: that would delete events.
func TestRetentionIsNeverShortened(t *testing.T) {
	w := newWorld(t)
	c := w.cloud.CloudTrail("us-east-1")
	arn := w.store(t, "lake", "Management")
	r := w.captured(t, trail.Resource{Type: trail.EventDataStore, ARN: arn, Region: "us-east-1", Account: lab.DefaultAccount})
	longer := func(other *bool) {
		must[cloudtrail.UpdateEventDataStoreOutput](t)(c.UpdateEventDataStore(w.context, &cloudtrail.UpdateEventDataStoreInput{EventDataStore: &arn, RetentionPeriod: aws.Int32(3000), MultiRegionEnabled: other}))
	}
	longer(nil)
	if ops := w.restored(t, r); len(ops) > 0 {
		t.Errorf("a longer retention was met with %v", ops)
	}
	longer(aws.Bool(false))
	if ops := w.restored(t, r); len(ops) != 1 {
		t.Errorf("restored by %v", ops)
	}
	out, err := c.GetEventDataStore(w.context, &cloudtrail.GetEventDataStoreInput{EventDataStore: &arn})
	if err != nil || aws.ToInt32(out.RetentionPeriod) != 3000 || !aws.ToBool(out.MultiRegionEnabled) {
		t.Errorf("now it is %+v (%v)", out, err)
	}
}

func TestChannelWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	c := w.cloud.CloudTrail("us-east-1")
	store, other := w.store(t, "outside", "ActivityAuditLog"), w.store(t, "elsewhere", "ActivityAuditLog")
	leading := func(to string) []cttypes.Destination {
		return []cttypes.Destination{{Type: cttypes.DestinationTypeEventDataStore, Location: &to}}
	}
	out, err := c.CreateChannel(w.context, &cloudtrail.CreateChannelInput{Name: aws.String("partner"), Source: aws.String("Custom"), Destinations: leading(store)})
	if err != nil {
		t.Fatal(err)
	}
	arn := *out.ChannelArn
	must[cloudtrail.PutResourcePolicyOutput](t)(c.PutResourcePolicy(w.context, &cloudtrail.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: aws.String(lakeStatement("Allow", arn))}))
	r := trail.Resource{Type: trail.Channel, ARN: arn, Region: "us-east-1", Account: lab.DefaultAccount}
	change := func(name, to string) func(*testing.T) {
		return func(t *testing.T) {
			must[cloudtrail.UpdateChannelOutput](t)(c.UpdateChannel(w.context, &cloudtrail.UpdateChannelInput{Channel: &arn, Name: &name, Destinations: leading(to)}))
		}
	}
	tamperings := append(w.policyTamperings(arn),
		tampering{"leads elsewhere", "configuration", change("partner", other), []trail.Op{trail.OpUpdateChannel}},
		tampering{"renamed", "configuration", change("renamed", store), []trail.Op{trail.OpUpdateChannel}})
	w.withstands(t, r, tamperings)
	covers(t, trail.Channel, tamperings, []tampering{{setting: trail.Identity}})
	w.neverMistakes(t, r, "cloudtrail", "GetChannel", "GetResourcePolicy")
	baseline := w.captured(t, r)
	must[cloudtrail.DeleteChannelOutput](t)(c.DeleteChannel(w.context, &cloudtrail.DeleteChannelInput{Channel: &arn}))
	g, state, fields := w.drifts(t, baseline)
	if len(fields) != 1 || fields[0] != "channel.identity" || len(trail.Plan(trail.Baseline{}, g, state)) > 0 {
		t.Errorf("a channel that is gone drifts in %v", fields)
	}
}
