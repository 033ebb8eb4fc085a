package channel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
)

// How an e-mail's connection is protected.
const (
	MailStartTLS = "starttls" // refused if the server does not offer it
	MailImplicit = "implicit"
	MailPlain    = "none" // on the loopback interface only
)

// maxAttachment is how many bytes of an incident an e-mail carries.
const maxAttachment = 1 << 20

// Mailbox says where e-mail is sent to and through which server.
type Mailbox struct {
	Host     string
	Port     int
	TLS      string // one of the above
	Username string // empty: without authentication
	Password Secret
	From     string
	To       []string

	authorities *x509.CertPool // nil: the system's
}

// Email sends the text by SMTP, with the incident's JSON attached. It is text alone: there is no HTML for anything to hide in.
type Email struct {
	named
	box   Mailbox
	links Linker
}

// NewEmail makes an Email.
func NewEmail(name string, box Mailbox, links Linker) *Email { return &Email{named(name), box, links} }

// CheckAddress says what is wrong with an e-mail address.
func CheckAddress(address string) error {
	if a, err := mail.ParseAddress(address); err != nil || !strings.Contains(a.Address, "@") || strings.ContainsAny(address, "\r\n") {
		return errors.New("this is no e-mail address: write it like alerts@example.com")
	}
	return nil
}

// Send implements notify.Sink.
func (e *Email) Send(ctx context.Context, m notify.Message) error { return send(ctx, e, m) }

// Report implements Reporter.
func (e *Email) Report(ctx context.Context, m notify.Message) (string, error) {
	letter, err := e.letter(m)
	if err != nil {
		return "", permanentf("the e-mail cannot be written: %s", plain.Text(err.Error(), shownAnswer))
	}
	password := ""
	if e.box.Username != "" {
		if password, err = e.box.Password(ctx); err != nil {
			return "", err
		}
	}
	client, err := gomail.NewClient(e.box.Host, e.options(password)...)
	if err != nil {
		return "", permanentf("SMTP to %s: %s", e.box.Host, plain.Text(e.hide(err.Error(), password), shownAnswer))
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return "", e.failed(err, password)
	}
	return fmt.Sprintf("%s took it for %s", e.box.Host, plural(len(e.box.To), "recipient")), nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (e *Email) options(password string) []gomail.Option {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: e.box.Host, RootCAs: e.box.authorities}
	options := []gomail.Option{gomail.WithPort(e.box.Port), gomail.WithTimeout(attemptTimeout), gomail.WithTLSConfig(config), gomail.WithoutNoop()}
	switch e.box.TLS {
	case MailImplicit:
		options = append(options, gomail.WithSSL())
	case MailPlain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if e.box.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(e.box.Username), gomail.WithPassword(password))
	}
	return options
}

// hide takes the password out of a text, also in the forms in which it is sent, which a server may quote.
func (e *Email) hide(text, password string) string {
	encode := base64.StdEncoding.EncodeToString
	return hider([]string{password, encode([]byte(password)), encode([]byte("\x00" + e.box.Username + "\x00" + password))})(text)
}

// failed says whether the server wants the message again: codes of 500 and more are its last word (RFC 5321, 4.2.1). That a
// server has no STARTTLS is an error without a type.
func (e *Email) failed(err error, password string) error {
	text := fmt.Sprintf("SMTP to %s: %s", e.box.Host, plain.Text(e.hide(err.Error(), password), shownAnswer))
	var sending *gomail.SendError
	var answer *textproto.Error
	if errors.As(err, &sending) && !sending.IsTemp() || errors.As(err, &answer) && answer.Code >= 500 || strings.Contains(err.Error(), "does not support STARTTLS") {
		return permanentf("%s", text)
	}
	return &unanswered{text}
}

// letter writes the message. Its headers are made of configured addresses, the subject, which is printable ASCII, and ids.
func (e *Email) letter(m notify.Message) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(letter.From(e.box.From), letter.To(e.box.To...)); err != nil {
		return nil, err
	}
	letter.Subject(m.Subject)
	letter.SetDate()
	domain := "trailhold.invalid"
	if from, err := mail.ParseAddress(e.box.From); err == nil {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	letter.SetMessageIDWithValue(idPart(m.ID()) + "@" + domain)
	letter.SetGenHeader(gomail.HeaderReferences, "<"+idPart(m.Incident.ID)+"@"+domain+">") // mail programs put them together
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(gomail.TypeTextPlain, m.Text+e.links.Lines(m))
	return letter, letter.AttachReader("incident.json", strings.NewReader(string(m.JSONWithin(maxAttachment))), gomail.WithFileContentType("application/json"))
}

// idPart leaves of an id what may stand in a message id.
func idPart(id string) string {
	id = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, id)
	return strings.Trim(id[:min(len(id), 120)], ".")
}
