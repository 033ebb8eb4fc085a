package posture

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// tamperRules asks in each home region of an own trail.
func tamperRules(s scope) []judged {
	at := map[string]trail.Config{}
	for _, t := range s.account.Trails {
		if c, known := t.Config.Get(); known && s.owns(t) {
			at[c.HomeRegion] = c
		}
	}
	var all []judged
	for _, region := range sortedKeys(at) {
		all = append(all, judged{verdict: s.rulesIn(region, at[region]), region: region})
	}
	return append(all, s.unseen()...)
}

// rulesIn asks whether the rules of a region that are on and lead somewhere pass every call on, together.
func (s scope) rulesIn(region string, c trail.Config) verdict {
	arns, known := s.account.Regions[region].Rules.Get()
	if !known {
		return notRead("the rules of EventBridge in "+region, s.account.Regions[region].Rules)
	}
	var missing, names []string
	var weakness []verdict
	for _, call := range tamperCalls {
		best := no
		for _, arn := range arns {
			rule, read := s.resource(arn)
			if !read {
				best = max(best, maybe)
				continue
			}
			if passes := rulePasses(rule, tamperEvent(s.account.ID, region, call, c)); passes > best {
				best = passes
				weakness = append(weakness, s.leads(rule))
				names = append(names, rule.Name())
			}
		}
		switch best {
		case no:
			missing = append(missing, call)
		case maybe:
			weakness = append(weakness, unknown("whether a rule passes %s on is not known", call))
		}
	}
	if len(missing) == len(tamperCalls) {
		return fail("no rule that is on passes on what is done to trails")
	}
	if len(missing) > 0 {
		return fail("no rule that is on passes on %s", strings.Join(missing, ", "))
	}
	slices.Sort(names)
	return all(append(weakness, pass("rules pass on every call: %s", strings.Join(slices.Compact(names), ", ")))...).with("rules", strings.Join(slices.Compact(names), ", "))
}

// tamperEvent is the event that EventBridge makes of a call on the trail.
func tamperEvent(account, region, call string, c trail.Config) map[string]any {
	parameter := "name"
	if strings.HasPrefix(call, "Put") {
		parameter = "trailName"
	}
	return map[string]any{
		"source": "aws.cloudtrail", "detail-type": "AWS API Call via CloudTrail", "account": account, "region": region,
		"detail": map[string]any{
			"eventSource": "cloudtrail.amazonaws.com", "eventName": call, "awsRegion": region, "eventType": "AwsApiCall", "readOnly": false,
			"requestParameters": map[string]any{parameter: c.ARN},
		},
	}
}

// rulePasses says whether a rule that is on lets the event through.
func rulePasses(rule Resource, event map[string]any) truth {
	document, known := rule.Setting("definition").Get()
	switch {
	case rule.Setting(trail.Identity).Knowledge() == trail.Absent:
		return no
	case !known:
		return maybe
	case !strings.HasPrefix(document.Text("State"), "ENABLED"):
		return no
	}
	pattern, there := document.Members()["EventPattern"]
	if !there {
		return no
	}
	return passesPattern(string(pattern), event)
}

// leads asks where a rule leads: to a target that exists. One without a dead-letter queue loses events where the target
// refuses.
func (s scope) leads(rule Resource) verdict {
	targets, known := rule.Setting("targets").Get()
	if !known {
		return notRead("the targets of "+rule.Name(), rule.Setting("targets"))
	}
	none, live := fail("rule %s leads nowhere", rule.Name()), []verdict{}
	for _, id := range sortedKeys(targets.Members()) {
		target := targets.Members()[id]
		live = append(live, s.lives(rule, target))
	}
	for _, v := range live {
		if v.status == Fail {
			none = v
		}
	}
	return some(none, live...)
}

func (s scope) lives(rule Resource, target trail.Document) verdict {
	arn := target.Text("Arn")
	t, read := s.resource(arn)
	switch {
	case read && t.Setting(trail.Identity).Knowledge() == trail.Absent:
		return fail("rule %s leads to %s, which does not exist", rule.Name(), arn).with("target", arn)
	case read && t.Type == trail.Function && zeroConcurrency(t):
		return fail("rule %s leads to %s, which may not run: its concurrency is 0", rule.Name(), arn).with("target", arn).
			by("aws lambda delete-function-concurrency --region {region} --function-name {function}", "function", arn)
	}
	if v := s.mayCall(rule, target); v.status != Pass {
		return v
	}
	if target.Members()["DeadLetterConfig"].Text("Arn") == "" {
		return fail("rule %s has a target without a dead-letter queue: what it refuses is lost", rule.Name()).with("target", arn).rated(severity.Low)
	}
	return pass("rule %s leads to %s", rule.Name(), arn).with("target", arn)
}

// mayCall asks whether a function lets the rule call it, which its own policy has to say. What a role of the target's may do, an audit
// does not ask. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-lambda-permissions
func (s scope) mayCall(rule Resource, target trail.Document) verdict {
	arn := target.Text("Arn")
	if !strings.Contains(arn, ":lambda:") {
		return pass("%s is no function", arn)
	}
	f, read := s.resource(arn)
	permissions, known := f.Setting("permissions").Get()
	var v verdict
	switch {
	case target.Text("RoleArn") != "":
		v = unknown("whether the target's role may call the function is not asked")
	case !read:
		v = unknown("the function was not read")
	case !known:
		v = notRead("the policy of the function", f.Setting("permissions"))
	default:
		v = permitted(permissions, rule.ARN, arn)
	}
	if v.status != Pass {
		v.detail = "rule " + rule.Name() + " leads to " + arn + ": " + v.detail
	}
	return v.with("target", arn)
}

// permitted is the verdict of a function's policy on the calls of a rule. Its statements are known by their ids, by which one that
// keeps the rule out is taken away.
func permitted(permissions trail.Document, rule, function string) verdict {
	r := policy.Request{Principal: policy.ServicePrincipal("events.amazonaws.com"), Action: "lambda:InvokeFunction", Resource: function,
		Context: map[string][]string{"aws:SourceArn": {rule}, "aws:SourceAccount": {accountIn(rule)}}}
	var all []any
	for _, id := range sortedKeys(permissions.Members()) {
		statement := permissions.Members()[id]
		all = append(all, statement.Value())
		if alone, err := policy.Parse(string(policyOf(all[len(all)-1:]))); err == nil && alone.Evaluate(r).Answer() == policy.ExplicitDeny {
			return fail("statement %s of the policy of the function keeps the rule out", id).
				by("aws lambda remove-permission --region {region} --function-name {function} --statement-id {statement}", "function", function, "statement", id)
		}
	}
	return allows(policyOf(all), "policy of the function", r).
		by("aws lambda add-permission --region {region} --function-name {function} --statement-id {statement} --action lambda:InvokeFunction --principal events.amazonaws.com --source-arn {rule}",
			"function", function, "rule", rule, "statement", "trailhold-"+statementID(rule))
}

// policyOf is a policy with these statements; empty, as one that there is not, if there are none.
func policyOf(statements []any) trail.Document {
	if len(statements) == 0 {
		return trail.EmptyDocument
	}
	document, _ := trail.NewDocument(map[string]any{"Version": "2012-10-17", "Statement": statements}) // of what was JSON
	return document
}

// statementID names a statement after what it is about: whoever adds it twice is told.
func statementID(about string) string {
	sum := sha256.Sum256([]byte(about))
	return hex.EncodeToString(sum[:4])
}

func zeroConcurrency(function Resource) bool {
	document, known := function.Setting("concurrency").Get()
	reserved, limited := document.Number("ReservedConcurrentExecutions")
	return known && limited && reserved == 0
}
