package awscloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailhold/trailhold/internal/backfill"
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
		if err := c.lookups.wait(ctx, region); err != nil {
			return nil, failure(ctx, "LookupEvents", err)
		}
		out, err := c.CloudTrail(region).LookupEvents(ctx, in)
		if err != nil {
			return nil, failure(ctx, "LookupEvents", err)
		}
		events = append(events, out.Events...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return events, nil
		}
	}
	return events, ErrHistoryCut
}

// Lookup returns the newest records of one API call that a region's Event history holds between two times, newest first:
// one page of at most 50. Records that cannot be parsed are left out.
func (c *Cloud) Lookup(ctx context.Context, region, eventName string, from, to time.Time) ([]record.Record, error) {
	if err := c.lookups.wait(ctx, region); err != nil {
		return nil, failure(ctx, "LookupEvents", err)
	}
	out, err := c.CloudTrail(region).LookupEvents(ctx, &cloudtrail.LookupEventsInput{
		StartTime: &from, EndTime: &to, MaxResults: aws.Int32(50),
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: &eventName}},
	})
	if err != nil {
		return nil, failure(ctx, "LookupEvents", err)
	}
	var records []record.Record
	for _, event := range out.Events {
		if parsed, err := recordOf(event); err == nil {
			records = append(records, parsed)
		}
	}
	return records, nil
}

// HistoryPage implements backfill.History: one page of all management events of a region that happened between two times,
// both of them included, newest first.
func (c *Cloud) HistoryPage(ctx context.Context, region string, from, to time.Time, token string) (backfill.Page, error) {
	in := &cloudtrail.LookupEventsInput{StartTime: &from, EndTime: &to, MaxResults: aws.Int32(50)}
	if token != "" {
		in.NextToken = &token
	}
	if err := c.lookups.wait(ctx, region); err != nil {
		return backfill.Page{}, failure(ctx, "LookupEvents", err)
	}
	out, err := c.CloudTrail(region).LookupEvents(ctx, in)
	var refused *types.InvalidNextTokenException
	if errors.As(err, &refused) {
		return backfill.Page{}, backfill.ErrToken
	}
	if err != nil {
		return backfill.Page{}, failure(ctx, "LookupEvents", err)
	}
	page := backfill.Page{Next: aws.ToString(out.NextToken)}
	for _, e := range out.Events {
		page.Events = append(page.Events, backfill.Event{
			ID: aws.ToString(e.EventId), Time: aws.ToTime(e.EventTime), Raw: aws.ToString(e.CloudTrailEvent),
		})
	}
	return page, nil
}

// pace keeps calls in each region apart by lookupPace.
type pace struct {
	mu   sync.Mutex
	next map[string]time.Time // when a region may be called again
}

// wait returns when it is the caller's turn.
func (p *pace) wait(ctx context.Context, region string) error {
	now := time.Now()
	p.mu.Lock()
	if p.next == nil {
		p.next = map[string]time.Time{}
	}
	turn := p.next[region]
	if turn.Before(now) {
		turn = now
	}
	p.next[region] = turn.Add(lookupPace)
	p.mu.Unlock()
	timer := time.NewTimer(turn.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
