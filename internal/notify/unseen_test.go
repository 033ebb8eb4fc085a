package notify

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
)

// That the state is fine does not mean that nothing happened: messages are gone, or an account is.
func TestWhatNoStateShowsIsNotSaidToHaveChangedNothing(t *testing.T) {
	observed := func(technique, record string) incident.Incident {
		i := restored()
		i.Stage, i.Drifts, i.Steps, i.Techniques = incident.Observed, nil, nil, []string{technique}
		i.Records = []json.RawMessage{json.RawMessage(record)}
		return i
	}
	left := observed(tamper.OrgLeave, `{"eventName":"LeaveOrganization"}`)
	left.MarkUnguarded()
	for _, c := range []struct {
		in   incident.Incident
		want string
		seen bool
	}{
		{observed(tamper.QueuePurge, `{"eventName":"PurgeQueue"}`), "queue of the guard purged", false},
		{left, "account taken out of the organization", false},
		{observed(tamper.BucketPolicy, `{"eventName":"PutBucketPolicy"}`), "PutBucketPolicy changed nothing", true},
		{observed(tamper.QueuePurge, `{"eventName":"PurgeQueue","errorCode":"AccessDenied"}`), "PurgeQueue failed (AccessDenied)", true},
	} {
		headline := strings.Join(strings.Fields(Compose(c.in, incident.KindAlert).Text), " ") // lines are folded
		if !strings.Contains(headline, c.want) || strings.HasPrefix(headline, "NOTHING CHANGED") != c.seen {
			t.Errorf("%v: %s", c.in.Techniques, headline)
		}
	}
}
