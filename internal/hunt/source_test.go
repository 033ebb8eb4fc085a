package hunt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// store is a bucket in memory that remembers what it was asked.
type store struct {
	objects map[string]string
	fail    map[string]error
	asked   []string
}

func (s *store) keys() (keys []string) {
	for k := range s.objects {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s *store) List(_ context.Context, _, prefix, after string, each func(digest.Object) error) error {
	s.asked = append(s.asked, "list "+prefix)
	for _, k := range s.keys() {
		if strings.HasPrefix(k, prefix) && k > after {
			if err := each(digest.Object{Key: k, Size: int64(len(s.objects[k]))}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *store) Folders(_ context.Context, _, prefix string, each func(string) error) error {
	var last string
	for _, k := range s.keys() {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			if folder, _, ok := strings.Cut(rest, "/"); ok && prefix+folder+"/" != last {
				last = prefix + folder + "/"
				if err := each(last); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *store) Get(_ context.Context, _, key string) (digest.Content, error) {
	if err := s.fail[key]; err != nil {
		return digest.Content{}, &digest.FetchError{Kind: digest.Denied, Object: key, Err: err}
	}
	return digest.Content{Body: io.NopCloser(bytes.NewReader([]byte(s.objects[key]))), Size: int64(len(s.objects[key]))}, nil
}

func TestBucket(t *testing.T) {
	s := &store{objects: map[string]string{"top.json": logFile(stop("top")), "p/between.json": logFile(stop("between"))}, fail: map[string]error{}}
	for _, account := range []string{"111122223333", "444455556666"} {
		for _, region := range []string{"eu-west-1", "us-east-1"} {
			for d := 1; d <= 4; d++ {
				folder := fmt.Sprintf("p/AWSLogs/%s/CloudTrail/%s/2026/03/%02d/", account, region, d)
				record := event(fmt.Sprint(account[:1], region[:1], d), fmt.Sprintf("2026-03-%02dT10:00:00Z", d), "cloudtrail", "StopLogging", "")
				record = strings.ReplaceAll(strings.ReplaceAll(record, "111122223333", account), "eu-west-1", region)
				s.objects[folder+"log.json.gz"] = gzipped(logFile(record))
			}
		}
		s.objects["p/AWSLogs/"+account+"/CloudTrail-Digest/eu-west-1/2026/03/01/d.json.gz"] = "digest"
		s.objects["p/AWSLogs/"+account+"/elasticloadbalancing/eu-west-1/2026/03/01/l.log"] = "x"
	}
	only := func(f Filter, prefix string) ([]string, found) {
		s.asked = nil
		got := hunt(t, Options{Filter: f, Fetch: 3}, Bucket{s, "b", prefix})
		got.ids = slices.DeleteFunc(got.ids, func(id string) bool { return !strings.HasPrefix(id, "stop ") })
		for i := range got.ids {
			got.ids[i] = strings.TrimPrefix(got.ids[i], "stop ")
		}
		return got.ids, got
	}
	if ids, f := only(Filter{}, ""); len(ids) != 18 || f.Stats.Digests != 2 || f.Stats.Foreign != 2 {
		t.Errorf("all: %v %+v", ids, f.Stats)
	}
	third := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	ids, _ := only(Filter{From: third, To: third.Add(24 * time.Hour), Accounts: []string{"444455556666"}, Regions: []string{"us-east-1"}}, "p/")
	if !reflect.DeepEqual(ids, []string{"4u3"}) {
		t.Errorf("narrowed: %v", ids)
	}
	for _, asked := range s.asked {
		if strings.Contains(asked, "111122223333/") || strings.Contains(asked, "03/01/") || strings.Contains(asked, "Digest/") || strings.Contains(asked, "elastic") {
			t.Errorf("it was needless to %s", asked)
		}
	}
	if ids, _ := only(Filter{Accounts: []string{"111122223333"}}, ""); len(ids) != 10 {
		t.Errorf("what lies between folders: %v", ids)
	}
	s.objects["p/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/04/late.json.gz"] = gzipped(logFile(event("late", "2026-03-03T23:59:00Z", "cloudtrail", "StopLogging", "")))
	if ids, _ := only(Filter{From: third, To: third.Add(24 * time.Hour), Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1"}}, "p/"); !reflect.DeepEqual(ids, []string{"1e3", "late"}) {
		t.Errorf("what was delivered late: %v", ids)
	}
	delete(s.objects, "p/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/04/late.json.gz")
	var parts []string
	for i := range 3 {
		ids, f := only(Filter{Shard: i, Shards: 3}, "")
		parts = append(parts, ids...)
		if len(ids) == 18 || f.Stats.Files == 0 {
			t.Errorf("part %d has %d", i, len(ids))
		}
	}
	if len(parts) != 18 {
		t.Errorf("the parts have %v", parts)
	}
	s.fail["top.json"] = errors.New("no")
	if ids, f := only(Filter{}, ""); len(ids) != 17 || f.Stats.Unreadable != 1 || !strings.Contains(strings.Join(f.problems, ""), "denied") {
		t.Errorf("denied: %v %+v %v", ids, f.Stats, f.problems)
	}
}

func TestPlaceOf(t *testing.T) {
	for path, want := range map[string]string{
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/x.json.gz":                "111122223333 eu-west-1 2026-03-01 2026-03-02 false false",
		"a/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/":                    "111122223333 eu-west-1 2026-03-01 2026-04-01 false false",
		"a/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/":                             "111122223333 eu-west-1 2026-01-01 2027-01-01 false false",
		"AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/x":                 "111122223333 eu-west-1 2026-03-01 2026-03-02 true false",
		"AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/03/01/x":                       "111122223333  0001-01-01 0001-01-01 false true",
		"AWSLogs/x/AWSLogs/111122223333/":                                               "111122223333  0001-01-01 0001-01-01 false false",
		"111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260301T000000Z.json.gz": "  0001-01-01 0001-01-01 true false",
		"dir/x.json": "  0001-01-01 0001-01-01 false false", "": "  0001-01-01 0001-01-01 false false", "AWSLogs/": "  0001-01-01 0001-01-01 false false",
		"AWSLogs/o-abc/": "  0001-01-01 0001-01-01 false false", "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/13/99/x": "111122223333 eu-west-1 0001-01-01 0001-01-01 false false",
	} {
		p := placeOf(path)
		if got := fmt.Sprintf("%s %s %s %s %v %v", p.account, p.region, p.from.Format(time.DateOnly), p.to.Format(time.DateOnly), p.digest, p.other); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}
