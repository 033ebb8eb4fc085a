package privilege_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/privilege"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestEveryStepOfEveryPlanIsAllowed drifts each setting of each kind of resource, in each way that a plan can tell apart, and
// holds the steps that remove the drift to the rows that the baseline calls for. It needs no lab, and misses no setting.
func TestEveryStepOfEveryPlanIsAllowed(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing in it happens at once")
	}
	planned := map[string]bool{}
	for _, is := range trail.Types() {
		for _, setting := range trail.SettingsOf(is) {
			for _, want := range contents {
				for _, have := range append([]trail.Document{gone}, contents...) {
					for _, op := range plan(t, is, setting, want, have) {
						planned[string(is)+" "+op] = true
					}
				}
			}
		}
	}
	for _, row := range privilege.Table() {
		_, name, _ := strings.Cut(row.Operation, ":")
		isResource := slices.Contains(trail.Types(), trail.ResourceType(row.Of))
		if isResource && len(row.Grants) > 0 && row.Role == privilege.Restore && !slices.Contains(helpers, name) && !planned[row.Of+" "+name] {
			t.Errorf("no plan has %s of %s: the test lacks a drift that calls for it, or the row is needless", name, row.Of)
		}
	}
}

// helpers are calls that belong to a step of another name, or to none.
var helpers = []string{"SetSubscriptionAttributes", "CreateScheduleGroup", "DeleteObjects"}

// gone stands for a resource that does not exist.
const gone trail.Document = "gone"

// contents are documents that differ, in members, values and flags; they are of no API, since plans do not look into them.
var contents = []trail.Document{
	trail.EmptyDocument, `{"A":{"Value":1}}`, `{"A":{"Value":2}}`, `{"A":{"Value":1},"B":{"Value":1}}`,
	`{"KeyState":"Enabled"}`, `{"KeyState":"PendingDeletion"}`, `{"KeyState":"Disabled"}`, `{"Status":"Enabled"}`, `{"Status":"Suspended"}`,
	`{"Pending":false}`, `{"Pending":true}`, `{"Ingesting":true}`, `{"Ingesting":false}`, `{"RetentionInDays":30}`, `{"RetentionInDays":1}`,
	`{"DeletionProtectionEnabled":true}`, `{"PointInTimeRecoveryEnabled":true}`, `{"ActionsEnabled":true}`, `{"KeyRotationEnabled":true}`,
	`{"Rules":[{"Expiration":{"Days":1},"Status":"Enabled"}]}`, `{"Rules":[{"Expiration":{"Days":900},"Status":"Enabled"}]}`,
	`{"ObjectLockEnabled":"Enabled"}`, `{"BlockPublicAcls":true}`,
}

// plan plans for one drift and looks for the rows of its steps, whose operations it returns.
func plan(t *testing.T, is trail.ResourceType, setting trail.Setting, want, have trail.Document) (ops []string) {
	t.Helper()
	arn := strings.NewReplacer("region", "us-east-1", "account", "111122223333").Replace(trail.ResourceARNExample(is))
	r := trail.Resource{Type: is, ARN: arn, Region: "us-east-1", Account: "111122223333", Settings: map[trail.Setting]trail.Document{}}
	if setting != trail.Identity {
		r.Settings[setting] = want
	}
	state := trail.ResourceState{trail.Identity: trail.Known(trail.EmptyDocument), setting: trail.Known(have)}
	if have == gone {
		state = trail.ResourceState{trail.Identity: trail.Gone[trail.Document](), setting: trail.Gone[trail.Document]()}
	}
	b := trail.Baseline{Account: r.Account, Guard: []trail.Resource{r}}
	unit := b.Units()[0]
	actions := privilege.Operations(b, privilege.Restore, privilege.Uses{})
	for _, s := range trail.Plan(b, unit, trail.State{ARN: arn, Dependents: map[string]trail.ResourceState{arn: state}}) {
		ops = append(ops, string(s.Op))
		allowed := false
		for _, operation := range actions {
			_, name, _ := strings.Cut(operation, ":")
			allowed = allowed || name == string(s.Op)
		}
		if !allowed {
			t.Errorf("%s.%s: want %s, have %s: the plan has %s, and no row that the baseline calls for", is, setting, want, have, s.Op)
		}
	}
	return ops
}
