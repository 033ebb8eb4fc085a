package hunt

import (
	"cmp"
	"slices"
	"time"
)

// place is an account's part of a region.
type place struct{ account, region string }

// coverage says in which hours there were records of each place.
type coverage struct {
	hours map[place]map[int32]bool // hours since 1970

	lastWhen   string // of the last record: most have the same hour and place as the one before
	lastRegion string
	account    string
}

// Limits of what is noted.
const (
	maxPlaces = 2000
	firstHour = 380_000   // since 1970, in 2013: CloudTrail began then
	lastHour  = 1_100_000 // in 2095
)

func newCoverage() *coverage { return &coverage{hours: map[place]map[int32]bool{}} }

// saw notes a record. When is its time as it is written.
func (c *coverage) saw(account string, when, region []byte) {
	const toHour = len("2026-03-01T10")
	if len(when) < toHour || string(when[:toHour]) == c.lastWhen && string(region) == c.lastRegion && account == c.account {
		return
	}
	t, err := time.Parse("2006-01-02T15", string(when[:toHour]))
	if err != nil {
		return
	}
	c.lastWhen, c.lastRegion, c.account = string(when[:toHour]), string(region), account
	c.add(place{account, string(region)}, int32(t.Unix()/3600))
}

func (c *coverage) add(p place, hour int32) {
	if hour < firstHour || hour > lastHour || p.region == "" {
		return
	}
	if c.hours[p] == nil {
		if len(c.hours) == maxPlaces {
			return
		}
		c.hours[p] = map[int32]bool{}
	}
	c.hours[p][hour] = true
}

func (c *coverage) merge(other *coverage) {
	for p, hours := range other.hours {
		for hour := range hours {
			c.add(p, hour)
		}
	}
}

// steady is how many hours without a silence make one remarkable.
const steady = 24

// gap is a time in which a place was silent.
type gap struct {
	place
	from, to time.Time // to is zero if nothing came after it
}

// gaps finds hours without a record in places that had some in each of the 24 hours before, or after. That a place whose nights
// are always silent is silent at night is no news.
func (c *coverage) gaps() (found []gap) {
	end := map[string]int32{} // of each account's records
	for p, hours := range c.hours {
		for h := range hours {
			end[p.account] = max(end[p.account], h)
		}
	}
	for p, set := range c.hours {
		hours := make([]int32, 0, len(set))
		for h := range set {
			hours = append(hours, h)
		}
		slices.Sort(hours)
		before := runs(hours)
		after := runsBackward(hours)
		for i, h := range hours[1:] {
			if h > hours[i]+1 && (before[i] >= steady || after[i+1] >= steady) {
				found = append(found, gap{p, hourTime(hours[i] + 1), hourTime(h)})
			}
		}
		last := len(hours) - 1
		if before[last] >= steady && end[p.account] > hours[last]+2 { // the last files may still be on their way
			found = append(found, gap{p, hourTime(hours[last] + 1), time.Time{}})
		}
	}
	slices.SortFunc(found, func(a, b gap) int {
		return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
	})
	return found
}

// runs counts for each hour how many follow on one another up to it.
func runs(hours []int32) []int {
	out := make([]int, len(hours))
	for i := range hours {
		out[i] = 1
		if i > 0 && hours[i-1]+1 == hours[i] {
			out[i] += out[i-1]
		}
	}
	return out
}

func runsBackward(hours []int32) []int {
	out := make([]int, len(hours))
	for i := len(hours) - 1; i >= 0; i-- {
		out[i] = 1
		if i+1 < len(hours) && hours[i]+1 == hours[i+1] {
			out[i] += out[i+1]
		}
	}
	return out
}

func hourTime(h int32) time.Time { return time.Unix(int64(h)*3600, 0).UTC() }
