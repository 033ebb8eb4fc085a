package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// beatTimeout bounds one heartbeat. It is not tried again: the next sweep brings the next one.
const beatTimeout = 10 * time.Second

// Heartbeat tells a dead man's switch, a service that alerts when it has not been called for a while, of each complete
// sweep. Its URL is a secret: whoever knows it can feign a guard that lives. No error contains more of it than the host.
type Heartbeat struct {
	url    string
	host   string
	client *http.Client
}

// NewHeartbeat checks the URL. It must use https, except on the loopback interface.
func NewHeartbeat(rawURL string) (*Heartbeat, error) {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil: // its text contains the URL
		return nil, errors.New("this is no URL: give one such as https://hc-ping.com/…")
	case u.Hostname() == "":
		return nil, errors.New("the URL has no host: give one such as https://hc-ping.com/…")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("the URL on %s must begin with https, or anybody on the way could read it and feign heartbeats", u.Host)
	}
	client := &http.Client{Timeout: beatTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Heartbeat{url: rawURL, host: u.Host, client: client}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Beat calls the URL once with GET, which all such services take. Any status but 2xx is an error, redirects included.
func (h *Heartbeat) Beat(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, nil)
	if err != nil {
		return fmt.Errorf("no heartbeat to %s: its URL cannot be called", h.host)
	}
	request.Header.Set("User-Agent", "trailhold")
	answer, err := h.client.Do(request)
	if err != nil {
		return fmt.Errorf("no heartbeat to %s: %w", h.host, withoutURL(err))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, 4096) // so that the connection can be used again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("no heartbeat to %s: it answered with status %d", h.host, answer.StatusCode)
	}
	return nil
}

// withoutURL takes the URL off an error of net/http.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
