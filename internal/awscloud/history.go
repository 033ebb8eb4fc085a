package awscloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/record"
)

const (
	// lookupPace keeps to LookupEvents' limit of two calls per second, account and region.
	lookupPace = 500 * time.Millisecond
	// maxLookupPages bounds what one History reads, at 50 records each: an intruder can write history at will.
	maxLookupPages = 40
)

// ErrHistoryCut means that Event history held more records than one reading takes; the newest were delivered.
var ErrHistoryCut = errors.New("more records in Event history than are read at once: the oldest were left out")

// History reads CloudTrail's own records (source cloudtrail.amazonaws.com) of a region since a time from Event history
// and hands them to each, oldest first. Event history needs no trail, but lags behind by minutes.
//
// An error of each ends it. Records that cannot be parsed, and ErrHistoryCut, are reported at the end, after all
// others were handed over.
func (c *Cloud) History(ctx context.Context, region string, since time.Time, each func(record.Record) error) error {
	events, cut := c.lookup(ctx, region, since)
	if cut != nil && !errors.Is(cut, ErrHistoryCut) {
		return cut
	}
	var unreadable error
	for _, event := range slices.Backward(events) { // LookupEvents gives the newest first
		parsed, err := recordOf(event)
		if err != nil {
			unreadable = fmt.Errorf("the record of Event history in %s with id %s: %w", region, plain.Text(aws.ToString(event.EventId), 64), err)
			continue
		}
		if err := each(parsed); err != nil {
			return err
		}
	}
	return errors.Join(cut, unreadable)
}

// lookup reads the pages of Event history, newest first.
func (c *Cloud) lookup(ctx context.Context, region string, since time.Time) ([]types.Event, error) {
	in := &cloudtrail.LookupEventsInput{
		StartTime:  aws.Time(since),
		MaxResults: aws.Int32(50),
		LookupAttributes: []types.LookupAttribute{
			{AttributeKey: types.LookupAttributeKeyEventSource, AttributeValue: aws.String("cloudtrail.amazonaws.com")},
		},
	}
	var events []types.Event
	for range maxLookupPages {
		next := time.NewTimer(lookupPace)
		defer next.Stop()
		out, err := c.CloudTrail(region).LookupEvents(ctx, in)
		if err != nil {
			return nil, failure(ctx, "LookupEvents", err)
		}
		events = append(events, out.Events...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return events, nil
		}
		select {
		case <-next.C:
		case <-ctx.Done():
			return nil, failure(ctx, "LookupEvents", ctx.Err())
		}
	}
	return events, ErrHistoryCut
}

// recordOf parses the record that an event of Event history carries whole.
func recordOf(event types.Event) (record.Record, error) {
	records, err := record.Parse([]byte(aws.ToString(event.CloudTrailEvent)))
	if err != nil {
		return record.Record{}, err
	}
	if len(records) != 1 {
		return record.Record{}, fmt.Errorf("it holds %d records", len(records))
	}
	return records[0], nil
}
