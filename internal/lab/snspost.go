package lab

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// postTimeout is how long SNS waits for an endpoint's answer; attempts and pauses are fewer and shorter than on AWS.
const (
	postTimeout  = 15 * time.Second
	postAttempts = 4
	postPause    = time.Second
)

// poster delivers to HTTP endpoints: on this machine only, whatever a name resolves to, and without following redirects.
var poster = &http.Client{
	Timeout: postTimeout,
	Transport: &http.Transport{
		DialContext:       (&net.Dialer{Control: loopbackOnly}).DialContext,
		DisableKeepAlives: true,
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func loopbackOnly(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !target.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("the lab posts to loopback addresses only, not to %s", address)
	}
	return nil
}

// notifyEndpoint posts a notification to an HTTP endpoint.
func (l *Lab) notifyEndpoint(t *topic, s *subscription, n *notification) {
	header := http.Header{
		"X-Amz-Sns-Message-Type":     {"Notification"},
		"X-Amz-Sns-Message-Id":       {n.id},
		"X-Amz-Sns-Topic-Arn":        {t.arn},
		"X-Amz-Sns-Subscription-Arn": {s.arn},
	}
	body := toJSON(t.envelope(s, n))
	if s.attributes["RawMessageDelivery"] == "true" {
		header.Set("X-Amz-Sns-Rawdelivery", "true")
		body = n.body(s.protocol)
	}
	endpoint := s.endpoint
	l.after(0, func() {
		if l.postWithRetries(endpoint, header, body) {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.undeliverable(t, s, n)
	})
}

// postWithRetries posts until the endpoint accepts or refuses for good; it returns whether it accepted. It gives up when
// the lab is closed.
func (l *Lab) postWithRetries(endpoint string, header http.Header, body string) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-l.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	for attempt := range postAttempts {
		if attempt > 0 {
			pause := time.NewTimer(postPause << (attempt - 1))
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
				return false
			}
		}
		status := post(ctx, endpoint, header, body)
		if status >= 200 && status < 300 {
			return true
		}
		if status >= 300 && status < 500 && status != http.StatusTooManyRequests {
			return false
		}
	}
	return false
}

// post sends one message and returns the answer's status, or 0 without an answer.
func post(ctx context.Context, endpoint string, header http.Header, body string) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header = header.Clone()
	request.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	request.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	answer, err := poster.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode
}
