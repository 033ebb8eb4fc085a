package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
)

// account is a lab, and a cloud that reaches it.
func account(t *testing.T) (*lab.Lab, *awscloud.Cloud) {
	t.Helper()
	box := lab.New(lab.Options{})
	t.Cleanup(box.Close)
	cloud, err := awscloud.New(t.Context(), awscloud.Options{Region: "eu-west-1", HTTPClient: box.Client(), AccessKeyID: "AKIAGUARD", SecretAccessKey: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return box, cloud
}

// ask makes a call that the guard itself never makes.
func ask(t *testing.T, box *lab.Lab, service, target, body string) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://lab/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAADMIN/20260301/eu-west-1/"+service+"/aws4_request")
	request.Header.Set("X-Amz-Target", target)
	if strings.HasPrefix(body, "Action=") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := box.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(response.Body).Decode(&out); target != "" && err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v: %v", target, response.StatusCode, out, err)
	}
	return out
}

func targets(t *testing.T, cloud *awscloud.Cloud, channels string) []notify.Target {
	t.Helper()
	c, err := Parse("a.yaml", []byte(head+"channels:\n"+channels))
	if err != nil {
		t.Fatal(err)
	}
	return c.Targets(OnAWS(cloud, os.Getenv, &bytes.Buffer{}))
}

func attacked() incident.Incident {
	return incident.Incident{
		ID: "event-1", Stage: incident.Restored, TrailARN: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit", Account: "111122223333", Region: "eu-west-1",
		Techniques: []string{"stop-logging"}, Severity: severity.Critical, Cause: incident.CauseEvent, Attack: time.Date(2026, 3, 1, 3, 12, 7, 0, time.UTC),
		Seen: time.Date(2026, 3, 1, 3, 12, 11, 0, time.UTC), Restored: time.Date(2026, 3, 1, 3, 12, 12, 0, time.UTC),
		Actor: incident.Actor{ARN: "arn:aws:iam::111122223333:user/<!channel>\r\n\x00", SourceIPAddress: "203.0.113.7"},
		Lost:  []string{strings.Repeat("data events ", 400)},
	}
}

// TestOneFindingThroughTheLifeOfAnIncident: Security Hub takes it, updates it, and leaves to people what is theirs.
func TestOneFindingThroughTheLifeOfAnIncident(t *testing.T) {
	box, cloud := account(t)
	d := notify.NewRouted(targets(t, cloud, "  - {name: hub, type: security-hub, region: us-east-1}")...)
	finding := func() map[string]any {
		all := box.Findings("111122223333", "us-east-1")
		if len(all) != 1 {
			t.Fatalf("findings: %v", all)
		}
		var f map[string]any
		if err := json.Unmarshal([]byte(all["trailhold/111122223333/event-1"]), &f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	i := attacked()
	if err := d.Tell(t.Context(), i, incident.KindAlert); err != nil {
		t.Fatal(err)
	}
	first := finding()
	if first["RecordState"] != "ACTIVE" || first["Workflow"].(map[string]any)["Status"] != "NEW" {
		t.Errorf("%v", first)
	}
	i.Stage, i.Proved = incident.Proved, i.Seen.Add(time.Minute)
	for begun := time.Now().UnixMilli(); time.Now().UnixMilli() == begun; { // Security Hub ignores an update with the same time
		runtime.Gosched()
	}
	if err := d.Tell(t.Context(), i, incident.KindProved); err != nil {
		t.Fatal(err)
	}
	last := finding()
	if last["RecordState"] != "ARCHIVED" || last["Workflow"].(map[string]any)["Status"] != "NEW" || last["UpdatedAt"].(string) <= first["UpdatedAt"].(string) {
		t.Errorf("%v", last)
	}
	i.Account, i.ID = "444455556666", "event-2"
	if err := d.Tell(t.Context(), i, incident.KindAlert); err == nil || !strings.Contains(err.Error(), "those of the caller") {
		t.Errorf("a refused finding: %v", err)
	}
}

func TestEventReachesTheBus(t *testing.T) {
	box, cloud := account(t)
	got := make(chan []byte, 1)
	const function = "arn:aws:lambda:eu-west-1:111122223333:function:reader"
	box.RegisterFunction(function, func(event []byte) { got <- event })
	ask(t, box, "events", "AWSEvents.PutRule", `{"Name":"r","EventPattern":"{\"source\":[\"trailhold\"],\"detail\":{\"severity\":[\"critical\"]}}"}`)
	ask(t, box, "events", "AWSEvents.PutTargets", `{"Rule":"r","Targets":[{"Id":"1","Arn":"`+function+`"}]}`)
	d := notify.NewRouted(targets(t, cloud, "  - {name: bus, type: eventbridge}")...)
	if err := d.Tell(t.Context(), attacked(), incident.KindAlert); err != nil {
		t.Fatal(err)
	}
	var event struct {
		DetailType string `json:"detail-type"`
		Resources  []string
		Detail     struct {
			Kind     string
			Brief    notify.Brief
			Incident incident.Incident
		}
	}
	select {
	case data := <-got:
		if err := json.Unmarshal(data, &event); err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no event came")
	}
	if event.DetailType != "Trailhold Message" || len(event.Resources) != 1 || event.Detail.Kind != "alert" || event.Detail.Incident.ID != "event-1" || event.Detail.Brief.From != "203.0.113.7" {
		t.Errorf("%+v", event)
	}
	d = notify.NewRouted(targets(t, cloud, "  - {name: bus, type: eventbridge, bus: missing}")...)
	if err := d.Tell(t.Context(), attacked(), incident.KindAlert); err == nil || !strings.Contains(err.Error(), "PutEvents") {
		t.Errorf("a bus that is missing: %v", err)
	}
}

func TestTopicTellsItsSubscriptions(t *testing.T) {
	box, cloud := account(t)
	ask(t, box, "sns", "", "Action=CreateTopic&Name=alerts&Version=2010-03-31")
	const topic = "arn:aws:sns:eu-west-1:111122223333:alerts"
	s := targets(t, cloud, "  - {name: people, type: sns, topicArn: '"+topic+"'}")[0].Sink.(sns)
	if _, err := s.Report(t.Context(), notify.ComposeTest("111122223333", time.Now())); err == nil || !strings.Contains(err.Error(), "nobody gets it") {
		t.Errorf("a topic without subscriptions: %v", err)
	}
	ask(t, box, "sns", "", "Action=Subscribe&Version=2010-03-31&Protocol=http&Endpoint=http://127.0.0.1:1/&TopicArn="+topic)
	if _, err := s.Report(t.Context(), notify.ComposeTest("111122223333", time.Now())); err == nil || !strings.Contains(err.Error(), "and 1 to be confirmed") {
		t.Errorf("a topic with a pending subscription: %v", err)
	}
	ask(t, box, "sqs", "AmazonSQS.CreateQueue", `{"QueueName":"q"}`)
	ask(t, box, "sns", "", "Action=Subscribe&Version=2010-03-31&Protocol=sqs&Endpoint=arn:aws:sqs:eu-west-1:111122223333:q&TopicArn="+topic)
	if answer, err := s.Report(t.Context(), notify.ComposeTest("111122223333", time.Now())); err != nil || answer != "published; subscriptions: 1 confirmed, 1 pending" {
		t.Errorf("%q: %v", answer, err)
	}
}

func TestSecretsFromEveryPlace(t *testing.T) {
	box, cloud := account(t)
	ask(t, box, "ssm", "AmazonSSM.PutParameter", `{"Name":"/trailhold/key","Value":"from-ssm","Type":"SecureString"}`)
	created := ask(t, box, "secretsmanager", "secretsmanager.CreateSecret", `{"Name":"trailhold/slack","SecretString":"{\"url\":\"from-manager\",\"n\":1}"}`)
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".two", []byte("from\nfile"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Places{ParameterStore: cloud.Parameter, SecretsManager: cloud.SecretValue, Getenv: func(name string) string {
		return map[string]string{"SET": "from-env"}[name]
	}}
	for text, want := range map[string]string{
		"ssm:/trailhold/key": "from-ssm", "ssm:arn:aws:ssm:eu-west-1:111122223333:parameter/trailhold/key": "from-ssm",
		"secretsmanager:trailhold/slack#url": "from-manager", "secretsmanager:" + created["ARN"].(string) + "#url": "from-manager",
		"env:SET": "from-env", "file:" + file: "from-file",
	} {
		r, err := ParseReference(text)
		if err != nil || r.String() != text {
			t.Errorf("%s: %v %v", text, r, err)
		}
		if got, err := p.Secret(r)(t.Context()); err != nil || got != want {
			t.Errorf("%s: %q %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"ssm:missing": "ParameterNotFound", "secretsmanager:missing": "ResourceNotFoundException", "env:UNSET": "does not exist", "file:" + file + ".none": "no such file",
		"secretsmanager:trailhold/slack#other": `no member "other"`, "secretsmanager:trailhold/slack#n": "no member", "file:" + file + ".two": "one line",
	} {
		r, _ := ParseReference(text)
		_, err := p.Secret(r)(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "from-") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	box.Inject(lab.Fault{Service: "ssm", Operation: "GetParameter", Kind: lab.Throttle})
	r, _ := ParseReference("ssm:/trailhold/key")
	if _, err := p.Secret(r)(t.Context()); guard.ClassOf(err) != guard.ClassRetry {
		t.Errorf("throttled: %v", err)
	}
}

// TestSecretsAreReadAgain makes sure that a changed secret is noticed, and that not every message asks for it.
func TestSecretsAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		value, asked, broken := "one", 0, errors.New("broken")
		var err error
		p := Places{ParameterStore: func(context.Context, string) (string, error) { asked++; return value, err }}
		secret := p.Secret(Reference{Place: InParameterStore, Name: "x"})
		for _, step := range []struct {
			wait  time.Duration
			value string
			err   error
			want  string
			asked int
		}{{0, "one", broken, "", 1}, {0, "one", nil, "one", 2}, {time.Minute, "two", nil, "one", 2}, {remember, "two", nil, "two", 3}} {
			time.Sleep(step.wait)
			value, err = step.value, step.err
			got, gotErr := secret(t.Context())
			if got != step.want || !errors.Is(gotErr, step.err) || asked != step.asked {
				t.Errorf("%+v: %q, %v, asked %d times", step, got, gotErr, asked)
			}
		}
	})
}

func TestLoad(t *testing.T) {
	box, cloud := account(t)
	file := filepath.Join(t.TempDir(), "alerts.yaml")
	text := head + "channels: [{name: a, type: slack, url: 'env:X'}]"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(text)
	ask(t, box, "ssm", "AmazonSSM.PutParameter", `{"Name":"/trailhold/alerts","Type":"String","Value":`+string(quoted)+`}`)
	for location, ok := range map[string]bool{file: true, "ssm:/trailhold/alerts": true, file + "x": false, "ssm:/none": false, "s3://none/x": false} {
		c, err := Load(t.Context(), location, SourceOf(cloud))
		if (err == nil) != ok || ok && c.Channels[0].Name != "a" || !ok && !strings.Contains(err.Error(), location) {
			t.Errorf("%s: %+v %v", location, c, err)
		}
	}
	if !Inline(text) || Inline(file) || !Remote("ssm:x") || !Remote("s3://a/b") || Remote(file) {
		t.Error("locations are mistaken")
	}
}
