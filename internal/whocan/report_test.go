package whocan

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestWho asks who can stop logging, by one principal's policies each.
func TestWho(t *testing.T) {
	boundary := named(t, "boundary", allow("*", "s3:* iam:*"))
	wide := named(t, "wide", allowAll)
	bounded := user("x", wide)
	bounded.Boundary = boundary
	unbounded := bounded
	unbounded.Boundary = wide
	blind := user("x")
	blind.Unread = []string{"inline policy y: not JSON"}
	unclear := bounded
	unclear.Boundary, unclear.UnreadBoundary = nil, true
	tagged := user("x", named(t, "tagged", with(allowAll, `"StringEquals":{"aws:PrincipalTag/team":"red"}`)))
	tagged.Tags = map[string]string{"team": "red"}
	taggedRole := tagged
	taggedRole.ARN = iam + "role/x"
	for _, test := range []struct {
		name string
		p    Principal
		want string
	}{
		{"everything", user("x", wide), "yes a b"},
		{"nothing", user("x"), "no"},
		{"only reading", user("x", named(t, "p", allow("*", "cloudtrail:Get* cloudtrail:List* cloudtrail:LookupEvents"))), "no"},
		{"one trail", user("x", named(t, "p", allow(trailA, "cloudtrail:StopLogging"))), "yes a"},
		{"lower case and wildcards", user("x", named(t, "p", allow("arn:aws:cloudtrail:*:*:trail/?", "CLOUDTRAIL:stop*"))), "yes a b"},
		{"all but", user("x", named(t, "p", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`)), "yes a b"},
		{"all but cloudtrail", user("x", named(t, "p", `{"Effect":"Allow","NotAction":"cloudtrail:*","Resource":"*"}`)), "no"},
		{"not that trail", user("x", named(t, "p", `{"Effect":"Allow","Action":"cloudtrail:*","NotResource":"`+trailA+`"}`)), "yes b"},
		{"denied by another policy", user("x", wide, named(t, "d", `{"Effect":"Deny","Action":"cloudtrail:StopLogging","Resource":"*"}`)), "no"},
		{"denied on one", user("x", wide, named(t, "d", `{"Effect":"Deny","Action":"cloudtrail:*","Resource":"`+trailB+`"}`)), "yes a"},
		{"with MFA", user("x", named(t, "p", with(allowAll, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`))), "maybe a b"},
		{"in that region", user("x", named(t, "p", with(allowAll, `"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`))), "yes a b"},
		{"in another region", user("x", named(t, "p", with(allowAll, `"StringEquals":{"aws:RequestedRegion":"us-east-1"}`))), "no"},
		{"by TLS", user("x", wide, named(t, "d", with(`{"Effect":"Deny","Action":"*","Resource":"*"}`, `"Bool":{"aws:SecureTransport":"false"}`))), "yes a b"},
		{"its own name", user("x", named(t, "p", with(allowAll, `"StringEquals":{"aws:username":"x"}`))), "yes a b"},
		{"another's name", user("x", named(t, "p", with(allowAll, `"StringEquals":{"aws:username":"y"}`))), "no"},
		{"bounded", bounded, "no"},
		{"wide boundary", unbounded, "yes a b"},
		{"unknown boundary", unclear, "maybe a b"},
		{"unread policies", blind, "maybe a b"},
		{"tagged user", tagged, "yes a b"},
		{"tagged role, whose sessions may have other tags", taggedRole, "maybe a b"},
		{"service-linked", Principal{ARN: iam + "role/aws-service-role/x.amazonaws.com/X", Policies: []*Policy{wide}}, "no"},
	} {
		r := Evaluate(Account{ID: account, Principals: []Principal{test.p}}, trails())
		if got := r.summary(t, tamper.StopLogging, test.p.ARN); got != test.want {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
		if got := r.stops(t, "root"); got != "yes a b" {
			t.Errorf("%s: of the root user: %s", test.name, got)
		}
	}
}

// TestWhatElse asks about other techniques than stopping.
func TestWhatElse(t *testing.T) {
	p := user("x",
		named(t, "inline policy mixed", allow(trailA, "cloudtrail:DeleteTrail"), allow(trailB, "cloudtrail:DeleteTrail cloudtrail:CreateTrail")),
		named(t, "storage", allow(bucket, "s3:PutLifecycleConfiguration"), allow(bucket+"/*", "s3:DeleteObjectVersion"), allow(key, "kms:DisableKey"),
			allow(group, "logs:DeleteLogGroup"), allow(group+":*", "logs:PutRetentionPolicy"), allow("*", "sns:Unsubscribe"),
			allow("arn:aws:sns:*:*:alerts", "sns:SetSubscriptionAttributes")))
	r := Evaluate(Account{ID: account, Principals: []Principal{p}}, all(t))
	for id, want := range map[string]string{
		tamper.DeleteTrail: "yes a b", tamper.DeleteThenSquat: "yes b", tamper.ShadowTrail: "yes b", tamper.StopLogging: "no",
		tamper.BucketLifecycle: "yes logs", tamper.LogDelete: "yes logs", tamper.BucketPolicy: "no", tamper.KMSDisable: "yes k",
		tamper.LogGroupDelete: "no", tamper.LogGroupRetention: "yes trails", // a log group is named by an ARN that ends in :*
		tamper.Unsubscribe: "yes alerts", tamper.FilterPolicy: "no", // no topic can be named
		tamper.RoleDelete: "no", tamper.RuleDisable: "no",
	} {
		if got := r.summary(t, id, p.ARN); got != want {
			t.Errorf("%s: %q, not %q", id, got, want)
		}
	}
	a, _ := r.who(t, tamper.DeleteThenSquat, p.ARN)
	if a.Action != "cloudtrail:DeleteTrail, cloudtrail:CreateTrail" || a.Policy != "inline policy mixed" || a.Statement != "number 2" {
		t.Errorf("by %+v", a)
	}
	n := slices.IndexFunc(r.Techniques, func(one Technique) bool { return one.ID == tamper.RuleDisable })
	if r.Techniques[n].Targets != 0 {
		t.Errorf("asked about %d rules", r.Techniques[n].Targets)
	}
}

// TestPoliciesOfRoles asks who can change what a guarded role may do, through the policy that is attached to it.
func TestPoliciesOfRoles(t *testing.T) {
	attached := named(t, "managed policy delivery", allow("*", "logs:PutLogEvents"))
	attached.ARN = iam + "policy/delivery"
	ours := named(t, "managed policy ReadOnlyAccess", allow("*", "s3:Get*"))
	ours.ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	editor := user("editor", named(t, "p", allow("*", "iam:CreatePolicyVersion")))
	r := Evaluate(Account{ID: account, Principals: []Principal{role("delivery", nil, attached, ours), editor}}, all(t))
	if got := r.summary(t, tamper.RolePolicy, editor.ARN); got != "yes delivery" {
		t.Error(got)
	}
}

// TestKey has a key that leaves nothing to its account: policies of identities count for nothing.
func TestKey(t *testing.T) {
	closed := parse(t, `{"Effect":"Allow","Principal":{"AWS":"`+iam+`role/keeper"},"Action":"kms:*","Resource":"*"}`)
	wide := named(t, "wide", allowAll)
	r := Evaluate(Account{ID: account, Principals: []Principal{user("admin", wide), role("keeper", nil)}},
		[]Target{{Type: trail.Key, ARN: key, Region: "eu-west-1", Account: account, Policy: closed}})
	if admin, keeper := r.summary(t, tamper.KMSDisable, iam+"user/admin"), r.summary(t, tamper.KMSDisable, iam+"role/keeper"); admin != "no" || keeper != "yes k" {
		t.Errorf("admin: %s, keeper: %s", admin, keeper)
	}
	a, _ := r.who(t, tamper.KMSDisable, iam+"role/keeper")
	if a.Policy != "policy of key "+key || a.Statement != "number 1" {
		t.Errorf("by %+v", a)
	}
	r = Evaluate(Account{ID: account, Principals: []Principal{user("admin", wide)}},
		[]Target{{Type: trail.Key, ARN: key, Region: "eu-west-1", Account: account, Unread: true}})
	if got := r.summary(t, tamper.KMSDisable, iam+"user/admin"); got != "maybe k" {
		t.Errorf("of a key whose policy can't be read: %s", got)
	}
	r = Evaluate(Account{ID: account, Principals: []Principal{user("nobody")}},
		[]Target{{Type: trail.Bucket, ARN: bucket, Region: "eu-west-1", Account: account, Unread: true}})
	if got := r.summary(t, tamper.BucketDelete, iam+"user/nobody"); got != "maybe logs" {
		t.Errorf("of a bucket whose policy can't be read: %s", got)
	}
}

func TestOrganization(t *testing.T) {
	full := named(t, "FullAWSAccess", allowAll)
	deny := named(t, "protect", with(`{"Sid":"Trails","Effect":"Deny","Action":["cloudtrail:Stop*","cloudtrail:Delete*"],"Resource":"*"}`,
		`"ArnNotLike":{"aws:PrincipalArn":["`+iam+`role/break-glass"]}`))
	a := Account{
		ID: account, OrganizationID: "o-1", Principals: []Principal{role("admin", nil, named(t, "p", allowAll)), role("break-glass", nil, named(t, "p", allowAll))},
		SCPs: [][]*Policy{{full}, {full, deny}},
	}
	r := Evaluate(a, trails())
	if admin, glass, root := r.stops(t, "role/admin"), r.stops(t, "role/break-glass"), r.stops(t, "root"); admin != "no" || glass != "yes a b" || root != "no" {
		t.Errorf("admin: %s, break-glass: %s, root: %s", admin, glass, root)
	}
	for _, one := range r.Techniques {
		if denied := one.ID == tamper.StopLogging || one.ID == tamper.DeleteTrail || one.ID == tamper.DeleteThenSquat; one.Shielded != denied {
			t.Errorf("%s is denied: %v by %+v", one.ID, one.Shielded, one.Shields)
		}
	}
	shield := r.Techniques[0].Shields
	if len(shield) != 1 || shield[0].Policy != "protect" || shield[0].Statement != `"Trails"` || !slices.Equal(shield[0].Except, []string{iam + "role/break-glass"}) {
		t.Errorf("%+v", shield)
	}
	a.Management = true
	if r = Evaluate(a, trails()); r.stops(t, "role/admin") != "yes a b" || r.Techniques[0].Shielded {
		t.Error("a service control policy binds the management account")
	}
	a.Management, a.SCPs = false, [][]*Policy{{full}, {named(t, "only S3", allow("*", "s3:*"))}}
	if r = Evaluate(a, trails()); r.stops(t, "role/admin") != "no" {
		t.Error("a service control policy that allows only S3 allows CloudTrail")
	}
}

// TestShieldInDoubt has a service control policy that denies under a condition that nobody knows.
func TestShieldInDoubt(t *testing.T) {
	deny := named(t, "protect", allowAll, with(`{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*"}`, `"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`))
	r := Evaluate(Account{ID: account, Principals: []Principal{role("admin", nil, named(t, "p", allowAll))}, SCPs: [][]*Policy{{deny}}}, trails())
	if first := r.Techniques[0]; r.stops(t, "role/admin") != "maybe a b" || first.Shielded || len(first.Shields) != 1 || !strings.Contains(first.Shields[0].Doubt, "MultiFactor") {
		t.Errorf("%+v", first)
	}
	if a, _ := r.who(t, tamper.StopLogging, iam+"role/admin"); !strings.HasPrefix(a.Doubt, "service control policies, statement number 2: ") || a.Policy != "p" {
		t.Errorf("%+v", a)
	}
}

// TestResourceControl has a resource control policy that reaches S3 and doesn't reach CloudTrail.
func TestResourceControl(t *testing.T) {
	full := named(t, "RCPFullAWSAccess", `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)
	deny := named(t, "rcp", `{"Effect":"Deny","Principal":"*","Action":["s3:*","cloudtrail:*"],"Resource":"*"}`)
	r := Evaluate(Account{ID: account, Principals: []Principal{role("admin", nil, named(t, "p", allowAll))}, RCPs: [][]*Policy{{full, deny}}}, all(t))
	if stop, empty := r.stops(t, "role/admin"), r.summary(t, tamper.BucketPolicy, iam+"role/admin"); stop != "yes a b" || empty != "no" {
		t.Errorf("stop: %s, bucket policy: %s", stop, empty)
	}
}

func TestOutsiders(t *testing.T) {
	target := Target{Type: trail.Bucket, ARN: bucket, Region: "eu-west-1", Account: account, Policy: parse(t,
		`{"Effect":"Allow","Principal":{"AWS":["444455556666","arn:aws:iam::777788889999:role/backup","`+iam+`root"]},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::logs/*"}`,
		`{"Effect":"Allow","Principal":"*","Action":"s3:PutBucketAcl","Resource":"arn:aws:s3:::logs"}`)}
	r := Evaluate(Account{ID: account}, []Target{target})
	for _, test := range []struct{ id, principal, want string }{
		{tamper.LogDelete, "arn:aws:iam::444455556666:root", "maybe logs"},
		{tamper.LogDelete, "arn:aws:iam::777788889999:role/backup", "maybe logs"},
		{tamper.LogDelete, "*", "no"},
		{tamper.BucketACL, "*", "yes logs"},
	} {
		if got := r.summary(t, test.id, test.principal); got != test.want {
			t.Errorf("%s by %s: %s, not %s", test.id, test.principal, got, test.want)
		}
	}
}

func TestBroadGrants(t *testing.T) {
	shared := named(t, "managed policy Admin", allowAll)
	other := named(t, "other", allow("*", "cloudtrail:*"), allow("*", "cloudtrail:StopLogging"), allow(trailA, "*"), `{"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"}`,
		`{"Effect":"Deny","Action":"*","Resource":"*"}`, `{"Effect":"Allow","NotAction":"CloudTrail:*","Resource":"*"}`)
	r := Evaluate(Account{ID: account, Principals: []Principal{user("a", shared), user("b", shared, other)}}, trails())
	var got []string
	for _, g := range r.Broad {
		got = append(got, g.Policy+" "+g.Statement+" "+g.Allows+" "+strings.ReplaceAll(strings.Join(g.Principals, " "), iam, ""))
	}
	want := []string{"managed policy Admin number 1 * user/a user/b", "other number 1 cloudtrail:* user/b", "other number 4 everything but iam:*, s3:* user/b"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestLimits(t *testing.T) {
	p := user("x")
	p.Unread = []string{"?"}
	a := Account{
		ID: account, OrganizationID: "o-1", Unread: []policy.Layer{policy.SCP}, Notes: []string{"groups could not be read"},
		Principals: []Principal{p, role("aws-service-role/x.amazonaws.com/X", nil), role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1", nil)},
	}
	r := Evaluate(a, []Target{{Type: trail.Bucket, ARN: bucket, Account: "444455556666"}, {Type: trail.Function, ARN: "f", Account: account}})
	text := strings.Join(r.Limits, "\n")
	for _, part := range []string{"session policies", "service control policies could not be read", "1 service-linked", "permission sets", "1 principals have", "1 resources belong", "1 resources are functions", "management account", "groups could"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}
