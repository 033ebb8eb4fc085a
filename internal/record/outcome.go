package record

import (
	"encoding/json"
	"strings"
)

// Outcome tells how the recorded call ended. CloudTrail leaves errorCode out of successful calls; some services
// write "200" instead. A message without a code is a failure too: that is how a failed sign-in is recorded.
func (r Record) Outcome() Outcome {
	switch {
	case r.ErrorCode == "200", r.ErrorCode == "" && r.ErrorMessage == "":
		return Outcome{Kind: Succeeded}
	case denial(r.ErrorCode):
		return Outcome{Kind: Denied, Code: r.ErrorCode}
	}
	return Outcome{Kind: Failed, Code: r.ErrorCode}
}

// denial says whether an error code means a lack of permission. Services spell it differently, EC2 with a "Client."
// in front, those with a JSON protocol with an "Exception" behind.
func denial(code string) bool {
	code = strings.TrimSuffix(strings.TrimPrefix(code, "Client."), "Exception")
	switch code {
	case "AccessDenied", "UnauthorizedOperation", "Unauthorized", "UnauthorizedAccess",
		"NotAuthorized", "AuthorizationError", "Forbidden", "InsufficientPrivileges":
		return true
	}
	return false
}

// Param returns a string from the request parameters: Param("name"), or Param("instance", "id") for one inside an
// object. It is not ok where there is none, or where the value is not a string.
func (r Record) Param(path ...string) (string, bool) {
	raw := r.RequestParameters
	for _, key := range path {
		var object map[string]json.RawMessage
		if asObject(raw) == nil || json.Unmarshal(raw, &object) != nil {
			return "", false
		}
		raw = object[key]
	}
	return asString(raw)
}
