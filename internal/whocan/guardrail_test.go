package whocan

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

const glass, guardRole = iam + "role/break-glass", iam + "role/trailhold/guard"

// everyKind has a target of each kind.
func everyKind() []Target {
	arns := map[trail.ResourceType]string{
		Trail: trailA, trail.Bucket: bucket, trail.Key: key, trail.Topic: "arn:aws:sns:eu-west-1:111122223333:t", trail.LogGroup: group, trail.Role: iam + "role/delivery",
		trail.Alarm: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a", trail.Rule: "arn:aws:events:eu-west-1:111122223333:rule/r",
		trail.EventBus: "arn:aws:events:eu-west-1:111122223333:event-bus/default", trail.Schedule: "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/sweep",
		trail.Function: "arn:aws:lambda:eu-west-1:111122223333:function:trailhold", trail.Queue: "arn:aws:sqs:eu-west-1:111122223333:q",
		trail.Table: "arn:aws:dynamodb:eu-west-1:111122223333:table/journal", trail.Organization: "arn:aws:organizations::999988887777:organization/o-1",
		trail.EventDataStore: "arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/e", trail.Channel: "arn:aws:cloudtrail:eu-west-1:111122223333:channel/c",
	}
	var all []Target
	for _, kind := range append([]trail.ResourceType{Trail}, trail.Types()...) {
		t := Target{Type: kind, ARN: arns[kind], Region: "eu-west-1", Account: account}
		if kind == trail.Key {
			d, _ := policy.Parse(`{"Statement":` + open + `}`)
			t.Policy = &d
		}
		all = append(all, t)
	}
	return all
}

// TestGuard attaches what was written and asks again.
func TestGuard(t *testing.T) {
	g, err := Guard(everyKind(), glass, guardRole)
	if err != nil {
		t.Fatal(err)
	}
	wide := named(t, "wide", allowAll)
	a := Account{ID: account, Principals: []Principal{
		role("admin", nil, wide), {ARN: glass, Policies: []*Policy{wide}}, {ARN: guardRole, Policies: []*Policy{wide}}, user("iam", named(t, "p", allow("*", "iam:* sts:*"))),
	}}
	full := named(t, "full", allowAll, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)
	level := []*Policy{full}
	for _, text := range g.SCPs {
		if len(text) > maxGuardrail {
			t.Errorf("a policy of %d characters", len(text))
		}
		d, err := policy.Parse(text)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		level = append(level, &Policy{Name: "guardrail", Document: d})
	}
	before := Evaluate(a, everyKind())
	a.SCPs = [][]*Policy{{full}, level}
	after := Evaluate(a, everyKind())
	left := []string{tamper.Unsubscribe, tamper.FilterPolicy, tamper.StackDelete}
	for _, one := range after.Techniques {
		if one.Targets > 0 && !strings.HasPrefix(before.summary(t, one.ID, iam+"role/admin"), "yes") {
			t.Errorf("before, admin could not do %s", one.ID)
		}
		if got := after.summary(t, one.ID, iam+"role/admin"); (got == "no") == slices.Contains(left, one.ID) {
			t.Errorf("admin, %s: %s", one.ID, got)
		}
		for _, principal := range []string{glass, guardRole} {
			if got, want := after.summary(t, one.ID, principal), before.summary(t, one.ID, principal); got != want {
				t.Errorf("%s of %s: %s, not %s", one.ID, principal, got, want)
			}
		}
	}
	if len(after.OneStep) > 0 {
		t.Errorf("the roles that are excepted can be taken over: %+v", after.OneStep)
	}
	if !slices.Equal(g.Open, []string{tamper.Unsubscribe, tamper.FilterPolicy, tamper.StackDelete}) {
		t.Errorf("left open: %q", g.Open)
	}
}

// TestGuardOfResources attaches the resource control policies alone.
func TestGuardOfResources(t *testing.T) {
	g, err := Guard(everyKind(), glass)
	if err != nil {
		t.Fatal(err)
	}
	level := []*Policy{named(t, "full", `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)}
	for _, text := range g.RCPs {
		d, err := policy.Parse(text)
		if err != nil || strings.Contains(text, "RetireGrant") {
			t.Fatalf("%v in %s", err, text)
		}
		level = append(level, &Policy{Name: "guardrail", Document: d})
	}
	targets := everyKind()
	for i := range targets {
		if targets[i].Type == trail.Bucket {
			targets[i].Policy = parse(t, `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}`)
		}
	}
	wide := named(t, "wide", allowAll)
	a := Account{ID: account, Principals: []Principal{role("admin", nil, wide), {ARN: glass, Policies: []*Policy{wide}}}, RCPs: [][]*Policy{level}}
	r := Evaluate(a, targets)
	for _, id := range []string{tamper.BucketPolicy, tamper.BucketDelete, tamper.BucketLifecycle, tamper.LogDelete, tamper.KMSDisable, tamper.KMSPolicy, tamper.QueueDelete} {
		admin, foreign, excepted := r.summary(t, id, iam+"role/admin"), r.summary(t, id, "arn:aws:iam::444455556666:root"), r.summary(t, id, glass)
		if admin != "no" || foreign != "no" || excepted == "no" {
			t.Errorf("%s: admin %s, another account %s, break-glass %s", id, admin, foreign, excepted)
		}
	}
	// CloudTrail itself must go on delivering.
	d := Target{Policy: parse(t, `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:*","Resource":"*"}`)}
	set := policy.Set{Resource: d.Policy, ResourceAccount: account, RCPs: [][]policy.Document{{}}}
	for _, p := range level {
		set.RCPs[0] = append(set.RCPs[0], p.Document)
	}
	for _, action := range []string{"s3:PutObject", "s3:DeleteObject"} { // other services may have to do what principals must not
		got := set.Evaluate(policy.Request{Principal: policy.ServicePrincipal("cloudtrail.amazonaws.com"), Action: action, Resource: bucket + "/x"})
		if got.Answer != policy.Allow {
			t.Errorf("CloudTrail's %s: %+v", action, got)
		}
	}
}

// TestGuardOfMany has so many targets that they need several documents.
func TestGuardOfMany(t *testing.T) {
	_, targets := large(t, 1, 15)
	g, err := Guard(targets, glass)
	if err != nil || len(g.SCPs) < 2 {
		t.Fatal(len(g.SCPs), err)
	}
	for _, text := range append(g.SCPs, g.RCPs...) {
		if len(text) > maxGuardrail {
			t.Errorf("a policy of %d characters", len(text))
		}
	}
	if slices.Contains(g.Open, tamper.StopLogging) {
		t.Error("left open: ", g.Open)
	}
}

func TestGuardRefuses(t *testing.T) {
	for _, except := range [][]string{nil, {"break-glass"}, {"arn:aws:iam::1:user/x"}, slices.Repeat([]string{glass}, 100)} {
		if g, err := Guard(everyKind(), except...); err == nil {
			t.Errorf("%.60q: %+v", except, g)
		}
	}
}
