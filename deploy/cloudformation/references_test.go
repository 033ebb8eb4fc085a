package cloudformation_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxBody is the largest template that may be given to CloudFormation without a bucket.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxBody = 51200

// TestSize: the guard's template is larger, which "trailhold deploy" sends shortened. By hand it goes through the store's bucket.
func TestSize(t *testing.T) {
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	forEach(t, func(t *testing.T, tm template) {
		info, err := os.Stat(tm.file)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range regexp.MustCompile(`aws cloudformation deploy (?:[^\n]*\\\n)*[^\n]*`).FindAllString(string(page), -1) {
			if strings.Contains(command, "/"+tm.file) && info.Size() > maxBody && !strings.Contains(command, "--s3-bucket") {
				t.Errorf("%d bytes cannot be given straight, as this does: %s", info.Size(), command)
			}
		}
	})
}

// TestLint runs cfn-lint, which knows every property of every resource, where it is installed.
func TestLint(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not installed")
	}
	if out, err := exec.Command(lint, append([]string{"--"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReferencesResolve finds names that lead nowhere.
func TestReferencesResolve(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		tm.everything(func(at string, value any) {
			for _, r := range referencesIn(value) {
				if !tm.resolves(r) {
					t.Errorf("%s: %s leads nowhere", at, r)
				}
			}
		})
		for id, r := range tm.resources {
			for _, other := range many(r.(object)["DependsOn"]) {
				if tm.resources[other.(string)] == nil {
					t.Errorf("%s depends on %s, which there is not", id, other)
				}
			}
		}
	})
}

// TestEverythingIsUsed finds parameters and conditions that nothing refers to.
func TestEverythingIsUsed(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		used := map[string]bool{}
		tm.everything(func(at string, value any) {
			for _, r := range referencesIn(value) {
				used[r.kind+r.name] = true
			}
		})
		for name := range tm.parameters {
			if !used["value"+name] {
				t.Errorf("parameter %s is not used", name)
			}
		}
		for name := range tm.conditions {
			if !used["condition"+name] {
				t.Errorf("condition %s is not used", name)
			}
		}
	})
}

// reference is a name that a template uses.
type reference struct{ kind, name, attribute string }

func (r reference) String() string {
	return strings.TrimSuffix(r.kind+" "+r.name+"."+r.attribute, ".")
}

// referencesIn lists the names that a value itself uses.
func referencesIn(value any) []reference {
	m, ok := value.(object)
	if !ok {
		return nil
	}
	var found []reference
	if name, ok := m["Ref"].(string); ok {
		found = append(found, reference{"value", name, ""})
	}
	// In a policy, Condition is a mapping.
	if name, ok := m["Condition"].(string); ok {
		found = append(found, reference{"condition", name, ""})
	}
	if branches, ok := m["Fn::If"].([]any); ok {
		found = append(found, reference{"condition", fmt.Sprint(branches[0]), ""})
	}
	if attribute, ok := m["Fn::GetAtt"].([]any); ok {
		found = append(found, reference{"attribute", attribute[0].(string), attribute[1].(string)})
	}
	return append(found, substituted(m["Fn::Sub"])...)
}

// substituted lists the names in a text of Fn::Sub, without those that it brings itself.
func substituted(sub any) []reference {
	parts := many(sub)
	if len(parts) == 0 {
		return nil
	}
	var own object
	if len(parts) == 2 {
		own, _ = parts[1].(object)
	}
	var found []reference
	for _, p := range placeholder.FindAllString(fmt.Sprint(parts[0]), -1) {
		name, attribute, dotted := strings.Cut(p[2:len(p)-1], ".")
		switch {
		case own[name] != nil:
		case dotted:
			found = append(found, reference{"attribute", name, attribute})
		default:
			found = append(found, reference{"value", name, ""})
		}
	}
	return found
}

// attributes are those of the resources' attributes that the templates use.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
var attributes = map[string][]string{
	"AWS::DynamoDB::Table":     {"Arn"},
	"AWS::Events::EventBus":    {"Arn"},
	"AWS::Events::Rule":        {"Arn"},
	"AWS::IAM::Role":           {"Arn"},
	"AWS::KMS::Key":            {"Arn"},
	"AWS::Lambda::Function":    {"Arn"},
	"AWS::Logs::LogGroup":      {"Arn"},
	"AWS::S3::Bucket":          {"Arn"},
	"AWS::SQS::Queue":          {"Arn", "QueueName"},
	"AWS::Scheduler::Schedule": {"Arn"},
}

var pseudoParameters = []string{"AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackName", "AWS::URLSuffix"}

func (tm template) resolves(r reference) bool {
	switch r.kind {
	case "condition":
		return tm.conditions[r.name] != nil
	case "attribute":
		resource, _ := tm.resources[r.name].(object)
		return slices.Contains(attributes[fmt.Sprint(resource["Type"])], r.attribute)
	}
	return tm.parameters[r.name] != nil || tm.resources[r.name] != nil || slices.Contains(pseudoParameters, r.name)
}

// TestParameters makes sure that each parameter explains itself, and that its default is a value it takes.
func TestParameters(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		for name, p := range tm.parameters {
			parameter := p.(object)
			if description, _ := parameter["Description"].(string); description == "" {
				t.Errorf("%s has no description", name)
			}
			value, ok := parameter["Default"].(string)
			if !ok {
				continue
			}
			if pattern, ok := parameter["AllowedPattern"].(string); ok && !regexp.MustCompile("^(?:"+pattern+")$").MatchString(value) {
				t.Errorf("the default of %s does not match its pattern: %q", name, value)
			}
			if allowed := many(parameter["AllowedValues"]); allowed != nil && !slices.Contains(allowed, any(value)) {
				t.Errorf("the default of %s is not allowed: %q", name, value)
			}
		}
	})
}

// TestSubscriptionsPattern tries what people may enter.
func TestSubscriptionsPattern(t *testing.T) {
	pattern := regexp.MustCompile("^(?:" + read(t, "trailhold.yaml").parameters["SNSSubscriptions"].(object)["AllowedPattern"].(string) + ")$")
	for text, want := range map[string]bool{
		"": true, "a@b.c": true, "a@b.c,d@e.f": true, "a+x@b.c,b@b,c@b,d@b,e@b": true,
		"a": false, "a@b, c@d": false, "a@b,": false, "a@b,b@b,c@b,d@b,e@b,f@b": false, "a@b@c": false,
	} {
		if pattern.MatchString(text) != want {
			t.Errorf("%q is taken: %v, want %v", text, !want, want)
		}
	}
}

// TestTheClassicParameters holds what people who come from the recipe know.
func TestTheClassicParameters(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	for _, name := range []string{"SNSTopicName", "SNSSubscriptions", "LambdaTimeout", "LambdaS3Bucket", "LambdaS3Key"} {
		if tm.parameters[name] == nil {
			t.Errorf("there is no parameter %s", name)
		}
	}
	if at(tm.parameters, "LambdaTimeout", "Default") != "30" || at(tm.parameters, "SNSSubscriptions", "Type") != "String" {
		t.Error("LambdaTimeout must be 30 by default, and SNSSubscriptions take a plain address")
	}
}

// TestRulesComeAfterTheirPermission: events that a rule catches before it may invoke the function are dead letters, and the
// deployment itself makes such events.
func TestRulesComeAfterTheirPermission(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	if at(tm.resources, "UndeliveredQueue", "DependsOn") != "RulesInvokeFunction" {
		t.Error("the queue of dead letters does not wait for the permission")
	}
	for id, rule := range tm.of("AWS::Events::Rule") {
		if text := fmt.Sprint(rule["Targets"]); !strings.Contains(text, "UndeliveredQueue") {
			t.Errorf("%s does not need the queue, and may come before its permission", id)
		}
	}
}
