package policy_test

import (
	"fmt"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
)

const (
	anna    = "arn:aws:iam::111111111111:user/team/anna"
	ops     = "arn:aws:iam::111111111111:role/path/ops"
	opsNow  = "arn:aws:sts::111111111111:assumed-role/ops/today"
	rootARN = "arn:aws:iam::111111111111:root"
)

func parse(t *testing.T, text string) policy.Document {
	t.Helper()
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

func TestPrincipals(t *testing.T) {
	callers := map[string]policy.Principal{
		"anna": policy.Caller(anna, ""), "session": policy.Caller(opsNow, ops), "role": policy.Caller(ops, ""), "root": policy.Caller(rootARN, ""),
		"federated": policy.Caller("arn:aws:sts::111111111111:federated-user/f", ""), "stranger": policy.Caller("arn:aws:iam::222222222222:user/x", ""),
		"service": policy.ServicePrincipal("sns.amazonaws.com"), "nobody": policy.Caller("", ""),
	}
	all := []string{"anna", "session", "role", "root", "federated", "stranger", "service", "nobody"}
	for principal, want := range map[string][]string{
		`"Principal":"*"`:                                                        all,
		`"Principal":{"AWS":"*"}`:                                                all,
		`"Principal":{"AWS":"111111111111"}`:                                     {"anna", "session", "role", "root", "federated"},
		`"Principal":{"AWS":"arn:aws:iam::111111111111:root"}`:                   {"anna", "session", "role", "root", "federated"},
		`"Principal":{"AWS":"` + anna + `"}`:                                     {"anna"},
		`"Principal":{"AWS":"arn:aws:iam::111111111111:user/team/*"}`:            nil,
		`"Principal":{"AWS":"` + ops + `"}`:                                      {"session", "role"},
		`"Principal":{"AWS":"` + opsNow + `"}`:                                   {"session", "role?"},
		`"Principal":{"AWS":"AROAEXAMPLE"}`:                                      nil,
		`"Principal":{"Service":"sns.amazonaws.com"}`:                            {"service"},
		`"Principal":{"Service":["s3.amazonaws.com","*"]}`:                       {"service"},
		`"Principal":{"Federated":"accounts.google.com"}`:                        nil,
		`"Principal":{"CanonicalUser":"79a5"}`:                                   {"anna?", "session?", "role?", "root?", "federated?", "stranger?"},
		`"NotPrincipal":{"AWS":"222222222222"}`:                                  {"anna", "session", "role", "root", "federated", "stranger?", "service", "nobody"},
		`"NotPrincipal":{"AWS":["` + anna + `","` + rootARN + `"]}`:              {"session?", "role?", "federated?", "stranger", "service", "nobody"},
		`"NotPrincipal":{"AWS":["` + opsNow + `","` + ops + `","111111111111"]}`: {"anna?", "role?", "federated?", "stranger", "service", "nobody"},
		`"NotPrincipal":{"AWS":["` + opsNow + `","111111111111"]}`:               {"anna?", "session?", "role?", "federated?", "stranger", "service", "nobody"},
		`"NotPrincipal":{"Service":"sns.amazonaws.com"}`:                         {"anna", "session", "role", "root", "federated", "stranger", "nobody"},
		`"Sid":"of an identity"`:                                                 all,
	} {
		d := parse(t, `{"Statement":{"Effect":"Allow",`+principal+`,"Action":"*","Resource":"*"}}`)
		var got []string
		for _, name := range all {
			switch d.Evaluate(policy.Request{Principal: callers[name], Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}).Answer() {
			case policy.Allow:
				got = append(got, name)
			case policy.Unknown:
				got = append(got, name+"?")
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\n got %v\nwant %v", principal, got, want)
		}
	}
}

func TestPrincipalKeys(t *testing.T) {
	for name, c := range map[string]struct {
		who       policy.Principal
		condition string
		want      policy.Answer
	}{
		"user name":           {policy.Caller(anna, ""), `"StringEquals":{"aws:username":"anna"}`, policy.Allow},
		"a role has none":     {policy.Caller(opsNow, ops), `"Null":{"aws:username":"true"}`, policy.Allow},
		"role of a session":   {policy.Caller(opsNow, ops), `"ArnEquals":{"aws:PrincipalArn":"` + ops + `"}`, policy.Allow},
		"role without path":   {policy.Caller(opsNow, ""), `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/ops"}`, policy.Allow},
		"account":             {policy.Caller(anna, ""), `"StringEquals":{"aws:PrincipalAccount":"222222222222"}`, policy.Silent},
		"no service":          {policy.Caller(anna, ""), `"Bool":{"aws:PrincipalIsAWSService":"false"}`, policy.Allow},
		"a service":           {policy.ServicePrincipal("x"), `"Bool":{"aws:PrincipalIsAWSService":"true"},"StringEquals":{"aws:PrincipalServiceName":"x"}`, policy.Allow},
		"what we aren't told": {policy.Caller(anna, ""), `"StringEquals":{"aws:PrincipalOrgID":"o"}`, policy.Unknown},
	} {
		d := parse(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+c.condition+`}}}`)
		if got := d.Evaluate(policy.Request{Principal: c.who, Action: "a:b", Resource: "r"}).Answer(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

const (
	letAll = `{"Statement":{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}}`
	denyIt = `{"Statement":{"Sid":"Deny","Effect":"Deny","Action":"*","Resource":"*"}}`
	noneOf = `{"Statement":{"Sid":"None","Effect":"Allow","Action":"ec2:*","Resource":"*"}}`
	ifRain = `{"Statement":{"Sid":"Rain","Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"x:rain":"true"}}}}`
	noRain = `{"Statement":[{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"Rain","Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"x:rain":"true"}}}]}`
)

// to is a resource policy that allows everything to somebody.
func to(principal string) string {
	return `{"Statement":{"Sid":"To","Effect":"Allow","Principal":` + principal + `,"Action":"*","Resource":"*"}}`
}

func TestSet(t *testing.T) {
	type set struct{ identity, boundary, session, scp, rcp, resource string }
	user, session, stranger := policy.Caller(anna, ""), policy.Caller(opsNow, ops), policy.Caller("arn:aws:iam::222222222222:user/x", "")
	linked := policy.Caller("arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/s", "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX")
	anybody := to(`"*"`)
	toAnna, toRole, toSession, toAccount := to(`{"AWS":"`+anna+`"}`), to(`{"AWS":"`+ops+`"}`), to(`{"AWS":"`+opsNow+`"}`), to(`{"AWS":"111111111111"}`)
	for _, c := range []struct {
		name   string
		who    policy.Principal
		action string
		set    set
		unread []policy.Layer
		want   string
	}{
		{"nothing", user, "s3:x", set{}, nil, "silent identity policies"},
		{"identity", user, "s3:x", set{identity: letAll}, nil, `allow identity policies "All"`},
		{"identity denies", user, "s3:x", set{identity: denyIt, resource: anybody}, nil, `explicit deny identity policies "Deny"`},
		{"boundary limits", user, "s3:x", set{identity: letAll, boundary: noneOf}, nil, "silent permissions boundary"},
		{"boundary gives nothing", user, "s3:x", set{boundary: letAll}, nil, "silent identity policies"},
		{"session policy limits", session, "s3:x", set{identity: letAll, session: noneOf}, nil, "silent session policies"},
		{"SCP limits", user, "s3:x", set{identity: letAll, scp: noneOf}, nil, "silent service control policies"},
		{"SCP denies", user, "s3:x", set{identity: letAll, scp: denyIt}, nil, `explicit deny service control policies "Deny"`},
		{"SCP limits what a resource gives", user, "s3:x", set{resource: toAnna, scp: noneOf}, nil, "silent service control policies"},
		{"SCP and service-linked role", linked, "s3:x", set{identity: letAll, scp: denyIt, rcp: denyIt}, nil, `allow identity policies "All"`},
		{"RCP denies", user, "s3:x", set{identity: letAll, rcp: denyIt}, nil, `explicit deny resource control policies "Deny"`},
		{"RCP allows nothing", user, "s3:x", set{identity: letAll, rcp: noneOf}, nil, "silent resource control policies"},
		{"resource gives to the user", user, "s3:x", set{boundary: noneOf, resource: toAnna}, nil, `allow resource policy "To"`},
		{"resource gives to everybody", user, "s3:x", set{boundary: noneOf, resource: anybody}, nil, `allow resource policy "To"`},
		{"resource gives to the session", session, "s3:x", set{session: noneOf, resource: toSession}, nil, `allow resource policy "To"`},
		{"resource gives to the role", session, "s3:x", set{resource: toRole}, nil, `allow resource policy "To"`},
		{"resource gives to the role, boundary", session, "s3:x", set{boundary: noneOf, resource: toRole}, nil, "silent identity policies"},
		{"resource gives to the account", user, "s3:x", set{resource: toAccount}, nil, "silent identity policies"},
		{"root", policy.Caller(rootARN, ""), "s3:x", set{}, nil, "allow no policy"},
		{"root under an SCP", policy.Caller(rootARN, ""), "s3:x", set{scp: denyIt}, nil, `explicit deny service control policies "Deny"`},
		{"key, identity alone", user, "kms:Decrypt", set{identity: letAll}, nil, "silent resource policy"},
		{"key, left to the account", user, "kms:Decrypt", set{identity: letAll, resource: toAccount}, nil, `allow identity policies "All"`},
		{"key, left to the account, no identity", user, "kms:Decrypt", set{resource: toAccount}, nil, "silent identity policies"},
		{"key, given to the user", user, "kms:Decrypt", set{resource: toAnna}, nil, `allow resource policy "To"`},
		{"key, root", policy.Caller(rootARN, ""), "kms:Decrypt", set{}, nil, "silent resource policy"},
		{"role's trust", user, "sts:AssumeRole", set{identity: letAll, resource: toSession}, nil, "silent resource policy"},
		{"other account, both", stranger, "s3:x", set{identity: letAll, resource: to(`{"AWS":"222222222222"}`)}, nil, `allow identity policies "All"`},
		{"other account, resource alone", stranger, "s3:x", set{resource: anybody}, nil, "silent identity policies"},
		{"other account, identity alone", stranger, "s3:x", set{identity: letAll}, nil, "silent resource policy"},
		{"other account, boundary", stranger, "s3:x", set{identity: letAll, boundary: noneOf, resource: anybody}, nil, "silent permissions boundary"},
		{"service", policy.ServicePrincipal("x"), "s3:x", set{scp: denyIt, identity: denyIt, resource: to(`{"Service":"x"}`)}, nil, `allow resource policy "To"`},
		{"service under an RCP", policy.ServicePrincipal("x"), "s3:x", set{rcp: denyIt, resource: to(`{"Service":"x"}`)}, nil, `explicit deny resource control policies "Deny"`},
		{"anonymous", policy.Principal{}, "s3:x", set{resource: anybody}, nil, `allow resource policy "To"`},
		{"unknown condition allows", user, "s3:x", set{identity: ifRain}, nil, `unknown identity policies "Rain"`},
		{"unknown condition denies", user, "s3:x", set{identity: letAll, scp: noRain}, nil, `unknown service control policies "Rain"`},
		{"unknown denial of nothing", user, "s3:x", set{scp: noRain}, nil, "silent identity policies"},
		{"SCP unread", user, "s3:x", set{identity: letAll}, []policy.Layer{policy.SCP}, "unknown service control policies"},
		{"identity unread", user, "s3:x", set{}, []policy.Layer{policy.Identity}, "unknown identity policies"},
		{"SCP unread, denied anyway", user, "s3:x", set{identity: denyIt}, []policy.Layer{policy.SCP}, `explicit deny identity policies "Deny"`},
		{"SCP unread, not given anyway", user, "s3:x", set{}, []policy.Layer{policy.SCP}, "silent identity policies"},
	} {
		var s policy.Set
		s.ResourceAccount, s.Unread = "111111111111", c.unread
		if c.set.identity != "" {
			s.Identity = []policy.Document{parse(t, noneOf), parse(t, c.set.identity)}
		}
		if c.set.boundary != "" {
			d := parse(t, c.set.boundary)
			s.Boundary = &d
		}
		if c.set.session != "" {
			s.Session = []policy.Document{parse(t, c.set.session)}
		}
		if c.set.scp != "" {
			s.SCPs = [][]policy.Document{{parse(t, letAll)}, {parse(t, noneOf), parse(t, c.set.scp)}}
		}
		if c.set.rcp != "" {
			s.RCPs = [][]policy.Document{{parse(t, letAll)}, {parse(t, c.set.rcp)}}
		}
		if c.set.resource != "" {
			d := parse(t, c.set.resource)
			s.Resource = &d
		}
		got := s.Evaluate(policy.Request{Principal: c.who, Action: c.action, Resource: "arn:x"})
		line := got.Answer.String() + " " + got.Layer.String()
		if got.Statement != "" {
			line += " " + got.Statement
		}
		if line != c.want || (got.Answer == policy.Unknown) != (got.Doubt != "") {
			t.Errorf("%s: got %q %+v, want %q", c.name, line, got, c.want)
		}
	}
}
