package posture

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// TestRevoke: what is granted is taken away where it is, and nothing else of an inline policy with it.
func TestRevoke(t *testing.T) {
	const broad, other = `{"Effect":"Allow","Action":"cloudtrail:*","Resource":"*"}`, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`
	inline := func(holder, statements string) *whocan.Policy {
		p := written("inline policy work", `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
		p.Holder, p.Inline, p.Text = holder, "work", `{"Version":"2012-10-17","Statement":[`+statements+`]}`
		return p
	}
	managed := written("managed policy all", `{"Version":"2012-10-17","Statement":[`+broad+`]}`)
	managed.ARN = "arn:aws:iam::" + own + ":policy/all"
	const group = "arn:aws:iam::" + own + ":group/it/dev"
	for name, test := range map[string]struct {
		principal whocan.Principal
		want      string
	}{
		"managed":              {whocan.Principal{ARN: bob, Policies: []*whocan.Policy{managed}}, "aws iam detach-user-policy --user-name bob --policy-arn " + managed.ARN + "\n"},
		"a group's":            {whocan.Principal{ARN: bob, Groups: []string{group}, Policies: []*whocan.Policy{managed}}, "aws iam detach-group-policy --group-name dev --policy-arn " + managed.ARN + "\n"},
		"inline, nothing else": {whocan.Principal{ARN: bob, Policies: []*whocan.Policy{inline(bob, broad)}}, "aws iam delete-user-policy --user-name bob --policy-name work\n"},
		"inline, with more": {whocan.Principal{ARN: roleARN, Policies: []*whocan.Policy{inline(roleARN, broad+","+other)}},
			`-policy --role-name ` + roleARN[strings.LastIndexByte(roleARN, '/')+1:] + ` --policy-name work --policy-document '{"Statement":[` + other + `],"Version":"2012-10-17"}'` + "\n"},
	} {
		inv := healthy()
		a, _ := people(test.principal).Get()
		a.Groups = map[string][]*whocan.Policy{group: {managed}}
		inv.Accounts[0].Principals = trail.Known(a)
		found := find(Audit(inv, Options{}), "ct-iam-full-access")
		if len(found) != 1 || !strings.Contains(found[0].Remedy, test.want) {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
