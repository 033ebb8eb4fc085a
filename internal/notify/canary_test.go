package notify

import (
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
)

// TestMissedCanary: people hear that events don't reach the guard, and what to do.
func TestMissedCanary(t *testing.T) {
	i := incident.Incident{
		ID: "canary-1", TrailARN: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit", Seen: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Stage: incident.Observed, Severity: severity.High,
	}
	i.AddMissedCanary("a harmless change led to no event\x1b[31m within 10m0s")
	m := Compose(i, incident.KindAlert)
	if want := "[Trailhold] HIGH CANARY MISSED trail audit: events do not reach the guard"; m.Subject != want {
		t.Errorf("subject %q, want %q", m.Subject, want)
	}
	for _, want := range []string{"CANARY MISSED. Events do not reach the guard of trail audit.", "harmless change", "trailhold status", "DisableRule"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("no %q in\n%s", want, m.Text)
		}
	}
	if strings.Contains(m.Text+m.Line+m.Brief.What, "\x1b") || !strings.Contains(m.Line, "2026-03-01 12:00:00Z HIGH CANARY MISSED trail audit: ") {
		t.Errorf("line %q", m.Line)
	}
}
