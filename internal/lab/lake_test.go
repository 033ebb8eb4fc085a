package lab_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/trailhold/trailhold/internal/lab"
)

func makeStore(t *testing.T, c *cloudtrail.Client, name, category string) *string {
	t.Helper()
	return must[*cloudtrail.CreateEventDataStoreOutput](t)(c.CreateEventDataStore(t.Context(), &cloudtrail.CreateEventDataStoreInput{
		Name: &name, AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{selectorField("eventCategory", category)}}}})).EventDataStoreArn
}

func TestEventDataStores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		k := &kit{t, l, t.Context()}
		c, ctx := k.trail(home), t.Context()
		made := must[*cloudtrail.CreateEventDataStoreOutput](t)(c.CreateEventDataStore(ctx, &cloudtrail.CreateEventDataStoreInput{Name: aws.String("lake")}))
		arn := made.EventDataStoreArn
		wantEqual(t, "usual settings", []any{made.Status, *made.MultiRegionEnabled, *made.OrganizationEnabled, *made.RetentionPeriod, made.BillingMode, *made.TerminationProtectionEnabled, *made.AdvancedEventSelectors[0].Name},
			[]any{"ENABLED", true, false, 366, "EXTENDABLE_RETENTION_PRICING", true, "Default management events"})
		_, err := c.CreateEventDataStore(ctx, &cloudtrail.CreateEventDataStoreInput{Name: aws.String("lake")})
		expectCode(t, err, "EventDataStoreAlreadyExistsException")
		_, err = c.CreateEventDataStore(ctx, &cloudtrail.CreateEventDataStoreInput{Name: aws.String("all"), OrganizationEnabled: aws.Bool(true)})
		expectCode(t, err, "OrganizationsNotInUseException")
		_, err = c.GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: aws.String("lake")})
		expectCode(t, err, "EventDataStoreARNInvalidException")
		_, err = k.trail(abroad).GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: arn})
		expectCode(t, err, "EventDataStoreNotFoundException")
		_, err = c.UpdateEventDataStore(ctx, &cloudtrail.UpdateEventDataStoreInput{EventDataStore: arn, RetentionPeriod: aws.Int32(6)})
		expectCode(t, err, "InvalidParameterException")
		_, err = c.DeleteEventDataStore(ctx, &cloudtrail.DeleteEventDataStoreInput{EventDataStore: arn})
		var protected *types.EventDataStoreTerminationProtectedException
		if !errors.As(err, &protected) {
			t.Errorf("err = %v", err)
		}
		_, err = c.UpdateEventDataStore(ctx, &cloudtrail.UpdateEventDataStoreInput{EventDataStore: arn, TerminationProtectionEnabled: aws.Bool(false), RetentionPeriod: aws.Int32(7), MultiRegionEnabled: aws.Bool(false)})
		expectCode(t, err, "")
		stop := func() error {
			_, err := c.StopEventDataStoreIngestion(ctx, &cloudtrail.StopEventDataStoreIngestionInput{EventDataStore: arn})
			return err
		}
		expectCode(t, stop(), "")
		expectCode(t, stop(), "InvalidEventDataStoreStatusException")
		got := must[*cloudtrail.GetEventDataStoreOutput](t)(c.GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: arn}))
		wantEqual(t, "changed", []any{got.Status, *got.RetentionPeriod, *got.MultiRegionEnabled}, []any{"STOPPED_INGESTION", 7, false})
		_, err = c.StartEventDataStoreIngestion(ctx, &cloudtrail.StartEventDataStoreIngestionInput{EventDataStore: arn})
		expectCode(t, err, "")

		remove := func() error {
			_, err := c.DeleteEventDataStore(ctx, &cloudtrail.DeleteEventDataStoreInput{EventDataStore: arn})
			return err
		}
		restore := func() error {
			_, err := c.RestoreEventDataStore(ctx, &cloudtrail.RestoreEventDataStoreInput{EventDataStore: arn})
			return err
		}
		expectCode(t, restore(), "InvalidEventDataStoreStatusException")
		expectCode(t, remove(), "")
		expectCode(t, remove(), "InactiveEventDataStoreException")
		time.Sleep(7*24*time.Hour - time.Second)
		expectCode(t, restore(), "")
		expectCode(t, remove(), "")
		got = must[*cloudtrail.GetEventDataStoreOutput](t)(c.GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: arn}))
		wantEqual(t, "status", got.Status, "PENDING_DELETION")
		_, err = c.UpdateEventDataStore(ctx, &cloudtrail.UpdateEventDataStoreInput{EventDataStore: arn, RetentionPeriod: aws.Int32(8)})
		expectCode(t, err, "InactiveEventDataStoreException")
		time.Sleep(7 * 24 * time.Hour)
		expectCode(t, restore(), "EventDataStoreNotFoundException")
		list := must[*cloudtrail.ListEventDataStoresOutput](t)(c.ListEventDataStores(ctx, &cloudtrail.ListEventDataStoresInput{}))
		wantEqual(t, "stores", len(list.EventDataStores), 0)
		record := k.find(home, "StopEventDataStoreIngestion")
		wantEqual(t, "record", []any{record.EventSource, record.RequestParameters}, []any{"cloudtrail.amazonaws.com", map[string]any{"eventDataStore": *arn}})
		for _, event := range []string{"CreateEventDataStore", "UpdateEventDataStore", "DeleteEventDataStore", "RestoreEventDataStore", "StartEventDataStoreIngestion"} {
			k.find(home, event)
		}
	})
}

func TestStoreInsights(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx := k.trail(home), t.Context()
	source, destination := makeStore(t, c, "source", "Management"), makeStore(t, c, "insights", "Insight")
	_, err := c.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{EventDataStore: source})
	expectCode(t, err, "InsightNotEnabledException")
	selectors := []types.InsightSelector{{InsightType: types.InsightTypeApiCallRateInsight}}
	_, err = c.PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{EventDataStore: source, InsightSelectors: selectors})
	expectCode(t, err, "InvalidParameterException")
	_, err = c.PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{EventDataStore: source, InsightsDestination: destination, InsightSelectors: selectors})
	expectCode(t, err, "")
	got := must[*cloudtrail.GetInsightSelectorsOutput](t)(c.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{EventDataStore: source}))
	wantEqual(t, "insights", []any{*got.EventDataStoreArn, *got.InsightsDestination, len(got.InsightSelectors)}, []any{*source, *destination, 1})
}

func TestChannels(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx := k.trail(home), t.Context()
	inside, outside := makeStore(t, c, "inside", "Management"), makeStore(t, c, "outside", "ActivityAuditLog")
	create := func(store *string) (*cloudtrail.CreateChannelOutput, error) {
		return c.CreateChannel(ctx, &cloudtrail.CreateChannelInput{Name: aws.String("partner"), Source: aws.String("Custom"), Destinations: []types.Destination{{Type: "EVENT_DATA_STORE", Location: store}}})
	}
	_, err := create(inside)
	expectCode(t, err, "InvalidEventDataStoreCategoryException")
	made := must[*cloudtrail.CreateChannelOutput](t)(create(outside))
	_, err = create(outside)
	expectCode(t, err, "ChannelAlreadyExistsException")
	_, err = c.UpdateChannel(ctx, &cloudtrail.UpdateChannelInput{Channel: made.ChannelArn, Name: aws.String("renamed")})
	expectCode(t, err, "")
	got := must[*cloudtrail.GetChannelOutput](t)(c.GetChannel(ctx, &cloudtrail.GetChannelInput{Channel: made.ChannelArn}))
	list := must[*cloudtrail.ListChannelsOutput](t)(c.ListChannels(ctx, &cloudtrail.ListChannelsInput{}))
	wantEqual(t, "channel", []any{*got.Name, *got.Source, *got.Destinations[0].Location, len(list.Channels)}, []any{"renamed", "Custom", *outside, 1})
	_, err = c.UpdateEventDataStore(ctx, &cloudtrail.UpdateEventDataStoreInput{EventDataStore: outside, TerminationProtectionEnabled: aws.Bool(false)})
	expectCode(t, err, "")
	_, err = c.DeleteEventDataStore(ctx, &cloudtrail.DeleteEventDataStoreInput{EventDataStore: outside})
	expectCode(t, err, "ChannelExistsForEDSException")

	policy := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"cloudtrail-data:PutAuditEvents","Resource":"*"}]}`)
	_, err = c.GetResourcePolicy(ctx, &cloudtrail.GetResourcePolicyInput{ResourceArn: made.ChannelArn})
	expectCode(t, err, "ResourcePolicyNotFoundException")
	_, err = c.PutResourcePolicy(ctx, &cloudtrail.PutResourcePolicyInput{ResourceArn: aws.String(mainARN), ResourcePolicy: policy})
	expectCode(t, err, "ResourceTypeNotSupportedException")
	_, err = c.PutResourcePolicy(ctx, &cloudtrail.PutResourcePolicyInput{ResourceArn: made.ChannelArn, ResourcePolicy: aws.String("{}")})
	expectCode(t, err, "ResourcePolicyNotValidException")
	for _, resource := range []*string{made.ChannelArn, inside} {
		_, err = c.PutResourcePolicy(ctx, &cloudtrail.PutResourcePolicyInput{ResourceArn: resource, ResourcePolicy: policy})
		expectCode(t, err, "")
		have := must[*cloudtrail.GetResourcePolicyOutput](t)(c.GetResourcePolicy(ctx, &cloudtrail.GetResourcePolicyInput{ResourceArn: resource}))
		wantEqual(t, "policy", *have.ResourcePolicy, *policy)
	}
	_, err = c.DeleteResourcePolicy(ctx, &cloudtrail.DeleteResourcePolicyInput{ResourceArn: inside})
	expectCode(t, err, "")
	_, err = c.DeleteResourcePolicy(ctx, &cloudtrail.DeleteResourcePolicyInput{ResourceArn: inside})
	expectCode(t, err, "ResourcePolicyNotFoundException")
	_, err = c.DeleteChannel(ctx, &cloudtrail.DeleteChannelInput{Channel: made.ChannelArn})
	expectCode(t, err, "")
	_, err = c.GetChannel(ctx, &cloudtrail.GetChannelInput{Channel: made.ChannelArn})
	expectCode(t, err, "ChannelNotFoundException")
	wantEqual(t, "record", k.find(home, "DeleteChannel").RequestParameters, map[string]any{"channel": *made.ChannelArn})
}

// TestOrganizationStores: they need trusted access, to be made and to be restored.
func TestOrganizationStores(t *testing.T) {
	k, org, _ := newOrg(t)
	c, ctx := k.trail(home), t.Context()
	in := &cloudtrail.CreateEventDataStoreInput{Name: aws.String("all"), OrganizationEnabled: aws.Bool(true), TerminationProtectionEnabled: aws.Bool(false)}
	_, err := k.trailAs(home, "MEMBER").CreateEventDataStore(ctx, in)
	expectCode(t, err, "NotOrganizationMasterAccountException")
	made := must[*cloudtrail.CreateEventDataStoreOutput](t)(c.CreateEventDataStore(ctx, in))
	_, err = c.DeleteEventDataStore(ctx, &cloudtrail.DeleteEventDataStoreInput{EventDataStore: made.EventDataStoreArn})
	expectCode(t, err, "")
	_, err = org.DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: aws.String(cloudtrailService)})
	expectCode(t, err, "")
	_, err = c.RestoreEventDataStore(ctx, &cloudtrail.RestoreEventDataStoreInput{EventDataStore: made.EventDataStoreArn})
	expectCode(t, err, "CloudTrailAccessNotEnabledException")
}
