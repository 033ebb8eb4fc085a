package incident

import (
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

// BlindWindows computes, per region, from when to when events were not recorded as the baseline wants, as far as the
// drifts and the trail's status tell. to is zero while it lasts. Only what is known enters: a window whose beginning nobody saw
// has no From.
func BlindWindows(want trail.Guarded, drifts []trail.Drift, status trail.Facet[trail.Status], attack, to time.Time) []BlindWindow {
	var windows []BlindWindow
	dark := slices.ContainsFunc(drifts, func(d trail.Drift) bool { return silences(d.Field) })
	for _, d := range drifts {
		affected := affected(d)
		if affected == "" || d.Direction != trail.Narrowing || dark && !silences(d.Field) && d.Field != trail.FieldBucket {
			continue // a trail that records nothing makes finer losses pointless to list
		}
		from := attack
		if d.Field == trail.FieldLogging {
			from = earlier(attack, status)
		}
		for _, region := range regionsOf(want, d.Field) {
			windows = append(windows, BlindWindow{Region: region, From: from, To: to, Affected: affected})
		}
	}
	return windows
}

// silences says whether a drift of the field keeps the trail from recording anything at all.
func silences(f trail.Field) bool { return f == trail.FieldTrail || f == trail.FieldLogging }

// affected says which events a drift costs; empty if it costs none (files go elsewhere, or can't be trusted, but exist).
func affected(d trail.Drift) string {
	switch d.Field {
	case trail.FieldTrail, trail.FieldLogging:
		return "all events of this trail; management events remain in Event history for 90 days, data and network events are lost"
	case trail.FieldSelectors:
		return d.Detail
	case trail.FieldMultiRegion:
		return "all events of this region; management events remain in Event history for 90 days"
	case trail.FieldGlobalEvents:
		return "events of global services (IAM, STS, CloudFront)"
	case trail.FieldOrganization:
		return "events of the organization's member accounts"
	case trail.FieldInsights:
		return "Insights events"
	case trail.FieldBucket:
		return "log files of this time went to the other bucket"
	}
	return ""
}

// regionsOf lists the regions that a drift of a field blinds.
func regionsOf(want trail.Guarded, field trail.Field) []string {
	switch field {
	case trail.FieldMultiRegion:
		return want.Regions
	case trail.FieldGlobalEvents:
		return []string{want.HomeRegion}
	}
	return append([]string{want.HomeRegion}, want.Regions...)
}

// earlier is when logging stopped: the record's time, or the status's if there is no record or it is earlier. The
// status alone is not enough, because it moves when a stopped trail is stopped again.
func earlier(attack time.Time, status trail.Facet[trail.Status]) time.Time {
	s, ok := status.Get()
	if ok && !s.StopLoggingTime.IsZero() && (attack.IsZero() || s.StopLoggingTime.Before(attack)) {
		return s.StopLoggingTime
	}
	return attack
}
