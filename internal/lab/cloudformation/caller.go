package cloudformation

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// caller makes calls of the lab's services, over the wire, as somebody else: whoever asked for a stack.
type caller struct {
	handler   http.Handler
	address   string // where the lab is, as its clients see it; empty: where AWS would be
	region    string
	accessKey string
}

// callError is a service's refusal.
type callError struct {
	service, operation string
	code, message      string
	status             int
}

func (e *callError) Error() string {
	return fmt.Sprintf("%s (Service: %s, Operation: %s, Status Code: %d)", e.message, e.service, e.operation, e.status)
}

// isGone says whether a service's answer was that there is no such thing.
func isGone(err error) bool {
	var e *callError
	if !errors.As(err, &e) {
		return false
	}
	return e.status == http.StatusNotFound || strings.Contains(e.code, "NotFound") || strings.Contains(e.code, "NonExistent") || strings.HasPrefix(e.code, "NoSuch")
}

// unlessGone makes a deletion of what does not exist a success.
func unlessGone(err error) error {
	if isGone(err) {
		return nil
	}
	return err
}

// json calls an operation of a service that speaks awsJson.
func (c caller) json(service, operation string, in any) (object, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	answer, err := c.send(service, operation, http.MethodPost, "/", "application/x-amz-json-1.1", body)
	return decoded(answer), err
}

// rest calls an operation of a service that speaks restJson.
func (c caller) rest(service, operation, method, path string, in any) (object, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	answer, err := c.send(service, operation, method, path, "application/json", body)
	return decoded(answer), err
}

// query calls an operation of a service that speaks the query protocol, and returns the XML.
func (c caller) query(service, operation string, form url.Values) ([]byte, error) {
	form.Set("Action", operation)
	return c.send(service, operation, http.MethodPost, "/", "application/x-www-form-urlencoded", []byte(form.Encode()))
}

func decoded(body []byte) object {
	m := object{}
	_ = json.Unmarshal(body, &m) // an answer may be empty
	return m
}

// send makes one call. header holds further names and values, in turn.
func (c caller) send(service, operation, method, path, kind string, body []byte, header ...string) ([]byte, error) {
	address := c.address
	if address == "" {
		address = "https://" + service + "." + c.region + ".amazonaws.com"
	}
	r := httptest.NewRequest(method, address+path, bytes.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", "cloudformation.amazonaws.com")
	r.Header.Set("X-Amz-Target", "CloudFormation."+operation)
	if service == "s3" {
		r.Header.Del("X-Amz-Target")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.accessKey+"/20260101/"+c.region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code < 300 {
		return w.Body.Bytes(), nil
	}
	return nil, refusal(service, operation, w)
}

// refusal reads an error answer, in JSON or XML.
func refusal(service, operation string, w *httptest.ResponseRecorder) error {
	e := &callError{service: service, operation: operation, status: w.Code}
	if body := decoded(w.Body.Bytes()); len(body) > 0 {
		e.code, e.message = asText(body["__type"]), asText(body["message"])
	} else {
		e.code, e.message = element(w.Body.Bytes(), "Code"), element(w.Body.Bytes(), "Message")
	}
	if e.message == "" {
		e.message = e.code
	}
	return e
}

// element is the text of the first XML element with a name.
func element(document []byte, name string) string {
	d := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			var text string
			if d.DecodeElement(&text, &start) != nil {
				return ""
			}
			return text
		}
	}
}
