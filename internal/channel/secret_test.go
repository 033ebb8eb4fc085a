package channel

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/notify"
)

// secrets are what httpChannels are given, as a whole or in parts.
var secrets = map[string][]string{
	"slack": {"hooksecret", "/services/T0/B0"}, "teams": {"teamssecret"}, "pagerduty": {"routingsecret"}, "opsgenie": {"geniesecret"},
	"webhook": {"hmacsecret"}, "ocsf": {"ocsftoken"},
}

func checkNoSecret(t *testing.T, name, text string) {
	t.Helper()
	for _, s := range secrets[name] {
		if strings.Contains(text, s) {
			t.Errorf("%s: %q gives %q away", name, text, s)
		}
	}
}

// TestNoErrorContainsASecret has servers say back all they were told, and everything else go wrong that can.
func TestNoErrorContainsASecret(t *testing.T) {
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", r.URL.String()+"?again")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("no: " + r.URL.String() + " " + r.URL.Path + " " + r.URL.RawQuery + " " + r.Header.Get("Authorization") + " hmacsecret routingsecret"))
		}
	}
	for _, status := range []int{200, 302, 307, 400, 401, 403, 404, 410, 429, 500, 501, 503} {
		r := receive(t, echo(status))
		for name, c := range httpChannels(r) {
			answer, err := c.Report(t.Context(), alert())
			if (err == nil) != (status == 200) || len(r.got()) != 1 {
				t.Errorf("%s, status %d: %v", name, status, err)
			}
			checkNoSecret(t, name, answer)
			if err == nil {
				continue
			}
			checkNoSecret(t, name, err.Error())
			var says interface{ Retryable() bool }
			if again := status == 429 || status == 500 || status == 503; !errors.As(err, &says) || says.Retryable() != again {
				t.Errorf("%s, status %d: retried %v", name, status, !again)
			}
		}
	}
}

func TestUnreachableServices(t *testing.T) {
	dead := receive(t, nil)
	dead.Close()
	cut := receive(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	foreign := &receiver{Server: httptest.NewUnstartedServer(nil)} // its certificate is signed by nobody known
	foreign.Config.ErrorLog = log.New(io.Discard, "", 0)
	foreign.StartTLS()
	t.Cleanup(foreign.Close)
	for what, r := range map[string]*receiver{"dead": dead, "cut": cut, "foreign": foreign} {
		for name, c := range httpChannels(r) {
			err := c.Send(t.Context(), alert())
			var says interface{ Retryable() bool }
			if err == nil || !errors.As(err, &says) || !says.Retryable() {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			checkNoSecret(t, name, err.Error())
		}
	}
}

func TestAddressesThatAreNotCalled(t *testing.T) {
	for _, address := range []string{"", "hooks.slack.com/hooksecret", "http://hooks.slack.com/services/T0/B0/hooksecret", "https://user:hooksecret@hooks.slack.com/x",
		"https://hooks.slack.com:port/hooksecret", "ftp://hooks.slack.com/hooksecret", "https://%zz/hooksecret", "https:///hooksecret", "\x00hooksecret"} {
		err := NewSlack("s", known(address), links).Send(t.Context(), alert())
		var says interface{ Retryable() bool }
		if err == nil || !errors.As(err, &says) || says.Retryable() {
			t.Fatalf("%q: %v", address, err)
		}
		checkNoSecret(t, "slack", err.Error())
	}
}

func TestSecretThatCannotBeRead(t *testing.T) {
	r := receive(t, nil)
	missing := errors.New("the secret env:X cannot be read")
	unread := func(context.Context) (string, error) { return "", missing }
	for _, c := range []notify.Sink{
		NewSlack("s", unread, links), NewTeams("t", unread, links), NewPagerDuty("p", r.URL, unread, links), NewOpsgenie("o", r.URL, unread, links),
		NewWebhook("w", unread, known("x"), links), NewWebhook("w", known(r.URL), unread, links), NewOCSFPost("c", unread, nil, links), NewOCSFPost("c", known(r.URL), unread, links),
		NewEmail("e", Mailbox{Host: "127.0.0.1", Port: 1, Username: "u", Password: unread, From: "a@example.com", To: []string{"b@example.com"}}, links),
	} {
		if err := c.Send(t.Context(), alert()); !errors.Is(err, missing) {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
	if calls := r.got(); len(calls) != 0 {
		t.Errorf("%d calls were made without their secret", len(calls))
	}
}
