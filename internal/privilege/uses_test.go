package privilege_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/privilege"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestUsesNeedNoMore does what is done beside the guarding, with exactly the permissions for it.
func TestUsesNeedNoMore(t *testing.T) {
	const key, home = "AKIATRAILHOLD0000001", "eu-west-1"
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + home + ":" + lab.DefaultAccount + ":" + rest
	}
	uses := privilege.Uses{
		Topics: []string{arn("sns", "alerts")}, Buses: []string{arn("events", "event-bus/default")}, Findings: true,
		Secrets: []string{arn("ssm", "parameter/trailhold/slack"), arn("secretsmanager", "secret:trailhold/slack-AbCdEf")}, Table: arn("dynamodb", "table/trailhold"), Queue: arn("sqs", "events"), Evidence: "s3://audit-logs/evidence",
		Baseline: "s3://audit-logs/baseline.yaml", Verify: true, WhoCan: true, Capture: true,
	}
	b := example(func(g *trail.Guarded) { g.S3KeyPrefix = "" })
	granted := privilege.Statements(b, privilege.Read, uses)
	all := documents(t, granted)
	var mu sync.Mutex
	used := map[string]bool{}
	l := lab.New(lab.Options{Regions: []string{home, "us-east-1"}, Authorize: func(c lab.Call) bool {
		if c.AccessKeyID != key {
			return true
		}
		wanted, err := demands(c)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, d := range wanted {
			used[d.action] = true
			if got := ask(all, d); got != policy.Allow {
				t.Errorf("%s:%s needs %s on %s in %v: the policies say %v", c.Service, c.Operation, d.action, d.resource, d.context, got)
				return false
			}
		}
		return true
	}})
	defer l.Close()
	furnish(t, intruder.New(awscloud.Isolated(home, "AKIAOWNER00000000001", "lab", l.Client())), home)
	beside(t, awscloud.Isolated(home, key, "lab", l.Client()), l, b, uses)

	for _, row := range privilege.Table() {
		beside := slices.Contains([]string{"account", "alerts", "event buses", "findings", "ssm secrets", "secretsmanager secrets", "journal", "queue of events", "evidence", "baseline", "verification", "who can", "capture"}, row.Of)
		for _, g := range row.Grants {
			if beside && !used[g.Action] && g.Notice == "" && elsewhere[g.Action] == "" {
				t.Errorf("%s is granted for %s, but nothing used it", g.Action, row.Of)
			}
		}
	}
}

// elsewhere are the actions that take more than this test has.
var elsewhere = map[string]string{
	"s3:GetBucketLocation":      "for a bucket in another region, of which S3's first answer does not say where it is",
	"organizations:ListParents": "in an organization", "organizations:ListPoliciesForTarget": "in an organization", "organizations:DescribePolicy": "in an organization",
	"cloudwatch:DescribeAlarms": "for a trail with a log group whose metrics are watched",
}

// furnish makes what the uses are about.
func furnish(t *testing.T, owner *intruder.Intruder, home string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "dynamodb-table.json"))
	if err != nil {
		t.Fatal(err)
	}
	for operation, input := range map[string]any{
		"dynamodb:CreateTable": json.RawMessage(text), "sns:CreateTopic": map[string]string{"Name": "alerts"}, "sqs:CreateQueue": map[string]string{"QueueName": "events"},
	} {
		if err := owner.Call(t.Context(), home, operation, input, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := owner.CreateBucket(t.Context(), home, "audit-logs"); err != nil {
		t.Fatal(err)
	}
}

// beside does everything that the uses are for. What there is to find does not matter, only that it is allowed.
func beside(t *testing.T, cloud *awscloud.Cloud, l *lab.Lab, b trail.Baseline, uses privilege.Uses) {
	t.Helper()
	ctx := t.Context()
	home := b.Trails[0].HomeRegion
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	must(cloud.Topic(uses.Topics[0]).Publish(ctx, "s", map[string]string{"default": "x"}))

	_, err := cloud.Bus("default", home).PutEvent(ctx, "trailhold", "Trailhold Message", nil, time.Now(), []byte("{}"))
	must(err)
	_ = cloud.Hub(home).ImportFinding(ctx, []byte("{}")) // that it is no good finding is not the point, nor that the secrets do not exist
	_, _ = cloud.Parameter(ctx, uses.Secrets[0])
	_, _ = cloud.SecretValue(ctx, uses.Secrets[1])

	table := cloud.Table("trailhold", home)
	_, err = table.Put(ctx, journal.Row{ID: "i", Version: 1, Writer: "w", Body: []byte("x"), Time: "t", Trail: "t"}, 0)
	must(err)
	_, err = table.Get(ctx, "i")
	must(err)
	must(table.List(ctx, journal.Span{Index: journal.IndexTime, From: "a", To: "z"}, func(journal.Row) error { return nil }))

	url := "https://sqs." + home + ".amazonaws.com/" + lab.DefaultAccount + "/events"
	must(intruder.New(cloudOf(l, home)).Call(ctx, home, "sqs:SendMessage", map[string]string{"QueueUrl": url, "MessageBody": "x"}, nil))
	messages, err := cloud.Queue(url).Receive(ctx)
	must(err)
	for _, m := range messages {
		must(cloud.Queue(url).Delete(ctx, m))
	}

	evidence, err := cloud.Evidence(uses.Evidence, lab.DefaultAccount)
	must(err)
	must(evidence.Put(ctx, "manifest.json", []byte("{}")))
	_, err = evidence.Get(ctx, "manifest.json", 100)
	must(err)

	store := cloud.LogStore(1)
	must(store.List(ctx, "audit-logs", "AWSLogs/", "", func(digest.Object) error { return nil }))
	_, _ = store.Get(ctx, "audit-logs", "AWSLogs/missing") // that it does not exist is not the point
	_, _ = cloud.Object(ctx, uses.Baseline, 100)
	_, err = cloud.PublicKeys().Keys(ctx, home, time.Now().Add(-time.Hour), time.Now())
	must(err)
	must(cloud.History(ctx, home, time.Now().Add(-time.Hour), func(record.Record) error { return nil }))
	_, err = cloud.Principals(ctx)
	must(err)
	_, err = cloud.Regions(ctx)
	must(err)
}

// cloudOf is the lab as its owner sees it.
func cloudOf(l *lab.Lab, home string) *awscloud.Cloud {
	return awscloud.Isolated(home, "AKIAOWNER00000000001", "lab", l.Client())
}
