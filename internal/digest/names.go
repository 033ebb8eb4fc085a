package digest

import (
	"path"
	"strings"
	"time"
)

// The layout of a bucket: [prefix/]AWSLogs/[o-id/]account/CloudTrail-Digest/region/Y/M/D/name, and the same with CloudTrail
// for logs.
const (
	logsFolder   = "AWSLogs/"
	digestFolder = "CloudTrail-Digest/"
	trailFolder  = "CloudTrail/"
	suffix       = ".json.gz"
	backfillMark = "_backfill"

	stampLayout  = "20060102T150405Z" // in the names of digests
	minuteLayout = "20060102T1504Z"   // in the names of logs
	dayLayout    = "2006/01/02/"

	maxKey = 1024 // bytes of a key, as S3 allows
)

// place is where the objects of one account and region lie.
type place struct {
	bucket       string
	root         string // what precedes AWSLogs/, with its slash
	organization string
	account      string
	region       string
}

func (p place) accountFolder() string {
	folder := p.root + logsFolder
	if p.organization != "" {
		folder += p.organization + "/"
	}
	return folder + p.account + "/"
}

func (p place) digests() string { return p.accountFolder() + digestFolder + p.region + "/" }
func (p place) logs() string    { return p.accountFolder() + trailFolder + p.region + "/" }

// chain names a chain of this place.
func (p place) chain(trail, home string, backfill bool) Chain {
	return Chain{
		Account: p.account, Region: p.region, Trail: trail, HomeRegion: home,
		Organization: p.organization, Prefix: strings.TrimSuffix(p.root, "/"), Backfill: backfill,
	}
}

// digestName is what the key of a digest tells.
type digestName struct {
	place
	trail, home string
	end         time.Time
	backfill    bool
}

func (n digestName) chain() Chain { return n.place.chain(n.trail, n.home, n.backfill) }

// key is where CloudTrail delivers the digest.
func (n digestName) key() string {
	base := n.account + "_CloudTrail-Digest_" + n.region + "_" + n.trail + "_" + n.home + "_" + n.end.Format(stampLayout)
	if n.backfill {
		base += backfillMark
	}
	return n.digests() + n.end.Format(dayLayout) + base + suffix
}

// at is the same chain's digest of another time.
func (n digestName) at(end time.Time) digestName {
	n.end = end.UTC()
	return n
}

// parseDigestKey reads a digest's key. A trail's name may itself hold regions and underscores, so the name is taken
// apart from both ends: what lies between the source region and the home region is the trail, whole.
func parseDigestKey(bucket, key string) (digestName, bool) {
	p, rest, ok := parseFolders(key, digestFolder)
	if !ok {
		return digestName{}, false
	}
	p.bucket = bucket
	base := path.Base(rest)
	base, ok = strings.CutPrefix(base, p.account+"_CloudTrail-Digest_"+p.region+"_")
	if !ok {
		return digestName{}, false
	}
	if base, ok = strings.CutSuffix(base, suffix); !ok {
		return digestName{}, false
	}
	n := digestName{place: p}
	base, n.backfill = strings.CutSuffix(base, backfillMark)
	base, stamp, ok := cutLast(base)
	if !ok {
		return digestName{}, false
	}
	if n.trail, n.home, ok = cutLast(base); !ok || n.trail == "" || n.home == "" {
		return digestName{}, false
	}
	end, err := time.Parse(stampLayout, stamp)
	n.end = end
	return n, err == nil && plausible(end)
}

// plausible says whether a time can be CloudTrail's, which began in 2013. It keeps hostile years out of reckoning and of JSON.
func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 9000 }

// parseFolders reads the folders down to the region's. kind is the folder that tells digests from logs.
func parseFolders(key, kind string) (p place, rest string, ok bool) {
	if len(key) > maxKey {
		return place{}, "", false
	}
	before, rest, ok := cutFolder(key, logsFolder)
	if !ok {
		return place{}, "", false
	}
	p.root = before
	folder, rest, ok := strings.Cut(rest, "/")
	if ok && isOrganization(folder) {
		p.organization = folder
		folder, rest, ok = strings.Cut(rest, "/")
	}
	if !ok || !isAccount(folder) {
		return place{}, "", false
	}
	p.account = folder
	if rest, ok = strings.CutPrefix(rest, kind); !ok {
		return place{}, "", false
	}
	p.region, rest, ok = strings.Cut(rest, "/")
	return p, rest, ok && p.region != ""
}

// cutFolder splits a key at its last folder of a name, so that a prefix which holds the name does no harm.
func cutFolder(key, folder string) (before, after string, ok bool) {
	for end := len(key); ; {
		i := strings.LastIndex(key[:end], folder)
		if i < 0 {
			return "", "", false
		}
		if i == 0 || key[i-1] == '/' {
			return key[:i], key[i+len(folder):], true
		}
		end = i
	}
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func isOrganization(s string) bool { return strings.HasPrefix(s, "o-") && len(s) > 2 }

// logTime reads the minute in a log's key, which is when CloudTrail wrote the file. exact is false where the name is
// none of CloudTrail's; the time is then the folder's day, or zero.
func logTime(p place, key string) (at time.Time, exact bool) {
	rest := strings.TrimPrefix(key, p.logs())
	if base, ok := strings.CutPrefix(path.Base(rest), p.account+"_CloudTrail_"+p.region+"_"); ok && strings.HasSuffix(base, suffix) {
		stamp, _, _ := strings.Cut(base, "_")
		if at, err := time.Parse(minuteLayout, stamp); err == nil && plausible(at) {
			return at, true
		}
	}
	if len(rest) < len(dayLayout) {
		return time.Time{}, false
	}
	if at, _ = time.Parse(dayLayout, rest[:len(dayLayout)]); !plausible(at) {
		return time.Time{}, false
	}
	return at, false
}
