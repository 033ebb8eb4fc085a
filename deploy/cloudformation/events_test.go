package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/tamper"
)

// maxPattern is EventBridge's quota for an event pattern, in bytes.
const maxPattern = 2048

// TestRulesListenToTheTable holds the rules' patterns to the table of techniques: each call once, and nothing else. Unlike
// TestRulesAreGenerated it reads what CloudFormation reads.
func TestRulesListenToTheTable(t *testing.T) {
	for _, file := range []string{"trailhold.yaml", "forwarder.yaml"} {
		heard := map[string][]string{}
		for id, rule := range read(t, file).of("AWS::Events::Rule") {
			if id == "ForwardedRule" {
				continue
			}
			from := many(at(rule, "EventPattern", "source"))
			service, ok := strings.CutPrefix(fmt.Sprint(from[0]), "aws.") // which nobody but AWS can send as
			if !ok || len(from) != 1 {
				t.Errorf("%s: %s listens to %v", file, id, from)
			}
			source := service + ".amazonaws.com"
			heard[source] = append(heard[source], eventNames(at(rule, "EventPattern", "detail"))...)
		}
		for source, names := range heard {
			slices.Sort(names)
			if want := wanted(source); !slices.Equal(names, want) {
				t.Errorf("%s listens to %s for\n%v, the table has\n%v", file, source, names, want)
			}
		}
		for _, c := range tamper.Calls() {
			if heard[c.Source] == nil && (file == "trailhold.yaml" || !guardOnly(c.Source)) {
				t.Errorf("%s does not listen to %s", file, c.Source)
			}
		}
	}
}

func guardOnly(source string) bool {
	return slices.ContainsFunc(ruleKinds, func(k ruleKind) bool { return k.source == source && k.guardOnly })
}

// wanted lists the names of a service's calls without the versions that Lambda's have.
func wanted(source string) []string {
	var names []string
	for _, name := range tamper.EventNames(source) {
		if source == "lambda.amazonaws.com" {
			name = apiVersion.ReplaceAllString(name, "")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// eventNames lists the names that a pattern's detail lets through, in whatever branch.
func eventNames(detail any) []string {
	var names []string
	for _, name := range many(at(detail, "eventName")) {
		if prefix, ok := at(name, "prefix").(string); ok {
			name = prefix
		}
		names = append(names, name.(string))
	}
	for _, branch := range many(at(detail, "$or")) {
		names = append(names, eventNames(branch)...)
	}
	return names
}

// TestPatternsFit leaves room for the longest ARNs of five buckets.
func TestPatternsFit(t *testing.T) {
	buckets := slices.Repeat([]string{"arn:aws-us-gov:s3:::" + strings.Repeat("b", 63)}, 5)
	for _, file := range []string{"trailhold.yaml", "forwarder.yaml"} {
		for id, rule := range read(t, file).of("AWS::Events::Rule") {
			pattern, err := json.Marshal(rule["EventPattern"])
			if err != nil {
				t.Fatal(err)
			}
			names, _ := json.Marshal(buckets)
			text := strings.ReplaceAll(string(pattern), `{"Ref":"TrailBucketArns"}`, string(names))
			if len(text) > maxPattern {
				t.Errorf("%s: the pattern of %s has %d bytes", file, id, len(text))
			}
		}
	}
}

// TestTargets: each target of a rule has a dead-letter queue that takes the rule's letters, and the right to be reached.
func TestTargets(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		for id, rule := range tm.of("AWS::Events::Rule") {
			arn := tm.attribute(id, "Arn")
			if rule["State"] != "ENABLED" || len(many(rule["Targets"])) == 0 {
				t.Errorf("%s wakes nobody", id)
			}
			for _, target := range many(rule["Targets"]) {
				queue := idOf(at(target, "DeadLetterConfig", "Arn"))
				if tm.of("AWS::SQS::Queue")[queue] == nil || !tm.takesFromRule(queue, arn) {
					t.Errorf("%s: what cannot be delivered is lost: no dead-letter queue takes it", id)
				}
				if !tm.reachable(target, arn) {
					t.Errorf("%s may not reach its target %s", id, tm.text(at(target, "Arn")))
				}
			}
		}
	})
}

// idOf is the logical id in a GetAtt or Ref.
func idOf(value any) string {
	if attribute, ok := at(value, "Fn::GetAtt").([]any); ok {
		return attribute[0].(string)
	}
	return fmt.Sprint(at(value, "Ref"))
}

// takesFromRule says whether the queue's policy lets EventBridge put messages of the rule, and of this account only.
func (tm template) takesFromRule(queue, rule string) bool {
	for _, policy := range tm.of("AWS::SQS::QueuePolicy") {
		if idOf(many(policy["Queues"])[0]) != queue {
			continue
		}
		for _, s := range many(at(policy, "PolicyDocument", "Statement")) {
			if at(s, "Effect") == "Allow" && at(s, "Principal", "Service") == "events.amazonaws.com" && at(s, "Action") == "sqs:SendMessage" &&
				idOf(at(s, "Resource")) == queue && at(s, "Condition", "StringEquals", "aws:SourceAccount") != nil &&
				slices.ContainsFunc(many(at(s, "Condition", "ArnLike", "aws:SourceArn")), func(p any) bool { return like(tm.text(p), rule) }) {
				return true
			}
		}
	}
	return false
}

// reachable says whether a rule may reach a target: a function by its policy, an event bus by the rule's role.
func (tm template) reachable(target any, rule string) bool {
	to := at(target, "Arn")
	if tm.of("AWS::Lambda::Function")[idOf(to)] == nil {
		role := idOf(at(target, "RoleArn"))
		return slices.Contains(tm.allowed(role, tm.text(to)), "events:PutEvents")
	}
	for _, p := range tm.of("AWS::Lambda::Permission") {
		if idOf(p["FunctionName"]) == idOf(to) && p["Principal"] == "events.amazonaws.com" && p["Action"] == "lambda:InvokeFunction" &&
			like(tm.text(p["SourceArn"]), rule) {
			return true
		}
	}
	return false
}

// TestSchedules: the sweep's dead letters are kept, and its role may do what it takes and be used by nobody else.
func TestSchedules(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	schedules := tm.of("AWS::Scheduler::Schedule")
	if len(schedules) == 0 {
		t.Fatal("there is no schedule")
	}
	for id, s := range schedules {
		role := idOf(at(s, "Target", "RoleArn"))
		if may := tm.allowed(role, tm.text(at(s, "Target", "Arn"))); !slices.Contains(may, "lambda:InvokeFunction") {
			t.Errorf("%s may not invoke its target: %s may %v", id, role, may)
		}
		queue := at(s, "Target", "DeadLetterConfig", "Arn")
		if queue == nil || !slices.Contains(tm.allowed(role, tm.text(queue)), "sqs:SendMessage") {
			t.Errorf("%s: what cannot be delivered is lost", id)
		}
		if !json.Valid([]byte(fmt.Sprint(at(s, "Target", "Input")))) {
			t.Errorf("%s sends what is not JSON", id)
		}
	}
}

// TestFunctionGivesUpIntoAQueue: events that fail three times are kept.
func TestFunctionGivesUpIntoAQueue(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	for id, f := range tm.of("AWS::Lambda::Function") {
		found := false
		for _, c := range tm.of("AWS::Lambda::EventInvokeConfig") {
			queue := tm.text(at(c, "DestinationConfig", "OnFailure", "Destination"))
			found = found || idOf(c["FunctionName"]) == id && slices.Contains(tm.allowed(idOf(f["Role"]), queue), "sqs:SendMessage")
		}
		if !found {
			t.Errorf("what %s gives up is lost", id)
		}
	}
}
