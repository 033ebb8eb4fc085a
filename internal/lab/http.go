package lab

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// maxBody bounds a request's body.
const maxBody = 64 << 20

// call is one request on its way through the lab.
type call struct {
	lab       *Lab
	account   *account
	region    string
	service   string // signing name
	operation string
	accessKey string
	requestID string
	now       time.Time
	stale     bool // answer reads with the configuration before the last change

	request *http.Request
	body    []byte
	form    url.Values // of the query protocol

	// What the call's record shows beyond what is known here; set by operations.
	recordParameters any // default: the JSON body with lowerCamel keys, or the form
	recordResponse   any // default: null
}

// apiError is an error answer in whatever form the service's protocol gives it.
type apiError struct {
	Status  int // 400 if 0
	Code    string
	Message string
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func errorf(code, format string, args ...any) error {
	return &apiError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// operation is one API operation: run is called with the lab locked and returns the answer's body value.
type operation struct {
	run      func(*call) (any, error)
	readOnly bool // does not change anything: its record does not go to EventBridge
	silent   bool // leaves no record (data events)
}

// service is one AWS service.
type service struct {
	protocol   protocol
	operations map[string]operation
	// route finds the operation's name where the protocol does not carry it in the usual place; may be nil.
	route func(*call) string
}

type protocol int

const (
	awsJSON protocol = iota
	awsQuery
	restJSON
	restXML
)

// services maps signing names to services.
var services map[string]*service

func init() { // breaks the initialization cycle: operations reach the table again through EventBridge targets
	services = map[string]*service{
		"cloudtrail": &cloudtrailService,
		"s3":         &s3Service,
		"sns":        &snsService,
		"sqs":        &sqsService,
		"events":     &eventsService,
		"sts":        &stsService,
		"account":    &accountService,
	}
}

// credential finds access key, region and service in a SigV4 header or pre-signed query.
var credential = regexp.MustCompile(`Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request`)

// ServeHTTP answers one AWS request.
func (l *Lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the lab reads bodies of at most 64 MiB", http.StatusRequestEntityTooLarge)
		return
	}
	c := &call{lab: l, request: r, body: body, now: time.Now().UTC()}
	c.identify()
	svc := services[c.service]
	if svc == nil {
		c.refuse(w, "the lab has no service "+c.service)
		return
	}
	c.name(svc)
	op, ok := svc.operations[c.operation]
	if !ok {
		c.refuse(w, fmt.Sprintf("the lab does not know %s:%s", c.service, c.operation))
		return
	}
	c.serve(w, svc, op)
}

// identify reads who calls, where and which service, from the signature. The signature itself is not checked.
func (c *call) identify() {
	scope := c.request.Header.Get("Authorization")
	if scope == "" {
		scope = "Credential=" + c.request.URL.Query().Get("X-Amz-Credential")
	}
	c.region, c.service = "us-east-1", "s3"
	if m := credential.FindStringSubmatch(scope); m != nil {
		c.accessKey, c.region, c.service = m[1], m[2], m[3]
	} else if c.request.URL.Query().Has("Action") || strings.Contains(string(c.body), "Action=") {
		c.service = "sns" // the confirm and unsubscribe links in e-mail are unsigned
	}
	id, ok := c.lab.options.Accounts[c.accessKey]
	if !ok {
		id = DefaultAccount
	}
	c.lab.mu.Lock()
	defer c.lab.mu.Unlock()
	c.account = c.lab.account(id)
	c.requestID = c.lab.id()
}

// name finds which operation is meant.
func (c *call) name(svc *service) {
	switch {
	case svc.route != nil:
		c.operation = svc.route(c)
	case svc.protocol == awsJSON:
		target := c.request.Header.Get("X-Amz-Target")
		c.operation = target[strings.LastIndexByte(target, '.')+1:]
	case svc.protocol == awsQuery:
		c.form, _ = url.ParseQuery(string(c.body))
		for key, values := range c.request.URL.Query() {
			c.form[key] = append(c.form[key], values...)
		}
		c.operation = c.form.Get("Action")
	}
}

// serve runs the operation with the faults that are due, records it, and answers.
func (c *call) serve(w http.ResponseWriter, svc *service, op operation) {
	l := c.lab
	l.mu.Lock()
	l.calls[c.service+":"+c.operation]++
	var answer any
	var err error
	fault := l.fault(c, op.readOnly)
	if fault != nil {
		c.stale = fault.Kind == StaleRead
		if fault.Kind == Timeout || fault.Kind == Slow {
			l.mu.Unlock()
			if !c.wait(fault) {
				panic(http.ErrAbortHandler)
			}
			l.mu.Lock()
		}
		err = fault.before(c)
	}
	if !l.enabled(c.region) && err == nil {
		err = &apiError{Status: http.StatusForbidden, Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	l.settle(c.now)
	if err == nil {
		answer, err = op.run(c)
	}
	if !op.silent {
		l.emit(c, op, err)
	}
	l.mu.Unlock()
	if fault != nil && fault.Kind == LostAnswer {
		panic(http.ErrAbortHandler)
	}
	c.respond(w, svc.protocol, answer, err)
}

// wait holds the answer back; false means that the client gave up or the lab was closed.
func (c *call) wait(f *Fault) bool {
	var due <-chan time.Time
	if f.Kind == Slow {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
		return true
	case <-c.request.Context().Done():
	case <-c.lab.closed:
	}
	return false
}

// refuse answers loudly that the lab cannot do something.
func (c *call) refuse(w http.ResponseWriter, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotImplemented)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "NotImplemented", "code": "NotImplemented", "message": why})
}

// raw is an answer that is not encoded by the protocol (S3 objects, for instance).
type raw struct {
	status int
	header http.Header
	body   []byte
}

// respond writes the answer in the service's protocol.
func (c *call) respond(w http.ResponseWriter, p protocol, answer any, err error) {
	w.Header().Set("X-Amzn-Requestid", c.requestID)
	w.Header().Set("X-Amz-Request-Id", c.requestID)
	if err != nil {
		c.respondError(w, p, err)
		return
	}
	if r, ok := answer.(*raw); ok {
		for key, values := range r.header {
			w.Header()[key] = values
		}
		if r.status == 0 {
			r.status = http.StatusOK
		}
		w.WriteHeader(r.status)
		_, _ = w.Write(r.body)
		return
	}
	switch p {
	case awsJSON, restJSON:
		if answer == nil {
			answer = struct{}{}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(answer)
	case awsQuery:
		c.respondQuery(w, answer)
	case restXML:
		w.Header().Set("Content-Type", "application/xml")
		if answer != nil {
			_, _ = io.WriteString(w, xml.Header)
			_ = xml.NewEncoder(w).Encode(answer)
		}
	}
}

// respondQuery wraps the answer as the query protocol does: OperationResponse around OperationResult.
func (c *call) respondQuery(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "text/xml")
	result, err := "", error(nil)
	if answer != nil {
		var b []byte
		b, err = xml.Marshal(answer)
		result = string(b)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprintf(w, "<%[1]sResponse>%[2]s<ResponseMetadata><RequestId>%[3]s</RequestId></ResponseMetadata></%[1]sResponse>", c.operation, result, c.requestID)
}

func (c *call) respondError(w http.ResponseWriter, p protocol, err error) {
	var api *apiError
	if !errors.As(err, &api) {
		api = &apiError{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
	}
	status := api.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	switch p {
	case awsJSON, restJSON:
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-Errortype", api.Code)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": api.Code, "message": api.Message})
	case awsQuery:
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_ = xml.NewEncoder(w).Encode(queryError{Code: api.Code, Message: api.Message, RequestID: c.requestID})
	case restXML:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if c.request.Method != http.MethodHead {
			_ = xml.NewEncoder(w).Encode(restError{Code: api.Code, Message: api.Message, RequestID: c.requestID})
		}
	}
}

type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

type restError struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
}

// decode reads the JSON body into v.
func (c *call) decode(v any) error {
	if len(c.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return errorf("SerializationException", "%v", err)
	}
	return nil
}

// callerARN is the identity that the call's record names.
func (c *call) callerARN() string {
	return "arn:aws:iam::" + c.account.id + ":user/" + c.userName()
}

// userName is a name for the holder of the access key.
func (c *call) userName() string {
	if c.accessKey == "" {
		return "anonymous"
	}
	return strings.ToLower(c.accessKey)
}
