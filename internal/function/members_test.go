package function

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trailhold/trailhold/internal/memberlist"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

const homeAccount, memberA, memberB = "111122223333", "222233334444", "333344445555"

// organized is an organization of fakes, and what was opened.
type organized struct {
	*Organization
	home    *fake
	members map[string]*fake
	mu      sync.Mutex
	opened  []string
}

func organize(listErr, openErr error) *organized {
	archive := trail.Resource{Type: trail.Bucket, ARN: "arn:aws:s3:::archive", Region: "eu-west-1", Account: memberB, Settings: map[trail.Setting]trail.Document{}}
	var g trail.Guarded
	g.Name, g.ARN, g.HomeRegion, g.Dependents = "audit", "arn:aws:cloudtrail:eu-west-1:"+homeAccount+":trail/audit", "eu-west-1", []trail.Resource{archive}
	o := &organized{home: &fake{}, members: map[string]*fake{memberA: {}, memberB: {}}}
	o.Organization = &Organization{
		Home: o.home, Baseline: trail.Baseline{Account: homeAccount, Trails: []trail.Guarded{g}},
		List: func(context.Context) (memberlist.List, error) {
			return memberlist.List{Members: []memberlist.Member{{Account: memberA}, {Account: memberB}}}, listErr
		},
		Open: func(_ context.Context, _ memberlist.List, m memberlist.Member) (Guard, error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.opened = append(o.opened, m.Account)
			return o.members[m.Account], openErr
		},
	}
	return o
}

// recorded is a record of a call in an account.
func recorded(t *testing.T, account, source, name, parameters string) record.Record {
	t.Helper()
	records, err := record.Parse(fmt.Appendf(nil, `{"detail-type":"AWS API Call via CloudTrail","source":"aws.x","detail":{"eventVersion":"1.10","eventName":%q,"eventSource":%q,`+
		`"eventTime":"2026-03-01T12:00:00Z","eventID":"e","awsRegion":"eu-west-1","recipientAccountId":%q,"requestParameters":%s}}`, name, source, account, parameters))
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	return records[0]
}

func TestOrganizationHandles(t *testing.T) {
	down := errors.New("down")
	stop := func(account string) record.Record {
		return recorded(t, account, "cloudtrail.amazonaws.com", "StopLogging", `{"name":"audit"}`)
	}
	bucket := func(account, name string) record.Record {
		return recorded(t, account, "s3.amazonaws.com", "DeleteBucketPolicy", `{"bucketName":"`+name+`"}`)
	}
	for _, test := range []struct {
		name             string
		records          []record.Record
		listErr, openErr error
		home, a, b       int // records that each guard got
		opened           string
		fails            bool
	}{
		{name: "the own account waits for nobody", records: []record.Record{stop(homeAccount)}, listErr: down, home: 1},
		{name: "a member", records: []record.Record{stop(memberA), stop(memberA)}, a: 2, opened: memberA},
		{name: "several", records: []record.Record{stop(memberA), stop(homeAccount), stop(memberB)}, home: 1, a: 1, b: 1, opened: memberA + " " + memberB},
		{name: "what the own baseline has in a member", records: []record.Record{bucket(memberB, "archive")}, home: 1, b: 1, opened: memberB},
		{name: "another bucket of that member", records: []record.Record{bucket(memberB, "other")}, b: 1, opened: memberB},
		{name: "an account that is not guarded", records: []record.Record{stop("444455556666")}, home: 1},
		{name: "a member whose guard cannot be made is told all the same", records: []record.Record{stop(memberA)}, openErr: down, home: 1, opened: memberA, fails: true},
		{name: "a list that cannot be read", records: []record.Record{stop(memberA), bucket(memberB, "archive")}, listErr: down, home: 2, fails: true},
	} {
		o := organize(test.listErr, test.openErr)
		_, err := o.Handle(t.Context(), test.records)
		if got := []int{o.home.records, o.members[memberA].records, o.members[memberB].records}; !slices.Equal(got, []int{test.home, test.a, test.b}) || (err != nil) != test.fails {
			t.Errorf("%s: %v, %v", test.name, got, err)
		}
		if got := strings.Join(o.opened, " "); got != test.opened {
			t.Errorf("%s: opened %q, want %q", test.name, got, test.opened)
		}
	}
}

// TestOrganizationSweeps: everywhere, with guards that are made once, and whatever fails somewhere.
func TestOrganizationSweeps(t *testing.T) {
	o := organize(nil, nil)
	o.members[memberA].fail = errors.New("down")
	for range 2 {
		found, err := o.Sweep(t.Context())
		if err == nil || len(found) != 3 {
			t.Errorf("%d incidents, %v", len(found), err)
		}
	}
	if slices.Sort(o.opened); !slices.Equal(o.opened, slices.Sorted(maps.Keys(o.members))) || o.home.sweeps != 2 || o.members[memberB].sweeps != 2 {
		t.Errorf("opened %v, swept %d and %d times", o.opened, o.home.sweeps, o.members[memberB].sweeps)
	}
	blind := organize(errors.New("down"), nil)
	if _, err := blind.Sweep(t.Context()); err == nil || blind.home.sweeps != 1 {
		t.Errorf("without the list: %v, %d sweeps", err, blind.home.sweeps)
	}
}
