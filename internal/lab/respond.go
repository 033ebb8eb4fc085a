package lab

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"

	"github.com/fxamacker/cbor/v2"
)

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
	for key, values := range c.header {
		w.Header()[key] = values
	}
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
	case rpcCBOR:
		c.respondCBOR(w, http.StatusOK, answer)
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

// respondCBOR writes an answer or error as CBOR; no answer is an empty one.
func (c *call) respondCBOR(w http.ResponseWriter, status int, answer any) {
	if answer == nil {
		answer = struct{}{}
	}
	b, err := cbor.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.WriteHeader(status)
	_, _ = w.Write(b)
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
		body := map[string]any{"__type": api.Code, "message": api.Message}
		maps.Copy(body, api.Fields)
		_ = json.NewEncoder(w).Encode(body)
	case rpcCBOR:
		if c.request.Header.Get("X-Amzn-Query-Mode") == "true" {
			code := cmp.Or(queryCodes[api.Code], api.Code)
			w.Header().Set("X-Amzn-Query-Error", code+";Sender")
		}
		c.respondCBOR(w, status, map[string]string{"__type": api.Code, "message": api.Message})
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
