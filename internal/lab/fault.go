package lab

import (
	"errors"
	"net/http"
	"time"
)

// FaultKind is a way in which a call can go wrong.
type FaultKind string

// The faults.
const (
	Throttle     FaultKind = "throttle"      // the service's throttling error; nothing happens
	ServerError  FaultKind = "server-error"  // 500 InternalFailure; nothing happens
	AccessDenied FaultKind = "access-denied" // nothing happens
	Timeout      FaultKind = "timeout"       // no answer until the client gives up; nothing happens
	LostAnswer   FaultKind = "lost-answer"   // the call takes effect, then the connection breaks
	Slow         FaultKind = "slow"          // the answer comes after Delay
	StaleRead    FaultKind = "stale-read"    // a read answers with the configuration as it was before the last change
)

// Fault makes matching calls go wrong. Empty selectors match everything.
type Fault struct {
	Service   string // cloudtrail, s3, sns, …: the signing name
	Operation string
	Region    string
	Account   string
	Kind      FaultKind
	Times     int // how many calls; 0: until removed
	Delay     time.Duration

	used int
}

var errConnectionReset = errors.New("connection reset by peer")

// Inject adds a fault. The returned function removes it.
func (l *Lab) Inject(f Fault) (remove func()) {
	fault := &f
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fault)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for i, have := range l.faults {
			if have == fault {
				l.faults = append(l.faults[:i], l.faults[i+1:]...)
				return
			}
		}
	}
}

// fault returns the first fault that matches the call, and counts it. The lab is locked. A stale read only counts
// for operations that read.
func (l *Lab) fault(c *call, readOnly bool) *Fault {
	for _, f := range l.faults {
		if f.matches(c) && (f.Kind != StaleRead || readOnly) && (f.Times == 0 || f.used < f.Times) {
			f.used++
			return f
		}
	}
	return nil
}

func (f *Fault) matches(c *call) bool {
	same := func(want, have string) bool { return want == "" || want == have }
	return same(f.Service, c.service) && same(f.Operation, c.operation) && same(f.Region, c.region) && same(f.Account, c.account.id)
}

// before is what a fault does ahead of the call: an error ends it.
func (f *Fault) before(c *call) error {
	switch f.Kind {
	case Throttle:
		if c.service == "s3" {
			return &apiError{Status: http.StatusServiceUnavailable, Code: "SlowDown", Message: "Please reduce your request rate."}
		}
		return &apiError{Status: http.StatusBadRequest, Code: "ThrottlingException", Message: "Rate exceeded"}
	case ServerError:
		return &apiError{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure."}
	case AccessDenied:
		code := "AccessDeniedException"
		if c.service == "s3" || c.service == "sns" {
			code = "AccessDenied"
		}
		return &apiError{Status: http.StatusForbidden, Code: code, Message: "User: " + c.callerARN() + " is not authorized to perform: " + c.service + ":" + c.operation}
	}
	return nil
}
