// Package lab is an AWS in a box: the wire protocols of the services that Trailhold uses, as one http.Handler.
//
// Its semantics come from AWS's documentation, not from what the guard happens to need. It keeps several accounts and
// regions, records every call as CloudTrail would, delivers those records to Event history, EventBridge and log files with
// signed digests, and can be told to throttle, fail, lose answers or serve stale reads. An operation that it does not know
// is a loud 501.
//
// It never imports the AWS SDK, so that the SDK's own encoding and decoding is tested against it.
package lab

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/lab/cloudformation"
)

// DefaultAccount is where calls with an unknown access key land.
const DefaultAccount = "111122223333"

// Options shape a Lab. The zero value is usable.
type Options struct {
	// Regions that are enabled in every account at first. Default: us-east-1, us-west-2, eu-west-1.
	Regions []string

	// Accounts maps access key ids to account ids. Keys that are not in it belong to DefaultAccount.
	Accounts map[string]string

	// ManagementAccount manages the organization that all accounts of the lab belong to until they leave it. Empty: there is
	// no organization.
	ManagementAccount string

	// EventDelay is the time from a call to its record's arrival at EventBridge. Default: none.
	EventDelay time.Duration

	// HistoryDelay is the time from a call to its record's appearance in Event history. Default: none. On AWS: minutes.
	HistoryDelay time.Duration

	// DeliveryDelay is the time from a call to its record's delivery in a log file. Default: none. On AWS: minutes.
	DeliveryDelay time.Duration

	// DigestInterval is the time that one digest file covers, in whole seconds. Default: an hour, as on AWS; a shorter one
	// makes a demonstration shorter.
	DigestInterval time.Duration

	// Keys keeps the key pairs that sign digests. Labs that share one are made faster. Default: one of its own.
	Keys *KeyRing

	// Authorize, if set, is asked about each signed call and says whether the caller's identity policies allow it, beside what
	// policies in the lab say. It must not call the lab. Default: everything is allowed that nobody forbade.
	Authorize func(Call) bool

	// RunFunction runs the code of functions that were made through the Lambda API and have no code registered. An error is that
	// of the function. It is called from several goroutines. Default: such functions do nothing.
	RunFunction func(Invocation) ([]byte, error)

	// ConsistencyDelay is how long reads of CloudTrail's configuration lag behind writes. Default: none.
	ConsistencyDelay time.Duration
}

// Lab is a running AWS in a box. Make one with New.
type Lab struct {
	options  Options
	services map[string]*service // by signing name
	started  time.Time
	stacks   *cloudformation.Service

	mu       sync.Mutex // guards everything below and all services' state
	regions  []string   // that are enabled in some account
	accounts map[string]*account
	buckets  map[string]*bucket // of all accounts: their names are global
	faults   []*Fault
	calls    map[string]int // "service:Operation" → how often it was called
	sessions sessions       // what AssumeRole handed out
	org      organization   // its zero value if there is none
	keys     map[keyPeriod]signingKey
	serial   uint64 // source of ids
	outbox   []Mail

	functions map[string]Function

	deliveries sync.WaitGroup // pushes to subscribers and functions that are under way
	closed     chan struct{}
	closeOnce  sync.Once
}

// Function is an in-process target of EventBridge rules: it receives the event as Lambda would.
type Function func(event []byte)

// Invocation is one run of a function that was made through the Lambda API.
type Invocation struct {
	ARN         string
	AccessKeyID string // of credentials of the function's role
	Environment map[string]string
	Code        []byte // the package as it was uploaded
	Payload     []byte
}

// Mail is a message in the outbox: what an e-mail subscriber of a topic would have received.
type Mail struct {
	To, Subject, Body, TopicARN string
}

// New makes a lab. Close it to stop its deliveries.
func New(options Options) *Lab {
	if len(options.Regions) == 0 {
		options.Regions = []string{"us-east-1", "us-west-2", "eu-west-1"}
	}
	if options.DigestInterval == 0 {
		options.DigestInterval = time.Hour
	}
	if options.Keys == nil {
		options.Keys = new(KeyRing)
	}
	options.DigestInterval = max(time.Second, options.DigestInterval.Truncate(time.Second)) // digests' names tell no more
	l := &Lab{
		options:   options,
		services:  serviceTable(),
		started:   time.Now().UTC(),
		regions:   slices.Clone(options.Regions),
		accounts:  map[string]*account{},
		buckets:   map[string]*bucket{},
		calls:     map[string]int{},
		sessions:  sessions{byKey: map[string]*session{}},
		org:       newOrganization(time.Now().UTC()),
		keys:      map[keyPeriod]signingKey{},
		functions: map[string]Function{},
		closed:    make(chan struct{}),
	}
	l.stacks = cloudformation.New(l, func(f func()) { l.after(0, f) }, l.enterAccount)
	return l
}

// Close stops all deliveries and waits for those under way.
func (l *Lab) Close() {
	l.closeOnce.Do(func() { close(l.closed) })
	l.deliveries.Wait()
}

// Client is an http.Client that reaches the lab without a socket, whatever the address.
func (l *Lab) Client() *http.Client { return &http.Client{Transport: inProcess{l}} }

// Environment returns the lines to export, in the form NAME=value, so that any AWS client reaches the lab at an endpoint
// such as http://127.0.0.1:4599. The access key is of the default account.
func (l *Lab) Environment(endpoint string) []string {
	region := l.options.Regions[0]
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint,
		"AWS_ACCESS_KEY_ID=lab",
		"AWS_SECRET_ACCESS_KEY=lab",
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

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
