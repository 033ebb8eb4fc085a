package cli

import (
	"strconv"
	"strings"
	"time"
)

// period reads --from and --to. An empty one is zero.
func period(from, to string, now time.Time) (begin, end time.Time, err error) {
	if begin, err = moment("--from", from, now); err != nil {
		return begin, end, err
	}
	if end, err = moment("--to", to, now); err != nil {
		return begin, end, err
	}
	if !begin.IsZero() && begin.After(now) {
		return begin, end, usagef("--from %s is in the future", from)
	}
	if !begin.IsZero() && !end.IsZero() && !begin.Before(end) {
		return begin, end, usagef("--from must be before --to: %s is not before %s (UTC)", begin.Format(time.DateTime), end.Format(time.DateTime))
	}
	return begin, end, nil
}

// moments are the forms of a time. One without an offset is UTC, as all times of CloudTrail are.
var moments = [...]string{
	time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly,
}

// moment reads a time, or how long ago it was, such as 7d, 36h or 90m.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range moments {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	if ago, ok := ago(text); ok {
		return now.Add(-ago).UTC(), nil
	}
	return time.Time{}, usagef("%s %q: use a time such as 2026-03-01, 2026-03-01T08:00:00+02:00 (UTC without an offset), or how long ago, such as 7d or 36h", flag, text)
}

// maxAgo is the longest time ago, in days: longer than CloudTrail exists.
const maxAgo = 36500

func ago(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		return time.Duration(n) * 24 * time.Hour, err == nil && n <= maxAgo
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= maxAgo*24*time.Hour
}
