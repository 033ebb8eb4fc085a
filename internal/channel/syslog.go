package channel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
)

// The transports of syslog: RFC 5426, RFC 6587 with octet counting, RFC 5425.
const (
	SyslogUDP = "udp"
	SyslogTCP = "tcp"
	SyslogTLS = "tls"
)

// Syslog sends messages as RFC 5424 says. Syslog does not answer: that a message was sent means that the connection took it,
// and with UDP not even that somebody listens.
type Syslog struct {
	named
	transport, address string
	facility           int
	authorities        *x509.CertPool // nil: the system's
	links              Linker
}

// NewSyslog makes a Syslog for an address with a port. Facility is one of Facilities' numbers.
func NewSyslog(name, transport, address string, facility int, links Linker) *Syslog {
	return &Syslog{named: named(name), transport: transport, address: address, facility: facility, links: links}
}

// Send implements notify.Sink.
func (s *Syslog) Send(ctx context.Context, m notify.Message) error { return send(ctx, s, m) }

// Report implements Reporter. Each message has a connection of its own: alerts are rare, and a connection that broke
// unnoticed would swallow the next one.
func (s *Syslog) Report(ctx context.Context, m notify.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return "", s.failed(err)
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline) // a connection that has none fails below
	}
	host, _ := os.Hostname() // empty is "-"
	links, now := s.links.Links(m), time.Now()
	if s.transport == SyslogUDP {
		_, err = conn.Write(syslogMessage(m, links, s.facility, host, now, syslogDatagram))
	} else {
		message := syslogMessage(m, links, s.facility, host, now, syslogStream)
		_, err = conn.Write(append([]byte(strconv.Itoa(len(message))+" "), message...))
	}
	if err == nil && s.transport != SyslogUDP {
		err = conn.Close() // with TLS, it sends the rest
	}
	if err != nil {
		return "", s.failed(err)
	}
	return "sent by " + s.transport + " (syslog gives no answer)", nil
}

func (s *Syslog) failed(err error) error {
	return &unanswered{fmt.Sprintf("syslog at %s by %s: %s", s.address, s.transport, plain.Text(err.Error(), shownAnswer))}
}

func (s *Syslog) dial(ctx context.Context) (net.Conn, error) {
	if s.transport == SyslogTLS {
		config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.authorities}
		return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", s.address)
	}
	return new(net.Dialer).DialContext(ctx, s.transport, s.address)
}
