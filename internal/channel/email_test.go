package channel

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
)

// certified is a TLS configuration for a server on loopback, and the authority that signed its certificate.
func certified(t *testing.T) (server *tls.Config, authorities *x509.CertPool) {
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	authorities = x509.NewCertPool()
	authorities.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, authorities
}

func mailbox(s *mailServer, how string, authorities *x509.CertPool) Mailbox {
	return Mailbox{Host: "127.0.0.1", Port: s.port(), TLS: how, From: "Trailhold <guard@corp.example.com>", To: []string{"soc@corp.example.com", "cto@corp.example.com"}, authorities: authorities}
}

func TestEmail(t *testing.T) {
	server, authorities := certified(t)
	for how, s := range map[string]*mailServer{
		MailStartTLS: {tls: server, password: "mailsecret"}, MailImplicit: {tls: server, implicit: true, password: "mailsecret"}, MailPlain: {},
	} {
		serveMail(t, s)
		box := mailbox(s, how, authorities)
		if s.password != "" {
			box.Username, box.Password = "guard", known(s.password)
		}
		m := alert()
		answer, err := NewEmail("e", box, links).Report(t.Context(), m)
		letters := s.got()
		if err != nil || len(letters) != 1 || answer != "127.0.0.1 took it for 2 recipients" {
			t.Fatalf("%s: %d letters, %q: %v", how, len(letters), answer, err)
		}
		l := letters[0]
		if l.encrypted != (how != MailPlain) || l.user != box.Username || !strings.Contains(l.from, "<guard@corp.example.com>") || len(l.to) != 2 {
			t.Errorf("%s: %+v", how, l)
		}
		header, text, attached := opened(t, l.data)
		if header.Get("Subject") != m.Subject || header.Get("Message-ID") != "<event-0f3a9c1d2b4e5f60.alert@corp.example.com>" ||
			header.Get("References") != "<event-0f3a9c1d2b4e5f60@corp.example.com>" || header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: header %v", how, header)
		}
		if !strings.HasPrefix(text, m.Text) || !strings.Contains(text, "https://wiki.example.com/trailhold?t=change-bucket") {
			t.Errorf("%s: text\n%s", how, text)
		}
		var i incident.Incident
		if err := json.Unmarshal([]byte(attached), &i); err != nil || i.ID != m.Incident.ID {
			t.Errorf("%s: attached %s: %v", how, attached, err)
		}
	}
}

// opened takes a letter apart: header, text, and what is attached.
func opened(t *testing.T, data string) (header mail.Header, text, attached string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("%s: %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	var bodies []string
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = part
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, strings.ReplaceAll(string(content), "\r\n", "\n"))
	}
	if len(bodies) != 2 {
		t.Fatalf("%d parts", len(bodies))
	}
	return m.Header, bodies[0], bodies[1]
}

func TestHostileEmail(t *testing.T) {
	s := serveMail(t, &mailServer{})
	c := NewEmail("e", mailbox(s, MailPlain, nil), links)
	allowed := map[string]bool{"Date": true, "Mime-Version": true, "Message-Id": true, "References": true, "Auto-Submitted": true, "Subject": true, "From": true, "To": true, "Content-Type": true}
	hostile(func(path string, m notify.Message) {
		if err := c.Send(t.Context(), m); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		letters := s.got()
		if len(letters) != 1 || len(letters[0].to) != 2 {
			t.Fatalf("%s: %d letters: %+v", path, len(letters), letters)
		}
		header, text, attached := opened(t, letters[0].data)
		for name, values := range header {
			if !allowed[name] || len(values) != 1 || strings.ContainsAny(values[0], "\r\n") {
				t.Errorf("%s: header %s: %q", path, name, values)
			}
		}
		if from, err := header.AddressList("From"); err != nil || len(from) != 1 || from[0].Address != "guard@corp.example.com" {
			t.Errorf("%s: from %v: %v", path, from, err)
		}
		if _, err := header.AddressList("To"); err != nil || header.Get("Subject") != m.Subject {
			t.Errorf("%s: subject %q: %v", path, header.Get("Subject"), err)
		}
		if strings.Contains(text, "\nBcc:") || !strings.HasPrefix(text, m.Text) || !json.Valid([]byte(attached)) {
			t.Errorf("%s: text\n%.500s", path, text)
		}
	})
}

func TestEmailThatIsNotTaken(t *testing.T) {
	server, authorities := certified(t)
	secret := known("mailsecret")
	for what, c := range map[string]struct {
		server    *mailServer
		how       string
		password  Secret
		trusted   *x509.CertPool
		retryable bool
	}{
		"no STARTTLS":         {&mailServer{}, MailStartTLS, nil, authorities, false},
		"unknown certificate": {&mailServer{tls: server}, MailStartTLS, nil, nil, true},
		"wrong password":      {&mailServer{tls: server, password: "other"}, MailStartTLS, secret, authorities, false},
		"busy":                {&mailServer{refuse: "451 4.3.0 later"}, MailPlain, nil, nil, true},
		"refused":             {&mailServer{refuse: "550 5.7.1 never"}, MailPlain, nil, nil, false},
	} {
		box := mailbox(serveMail(t, c.server), c.how, c.trusted)
		if c.password != nil {
			box.Username, box.Password = "guard", c.password
		}
		err := NewEmail("e", box, links).Send(t.Context(), alert())
		if err == nil || len(c.server.got()) != 0 {
			t.Errorf("%s: it was sent", what)
			continue
		}
		says, ok := err.(interface{ Retryable() bool })
		if strings.Contains(err.Error(), "mailsecret") || strings.Contains(err.Error(), base64.StdEncoding.EncodeToString([]byte("\x00guard\x00mailsecret"))) {
			t.Errorf("%s: %v gives the password away", what, err)
		}
		if !ok || says.Retryable() != c.retryable {
			t.Errorf("%s: retried %v: %v", what, ok && says.Retryable(), err)
		}
	}
}

func TestMessageIDsAreHarmless(t *testing.T) {
	for in, want := range map[string]string{"a.b-1": "a.b-1", "x\r\n>@ü": "x-----", "..": "", strings.Repeat("a", 300): strings.Repeat("a", 120)} {
		if got := idPart(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if CheckAddress("a@b.example\r\nBcc: x@y.example") == nil || CheckAddress("a") == nil || CheckAddress("SOC <soc@example.com>") != nil {
		t.Error("addresses are not checked")
	}
}
