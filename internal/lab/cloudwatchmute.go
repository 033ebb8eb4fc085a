package lab

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// muteSchedule is when a mute rule mutes: for a while from a point in time, or from each minute that a cron expression
// names.
type muteSchedule struct {
	at    time.Time
	cron  []cronField // minute, hour, day of month, month, day of week; nil for a single time
	lasts time.Duration
	zone  *time.Location
}

// cronField is the set of values that one field of a cron expression allows; nil: all.
type cronField []int

var (
	muteDuration   = regexp.MustCompile(`^P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?$`)
	muteExpression = regexp.MustCompile(`^(at|cron)\((.{1,240})\)$`)
)

const longestMute = 15 * 24 * time.Hour

// cronFields are the fields' least and greatest values, and names that stand for values from the least on.
var cronFields = []struct {
	least, greatest int
	names           []string
}{
	{0, 59, nil},
	{0, 23, nil},
	{1, 31, nil},
	{1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{0, 6, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// parseMuteSchedule reads the schedule of a mute rule.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html
func parseMuteSchedule(expression, duration, zone string) (*muteSchedule, error) {
	s := &muteSchedule{zone: time.UTC}
	var err error
	if s.lasts, err = parseMuteDuration(duration); err != nil {
		return nil, err
	}
	if zone != "" {
		if s.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
			return nil, fmt.Errorf("%.60q is not a time zone", zone)
		}
	}
	m := muteExpression.FindStringSubmatch(expression)
	switch {
	case m == nil:
		return nil, fmt.Errorf("a schedule is at(yyyy-MM-ddThh:mm) or cron(five fields), not %.100q", expression)
	case m[1] == "at":
		if s.at, err = time.ParseInLocation("2006-01-02T15:04", m[2], s.zone); err != nil {
			return nil, fmt.Errorf("%.100q is not a time such as 2024-05-10T14:00", m[2])
		}
		return s, nil
	}
	s.cron, err = parseCron(m[2])
	return s, err
}

func parseMuteDuration(text string) (time.Duration, error) {
	m := muteDuration.FindStringSubmatch(text)
	var total time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if m != nil {
			n, _ := strconv.Atoi(m[i+1]) // at most five digits; none is 0
			total += time.Duration(n) * unit
		}
	}
	if total < time.Minute || total > longestMute {
		return 0, fmt.Errorf("a mute rule lasts from PT1M to P15D, not %.60q", text)
	}
	return total, nil
}

func parseCron(text string) ([]cronField, error) {
	words := strings.Fields(text)
	if len(words) != len(cronFields) {
		return nil, fmt.Errorf("a cron expression has five fields, not as in %.100q", text)
	}
	fields := make([]cronField, len(words))
	for i, word := range words {
		if word == "*" {
			continue
		}
		for part := range strings.SplitSeq(word, ",") {
			from, to, isRange := strings.Cut(part, "-")
			first, ok := cronValue(i, from)
			last, okLast := first, true
			if isRange {
				last, okLast = cronValue(i, to)
			}
			if !ok || !okLast || last < first {
				return nil, fmt.Errorf("%.50q has no place in a cron expression", part)
			}
			for value := first; value <= last; value++ {
				fields[i] = append(fields[i], value)
			}
		}
	}
	return fields, nil
}

// cronValue reads a number or name in the how-manieth field.
func cronValue(field int, text string) (int, bool) {
	f := cronFields[field]
	if i := slices.Index(f.names, text); i >= 0 {
		return f.least + i, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= f.least && n <= f.greatest
}

func (f cronField) allows(value int) bool { return f == nil || slices.Contains(f, value) }

// over says whether the schedule has no window left.
func (s *muteSchedule) over(now time.Time) bool {
	return s.cron == nil && !now.Before(s.at.Add(s.lasts))
}

// open says whether now is in a window that did not begin before a time.
func (s *muteSchedule) open(now, notBefore time.Time) bool {
	if s.cron == nil {
		return !now.Before(s.at) && now.Before(s.at.Add(s.lasts))
	}
	begin := now.Truncate(time.Minute)
	for ; now.Sub(begin) < s.lasts && !begin.Before(notBefore.Truncate(time.Minute)); begin = begin.Add(-time.Minute) {
		if s.begins(begin.In(s.zone)) {
			return true
		}
	}
	return false
}

// begins says whether a window begins in this minute. As in every cron, it is enough that one of the two kinds of days fits
// if both are restricted.
func (s *muteSchedule) begins(t time.Time) bool {
	byMonth, byWeek := s.cron[2].allows(t.Day()), s.cron[4].allows(int(t.Weekday()))
	day := byMonth && byWeek
	if s.cron[2] != nil && s.cron[4] != nil {
		day = byMonth || byWeek
	}
	return day && s.cron[0].allows(t.Minute()) && s.cron[1].allows(t.Hour()) && s.cron[3].allows(int(t.Month()))
}
