// Package channel carries messages to people and systems: chat, on-call, e-mail, syslog, webhooks, and AWS's own.
//
// Each channel is a notify.Sink. What a message says went through package plain already; here it is made harmless for the
// medium, too, which may take some characters for markup, and fitted into the medium's limits. Secrets, such as a
// webhook's URL, are fetched when they are needed, and no error contains one.
package channel

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
)

// Secret gets a secret when it is needed: a password, a key, or a URL that whoever knows it can post to. It is safe for
// concurrent use. Its error names where the secret should be, and never contains it.
type Secret func(context.Context) (string, error)

// Reporter is a channel that can say what it was answered. All channels of this package are reporters.
type Reporter interface {
	notify.Sink

	// Report sends as Send does, and returns the answer in a few plain words.
	Report(ctx context.Context, m notify.Message) (answer string, err error)
}

// named is what all channels have: what the configuration calls them.
type named string

// Name implements notify.Sink.
func (n named) Name() string { return string(n) }

// send makes a Send of a Report.
func send(ctx context.Context, r Reporter, m notify.Message) error {
	_, err := r.Report(ctx, m)
	return err
}

// permanent is a failure that trying again does not mend.
type permanent struct{ error }

func (permanent) Retryable() bool { return false }

func (p permanent) Unwrap() error { return p.error }

func permanentf(format string, args ...any) error { return permanent{fmt.Errorf(format, args...)} }

// CheckURL says what is wrong with the address of a service, without repeating it. It must use https, except on the
// loopback interface.
func CheckURL(address string) error {
	_, err := serviceURL(address)
	return err
}

func serviceURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "": // the error's text contains the URL
		return nil, permanentf("this is no URL: give one such as https://hooks.example.com/…")
	case u.User != nil:
		return nil, permanentf("the URL on %s has a user or password in it: remove it", u.Host)
	case u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())):
		return nil, permanentf("the URL on %s must begin with https, or anybody on the way could read alerts and forge them", u.Host)
	}
	return u, nil
}

// Loopback says whether a host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// over says whether whatever the message is about has come to its end: delivery is proved again.
func over(m notify.Message) bool { return m.Kind == incident.KindProved }

// amends says whether a message adds to what was told before, and must not raise a new alarm where the old one may be closed.
func amends(m notify.Message) bool {
	return m.Kind == incident.KindIdentified || m.Kind == incident.KindRecovered
}
