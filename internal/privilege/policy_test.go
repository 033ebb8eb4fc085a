package privilege_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/privilege"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	trailARN  = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"
	bucketARN = "arn:aws:s3:::audit-logs"
)

// example is a baseline of a trail with its bucket.
func example(change ...func(*trail.Guarded)) trail.Baseline {
	g := trail.Guarded{
		Config:  trail.Config{Name: "audit", ARN: trailARN, HomeRegion: "eu-west-1", S3BucketName: "audit-logs", S3KeyPrefix: "a", LogFileValidationEnabled: true},
		Logging: true, Restore: trail.RestoreAll, Selectors: &trail.Selectors{},
		Dependents: []trail.Resource{{Type: trail.Bucket, ARN: bucketARN, Region: "eu-west-1", Account: "111122223333", Settings: map[trail.Setting]trail.Document{
			"policy": `{"Statement":[{"Effect":"Allow"}]}`, "lifecycle": trail.EmptyDocument,
		}}},
	}
	for _, c := range change {
		c(&g)
	}
	return trail.Baseline{Account: "111122223333", Policy: trail.DefaultPolicy(), Trails: []trail.Guarded{g}}
}

var looks = regexp.MustCompile(`:(Get|List|Describe|Lookup)`)

// writesOf are the actions that change something.
func writesOf(b trail.Baseline) []string {
	return slices.DeleteFunc(privilege.Actions(privilege.Statements(b, privilege.Restore, privilege.Uses{})), looks.MatchString)
}

func TestOnlyWhatTheBaselineCallsFor(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*trail.Guarded)
		writes string
	}{
		"everything": {func(*trail.Guarded) {}, "cloudtrail:AddTags cloudtrail:CreateTrail cloudtrail:PutEventSelectors cloudtrail:StartLogging cloudtrail:UpdateTrail " +
			"s3:CreateBucket s3:DeleteObjectVersion s3:PutBucketPolicy s3:PutLifecycleConfiguration"},
		"logging only": {func(g *trail.Guarded) { g.Restore = trail.RestoreLogging }, "cloudtrail:StartLogging"},
		"nothing":      {func(g *trail.Guarded) { g.Restore = trail.RestoreNone }, ""},
		"not the policy": {func(g *trail.Guarded) { g.AlertOnly = []string{"bucket.policy", "bucket.identity", "trail"} },
			"cloudtrail:PutEventSelectors cloudtrail:StartLogging cloudtrail:UpdateTrail s3:DeleteObjectVersion s3:PutLifecycleConfiguration"},
		"a policy that must not be": {func(g *trail.Guarded) {
			g.Dependents[0].Settings = map[trail.Setting]trail.Document{"policy": trail.EmptyDocument}
		}, "cloudtrail:AddTags cloudtrail:CreateTrail cloudtrail:PutEventSelectors cloudtrail:StartLogging cloudtrail:UpdateTrail s3:CreateBucket s3:DeleteBucketPolicy s3:DeleteObjectVersion"},
	} {
		if got := strings.Join(writesOf(example(test.change)), " "); got != test.writes {
			t.Errorf("%s: got %s\nwant %s", name, got, test.writes)
		}
	}
}

func TestTheRoleThatObservesChangesNothing(t *testing.T) {
	for _, action := range privilege.Actions(privilege.Statements(example(), privilege.Read, privilege.Uses{Verify: true, WhoCan: true, Capture: true})) {
		if !looks.MatchString(action) {
			t.Errorf("it may %s", action)
		}
	}
	for _, row := range privilege.Table() {
		for _, g := range row.Grants {
			told := slices.Contains([]string{"alerts", "event buses", "findings", "journal", "queue of events", "evidence"}, row.Of)
			if row.Role == privilege.Read && !told && !looks.MatchString(g.Action) && g.Action != "kms:Decrypt" {
				t.Errorf("%s of %s is of the role that observes, and has %s", row.Operation, row.Of, g.Action)
			}
		}
	}
}

func TestImpostorsAreDeletedAndGuardedTrailsNever(t *testing.T) {
	b := example()
	b.Policy.Impostors = trail.ImpostorsDelete
	all := documents(t, privilege.Statements(b, privilege.Restore, privilege.Uses{}))
	for arn, want := range map[string]policy.Answer{
		trailARN: policy.ExplicitDeny,
		"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit": policy.Allow,
		"arn:aws:cloudtrail:us-east-1:999988887777:trail/audit": policy.Silent,
	} {
		if got := ask(all, demand{action: "cloudtrail:DeleteTrail", resource: arn}); got != want {
			t.Errorf("deleting %s: %v, want %v", arn, got, want)
		}
	}
	b.Trails[0].Restore = trail.RestoreLogging
	if slices.Contains(writesOf(b), "cloudtrail:DeleteTrail") {
		t.Error("a guard that only starts logging may delete trails")
	}
}

// A name that looks like a wildcard must not be one.
func TestNamesAreNoWildcards(t *testing.T) {
	b := example(func(g *trail.Guarded) {
		g.S3KeyPrefix = "*"
		g.Dependents = append(g.Dependents, trail.Resource{Type: trail.Alarm, Region: "eu-west-1", Account: "111122223333",
			ARN: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a?${aws:username}*", Settings: map[trail.Setting]trail.Document{"definition": `{"A":1}`}})
	})
	all := documents(t, privilege.Statements(b, privilege.Restore, privilege.Uses{Verify: true}))
	object := map[string][]string{"aws:ResourceAccount": {"111122223333"}}
	for _, test := range []struct {
		demand
		want policy.Answer
	}{
		{demand{"cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a?${aws:username}*", nil}, policy.Allow},
		{demand{"cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:abc", nil}, policy.Silent},
		{demand{"s3:GetObject", bucketARN + "/*/AWSLogs/x", object}, policy.Allow},
		{demand{"s3:GetObject", bucketARN + "/a/b/AWSLogs/x", object}, policy.Silent},
		{demand{"s3:DeleteObjectVersion", bucketARN + "/a/AWSLogs/x", object}, policy.Silent},
	} {
		if got := ask(all, test.demand); got != test.want {
			t.Errorf("%s on %s: %v, want %v", test.action, test.resource, got, test.want)
		}
	}
}

// A secret that is known by its name alone is allowed with whatever AWS ends its ARN, and no other is.
func TestSecretsByName(t *testing.T) {
	const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
	all := documents(t, privilege.Statements(example(), privilege.Read, privilege.Uses{Secrets: []string{arn + "sl?ck-??????"}}))
	for name, want := range map[string]policy.Answer{"sl?ck-AbCdEf": policy.Allow, "slack-AbCdEf": policy.Silent, "sl?ck-AbCdEfG": policy.Silent, "sl?ck": policy.Silent} {
		if got := ask(all, demand{"secretsmanager:GetSecretValue", arn + name, nil}); got != want {
			t.Errorf("%s: the policies say %v, want %v", name, got, want)
		}
	}
}

func TestLargeBaselinesAreDivided(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing in it happens at once")
	}
	b := example()
	for n := range 300 {
		arn := fmt.Sprintf("arn:aws:events:eu-west-1:111122223333:rule/%s-%d", strings.Repeat("n", 40), n)
		b.Guard = append(b.Guard, trail.Resource{Type: trail.Rule, ARN: arn, Region: "eu-west-1", Account: "111122223333", Settings: map[trail.Setting]trail.Document{"targets": `{"a":{"Arn":"x"}}`}})
	}
	list := privilege.Statements(b, privilege.Restore, privilege.Uses{})
	policies, err := privilege.Policies(list)
	if err != nil || len(policies) < 3 {
		t.Fatalf("%d policies, %v", len(policies), err)
	}
	var parsed []policy.Document
	for _, p := range policies {
		if p.Size() > privilege.MaxManaged {
			t.Errorf("a policy of %d characters", p.Size())
		}
		checkShape(t, p)
		document, err := policy.Parse(p.String())
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, document)
	}
	for _, r := range b.Guard {
		for _, action := range []string{"events:DescribeRule", "events:PutTargets"} {
			if got := ask(parsed, demand{action: action, resource: r.ARN}); got != policy.Allow {
				t.Fatalf("%s on %s was lost: %v", action, r.ARN, got)
			}
		}
	}
	if one := policies[0].Statement[0]; one.Effect != "Allow" || one.Sid == "" {
		t.Errorf("got %+v", one)
	}
}

func TestAPermissionThatNoPolicyCanHold(t *testing.T) {
	_, err := privilege.Policies([]privilege.Statement{{Sid: "A", Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: []string{strings.Repeat("x", privilege.MaxManaged)}}})
	if err == nil || !strings.Contains(err.Error(), "s3:GetObject") {
		t.Errorf("got %v", err)
	}
}

func TestUsesAreAskedFor(t *testing.T) {
	uses := privilege.Uses{
		Topics: []string{"arn:aws:sns:eu-west-1:111122223333:alerts"}, Table: "arn:aws:dynamodb:eu-west-1:111122223333:table/incidents",
		Queue: "arn:aws:sqs:eu-west-1:111122223333:events", Evidence: "s3://evidence/below", Baseline: "s3://config/baseline.yaml",
		Keys: []string{"arn:aws:kms:eu-west-1:111122223333:key/1"},
	}
	all := documents(t, privilege.Statements(example(), privilege.Read, uses))
	for _, test := range []demand{
		{"sns:Publish", uses.Topics[0], nil},
		{"kms:GenerateDataKey", uses.Keys[0], map[string][]string{"kms:ViaService": {"sns.eu-west-1.amazonaws.com"}}},
		{"dynamodb:UpdateItem", uses.Table, nil},
		{"dynamodb:Query", uses.Table + "/index/opened", nil},
		{"sqs:DeleteMessage", uses.Queue, nil},
		{"s3:PutObject", "arn:aws:s3:::evidence/below/x", nil},
		{"s3:ListBucket", "arn:aws:s3:::evidence", nil},
		{"s3:GetObject", "arn:aws:s3:::config/baseline.yaml", nil},
	} {
		if got := ask(all, test); got != policy.Allow {
			t.Errorf("%s on %s: %v", test.action, test.resource, got)
		}
	}
	for _, test := range []demand{
		{"kms:Decrypt", uses.Keys[0], nil}, {"s3:PutObject", "arn:aws:s3:::evidence/x", nil}, {"s3:GetObject", "arn:aws:s3:::config/other", nil},
		{"cloudtrail:ListPublicKeys", "*", map[string][]string{"aws:RequestedRegion": {"eu-west-1"}}},
	} {
		if got := ask(all, test); got != policy.Silent {
			t.Errorf("%s on %s: %v", test.action, test.resource, got)
		}
	}
}

func TestInfrastructure(t *testing.T) {
	list := privilege.Name(privilege.Restore, []privilege.Policy{{Version: "2012-10-17", Statement: []privilege.Statement{
		{Sid: "A", Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::b/${*}%{x}"}},
	}}, {Version: "2012-10-17"}})
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				ManagedPolicyName string
				PolicyDocument    privilege.Policy
			}
		}
	}
	text, err := privilege.CloudFormation(list)
	if err != nil || json.Unmarshal(text, &template) != nil {
		t.Fatalf("%v: %s", err, text)
	}
	first := template.Resources["TrailholdRestore1"]
	if first.Type != "AWS::IAM::ManagedPolicy" || first.Properties.ManagedPolicyName != "trailhold-restore-1" || first.Properties.PolicyDocument.String() != list[0].Document.String() {
		t.Errorf("got %s", text)
	}
	var configuration struct {
		Resource map[string]map[string]struct{ Name, Policy string }
	}
	text, err = privilege.Terraform(list)
	if err != nil || json.Unmarshal(text, &configuration) != nil {
		t.Fatalf("%v: %s", err, text)
	}
	one := configuration.Resource["aws_iam_policy"]["trailhold_restore_1"]
	if one.Name != "trailhold-restore-1" || !strings.Contains(one.Policy, `arn:aws:s3:::b/$${*}%%{x}`) {
		t.Errorf("got %s", text)
	}
}

func TestTemplate(t *testing.T) {
	for _, role := range []privilege.Role{privilege.Read, privilege.Restore} {
		list := privilege.Template(role, privilege.Kinds()...)
		for _, s := range list {
			for _, resource := range s.Resource {
				if resource != "*" && !strings.Contains(resource, "${") {
					t.Errorf("%s is about %s, which no template can fill in", s.Sid, resource)
				}
				if strings.HasPrefix(resource, "arn:") && strings.Contains(resource, "::$") && !strings.Contains(resource, ":iam:") && !strings.Contains(resource, ":account:") {
					t.Errorf("%s is about %s", s.Sid, resource)
				}
			}
		}
		if slices.Contains(privilege.Actions(list), "s3:PutBucketPolicy") != (role == privilege.Restore) {
			t.Errorf("%s: got %v", role, privilege.Actions(list))
		}
	}
	only := privilege.Template(privilege.Read, "trail")
	for _, s := range only {
		if slices.ContainsFunc(s.Resource, func(r string) bool { return strings.Contains(r, "Bucket") }) {
			t.Errorf("nobody asked for buckets: %+v", s)
		}
	}
	if !slices.Equal(privilege.Actions(only)[:2], []string{"cloudtrail:DescribeTrails", "cloudtrail:GetEventConfiguration"}) {
		t.Errorf("got %v", privilege.Actions(only))
	}
}
