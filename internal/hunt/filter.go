package hunt

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Filter narrows a hunt. The zero value lets everything through.
type Filter struct {
	From, To time.Time // of events; From is included, To is not
	Accounts []string
	Regions  []string
	// Shard of Shards, counted from 0: only the files of this part of the folders are read. Shards is 0 for all.
	Shard, Shards int
}

func (f *Filter) anywhere() bool {
	return f.From.IsZero() && f.To.IsZero() && len(f.Accounts) == 0 && len(f.Regions) == 0
}

// admits says whether a record is wanted. One without a time always is: nobody may hide by writing nonsense.
func (f *Filter) admits(account, region string, at time.Time) bool {
	if !at.IsZero() && (!f.From.IsZero() && at.Before(f.From) || !f.To.IsZero() && !at.Before(f.To)) {
		return false
	}
	return (len(f.Accounts) == 0 || slices.Contains(f.Accounts, account)) && (len(f.Regions) == 0 || slices.Contains(f.Regions, region))
}

// late is how long after its event a file may be delivered for it to be found by a filter of time. Nearly all are
// delivered within 15 minutes; AWS tries for longer only where a bucket can't be reached.
const late = 24 * time.Hour

// wants says whether the records of a folder or file can be wanted, as far as its place tells.
func (f *Filter) wants(p filePlace) bool {
	if len(f.Accounts) > 0 && p.account != "" && !slices.Contains(f.Accounts, p.account) ||
		len(f.Regions) > 0 && p.region != "" && !slices.Contains(f.Regions, p.region) {
		return false
	}
	if p.from.IsZero() {
		return true
	}
	return (f.From.IsZero() || p.to.After(f.From)) && (f.To.IsZero() || p.from.Add(-late).Before(f.To))
}

// mine says whether a file belongs to the shard. All files of a folder belong to the same one.
func (f *Filter) mine(file string) bool {
	if f.Shards < 2 {
		return true
	}
	const prime = 16777619 // FNV-1a, which is the same on all machines
	h := uint32(2166136261)
	for _, c := range []byte(path.Dir(file)) {
		h = (h ^ uint32(c)) * prime
	}
	return int(h%uint32(f.Shards)) == f.Shard
}

// filePlace is what a place in CloudTrail's layout tells:
// [prefix/]AWSLogs/[o-id/]account/CloudTrail/region/year/month/day/name. What is not known is empty.
type filePlace struct {
	account, region string
	from, to        time.Time // of the folder: a day, a month or a year
	digest          bool
	other           bool // beneath an account, logs of another service
}

const (
	logsFolder   = "AWSLogs/"
	digestFolder = "CloudTrail-Digest"
)

// placeOf reads the path of a file, or of a folder that ends with a slash.
func placeOf(file string) (p filePlace) {
	at := strings.LastIndex("/"+file, "/"+logsFolder)
	if at < 0 {
		p.digest = strings.Contains(path.Base(file), "_"+digestFolder+"_")
		return p
	}
	parts := strings.Split(file[at+len(logsFolder):], "/")
	parts = parts[:len(parts)-1] // the file's name, or nothing
	if len(parts) > 0 && strings.HasPrefix(parts[0], "o-") {
		parts = parts[1:]
	}
	if len(parts) == 0 || len(parts[0]) != 12 || strings.Trim(parts[0], "0123456789") != "" {
		return p
	}
	p.account = parts[0]
	if len(parts) > 1 {
		p.digest = parts[1] == digestFolder
		p.other = !p.digest && !strings.HasPrefix(parts[1], "CloudTrail")
	}
	if len(parts) < 3 || p.other {
		return p
	}
	p.region = parts[2]
	day := strings.Join(parts[3:min(len(parts), 6)], "-")
	for _, form := range [...]struct {
		layout              string
		years, months, days int
	}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if t, err := time.Parse(form.layout, day); err == nil {
			p.from, p.to = t, t.AddDate(form.years, form.months, form.days)
			break
		}
	}
	return p
}
