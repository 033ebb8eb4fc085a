package lab

import (
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// eventRecord is a CloudTrail record.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type eventRecord struct {
	EventVersion       string           `json:"eventVersion"`
	UserIdentity       userIdentity     `json:"userIdentity"`
	EventTime          string           `json:"eventTime"`
	EventSource        string           `json:"eventSource"`
	EventName          string           `json:"eventName"`
	AWSRegion          string           `json:"awsRegion"`
	SourceIPAddress    string           `json:"sourceIPAddress"`
	UserAgent          string           `json:"userAgent"`
	ErrorCode          string           `json:"errorCode,omitempty"`
	ErrorMessage       string           `json:"errorMessage,omitempty"`
	RequestParameters  any              `json:"requestParameters"`
	ResponseElements   any              `json:"responseElements"`
	RequestID          string           `json:"requestID"`
	EventID            string           `json:"eventID"`
	ReadOnly           bool             `json:"readOnly"`
	EventType          string           `json:"eventType"`
	ManagementEvent    bool             `json:"managementEvent"`
	Resources          []recordResource `json:"resources,omitempty"`
	RecipientAccountID string           `json:"recipientAccountId"`
	EventCategory      string           `json:"eventCategory"`
	TLSDetails         tlsDetails       `json:"tlsDetails"`

	global bool   // of a global service: only trails that include those record it
	object string // of a data event: the ARN of the object, or of its bucket with a slash if there are several
}

// recordResource is a resource that the call was about.
type recordResource struct {
	AccountID string `json:"accountId"`
	Type      string `json:"type"`
	ARN       string `json:"ARN"`
}

type tlsDetails struct {
	TLSVersion               string `json:"tlsVersion"`
	CipherSuite              string `json:"cipherSuite"`
	ClientProvidedHostHeader string `json:"clientProvidedHostHeader"`
}

// What CloudTrail keeps of long texts.
const (
	maxElement   = 100 << 10 // bytes of requestParameters or responseElements
	maxUserAgent = 1 << 10
	maxMessage   = 1 << 10
)

// record is what CloudTrail writes down about the call, now that its outcome is known.
func (c *call) record(op operation, err error) *eventRecord {
	name := op.recordName
	if name == "" {
		name = c.operation
	}
	r := &eventRecord{
		EventVersion:       "1.11",
		UserIdentity:       c.identity(),
		EventTime:          c.now.Format(time.RFC3339), // whole seconds, as AWS writes it
		EventSource:        c.service + ".amazonaws.com",
		EventName:          name,
		AWSRegion:          c.recordRegion(),
		SourceIPAddress:    c.sourceAddress(),
		UserAgent:          clip(c.request.UserAgent(), maxUserAgent),
		RequestParameters:  c.parameters(),
		ResponseElements:   bounded(c.recordResponse, "responseElements"),
		RequestID:          c.requestID,
		EventID:            c.lab.id(),
		ReadOnly:           op.readOnly,
		EventType:          "AwsApiCall",
		ManagementEvent:    true,
		Resources:          c.recordResources,
		RecipientAccountID: c.account.id,
		EventCategory:      "Management",
		TLSDetails:         tlsDetails{"TLSv1.3", "TLS_AES_128_GCM_SHA256", clip(c.request.Host, 255)},
		global:             c.isGlobal(),
	}
	if op.data {
		r.EventCategory, r.ManagementEvent, r.object = "Data", false, c.recordObject
		bucket, _, _ := strings.Cut(r.object, "/")
		r.Resources = []recordResource{{Type: s3Objects, ARN: r.object}, {AccountID: c.account.id, Type: "AWS::S3::Bucket", ARN: bucket}}
	}
	if err != nil {
		r.fail(err)
	}
	return r
}

// fail notes the error. A denied call's record shows neither parameters nor, like that of any failed call, an answer.
func (r *eventRecord) fail(err error) {
	api := &apiError{Code: "InternalFailure", Message: err.Error()}
	errors.As(err, &api)
	r.ErrorCode, r.ErrorMessage, r.ResponseElements = api.Code, clip(api.Message, maxMessage), nil
	if slices.Contains([]string{"AccessDenied", "AccessDeniedException", "AuthorizationError"}, api.Code) {
		r.ErrorCode, r.RequestParameters, r.Resources = "AccessDenied", nil, nil
	}
}

// isGlobal says whether the call went to a global service, whose events appear in us-east-1 only.
func (c *call) isGlobal() bool {
	switch c.service {
	case "account", "iam", "organizations":
		return true
	}
	return c.service == "sts" && strings.HasPrefix(c.request.Host, "sts.amazonaws.com")
}

// recordRegion is where the call's event appears.
func (c *call) recordRegion() string {
	if c.isGlobal() && c.account.enabled("us-east-1") {
		return "us-east-1"
	}
	return c.region
}

// sourceAddress is the client's address as a proxy tells it, else as the connection does.
func (c *call) sourceAddress() string {
	forwarded, _, _ := strings.Cut(c.request.Header.Get("X-Forwarded-For"), ",")
	if a, err := netip.ParseAddr(strings.TrimSpace(forwarded)); err == nil {
		return a.String()
	}
	if host, _, err := net.SplitHostPort(c.request.RemoteAddr); err == nil {
		return host
	}
	return "127.0.0.1"
}

// parameters are the call's requestParameters.
func (c *call) parameters() any { return bounded(c.given(), "requestParameters") }

// given is what the operation says that it was given, or what the request itself says.
func (c *call) given() any {
	switch {
	case c.recordParameters != nil:
		return c.recordParameters
	case c.form != nil:
		return formParameters(c.form)
	case c.path != nil:
		return c.restParameters()
	}
	var body any
	if c.service == "s3" || json.Unmarshal(c.body, &body) != nil {
		return nil
	}
	return lowerCamel(body)
}

// bounded replaces an element that is too large by CloudTrail's note about it.
func bounded(element any, name string) any {
	if element == nil {
		return nil
	}
	b, err := json.Marshal(element)
	if err != nil {
		return nil
	}
	if len(b) > maxElement {
		return map[string]any{"reason": name + " too large", "omitted": true, "originalSize": len(b)}
	}
	return json.RawMessage(b)
}

// clip shortens s to at most n bytes without cutting a character in half.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
