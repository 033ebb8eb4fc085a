package cloudformation_test

import (
	"slices"
	"strings"
	"testing"
)

// TestBusAdmitsForwarders: the policy of the guard's event bus names the forwarders' role, whose name another template gives.
func TestBusAdmitsForwarders(t *testing.T) {
	policy := read(t, "trailhold.yaml").of("AWS::Events::EventBusPolicy")["EventBusPolicy"]
	admitted := strings.ReplaceAll(read(t, "trailhold.yaml").text(at(policy, "Statement", "Condition", "ArnLike", "aws:PrincipalArn")), "${AWS::StackName}", "${GuardName}")
	forwarder := read(t, "forwarder.yaml")
	role := forwarder.text(at(forwarder.resources, "ForwarderRole", "Properties", "RoleName"))
	if _, name, _ := strings.Cut(admitted, ":role/"); !like(name, role) {
		t.Errorf("the bus admits %s; forwarders are %s", admitted, role)
	}
	arn := strings.ReplaceAll("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"+role, "${GuardName}", "${AWS::StackName}")
	if may := read(t, "trailhold.yaml").allowed("FunctionRole", arn); !slices.Contains(may, "iam:PassRole") {
		t.Errorf("the guard cannot put the forwarders' rules back: on their role it may %v", may)
	}
	if at(policy, "Statement", "Condition", "StringEquals", "aws:PrincipalOrgID") == nil {
		t.Error("the bus admits other organizations")
	}
}

// TestForwardedEventsReachTheFunction: what forwarders send matches the rule on the guard's bus.
func TestForwardedEventsReachTheFunction(t *testing.T) {
	pattern := read(t, "trailhold.yaml").of("AWS::Events::Rule")["ForwardedRule"]["EventPattern"]
	taken := many(at(pattern, "detail-type"))
	for id, rule := range read(t, "forwarder.yaml").of("AWS::Events::Rule") {
		for _, kind := range many(at(rule, "EventPattern", "detail-type")) {
			if !slices.Contains(taken, kind) {
				t.Errorf("%s sends %q, which the guard's bus drops", id, kind)
			}
		}
		for _, source := range many(at(rule, "EventPattern", "source")) {
			if !strings.HasPrefix(source.(string), at(many(at(pattern, "source"))[0], "prefix").(string)) {
				t.Errorf("%s sends %s, which the guard's bus drops", id, source)
			}
		}
	}
}
