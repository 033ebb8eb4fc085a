package channel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
)

// Bounds of one attempt.
const (
	attemptTimeout = 10 * time.Second
	maxAnswer      = 4 << 10 // bytes that are read of an answer
	shownAnswer    = 200     // characters that are shown of it
	longestWait    = 5 * time.Minute
)

// poster posts to services. It follows no redirect, which would carry the message, and what proves whose it is, elsewhere.
var poster = &http.Client{
	Timeout:       attemptTimeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// request is a POST of JSON.
type request struct {
	url     string
	header  map[string]string
	body    []byte
	secrets []string // that no error may contain, beside the URL
}

// post sends the request once, and returns what it was answered. Any status but 2xx is an error.
func (r request) post(ctx context.Context) (string, error) {
	u, err := serviceURL(r.url)
	if err != nil {
		return "", err
	}
	hide := redactor(u, r.secrets)
	out, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(r.body))
	if err != nil {
		return "", permanentf("the URL on %s cannot be called", u.Host)
	}
	out.Header.Set("Content-Type", "application/json")
	out.Header.Set("User-Agent", "trailhold")
	for name, value := range r.header {
		out.Header.Set(name, value)
	}
	answer, err := poster.Do(out)
	if err != nil {
		return "", &unanswered{fmt.Sprintf("no answer from %s: %s", u.Host, plain.Text(hide(withoutURL(err).Error()), shownAnswer))}
	}
	defer func() { _ = answer.Body.Close() }() // only read from
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	shown := plain.Text(hide(strings.TrimSpace(string(text))), shownAnswer)
	if answer.StatusCode/100 != 2 {
		return "", &refused{host: u.Host, status: answer.StatusCode, text: shown, after: retryAfter(answer.Header.Get("Retry-After"))}
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", answer.StatusCode, shown)), nil
}

// unanswered is a call that may or may not have arrived.
type unanswered struct{ text string }

func (e *unanswered) Error() string   { return e.text }
func (e *unanswered) Retryable() bool { return true }

// refused is an answer that is no success.
type refused struct {
	host   string
	status int
	text   string
	after  time.Duration
}

func (e *refused) Error() string {
	text := fmt.Sprintf("%s answered with status %d", e.host, e.status)
	if e.status/100 == 3 {
		return text + ", a redirect, which is not followed: give the address that it leads to"
	}
	if e.text != "" {
		text += ": " + e.text
	}
	return text
}

// Retryable says that it is worth trying again when the service is busy or unwell.
func (e *refused) Retryable() bool {
	return e.status == http.StatusTooManyRequests || e.status == http.StatusRequestTimeout || e.status >= 500 && e.status != http.StatusNotImplemented
}

// RetryAfter is the pause that the service asked for.
func (e *refused) RetryAfter() time.Duration { return e.after }

// retryAfter reads the header Retry-After, which has seconds or a date.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return min(max(time.Duration(min(seconds, 3600))*time.Second, 0), longestWait)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), longestWait)
	}
	return 0
}

// withoutURL takes the URL off an error of net/http.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// secretPart is how long a part of a URL is at least that is taken for a secret of its own.
const secretPart = 6

// redactor makes a function that takes out of a text whatever would give a URL or another secret away: as a whole, or the
// parts that matter, since a server may quote any of them.
func redactor(u *url.URL, secrets []string) func(string) string {
	hidden := append([]string{u.String(), u.RequestURI()}, secrets...)
	for _, part := range append(strings.Split(u.Path, "/"), u.Path, u.Fragment, u.RawQuery) {
		hidden = append(hidden, part, url.PathEscape(part))
	}
	for _, values := range u.Query() {
		hidden = append(hidden, values...)
	}
	return hider(hidden)
}

// hider takes texts out of another, the longest first.
func hider(hidden []string) func(string) string {
	hidden = slices.DeleteFunc(hidden, func(s string) bool { return len(s) < secretPart })
	slices.SortFunc(hidden, func(a, b string) int { return len(b) - len(a) })
	return func(s string) string {
		for _, h := range hidden {
			s = strings.ReplaceAll(s, h, "(secret)")
		}
		return s
	}
}

// fit is s with its characters escaped, cut so that it has at most limit characters after that.
func fit(s string, limit int, escape func(rune) string) string {
	const mark = "…"
	var out strings.Builder
	count, cut := 0, 0 // characters written; bytes of them that leave room for the mark
	for _, r := range s {
		piece := escape(r)
		n := len([]rune(piece))
		if count+n > limit {
			return out.String()[:cut] + mark
		}
		out.WriteString(piece)
		if count += n; count < limit {
			cut = out.Len()
		}
	}
	return out.String()
}

// asIs escapes nothing.
func asIs(r rune) string { return string(r) }

// lines lays a section out below each other, without its title.
func lines(s notify.Section) []string {
	var all []string
	for _, r := range s.Rows {
		switch {
		case r.Command:
			all = append(all, "    "+r.Text)
		case r.Mark != "":
			all = append(all, r.Mark+" "+r.Text)
		case r.Belongs:
			all = append(all, "    "+r.Name+": "+r.Text)
		case r.Name != "":
			all = append(all, r.Name+": "+r.Text)
		default:
			all = append(all, r.Text)
		}
	}
	return all
}
