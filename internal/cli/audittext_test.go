package cli

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/severity"
)

// TestAuditShowsGravest: what stands beside a check is how grave what was found is, not how grave it could be.
func TestAuditShowsGravest(t *testing.T) {
	c := posture.Check{ID: "ct-logging", Group: posture.GroupTrail, Severity: severity.Critical}
	finding := func(status posture.Status, s severity.Severity) posture.Finding {
		return posture.Finding{Check: c.ID, Status: status, Severity: s}
	}
	for _, test := range []struct {
		findings []posture.Finding
		want     string
	}{
		{[]posture.Finding{finding(posture.Pass, severity.Critical), finding(posture.Fail, severity.Low), finding(posture.Fail, severity.Medium)}, "FAIL    medium   ct-logging"},
		{[]posture.Finding{finding(posture.Fail, severity.Medium), finding(posture.Unknown, severity.Critical)}, "FAIL    medium   ct-logging"},
		{[]posture.Finding{finding(posture.Unknown, severity.Critical)}, "unknown critical ct-logging"},
	} {
		p := auditPage{page: &page{}, report: posture.Report{Checks: []posture.Check{c}, Findings: test.findings}}
		p.group(posture.GroupTrail)
		if !strings.Contains(p.String(), "  "+test.want+"\n") {
			t.Errorf("not %q:\n%s", test.want, p.String())
		}
	}
}
