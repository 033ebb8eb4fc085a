// Package lab is an AWS in a box: the wire protocols of the services that Trailhold uses, as one http.Handler.
//
// Its semantics come from AWS's documentation, not from what the guard happens to need. It keeps several accounts and
// regions, records every call as CloudTrail would, delivers those records to Event history, EventBridge and log files,
// and can be told to throttle, fail, lose answers or serve stale reads. An operation that it does not know is a loud 501.
//
// It never imports the AWS SDK, so that the SDK's own encoding and decoding is tested against it.
package lab

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// DefaultAccount is where calls with an unknown access key land.
const DefaultAccount = "111122223333"

// Options shape a Lab. The zero value is usable.
type Options struct {
	// Regions that are enabled in every account. Default: us-east-1, us-west-2, eu-west-1.
	Regions []string

	// Accounts maps access key ids to account ids. Keys that are not in it belong to DefaultAccount.
	Accounts map[string]string

	// EventDelay is the time from a call to its record's arrival at EventBridge. Default: none.
	EventDelay time.Duration

	// DeliveryDelay is the time from a call to its record's delivery in a log file. Default: none. On AWS: minutes.
	DeliveryDelay time.Duration

	// ConsistencyDelay is how long reads of CloudTrail's configuration lag behind writes. Default: none.
	ConsistencyDelay time.Duration
}

// Lab is a running AWS in a box. Make one with New.
type Lab struct {
	options Options

	mu       sync.Mutex // guards everything below and all services' state
	accounts map[string]*account
	faults   []*Fault
	calls    map[string]int // "service:Operation" → how often it was called
	serial   uint64         // source of ids
	outbox   []Mail

	functions map[string]Function

	deliveries sync.WaitGroup // pushes to subscribers and functions that are under way
	closed     chan struct{}
	closeOnce  sync.Once
}

// Function is an in-process target of EventBridge rules: it receives the event as Lambda would.
type Function func(event []byte)

// Mail is a message in the outbox: what an e-mail subscriber of a topic would have received.
type Mail struct {
	To, Subject, Body, TopicARN string
}

// New makes a lab. Close it to stop its deliveries.
func New(options Options) *Lab {
	if len(options.Regions) == 0 {
		options.Regions = []string{"us-east-1", "us-west-2", "eu-west-1"}
	}
	return &Lab{
		options:   options,
		accounts:  map[string]*account{},
		calls:     map[string]int{},
		functions: map[string]Function{},
		closed:    make(chan struct{}),
	}
}

// Close stops all deliveries and waits for those under way.
func (l *Lab) Close() {
	l.closeOnce.Do(func() { close(l.closed) })
	l.deliveries.Wait()
}

// Client is an http.Client that reaches the lab without a socket, whatever the address.
func (l *Lab) Client() *http.Client { return &http.Client{Transport: inProcess{l}} }

// Calls says how often an operation was called, such as Calls("cloudtrail", "StartLogging"), failed calls included.
func (l *Lab) Calls(service, operation string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[service+":"+operation]
}

// Outbox returns the e-mail that was sent so far.
func (l *Lab) Outbox() []Mail {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Mail(nil), l.outbox...)
}

// RegisterFunction makes a function available to EventBridge targets under its ARN.
func (l *Lab) RegisterFunction(arn string, f Function) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.functions[arn] = f
}

// after runs f once d has passed, unless the lab is closed before. f runs without the lab's lock.
func (l *Lab) after(d time.Duration, f func()) {
	l.deliveries.Go(func() {
		if d > 0 {
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-l.closed:
				return
			}
		}
		f()
	})
}

// inProcess is a RoundTripper that calls the handler directly. It answers when the handler does or when the request's
// context ends, whichever is first, as a network would.
type inProcess struct{ lab *Lab }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	clone := r.Clone(r.Context())
	if clone.Body == nil {
		clone.Body = http.NoBody
	}
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		t.lab.ServeHTTP(recorder, clone)
	}()
	select {
	case failure := <-done:
		if failure != nil {
			if failure == http.ErrAbortHandler {
				return nil, errConnectionReset
			}
			panic(failure)
		}
		return recorder.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
