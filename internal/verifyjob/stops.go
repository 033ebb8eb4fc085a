package verifyjob

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// historyLength is how far back Event history reaches.
const historyLength = 90 * 24 * time.Hour

// stops finds the calls that ended the trail's chains in Event history, which needs no trail.
func stops(ctx context.Context, cloud *awscloud.Cloud, want trail.Guarded, arn trail.ARN, o digest.Options, log *slog.Logger) []digest.Stop {
	since := o.Now.Add(-historyLength)
	if o.From.After(since) {
		since = o.From
	}
	var records []record.Record
	err := cloud.History(ctx, want.HomeRegion, since, func(r record.Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		log.Warn("Event history cannot be read in full: a chain that began anew may stay unexplained", "trail", want.ARN, "error", err)
	}
	return stopsIn(records, want, arn)
}

// stopsIn pairs the calls that ended a trail's chains with those that let them go on. The records come oldest first.
func stopsIn(records []record.Record, want trail.Guarded, arn trail.ARN) (found []digest.Stop) {
	undo := map[string]int{} // what ends a stop → its place in found
	for _, r := range records {
		s, ok := tamper.Classify(r)
		if !ok || s.Any || s.Outcome.Kind != record.Succeeded || !s.Concerns(want) {
			continue
		}
		if undoneBy := ends(s.Techniques); undoneBy != "" {
			if _, lasts := undo[undoneBy]; !lasts {
				undo[undoneBy] = len(found)
				found = append(found, digest.Stop{Account: arn.Account, Trail: arn.Name, HomeRegion: arn.Region, At: r.EventTime})
			}
			continue
		}
		if n, ok := undo[r.EventName]; ok { // in the same second, too: a guard is fast, and events' times have whole seconds
			found[n].Until = r.EventTime
			delete(undo, r.EventName)
		}
	}
	return found
}

// ends names the call that undoes what a call did, if that ended a trail's chains, and otherwise nothing.
func ends(techniques []string) (undoneBy string) {
	switch {
	case slices.Contains(techniques, tamper.StopLogging), slices.Contains(techniques, tamper.DeleteTrail):
		return "StartLogging"
	case slices.Contains(techniques, tamper.ValidationOff):
		return "UpdateTrail"
	}
	return ""
}
