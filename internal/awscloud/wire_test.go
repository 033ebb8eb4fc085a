package awscloud

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// wire answers requests from a function: what no lab would say.
type wire struct {
	answer func(*http.Request, string) (*http.Response, error)

	mu   sync.Mutex
	seen []string // "host operation body" of each request
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	target := r.Header.Get("X-Amz-Target")
	operation := target[strings.LastIndexByte(target, '.')+1:]
	w.mu.Lock()
	w.seen = append(w.seen, r.URL.Host+" "+operation+" "+string(body))
	w.mu.Unlock()
	return w.answer(r, operation)
}

func (w *wire) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.seen...)
}

// answer is an HTTP answer with a request id.
func answer(status int, body string, headers ...string) (*http.Response, error) {
	r := &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	r.Header.Set("X-Amzn-Requestid", "request-1")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r, nil
}

// refusal is an error answer in CloudTrail's protocol.
func refusal(status int, code, message string) (*http.Response, error) {
	return answer(status, `{"__type":"`+code+`","message":"`+message+`"}`, "X-Amzn-Errortype", code)
}

// always answers every request the same way.
func always(status int, body string) *wire {
	return &wire{answer: func(*http.Request, string) (*http.Response, error) { return answer(status, body) }}
}

// connect is a cloud at the end of a wire.
func connect(t testing.TB, w http.RoundTripper) *Cloud {
	t.Helper()
	return dial(t, &http.Client{Transport: w})
}

func dial(t testing.TB, client *http.Client) *Cloud {
	t.Helper()
	c, err := New(t.Context(), Options{Region: "us-east-1", HTTPClient: client, AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "hush"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inBubble runs a subtest whose clock jumps over waiting, and which fails if a goroutine is left at its end.
func inBubble(t *testing.T, name string, f func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}
