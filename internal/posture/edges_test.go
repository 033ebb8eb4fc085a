package posture

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// TestEdges has what lies on the edge of a check: one step further and the answer is another.
func TestEdges(t *testing.T) {
	const alarmsKey = `{"Sid":"Alarms","Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}`
	grants := func(statement string) func(*Account) {
		return func(a *Account) {
			a.Principals = people(whocan.Principal{ARN: bob, Policies: []*whocan.Policy{written("p", `{"Version":"2012-10-17","Statement":[`+statement+`]}`)}})
		}
	}
	writes := func(actions string) func(*Account) {
		return func(a *Account) {
			a.Principals = people(whocan.Principal{ARN: roleARN, Policies: []*whocan.Policy{written("write", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":`+actions+`,"Resource":"*"}]}`)}})
		}
	}
	called := func(n int) func(*Account) {
		return func(a *Account) {
			calls := map[string]int{}
			for _, name := range enumeration[:n] {
				calls[name] = 1
			}
			a.Activity = trail.Known([]Actor{{ARN: bob, Names: calls}})
		}
	}
	quarter := len(enumeration) / 4
	for _, f := range []fixture{
		{"just long enough", "ct-cwl-group", Pass, setting(groupARN, "retention", `{"RetentionInDays":365}`), ""},
		{"a day too short", "ct-cwl-group", Fail, setting(groupARN, "retention", `{"RetentionInDays":364}`), "364"},
		{"a role that may not make streams", "ct-cwl-group", Fail, writes(`"logs:PutLogEvents"`), "logs:CreateLogStream"},
		{"a role that may not write", "ct-cwl-group", Fail, writes(`"logs:CreateLogStream"`), "logs:PutLogEvents"},
		{"a mute without an end", "mf-alarm-actions", Fail, setting(alarmARN("mf-vpc"), "muteRules", `{"hush":{"Schedule":"cron(* * * * *)"}}`), "hush"},
		{"a subscription with a filter", "mf-vpc", Unknown, setting(topicARN, "subscriptions", `{"email x":{"FilterPolicy":{"a":["b"]}}}`), "has a filter"},
		{"one with a filter and one without", "mf-vpc", Pass, setting(topicARN, "subscriptions", `{"email x":{"FilterPolicy":{"a":["b"]}},"email y":{"RawMessageDelivery":false}}`), ""},
		{"no subscription at all", "mf-vpc", Fail, setting(topicARN, "subscriptions", `{}`), "nobody has subscribed"},
		{"a key that alarms may not decrypt with", "mf-vpc", Fail, setting(keyARN, "policy", "%s", strings.Replace(keyPolicyText, alarmsKey, strings.Replace(alarmsKey, `["kms:GenerateDataKey*","kms:Decrypt"]`, `"kms:GenerateDataKey*"`, 1), 1)), "kms:Decrypt"},
		{"by the names that calls give to a trail", "guard-rule-on", Pass, pattern(`{"detail":{"$or":[{"requestParameters":{"name":["` + trailARN + `"]}},{"requestParameters":{"trailName":["` + trailARN + `"]}}]}}`), ""},
		{"by one of these names", "guard-rule-on", Fail, pattern(`{"detail":{"requestParameters":{"name":["` + trailARN + `"]}}}`), "PutEventSelectors, PutInsightSelectors"},
		{"anything but a value, of a field that isn't there", "guard-rule-on", Fail, pattern(`{"detail":{"userAgent":[{"anything-but":"x"}]}}`), "no rule that is on"},
		{"everything but CloudTrail", "ct-iam-full-access", Pass, grants(`{"Effect":"Allow","NotAction":"cloudtrail:*","Resource":"*"}`), ""},
		{"CloudTrail, denied", "ct-iam-full-access", Pass, grants(`{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*"}`), ""},
		{"CloudTrail, in capitals", "ct-iam-full-access", Fail, grants(`{"Effect":"Allow","Action":"CloudTrail:*","Resource":"*"}`), "CloudTrail:*"},
		{"the organization's trail, of this very account", "ct-copy-elsewhere", Fail, alone(func(a *Account) {
			a.config(func(c *trail.Config) { c.IsOrganizationTrail = true })
			a.set(bucketARN, "replication", doc(`{}`))
		}), "only this account"},
		{"a quarter of the list", "ct-threat-enumeration", Fail, called(quarter), "user/bob"},
		{"less than a quarter", "ct-threat-enumeration", Pass, called(quarter - 1), ""},
	} {
		inv := healthy()
		f.change(&inv.Accounts[0])
		findings := Audit(inv, Options{Checks: []string{f.check}}).Findings
		worst := findings[0]
		for _, found := range findings {
			if rank(found.Status) < rank(worst.Status) {
				worst = found
			}
		}
		if worst.Status != f.status || !strings.Contains(worst.Detail, f.detail) {
			t.Errorf("%s, %s: %s and not %s with %q: %s", f.check, f.name, worst.Status, f.status, f.detail, worst.Detail)
		}
	}
}

// TestRequiredTags: a tag is there if its key is, whatever its value.
func TestRequiredTags(t *testing.T) {
	for _, test := range []struct {
		tags map[string]string
		want Status
	}{
		{map[string]string{"owner": "security", "stage": ""}, Pass},
		{map[string]string{"owner": "security"}, Fail},
		{map[string]string{"Owner": "security", "stage": "x"}, Fail},
	} {
		inv := healthy()
		inv.Accounts[0].Trails[0].Tags = trail.Known(test.tags)
		f := find(Audit(inv, Options{Checks: []string{"ct-tagged"}, RequiredTags: []string{"owner", "stage"}}), "ct-tagged")[0]
		if f.Status != test.want {
			t.Errorf("%v: %s, %s", test.tags, f.Status, f.Detail)
		}
	}
}

// TestCompareOfOtherChecks: what was not asked before is not new.
func TestCompareOfOtherChecks(t *testing.T) {
	few, many := Options{Checks: []string{"ct-kms-rotation"}}, Options{}
	for _, id := range Compare(Audit(healthy(), few), Audit(broken(), many)).New {
		if !strings.HasPrefix(id, "ct-kms-rotation-") {
			t.Errorf("%s is new, although nobody had asked", id)
		}
	}
	for _, f := range Compare(Audit(broken(), many), Audit(healthy(), few)).Fixed {
		if f.Check != "ct-kms-rotation" {
			t.Errorf("%s is fixed, although nobody has asked", f.ID)
		}
	}
}

// TestManagementIsNotBound: control policies do not reach the management account, whatever is attached.
func TestManagementIsNotBound(t *testing.T) {
	inv := healthy()
	a := &inv.Accounts[0]
	wide := whocan.Principal{ARN: "arn:aws:iam::" + own + ":role/wide", Policies: []*whocan.Policy{written("any", allowAll)}}
	a.Principals = people(wide)
	if got, stop := can(Audit(inv, Options{}), own, "stop-logging"); len(got) != 0 || !stop.Shielded {
		t.Errorf("of a member: %q, %+v", got, stop)
	}
	a.organization(func(o *Organization) { o.ManagementAccount = own })
	if got, stop := can(Audit(inv, Options{}), own, "stop-logging"); len(got) != 2 || stop.Shielded || len(stop.Denied) > 0 {
		t.Errorf("of the management account: %q, %+v", got, stop)
	}
}
