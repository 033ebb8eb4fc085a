package inventory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// guard reads what the baseline says that the guard runs on, and passes on what a journal said.
func (r *reader) guard(ctx context.Context) {
	told := r.options.AlertedAt
	if r.account.Baseline == nil && told.Knowledge() == trail.Unknown && told.Why() == "" {
		return
	}
	found := posture.Guard{AlertedAt: told}
	if b := r.account.Baseline; b != nil {
		found.Resources = make([]posture.Resource, len(b.Guard))
	}
	indices := make([]int, len(found.Resources))
	for n := range indices {
		indices[n] = n
	}
	awscloud.Each(indices, len(indices), func(n int) { found.Resources[n] = r.observe(ctx, asked(r.account.Baseline.Guard[n])) })
	r.account.Guard = trail.Known(found)
}

// activity reads Event history of all regions, if that is wanted. It's the newest part only where there is much.
func (r *reader) activity(ctx context.Context) {
	if r.options.Activity.IsZero() {
		return
	}
	regions, known := r.account.Enabled.Get()
	if !known {
		r.account.Activity = trail.NotKnown[[]posture.Actor](r.account.Enabled.Why())
		return
	}
	var mu sync.Mutex
	actors, failed := map[string]posture.Actor{}, ""
	awscloud.Each(regions, maxRegions, func(region string) {
		records, err := r.history(ctx, region)
		mu.Lock()
		defer mu.Unlock()
		for _, one := range records {
			note(actors, one, r.options.Activity)
		}
		if err != nil && failed == "" {
			failed = region + ": " + err.Error()
		}
	})
	if failed != "" && len(actors) == 0 {
		r.account.Activity = trail.NotKnown[[]posture.Actor](failed)
		return
	}
	list := []posture.Actor{}
	for _, a := range actors {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b posture.Actor) int { return strings.Compare(a.ARN, b.ARN) })
	r.account.Activity = trail.Known(list)
}

// maxHistoryPages bounds what is read of one region, at 50 records and half a second each.
const maxHistoryPages = 20

// history reads the newest records of a region's Event history.
func (r *reader) history(ctx context.Context, region string) (records []record.Record, err error) {
	token, to := "", time.Now()
	for range maxHistoryPages {
		page, err := r.cloud.HistoryPage(ctx, region, r.options.Activity, to, token)
		if err != nil {
			return records, err
		}
		for _, e := range page.Events {
			if parsed, err := record.Parse([]byte(e.Raw)); err == nil {
				records = append(records, parsed...)
			}
		}
		if token = page.Next; token == "" {
			break
		}
	}
	return records, nil
}

// note counts a record for whoever made the call: a role, for all of its sessions. AWS's services are nobody's keys.
func note(actors map[string]posture.Actor, one record.Record, since time.Time) {
	arn := cmp.Or(one.Identity.SessionIssuer, one.Identity.ARN)
	if arn == "" || strings.Contains(arn, ":role/aws-service-role/") {
		return
	}
	a, seen := actors[arn]
	if !seen {
		a = posture.Actor{ARN: arn, Names: map[string]int{}, Since: since}
	}
	a.Names[one.EventName]++
	actors[arn] = a
}
