package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/posture"
)

// TestAuditWhoCan: the text form stays short however many can do something, fits a terminal, and shows nothing that a name hides.
func TestAuditWhoCan(t *testing.T) {
	const own = "111122223333"
	var grants []posture.Grant
	for n := range 40 {
		grants = append(grants, posture.Grant{Principal: fmt.Sprintf("arn:aws:iam::%s:role/r%d\x1b[2J", own, n), Policy: "inline policy p\r\n", Statement: "number 1"})
	}
	grants = append(grants, posture.Grant{Principal: "arn:aws:iam::444455556666:root", Maybe: "its own account decides", Policy: "policy of bucket b", Statement: "number 1"})
	r := posture.Report{Accounts: []posture.Summary{{ID: own}}}
	for n := range 60 {
		r.WhoCan = append(r.WhoCan, posture.WhoCan{Account: own, Technique: fmt.Sprintf("t%d", n), Grants: grants, Denied: []string{"SCP protect, except to \u202e"}})
		r.NotEvaluated = append(r.NotEvaluated, fmt.Sprintf("reason %d", n))
	}
	text := func(all bool) string {
		p := auditPage{page: &page{}, report: r, all: all}
		p.whoCan()
		return p.String()
	}
	short := text(false)
	for _, want := range []string{"40 can: role/r0", "and 37 more\n", "1 perhaps can: account 444455556666 by", "denied by SCP protect", "and 54 more techniques: run trailhold who-can for all", "and 55 more: see"} {
		if !strings.Contains(short, want) {
			t.Errorf("%q is missing in\n%s", want, short)
		}
	}
	for _, line := range strings.Split(short, "\n") {
		if len([]rune(line)) > 80 || strings.ContainsAny(line, "\x1b\r\u202e") {
			t.Errorf("%q", line)
		}
	}
	if lines := strings.Count(short, "\n"); lines > 60 {
		t.Errorf("%d lines", lines)
	}
	if all := text(true); !strings.Contains(all, "  t59 ") || !strings.Contains(all, "reason 59") {
		t.Error("not all is shown")
	}
}
