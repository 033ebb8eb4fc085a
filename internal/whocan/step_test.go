package whocan

import (
	"slices"
	"strings"
	"testing"
)

// TestSteps has one principal each that can't stop a trail, beside some who can, and the ways up that it has.
func TestSteps(t *testing.T) {
	wide := named(t, "wide", allowAll)
	lambda := parse(t, `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`)
	ours := parse(t, `{"Effect":"Allow","Principal":{"AWS":"`+iam+`root"},"Action":"sts:AssumeRole"}`)
	named1 := parse(t, `{"Effect":"Allow","Principal":{"AWS":"`+iam+`user/x"},"Action":"sts:AssumeRole"}`)
	mine := named(t, "managed policy mine", allow("*", "iam:CreatePolicyVersion iam:SetDefaultPolicyVersion"))
	mine.ARN = iam + "policy/mine"
	bounded := func(actions string) Principal {
		p := user("x", named(t, "p", allow("*", actions)))
		p.Boundary = named(t, "boundary", allow("*", "iam:* s3:*"))
		return p
	}
	inGroup := user("x", named(t, "p", allow("*", "iam:PutGroupPolicy iam:AddUserToGroup")))
	inGroup.Groups = []string{iam + "group/dev"}
	for _, test := range []struct {
		name string
		p    Principal
		want []string
	}{
		{"nothing", user("x", named(t, "p", allow("*", "s3:* lambda:*"))), nil},
		{"its own policy", user("x", named(t, "p", allow(iam+"user/${aws:username}", "iam:PutUserPolicy"))), []string{"yes iam:PutUserPolicy user/x"}},
		{"another's policy", user("x", named(t, "p", allow(iam+"user/y", "iam:PutUserPolicy"))), nil},
		{"a role's own policy", role("x", nil, named(t, "p", allow("*", "iam:AttachRolePolicy"))), []string{"yes iam:AttachRolePolicy role/x"}},
		{"with MFA", user("x", named(t, "p", with(allow("*", "iam:AttachUserPolicy"), `"Bool":{"aws:MultiFactorAuthPresent":"true"}`))), []string{"maybe iam:AttachUserPolicy user/x"}},
		{"within a boundary", bounded("iam:PutUserPolicy"), nil},
		{"out of a boundary", bounded("iam:PutUserPolicy iam:DeleteUserPermissionsBoundary"), []string{"yes iam:PutUserPolicy user/x"}},
		{"the policy it has", user("x", mine), []string{"yes iam:CreatePolicyVersion policy/mine", "maybe iam:SetDefaultPolicyVersion policy/mine"}},
		{"its group", inGroup, []string{"yes iam:PutGroupPolicy group/dev", "yes iam:AddUserToGroup group/admins"}},
		{"keys of users who can", user("x", named(t, "p", allow("*", "iam:CreateAccessKey"))), []string{"yes iam:CreateAccessKey user/admin +1"}},
		{"a role that trusts the account", user("x", named(t, "p", allow("*", "sts:AssumeRole"))), []string{"yes sts:AssumeRole role/ours +1"}},
		{"a role that trusts the user by name", user("x"), []string{"yes sts:AssumeRole role/named"}},
		{"any trust", role("x", nil, named(t, "p", allow(iam+"role/lambda", "iam:UpdateAssumeRolePolicy"))), []string{"yes iam:UpdateAssumeRolePolicy role/lambda"}},
		{"passing a role", role("x", nil, named(t, "p", allow("*", "iam:PassRole lambda:CreateFunction ec2:RunInstances"))), []string{"yes iam:PassRole and lambda:CreateFunction role/lambda"}},
		{"passing it to others only", role("x", nil, named(t, "p", with(allow("*", "iam:PassRole"), `"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}`), allow("*", "lambda:*"))), nil},
		{"passing it without a function", role("x", nil, named(t, "p", allow("*", "iam:PassRole"))), nil},
		{"a user of its own", role("x", nil, named(t, "p", allow("*", "iam:CreateUser iam:AttachUserPolicy"))), nil},
		{"a user of its own, with a key", role("x", nil, named(t, "p", allow(iam+"user/*", "iam:CreateUser iam:AttachUserPolicy iam:CreateAccessKey"))),
			[]string{"yes iam:CreateAccessKey user/admin +1", "yes iam:CreateUser, iam:CreateAccessKey and iam:AttachUserPolicy user/*"}},
		{"a role of its own", role("x", nil, named(t, "p", allow(iam+"role/*", "iam:CreateRole iam:PutRolePolicy"))),
			[]string{"yes iam:PutRolePolicy role/x", "yes iam:CreateRole and iam:PutRolePolicy role/*"}},
	} {
		a := Account{ID: account, Principals: []Principal{test.p, user("admin", wide), user("boss", wide), role("lambda", lambda, wide), role("ours", ours, wide), role("named", named1, wide)}}
		a.Groups = map[string][]*Policy{iam + "group/admins": {wide}, iam + "group/readers": {named(t, "r", allow("*", "s3:Get*"))}, iam + "group/dev": nil}
		if !test.p.user() || len(test.p.Policies) > 0 && !strings.Contains(test.name, "trusts") {
			a.Principals = a.Principals[:len(a.Principals)-1] // the one that trusts x
		}
		r := Evaluate(a, trails())
		var got []string
		for _, s := range r.OneStep {
			text := string(s.Answer) + " " + s.Action + " " + strings.TrimPrefix(s.On, iam)
			if s.More > 0 {
				text += " +" + string(rune('0'+s.More))
			}
			got = append(got, text)
			if s.Principal != test.p.ARN || s.Policy == "" || s.Statement == "" {
				t.Errorf("%s: %+v", test.name, s)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%q, not\n%q", test.name, got, test.want)
		}
	}
}

// TestStepsBelowAnOrganization has a policy that keeps even those who can do everything from the trails.
func TestStepsBelowAnOrganization(t *testing.T) {
	deny := named(t, "protect", `{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*"}`, allowAll)
	p := user("x", named(t, "p", allow("*", "iam:*")))
	r := Evaluate(Account{ID: account, Principals: []Principal{p, user("admin", named(t, "wide", allowAll))}, SCPs: [][]*Policy{{deny}}}, trails())
	if len(r.OneStep) > 0 {
		t.Errorf("%+v", r.OneStep)
	}
}
