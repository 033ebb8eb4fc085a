package cli

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/whocan"
)

// TestWhoCanText has what the lab's account has not: other accounts, everybody, an organization, hostile names, and many.
func TestWhoCanText(t *testing.T) {
	many := make([]string, 9)
	for i := range many {
		many[i] = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/" + string(rune('a'+i))
	}
	r := whocan.Report{
		Account: "111122223333", Principals: 3,
		Techniques: []whocan.Technique{{
			ID: "stop-logging", Targets: 9,
			Who: []whocan.Ability{
				{Principal: "*", Answer: whocan.Yes, Action: "s3:DeleteObject", Targets: many[:1], Policy: "policy of bucket x", Statement: "number 1"},
				{Principal: "arn:aws:iam::444455556666:root", Answer: whocan.Maybe, Action: "s3:DeleteObject", Targets: many, Doubt: "unknown"},
				{Principal: "arn:aws:iam::111122223333:role/a", Answer: whocan.Yes, Targets: many[:1], Perhaps: many[1:], Policy: "evil\x1b[31m\nname"},
			},
			Shields: []whocan.Shield{{Kind: "SCP", Policy: "protect", Statement: `"S"`, Except: []string{"arn:aws:iam::*:role/glass"}, Doubt: "who knows"}},
		}},
		OneStep: []whocan.Step{{Principal: "arn:aws:iam::111122223333:user/x", Answer: whocan.Maybe, Action: "sts:AssumeRole", On: "arn:aws:iam::111122223333:role/a", More: 2, Doubt: "if lucky"}},
	}
	p := &page{}
	writeWhoCan(p, r)
	writeTechnique(p, r)
	for _, want := range []string{
		"\n  everybody\n", "\n  account 444455556666\n", "by   what could not be read\n", "if   unknown\n", "evil", `SCP protect, statement "S", except to arn:aws:iam::*:role/glass (perhaps: who`,
		"denies  stop-logging\n", "can  perhaps sts:AssumeRole on arn:", "and 2 more\n", "perhaps on", "and 3 more\n",
	} {
		if !strings.Contains(p.String(), want) {
			t.Errorf("no %q in\n%s", want, p)
		}
	}
	for line := range strings.Lines(p.String()) {
		if strings.ContainsAny(line, "\x1b") || len([]rune(line)) > width+1 {
			t.Errorf("%q", line)
		}
	}
}
