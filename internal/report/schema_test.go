package report_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/trailhold/trailhold/internal/report"
)

// schemaKind is the pattern that the schema has for kinds of problems.
func schemaKind(t *testing.T) *regexp.Regexp {
	t.Helper()
	var schema struct {
		Defs struct {
			Problem struct {
				Properties struct{ Kind struct{ Pattern string } }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(report.VerificationSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(schema.Defs.Problem.Properties.Kind.Pattern)
}
