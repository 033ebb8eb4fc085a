package lab

import (
	"cmp"
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
	Conflict     FaultKind = "conflict"      // another operation is changing the resource; nothing happens
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

// before is what a fault does ahead of the call: an error ends it. Services disagree about the names of errors.
func (f *Fault) before(c *call) error {
	switch f.Kind {
	case Throttle:
		return throttled(c.service)
	case ServerError:
		return &apiError{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure."}
	case AccessDenied:
		return deniedCall(c)
	case Conflict:
		if c.service == "s3" {
			return &apiError{Status: http.StatusConflict, Code: "OperationAborted", Message: "A conflicting conditional operation is currently in progress against this resource. Please try again."}
		}
		return &apiError{Code: "ConflictException", Message: "Another operation is modifying the resource. Wait a few minutes, then try again."}
	}
	return nil
}

func throttled(service string) error {
	switch service {
	case "s3":
		return &apiError{Status: http.StatusServiceUnavailable, Code: "SlowDown", Message: "Please reduce your request rate."}
	case "sns", "sts", "iam":
		return &apiError{Code: "Throttling", Message: "Rate exceeded"}
	case "account", "lambda", "organizations":
		return &apiError{Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Too Many Requests"}
	}
	return &apiError{Code: "ThrottlingException", Message: "Rate exceeded"}
}

// deniedResource is the ARN of what a call names, for the message of a denial; empty if it names nothing that exists.
func (c *call) deniedResource() string {
	var in struct {
		KeyID                            string `json:"KeyId"`
		LogGroupName, LogGroupIdentifier string
	}
	if c.service != "kms" && c.service != "logs" {
		return c.namedTrailARN()
	}
	if c.decode(&in) != nil {
		return ""
	}
	if c.service == "kms" {
		if k, err := c.key(in.KeyID, true); err == nil {
			return k.arn
		}
	} else if g, err := c.logGroup(cmp.Or(in.LogGroupName, in.LogGroupIdentifier), true); err == nil {
		return g.arn + ":log-stream:"
	}
	return ""
}

// deniedCall is the refusal of a call that the identity has no permission for. It names the trail, key or log group, which a denied
// call's record tells nowhere else.
func deniedCall(c *call) error {
	code := "AccessDeniedException"
	switch c.service {
	case "s3", "sts", "iam":
		code = "AccessDenied"
	case "sns":
		code = "AuthorizationError"
	}
	action := c.service + ":" + c.operation
	if c.service == "monitoring" {
		action = "cloudwatch:" + c.operation
	}
	message := "User: " + c.callerARN() + " is not authorized to perform: " + action
	if resource := c.deniedResource(); resource != "" {
		message += " on resource: " + resource
	}
	message += " because no identity-based policy allows the " + action + " action"
	return &apiError{Status: http.StatusForbidden, Code: code, Message: message}
}
