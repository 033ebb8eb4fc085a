package alerts

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestARNs: what the function of a guard needs permission for, whatever form the file has it in.
func TestARNs(t *testing.T) {
	const at = "arn:aws:%s:eu-west-1:111122223333:%s"
	for channel, want := range map[string][]string{
		`{name: a, type: slack, url: "ssm:/trailhold/slack"}`:                                                  {fmt.Sprintf(at, "ssm", "parameter/trailhold/slack")},
		`{name: a, type: slack, url: "ssm:slack:3"}`:                                                           {fmt.Sprintf(at, "ssm", "parameter/slack")},
		`{name: a, type: slack, url: "ssm:arn:aws:ssm:us-east-1:444455556666:parameter/x/y:2"}`:                {"arn:aws:ssm:us-east-1:444455556666:parameter/x/y"},
		`{name: a, type: slack, url: "secretsmanager:trailhold/slack#url"}`:                                    {fmt.Sprintf(at, "secretsmanager", "secret:trailhold/slack-??????")},
		`{name: a, type: slack, url: "secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:slack-AbCdEf"}`: {"arn:aws:secretsmanager:us-east-1:1:secret:slack-AbCdEf"},
		`{name: a, type: slack, url: "secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:slack"}`:        {"arn:aws:secretsmanager:us-east-1:1:secret:slack-??????"},
		`{name: a, type: webhook, url: "ssm:b", secret: "ssm:a"}`:                                              {fmt.Sprintf(at, "ssm", "parameter/a"), fmt.Sprintf(at, "ssm", "parameter/b")},
		`{name: a, type: webhook, url: "ssm:a", secret: "ssm:a"}`:                                              {fmt.Sprintf(at, "ssm", "parameter/a")},
		`{name: a, type: security-hub}`:                                                                        {fmt.Sprintf(at, "securityhub", "product/111122223333/default")},
		`{name: a, type: security-hub, region: us-east-1}`:                                                     {"arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default"},
		`{name: a, type: eventbridge}`:                                                                         {fmt.Sprintf(at, "events", "event-bus/default")},
		`{name: a, type: eventbridge, bus: security, region: us-east-1}`:                                       {"arn:aws:events:us-east-1:111122223333:event-bus/security"},
		`{name: a, type: eventbridge, bus: "arn:aws:events:us-east-1:444455556666:event-bus/b"}`:               {"arn:aws:events:us-east-1:444455556666:event-bus/b"},
		`{name: a, type: sns, topicArn: "arn:aws:sns:us-east-1:444455556666:alerts"}`:                          {"arn:aws:sns:us-east-1:444455556666:alerts"},
		`{name: a, type: ocsf, file: "-"}`:                                                                     nil,
		`{name: a, type: syslog, address: "logs.example.com:6514"}`:                                            nil,
	} {
		c, err := Parse("a.yaml", []byte(head+"channels:\n  - "+channel+"\n"))
		if err != nil {
			t.Fatalf("%s: %v", channel, err)
		}
		if got, err := c.ARNs(At{"aws", "eu-west-1", "111122223333"}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s needs %q, %v; want %q", channel, got, err, want)
		}
		if got := c.Granted(At{"aws", "eu-west-1", "111122223333"}); !slices.Equal(got, want) {
			t.Errorf("%s is granted %q, want %q", channel, got, want)
		}
	}
	for _, channel := range []string{
		`{name: a, type: slack, url: "env:SLACK"}`, `{name: a, type: slack, url: "file:/run/slack"}`, `{name: a, type: ocsf, file: /var/log/ocsf}`,
	} {
		c, err := Parse("a.yaml", []byte(head+"channels:\n  - "+channel+"\n"))
		if err != nil {
			t.Fatalf("%s: %v", channel, err)
		}
		if got, err := c.ARNs(At{"aws", "eu-west-1", "111122223333"}); err == nil || len(c.Granted(At{"aws", "eu-west-1", "111122223333"})) > 0 || !strings.Contains(err.Error(), `the channel "a" needs `) {
			t.Errorf("%s: %q, %v", channel, got, err)
		}
	}
}

// TestEveryTypeSaysWhatItNeeds makes sure that no type that reaches AWS, or needs a secret, is forgotten.
func TestEveryTypeSaysWhatItNeeds(t *testing.T) {
	c, err := Parse("alerts.yaml", []byte(everyType))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range c.Channels {
		if len(one.uses) == 0 && one.Type != "syslog" {
			t.Errorf("a channel %s says nothing of what it needs", one.Type)
		}
	}
}

// TestPinned: a file of another content than the pinned one is refused, and what it has instead is told.
func TestPinned(t *testing.T) {
	file := []byte(head + "channels:\n  - {name: a, type: ocsf, file: \"-\"}\n")
	source := Source{Object: func(_ context.Context, uri string, _ int64) ([]byte, error) {
		if uri != "s3://b/alerts.yaml" {
			t.Errorf("read %s", uri)
		}
		return file, nil
	}}
	sum := fmt.Sprintf("%x", sha256.Sum256(file))
	if c, data, err := LoadFile(t.Context(), "s3://b/alerts.yaml#sha256="+sum, source); err != nil || len(c.Channels) != 1 || string(data) != string(file) {
		t.Errorf("%+v %q %v", c, data, err)
	}
	if c, err := Load(t.Context(), "s3://b/alerts.yaml#sha256="+strings.Repeat("0", 64), source); err == nil || !strings.Contains(err.Error(), sum) || len(c.Channels) > 0 {
		t.Errorf("%+v %v", c, err)
	}
}
