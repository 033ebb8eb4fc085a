package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
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
	session   *session // of temporary credentials; nil for a user's
	requestID string
	now       time.Time
	stale     bool // answer reads with the configuration before the last change

	request *http.Request
	body    []byte
	form    url.Values        // of the query protocol
	path    map[string]string // what the path of a REST call names; nil for other protocols

	malformed error // the body could not be read

	header http.Header // of the answer, besides the protocol's own; never nil

	then func() // what has to happen after the call, without the lab's lock, and before the answer; may be nil

	// What the call's record shows beyond what is known here; set by operations.
	recordParameters any    // default: the JSON body with lowerCamel keys, or the form
	recordObject     string // of data events: see eventRecord
	recordResponse   any    // default: null
	recordResources  []recordResource
}

// apiError is an error answer in whatever form the service's protocol gives it.
type apiError struct {
	Status  int // 400 if 0
	Code    string
	Message string
	Fields  map[string]any // what the answer of a JSON protocol carries besides; may be nil
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func errorf(code, format string, args ...any) error {
	return &apiError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// operation is one API operation: run is called with the lab locked and returns the answer's body value.
type operation struct {
	run      func(*call) (any, error)
	readOnly bool // does not change anything: its record does not go to EventBridge
	silent   bool // leaves no record (data events that trails of the lab cannot select)
	data     bool // leaves a data event, which only trails that select it record

	silentUnsigned bool // leaves no record when the call is not signed

	// recordName is the event name in records where it is not the API's own name (PutBucketLifecycle); may be empty.
	recordName string
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
	rpcCBOR // or awsJSON, if the call names its operation as that does
)

// serviceTable lists the services by signing name. Each lab has its own table, which keeps the package free of the
// initialization cycle from operations through EventBridge targets back to the handler.
func serviceTable() map[string]*service {
	return map[string]*service{
		"cloudtrail": &cloudtrailService,
		"iam":        &iamService,
		"lambda":     &lambdaService,
		"scheduler":  &schedulerService,
		"ssm":        &parametersService,
		"dynamodb":   &dynamoService,

		"organizations":  &organizationsService,
		"secretsmanager": &secretsService,

		"s3":         &s3Service,
		"sns":        &snsService,
		"sqs":        &sqsService,
		"events":     &eventsService,
		"sts":        &stsService,
		"account":    &accountService,
		"kms":        &kmsService,
		"logs":       &logsService,
		"monitoring": &cloudwatchService,

		"config":         &configService,
		"guardduty":      &guarddutyService,
		"securityhub":    &securityhubService,
		"cloudformation": cloudformationService(),
	}
}

// credential finds access key, region and service in a SigV4 header or pre-signed query. Longer ones than AWS ever
// made are none, because records would carry them.
var credential = regexp.MustCompile(`Credential=([^/,\s]{1,128})/\d{8}/([^/\s]{1,32})/([^/\s]{1,32})/aws4_request`)

// ServeHTTP answers one AWS request.
func (l *Lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the lab reads bodies of at most 64 MiB", http.StatusRequestEntityTooLarge)
		return
	}
	c := &call{lab: l, request: r, body: body, header: http.Header{}, now: time.Now().UTC()}
	c.identify()
	svc := l.services[c.service]
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
	c.region, c.service = c.lab.unsignedRegion(), "s3"
	if m := credential.FindStringSubmatch(scope); m != nil {
		c.accessKey, c.region, c.service = m[1], m[2], m[3]
	} else if c.request.URL.Query().Has("Action") || c.sendsForm() {
		c.service = "sns" // the confirm and unsubscribe links in e-mail are unsigned
	}
	c.lab.mu.Lock()
	defer c.lab.mu.Unlock()
	id, ok := c.lab.options.Accounts[c.accessKey]
	if !ok {
		id = DefaultAccount
	}
	if c.session = c.lab.sessions.byKey[c.accessKey]; c.session != nil {
		id = c.session.account
	}
	c.account = c.lab.account(id)
	c.requestID = c.lab.id()
}

// unsignedRegion is where calls without a signature go, which name no region.
func (l *Lab) unsignedRegion() string {
	if slices.Contains(l.options.Regions, "us-east-1") {
		return "us-east-1"
	}
	return l.options.Regions[0]
}

func (c *call) sendsForm() bool {
	return strings.HasPrefix(c.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// name finds which operation is meant.
func (c *call) name(svc *service) {
	switch {
	case svc.route != nil:
		c.operation = svc.route(c)
	case c.protocol(svc) == rpcCBOR:
		path := c.request.URL.Path // /service/GraniteServiceVersion20100801/operation/DescribeAlarms
		c.operation = path[strings.LastIndexByte(path, '/')+1:]
		c.body, c.malformed = cborToJSON(c.body)
	case c.protocol(svc) == awsJSON:
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

// protocol is how the call is spoken and answered.
func (c *call) protocol(svc *service) protocol {
	if svc.protocol == rpcCBOR && c.request.Header.Get("X-Amz-Target") != "" {
		return awsJSON
	}
	return svc.protocol
}

// serve answers with what the operation gives, and with the faults that are due.
func (c *call) serve(w http.ResponseWriter, svc *service, op operation) {
	fault := c.lab.due(c, op.readOnly)
	if fault != nil && (fault.Kind == Timeout || fault.Kind == Slow) && !c.wait(fault) {
		panic(http.ErrAbortHandler)
	}
	answer, err := c.perform(op, fault)
	if c.then != nil {
		c.then()
	}
	if fault != nil && fault.Kind == LostAnswer {
		panic(http.ErrAbortHandler)
	}
	c.respond(w, c.protocol(svc), answer, err)
}

// due counts the call and returns the fault that it meets, if any.
func (l *Lab) due(c *call, readOnly bool) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[c.service+":"+c.operation]++
	return l.fault(c, readOnly)
}

// perform runs the operation and records it. Whatever happens, the lock is released.
func (c *call) perform(op operation, fault *Fault) (answer any, err error) {
	l := c.lab
	l.mu.Lock()
	defer l.mu.Unlock()
	c.now = time.Now().UTC() // with the lock held, so that time never runs backwards from one change to the next
	l.settle(c.now)
	if err := c.admit(); err != nil {
		return nil, err
	}
	before := l.covering(c)
	if fault != nil {
		c.stale = fault.Kind == StaleRead
		err = fault.before(c)
	}
	if err == nil {
		err = c.forbidden()
	}
	if err == nil {
		answer, err = op.run(c)
	}
	if !op.silent && (!op.silentUnsigned || c.accessKey != "") {
		l.emit(c, op, err, before)
	}
	return answer, err
}

// admit refuses a call that AWS would not even let in, which therefore leaves no record.
func (c *call) admit() error {
	codes := struct{ unknown, expired string }{"UnrecognizedClientException", "ExpiredTokenException"}
	if p := c.lab.services[c.service].protocol; p == awsQuery || p == restXML {
		codes.unknown, codes.expired = "InvalidClientTokenId", "ExpiredToken"
	}
	if !c.account.enabled(c.region) {
		return &apiError{Status: http.StatusForbidden, Code: codes.unknown, Message: "The security token included in the request is invalid."}
	}
	if c.session != nil && c.now.After(c.session.expires) {
		return &apiError{Status: http.StatusForbidden, Code: codes.expired, Message: "The security token included in the request is expired"}
	}
	if c.session != nil && c.session.role != nil && c.session.role.deleted {
		return &apiError{Status: http.StatusForbidden, Code: codes.unknown, Message: "The security token included in the request is invalid."}
	}
	return nil
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

// decode reads the JSON body into v.
func (c *call) decode(v any) error {
	if c.malformed != nil {
		return errorf("SerializationException", "%v", c.malformed)
	}
	if len(c.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return errorf("SerializationException", "%v", err)
	}
	return nil
}
