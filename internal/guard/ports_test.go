package guard_test

import (
	"testing"

	"github.com/trailhold/trailhold/internal/guard"
)

func TestAPIErrorReadsWell(t *testing.T) {
	for want, e := range map[string]guard.APIError{
		"StopLogging: AccessDenied: no":      {Op: "StopLogging", Code: "AccessDenied", Message: "no"},
		"GetParameter: ParameterNotFound":    {Op: "GetParameter", Code: "ParameterNotFound"},
		"GetTrail: no answer from 127.0.0.1": {Op: "GetTrail", Message: "no answer from 127.0.0.1"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
