package alerts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/channel"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/trail"
)

// builder sets a channel up.
type builder = func(Ports, channel.Linker) notify.Sink

// channelType is a type of channel: which keys it has, and what they make.
type channelType struct {
	name  string
	keys  []string
	needs []string
	read  func(o object, name string) builder
}

// types are all types of channels.
var types = []channelType{
	{"slack", []string{"url"}, []string{"url"}, readSlack},
	{"teams", []string{"url"}, []string{"url"}, readTeams},
	{"pagerduty", []string{"routingKey", "endpoint"}, []string{"routingKey"}, readPagerDuty},
	{"opsgenie", []string{"apiKey", "endpoint"}, []string{"apiKey"}, readOpsgenie},
	{"email", []string{"host", "port", "tls", "username", "password", "from", "to"}, []string{"host", "from", "to"}, readEmail},
	{"webhook", []string{"url", "secret"}, []string{"url", "secret"}, readWebhook},
	{"security-hub", []string{"region"}, nil, readSecurityHub},
	{"eventbridge", []string{"bus", "region"}, nil, readEventBridge},
	{"ocsf", []string{"url", "token", "file"}, nil, readOCSF},
	{"syslog", []string{"address", "transport", "facility"}, []string{"address"}, readSyslog},
	{"sns", []string{"topicArn"}, []string{"topicArn"}, readSNS},
}

// Types are the names of all types of channels.
func Types() []string {
	var names []string
	for _, t := range types {
		names = append(names, t.name)
	}
	return names
}

func readSlack(o object, name string) builder {
	url := o.secret("url")
	return func(p Ports, l channel.Linker) notify.Sink { return channel.NewSlack(name, p.Secret(url), l) }
}

func readTeams(o object, name string) builder {
	url := o.secret("url")
	return func(p Ports, l channel.Linker) notify.Sink { return channel.NewTeams(name, p.Secret(url), l) }
}

func readPagerDuty(o object, name string) builder {
	key, endpoint := o.secret("routingKey"), o.endpoint(channel.PagerDutyEndpoint)
	return func(p Ports, l channel.Linker) notify.Sink {
		return channel.NewPagerDuty(name, endpoint, p.Secret(key), l)
	}
}

func readOpsgenie(o object, name string) builder {
	key, endpoint := o.secret("apiKey"), o.endpoint(channel.OpsgenieEndpoint)
	return func(p Ports, l channel.Linker) notify.Sink {
		return channel.NewOpsgenie(name, endpoint, p.Secret(key), l)
	}
}

// endpoint is where a service is, without its path.
func (o object) endpoint(usual string) string {
	if text := strings.TrimRight(o.text("endpoint", channel.CheckURL), "/"); text != "" {
		return text
	}
	return usual
}

func readWebhook(o object, name string) builder {
	url, secret := o.secret("url"), o.secret("secret")
	return func(p Ports, l channel.Linker) notify.Sink {
		return channel.NewWebhook(name, p.Secret(url), p.Secret(secret), l)
	}
}

func readEmail(o object, name string) builder {
	box := channel.Mailbox{
		Host: o.text("host", validHost), TLS: o.text("tls", oneOf(channel.MailStartTLS, channel.MailImplicit, channel.MailPlain)),
		Username: o.text("username", nil), From: o.text("from", channel.CheckAddress), To: o.texts("to", channel.CheckAddress),
	}
	usual := 587
	switch box.TLS {
	case "":
		box.TLS = channel.MailStartTLS
	case channel.MailImplicit:
		usual = 465
	case channel.MailPlain:
		if box.Host != "" && !channel.Loopback(box.Host) {
			o.d.fail(o.values["tls"], "tls: none is for a server on this machine only: use starttls or implicit")
		}
	}
	box.Port = o.number("port", 1, 65535, usual)
	password := o.secret("password")
	if (o.values["username"] == nil) != (o.values["password"] == nil) {
		o.d.fail(o.at, "%s needs username and password together, or neither", o.kind)
	}
	return func(p Ports, l channel.Linker) notify.Sink {
		box := box
		if box.Username != "" {
			box.Password = p.Secret(password)
		}
		return channel.NewEmail(name, box, l)
	}
}

func readSecurityHub(o object, name string) builder {
	region := o.text("region", validRegion)
	o.d.uses = append(o.d.uses, use{service: "securityhub", region: region})
	return func(p Ports, l channel.Linker) notify.Sink { return channel.NewSecurityHub(name, p.Hub(region), l) }
}

func readEventBridge(o object, name string) builder {
	bus, region := o.text("bus", nil), o.text("region", validRegion)
	o.d.uses = append(o.d.uses, use{"events", bus, region})
	return func(p Ports, l channel.Linker) notify.Sink { return channel.NewEvents(name, p.Bus(bus, region), l) }
}

func readOCSF(o object, name string) builder {
	url, token, file := o.secret("url"), o.secret("token"), o.text("file", nil)
	if file != "" && file != "-" {
		o.d.uses = append(o.d.uses, use{service: InFile, name: file})
	}
	switch {
	case (o.values["url"] == nil) == (o.values["file"] == nil):
		o.d.fail(o.at, "%s needs either url or file (- for the standard output)", o.kind)
	case o.values["token"] != nil && o.values["url"] == nil:
		o.d.fail(o.values["token"], "token is of use with url only")
	}
	return func(p Ports, l channel.Linker) notify.Sink {
		switch {
		case file == "-":
			return channel.NewOCSFWriter(name, p.Out, l)
		case file != "":
			return channel.NewOCSFFile(name, file, l)
		case token != (Reference{}):
			return channel.NewOCSFPost(name, p.Secret(url), p.Secret(token), l)
		}
		return channel.NewOCSFPost(name, p.Secret(url), nil, l)
	}
}

func readSyslog(o object, name string) builder {
	transport := o.text("transport", oneOf(channel.SyslogTLS, channel.SyslogTCP, channel.SyslogUDP))
	if transport == "" {
		transport = channel.SyslogTLS
	}
	address, facility := o.text("address", validAddress), o.text("facility", oneOf(slices.Sorted(maps.Keys(channel.Facilities))...))
	if facility == "" {
		facility = "audit"
	}
	return func(_ Ports, l channel.Linker) notify.Sink {
		return channel.NewSyslog(name, transport, address, channel.Facilities[facility], l)
	}
}

// Topic is an SNS topic that can say who gets what is published to it.
type Topic interface {
	notify.Publisher
	Subscriptions(ctx context.Context) (confirmed, pending int, err error)
}

// sns is a topic as a channel with a name of its own.
type sns struct {
	notify.SNS
	name  string
	topic Topic
}

// Name implements notify.Sink.
func (s sns) Name() string { return s.name }

// Report implements channel.Reporter. That nobody has confirmed a subscription is a failure: the message reached nobody.
func (s sns) Report(ctx context.Context, m notify.Message) (string, error) {
	if err := s.Send(ctx, m); err != nil {
		return "", err
	}
	confirmed, pending, err := s.topic.Subscriptions(ctx)
	switch {
	case err != nil:
		return "published; who is subscribed could not be read: " + err.Error(), nil
	case confirmed == 0:
		return "", fmt.Errorf("published, but nobody gets it: the topic has no confirmed subscription, and %d to be confirmed", pending)
	}
	return fmt.Sprintf("published; subscriptions: %d confirmed, %d pending", confirmed, pending), nil
}

func readSNS(o object, name string) builder {
	arn := o.text("topicArn", validTopic)
	o.d.uses = append(o.d.uses, use{service: "sns", name: arn})
	return func(p Ports, l channel.Linker) notify.Sink {
		topic := p.Topic(arn)
		return sns{notify.NewSNS(topic).Leading(l), name, topic}
	}
}

func validTopic(s string) error {
	if parts := strings.Split(s, ":"); len(parts) != 6 || parts[0] != "arn" || parts[2] != "sns" || !trail.ValidRegion(parts[3]) || parts[5] == "" {
		return errors.New("this is not the ARN of a topic: write arn:aws:sns:region:account:name")
	}
	return nil
}

func validRegion(s string) error {
	if !trail.ValidRegion(s) {
		return fmt.Errorf("%s is not a region: write it like us-east-1", clip(s))
	}
	return nil
}

func validHost(s string) error {
	if strings.ContainsAny(s, "/@: \t") {
		return errors.New("give the server's name alone, without port or path")
	}
	return nil
}

func validAddress(s string) error {
	host, port, err := net.SplitHostPort(s)
	if n, numErr := strconv.Atoi(port); err != nil || host == "" || numErr != nil || n < 1 || n > 65535 {
		return errors.New("give host and port, such as logs.example.com:6514")
	}
	return nil
}
