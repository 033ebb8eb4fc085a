package posture

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// can says who can perform a technique in an account, as "call: principal by policy, statement, if doubt".
func can(r Report, account, technique string) (lines []string, all WhoCan) {
	for _, w := range r.WhoCan {
		if w.Account != account || w.Technique != technique {
			continue
		}
		all = w
		for _, g := range w.Grants {
			line := fmt.Sprintf("%s: %s by %s, %s", g.Action, g.Principal[strings.LastIndexByte(g.Principal, ':')+1:], g.Policy, g.Statement)
			if g.Broad {
				line += ", broadly"
			}
			if g.Maybe != "" {
				line += ", perhaps"
			}
			lines = append(lines, line)
		}
	}
	return lines, all
}

const root = "root by the root user may do everything, "

func TestWhoCan(t *testing.T) {
	inv := healthy()
	a := &inv.Accounts[0]
	a.Principals = people(
		whocan.Principal{ARN: bob, Policies: []*whocan.Policy{written("all", strings.ReplaceAll(allowAll, `"*","Resource"`, `"s3:*","Resource"`))}},
		whocan.Principal{ARN: "arn:aws:iam::" + own + ":role/wide", Policies: []*whocan.Policy{written("any", allowAll)}},
		whocan.Principal{ARN: "arn:aws:iam::" + own + ":role/dark", Unread: []string{"inline policy x: no JSON"}},
		whocan.Principal{ARN: "arn:aws:iam::" + own + ":role/break-glass", Policies: []*whocan.Policy{written("stop", `{"Version":"2012-10-17","Statement":[{"Sid":"Stop","Effect":"Allow","Action":"cloudtrail:StopLogging","Resource":"*"}]}`)}},
	)
	r := Audit(inv, Options{})
	got, stop := can(r, own, "stop-logging")
	if want := []string{`cloudtrail:StopLogging: role/break-glass by stop, "Stop"`}; !slices.Equal(got, want) || !stop.Shielded {
		t.Errorf("stop-logging: %q %+v", got, stop)
	}
	if want := "SCP protect, statement number 1, except to arn:aws:iam::*:role/break-glass"; !slices.Equal(stop.Denied, []string{want}) || !slices.Equal(stop.Grants[0].Resources, []string{trailARN}) {
		t.Errorf("stop-logging: %+v", stop)
	}
	got, policy := can(r, own, "bucket-policy")
	want := []string{"s3:PutBucketPolicy: " + root, "s3:PutBucketPolicy: user/bob by all, number 1", "s3:PutBucketPolicy: role/wide by any, number 1, broadly", "s3:PutBucketPolicy: role/dark by , , perhaps"}
	if !slices.Equal(got, want) || policy.Shielded || !slices.Equal(policy.Grants[0].Resources, []string{bucketARN}) {
		t.Errorf("bucket-policy: %q %+v", got, policy)
	}
	if !slices.Contains(r.NotEvaluated, "account "+own+": 1 principals have policies that could not be read; of them nothing is certain") {
		t.Errorf("%q", r.NotEvaluated)
	}
}

// TestWhoCanElsewhere: an account is asked about what it holds of other accounts' trails.
func TestWhoCanElsewhere(t *testing.T) {
	inv := healthy()
	b := inv.Accounts[0].Resources[bucketARN]
	b.Account = elsewhere
	inv.Accounts[0].Resources[bucketARN] = b
	inv.Accounts = append(inv.Accounts, Account{ID: elsewhere, Partition: "aws", Enabled: trail.Known([]string{}), Principals: people(), Organization: trail.Gone[Organization]()})
	inv.Accounts[1].Principals = trail.Known(whocan.Account{ID: elsewhere, Partition: "aws"})
	r := Audit(inv, Options{})
	if got, _ := can(r, elsewhere, "bucket-policy"); !slices.Equal(got, []string{"s3:PutBucketPolicy: " + root}) {
		t.Errorf("who holds the bucket: %q", got)
	}
	if got, _ := can(r, elsewhere, "stop-logging"); got != nil {
		t.Errorf("who holds the bucket only: %q", got)
	}
	if got, _ := can(r, own, "bucket-policy"); got != nil {
		t.Errorf("whose trail writes there: %q", got)
	}
}

// TestWhoCanUnread: what could not be read is said, and nobody is cleared for it.
func TestWhoCanUnread(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Account)
		says   string
	}{
		"the account":    {func(a *Account) { a.Failure = "AccessDenied" }, "the account could not be read: AccessDenied"},
		"principals":     {func(a *Account) { a.Principals = trail.NotKnown[whocan.Account]("AccessDenied") }, "users and roles could not be read"},
		"control policy": {func(a *Account) { a.Organization = trail.NotKnown[Organization]("AccessDenied") }, "a yes holds as far as they don't deny it"},
		"the bucket":     {func(a *Account) { delete(a.Resources, bucketARN) }, "who can change " + bucketARN + " is not known"},
		"trails": {func(a *Account) {
			a.region("eu-west-1", func(r *Region) { r.Trails = trail.NotKnown[[]string]("AccessDenied") })
		}, "the list of trails in eu-west-1"},
	} {
		inv := healthy()
		c.change(&inv.Accounts[0])
		r := Audit(inv, Options{})
		if !slices.ContainsFunc(r.NotEvaluated, func(line string) bool { return strings.Contains(line, c.says) }) {
			t.Errorf("%s: %q", name, r.NotEvaluated)
		}
	}
	inv := healthy()
	inv.Accounts[0].set(bucketARN, "policy", denied())
	if got, _ := can(Audit(inv, Options{}), own, "bucket-policy"); len(got) != 2 || !strings.HasSuffix(got[1], "perhaps") {
		t.Errorf("a bucket whose policy was not read: %q", got)
	}
}
