package alerts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
)

const head = "apiVersion: trailhold/v1\nkind: Alerts\n"

// everyType has each type of channel with all of its keys.
const everyType = head + `runbook: https://wiki.example.com/{technique}
channels:
  - {name: chat, type: slack, url: "secretsmanager:trailhold/slack#url"}
  - {name: team, type: teams, url: "ssm:/trailhold/teams"}
  - {name: oncall, type: pagerduty, routingKey: "env:PD_KEY", endpoint: "https://events.eu.pagerduty.com"}
  - {name: genie, type: opsgenie, apiKey: "file:/run/secrets/genie", endpoint: "https://api.eu.opsgenie.com"}
  - {name: mail, type: email, host: smtp.example.com, port: 2525, tls: starttls, username: u, password: "env:MAIL", from: a@example.com, to: [b@example.com]}
  - {name: hook, type: webhook, url: "env:HOOK", secret: "env:HMAC"}
  - {name: hub, type: security-hub, region: eu-west-1}
  - {name: bus, type: eventbridge, bus: security, region: eu-west-1}
  - {name: lake, type: ocsf, url: "env:LAKE", token: "env:TOKEN"}
  - {name: file, type: ocsf, file: /var/log/trailhold.jsonl}
  - {name: log, type: syslog, address: "logs.example.com:6514", transport: tls, facility: local3}
  - {name: topic, type: sns, topicArn: "arn:aws:sns:eu-west-1:111122223333:alerts"}
routes:
  - {channels: [chat, team, oncall, genie, mail, hook, hub, bus, lake, file, log, topic], severity: high, accounts: ["111122223333"], kinds: [alert, escalate]}
`

func TestEveryTypeOfChannel(t *testing.T) {
	c, err := Parse("alerts.yaml", []byte(everyType))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, one := range c.Channels {
		have[one.Type] = true
	}
	for _, name := range Types() {
		if !have[name] {
			t.Errorf("type %s is not in the test", name)
		}
	}
	if len(c.Routes) != 1 || c.Routes[0].Severity != severity.High || c.Runbook == "" {
		t.Errorf("%+v", c)
	}
}

// TestMistakes makes sure that each is told with its place and how to mend it.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "a.yaml:1:1: the file is empty"},
		{"- x", "a.yaml:1:1: the file must be a mapping"},
		{"a: [", "a.yaml:2:1: not valid YAML"},
		{"a: \xff", "not UTF-8"},
		{head + "channels: []", "a.yaml:3:11: channels must be a list of 1 to 100 members"},
		{"kind: Alerts\nchannels: x", "lacks apiVersion"},
		{head + "---\nkind: Alerts", "more than one YAML document"},
		{head + "channels: &a [x]", "anchors and aliases"},
		{head + "channels: !x [x]", "YAML tags"},
		{head + "channels: [[[[[[[[[[[x]]]]]]]]]]]", "nested deeper"},
		{head + "chanels: []", `a.yaml:3:1: the file has no key "chanels": use apiVersion, kind, runbook, channels, routes`},
		{head + "kind: Alerts", "twice"},
		{head + "channels: [{name: a, type: pigeon}]", `a.yaml:3:28: type: "pigeon" is not known: use slack, teams,`},
		{head + "channels: [{name: A b, type: slack, url: 'env:X'}]", "small letters"},
		{head + "channels: [{name: a, type: slack}]", `a.yaml:3:12: channel "a" lacks url: add it`},
		{head + "channels: [{name: a, type: slack, url: 'env:X', token: x}]", `channel "a" has no key "token": use name, type, url`},
		{head + "channels: [{name: a, type: slack, url: 'env:X'}, {name: a, type: slack, url: 'env:X'}]", "there already"},
		{head + "channels: [{name: a, type: slack, url: 'env:X'}]\nroutes: [{channels: [b]}]", `a.yaml:4:22: each of channels: there is no channel "b"`},
		{head + "channels: [{name: a, type: slack, url: 'env:X'}, {name: b, type: slack, url: 'env:X'}]\nroutes: [{channels: [a]}]", `no route leads to channel "b"`},
		{head + "channels: [{name: a, type: slack, url: 'env:X'}]\nroutes: [{channels: [a], severity: loud}]", `severity: "loud" is not known: use info, low`},
		{head + "channels: [{name: a, type: slack, url: 'env:X'}]\nroutes: [{channels: [a], accounts: [111122223333]}]", "put it in quotes"},
		{head + "channels: [{name: a, type: slack, url: 'env:X'}]\nroutes: [{channels: [a], accounts: ['1']}]", "12 digits"},
		{head + "channels: [{name: a, type: slack, url: 'env:X'}]\nroutes: [{channels: [a], kinds: [news]}]", `"news" is not known: use alert`},
		{head + "channels: [{name: a, type: pagerduty, routingKey: 'env:X', endpoint: 'http://x.example'}]", "must begin with https"},
		{head + "channels: [{name: a, type: email, host: h, from: a@b.example, to: [a@b.example], tls: none}]", "on this machine only"},
		{head + "channels: [{name: a, type: email, host: h, from: a@b.example, to: [x]}]", "no e-mail address"},
		{head + "channels: [{name: a, type: email, host: h, from: a@b.example, to: [a@b.example], username: u}]", "username and password together"},
		{head + "channels: [{name: a, type: email, host: h, port: x, from: a@b.example, to: [a@b.example]}]", "port must be a whole number from 1 to 65535"},
		{head + "channels: [{name: a, type: ocsf}]", "either url or file"},
		{head + "channels: [{name: a, type: ocsf, file: x, token: 'env:X'}]", "token is of use with url only"},
		{head + "channels: [{name: a, type: syslog, address: logs.example.com}]", "host and port"},
		{head + "channels: [{name: a, type: sns, topicArn: alerts}]", "not the ARN of a topic"},
		{head + "channels: [{name: a, type: security-hub, region: mars}]", "not a region"},
		{strings.Repeat("x", MaxSize+1), "more than"},
	} {
		_, err := Parse("a.yaml", []byte(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "a.yaml:") {
			t.Errorf("%.200q: %v, want %q", c.file, err, c.want)
		}
	}
}

// TestLiteralSecretsAreRefused, and none of them is repeated: the error ends in logs.
func TestLiteralSecretsAreRefused(t *testing.T) {
	for _, secret := range []string{
		"https://hooks.slack.com/services/T000/B000/XXXXsecret", "xoxb-secret", "R0123456789SECRET", "env:my secret", "ssm:my secret!", "secretsmanager:https://secret", "12345",
		"secretsmanager:x#my secret", "env:", "file:", "ssm:", "vault:secret", "env:secret-with-hyphens", "file:https://secret.example",
	} {
		for _, file := range []string{
			head + "channels:\n  - name: a\n    type: slack\n    url: '" + secret + "'",
			head + "channels:\n  - name: a\n    type: slack\n    url: " + secret,
			head + "channels:\n  - name: a\n    type: slack\n    url: [" + secret + "]",
			head + "channels:\n  - name: a\n    type: slack\n    '" + secret + "': x\n    '" + secret + "': y",
		} {
			_, err := Parse("a.yaml", []byte(file))
			if err == nil {
				t.Errorf("%q was accepted", file)
			} else if strings.Contains(err.Error(), "hooks.slack.com") || strings.Contains(err.Error(), "XXXX") || strings.Contains(err.Error(), "my secret") || strings.Contains(err.Error(), "secret.example") {
				t.Errorf("%q gives the secret away", err)
			}
		}
		_, err := Parse("a.yaml", []byte(head+"channels:\n  - name: a\n    type: slack\n    url: '"+secret+"'"))
		if want := "a.yaml:6:10: url: "; err == nil || !strings.HasPrefix(err.Error(), want) || len(secret) > 5 && strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want %s…", err, want)
		}
	}
}

func TestRouting(t *testing.T) {
	c, err := Parse("a.yaml", []byte(head+`channels:
  - {name: all, type: slack, url: 'env:X'}
  - {name: loud, type: slack, url: 'env:X'}
  - {name: other, type: slack, url: 'env:X'}
  - {name: both, type: slack, url: 'env:X'}
routes:
  - {channels: [all]}
  - {channels: [loud, both], severity: high, kinds: [alert]}
  - {channels: [other, both], accounts: ["444455556666"]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		severity severity.Severity
		account  string
		kind     incident.Kind
		want     string
	}{
		{severity.Critical, "111122223333", incident.KindAlert, "all loud both"},
		{severity.High, "444455556666", incident.KindProved, "all other both"},
		{severity.Medium, "111122223333", incident.KindAlert, "all"},
		{severity.None, "", notify.KindTest, "all"},
	} {
		m := notify.Message{Kind: test.kind, Incident: incident.Incident{Severity: test.severity, Account: test.account}}
		var got []string
		for _, name := range c.Names() {
			if c.wants(name)(m) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%+v goes to %v", test, got)
		}
	}
	c.Routes = nil
	if c.wants("all") != nil {
		t.Error("without routes, not everything goes to everybody")
	}
}

// TestDocumentation makes sure that the examples of docs/alerts.md are valid.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("there is no example")
	}
	for _, block := range blocks {
		example, _, _ := strings.Cut(block, "```")
		if _, err := Parse("docs/alerts.md", []byte(example)); err != nil {
			t.Error(err)
		}
		if err := compile(t).Validate(asJSON(t, example)); err != nil {
			t.Errorf("an example does not follow the schema: %v", err)
		}
	}
	for _, name := range Types() {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/alerts.md does not explain %s", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everyType))
	f.Add([]byte(head + "channels: [{name: a, type: slack, url: 'ssm:x'}]"))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := Parse("f", file)
		if err == nil && len(c.Channels) == 0 {
			t.Error("a file without channels was accepted")
		}
		c.Targets(Ports{Secret: Places{}.Secret, Topic: func(string) Topic { return nil }, Hub: nopHub, Bus: nopBus})
	})
}
