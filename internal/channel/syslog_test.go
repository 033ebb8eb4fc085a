package channel

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/trailhold/trailhold/internal/notify"
)

// parsed reads a message as somebody else's parser of RFC 5424 does, strictly.
func parsed(t *testing.T, where string, data []byte) *rfc5424.SyslogMessage {
	t.Helper()
	m, err := rfc5424.NewParser().Parse(data)
	if err != nil {
		t.Fatalf("%s: %v: %q", where, err, data)
	}
	return m.(*rfc5424.SyslogMessage)
}

func TestSyslogMessage(t *testing.T) {
	data := syslogMessage(alert(), links.Links(alert()), Facilities["audit"], "guard.example.com", attack, syslogStream)
	golden(t, "syslog-alert.txt", append(data, '\n'))
	m := parsed(t, "alert", data)
	fields := (*m.StructuredData)[structuredID]
	for name, want := range map[string]string{
		"incident": "event-0f3a9c1d2b4e5f60", "from": "203.0.113.7", "changed": "s3BucketName: corp-trail-logs → totally-legit-logs", "severity": "critical", "technique": "change-bucket",
	} {
		if fields[name] != want {
			t.Errorf("%s is %q, want %q", name, fields[name], want)
		}
	}
	if *m.Facility != 13 || *m.Severity != 2 || *m.MsgID != "alert" || !strings.HasPrefix(*m.Message, "\ufeff2026-03-01 03:12:11Z CRITICAL trail audit") {
		t.Errorf("%+v", m)
	}
}

func TestHostileSyslog(t *testing.T) {
	hostile(func(path string, m notify.Message) {
		for _, most := range []int{syslogDatagram, syslogStream} {
			data := syslogMessage(m, links.Links(m), 23, "evil host]\n\"\x00<0>", attack, most)
			if len(data) > most || strings.ContainsAny(string(data), "\n\r\x00\x1b") {
				t.Errorf("%s: %d bytes, at most %d: %.300q", path, len(data), most, data)
			}
			got := parsed(t, path, data)
			if len(*got.StructuredData) != 1 || len((*got.StructuredData)[structuredID]) < 10 || *got.Hostname != `evilhost]"<0>` || *got.Appname != "trailhold" {
				t.Errorf("%s: %+v", path, got)
			}
		}
	})
}

// framed reads one message with its length before it.
func framed(r io.Reader) (string, error) {
	in := bufio.NewReader(r)
	var size int
	if _, err := fmt.Fscanf(in, "%d ", &size); err != nil {
		return "", err
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(in, data); err != nil {
		return "", err
	}
	rest, err := io.ReadAll(in)
	if len(rest) > 0 {
		return "", fmt.Errorf("%d bytes too many: %w", len(rest), err)
	}
	return string(data), nil
}

func TestSyslogTransports(t *testing.T) {
	certificates := httptest.NewTLSServer(nil)
	defer certificates.Close()
	pool := x509.NewCertPool()
	pool.AddCert(certificates.Certificate())
	stream := func(wrap func(net.Listener) net.Listener) (string, chan string) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener = wrap(listener)
		t.Cleanup(func() { _ = listener.Close() })
		got := make(chan string, 1)
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			text, err := framed(conn)
			if err != nil {
				text = err.Error()
			}
			got <- text
		}()
		return listener.Addr().String(), got
	}
	for transport, wrap := range map[string]func(net.Listener) net.Listener{
		SyslogTCP: func(l net.Listener) net.Listener { return l },
		SyslogTLS: func(l net.Listener) net.Listener {
			return tls.NewListener(l, &tls.Config{Certificates: certificates.TLS.Certificates})
		},
	} {
		address, got := stream(wrap)
		c := NewSyslog("s", transport, address, 13, links)
		c.authorities = pool
		if _, err := c.Report(t.Context(), alert()); err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		if m := parsed(t, transport, []byte(<-got)); (*m.StructuredData)[structuredID]["incident"] != "event-0f3a9c1d2b4e5f60" {
			t.Errorf("%s: %+v", transport, m)
		}
	}
	address, _ := stream(func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: certificates.TLS.Certificates})
	})
	if err := NewSyslog("s", SyslogTLS, address, 13, links).Send(t.Context(), alert()); err == nil {
		t.Error("a certificate of nobody known was accepted")
	}
}

func TestSyslogDatagram(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := NewSyslog("s", SyslogUDP, conn.LocalAddr().String(), 13, links).Send(t.Context(), alert()); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, _, err := conn.ReadFrom(buffer)
	if err != nil {
		t.Fatal(err)
	}
	parsed(t, "udp", buffer[:n])
}

func TestSyslogOutOfReach(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	err = NewSyslog("s", SyslogTCP, listener.Addr().String(), 13, links).Send(t.Context(), alert())
	if says, ok := err.(interface{ Retryable() bool }); !ok || !says.Retryable() {
		t.Errorf("%v", err)
	}
}
