package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// inProcess is a RoundTripper that calls the handler directly. It answers when the handler does or when the request's
// context ends, whichever is first, as a network would.
type inProcess struct{ lab *Lab }

var errConnectionReset = errors.New("connection reset by peer")

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := &recorder{header: http.Header{}}
	arrived := asServerSees(r)
	done := make(chan any, 1)
	go func() {
		defer func() {
			_ = arrived.Body.Close()
			done <- recover()
		}()
		t.lab.ServeHTTP(answer, arrived)
	}()
	select {
	case failure := <-done:
		if failure == http.ErrAbortHandler {
			return nil, errConnectionReset
		}
		if failure != nil {
			panic(failure)
		}
		return answer.response(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// asServerSees turns a client's request into what a server would have read from the network.
func asServerSees(r *http.Request) *http.Request {
	arrived := r.Clone(r.Context())
	if arrived.Body == nil {
		arrived.Body = http.NoBody
	}
	if arrived.Host == "" {
		arrived.Host = r.URL.Host
	}
	arrived.RequestURI = r.URL.RequestURI()
	arrived.RemoteAddr = "127.0.0.1:0"
	return arrived
}

// recorder is a ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	sent   http.Header // header as it was when the status was written: later changes come too late
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// response is the answer as the client of a network connection would get it.
func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	body := w.body.Bytes()
	length := int64(len(body))
	header := http.Header{}
	for name, values := range w.sent {
		name = http.CanonicalHeaderKey(name) // as a client makes of whatever arrives
		header[name] = append(header[name], values...)
	}
	if r.Method == http.MethodHead {
		body = nil
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: length,
		Request:       r,
	}
}
