package harden

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestRemedies: every check of the audit has one remedy, which is either a function or a person.
func TestRemedies(t *testing.T) {
	count := map[string]int{}
	for _, r := range remedies() {
		count[r.check]++
		if (r.mend == nil) == (r.person == "") {
			t.Errorf("%s needs either a function or a reason", r.check)
		}
	}
	for _, c := range posture.Checks() {
		if count[c.ID] != 1 {
			t.Errorf("%s has %d remedies", c.ID, count[c.ID])
		}
		delete(count, c.ID)
	}
	if len(count) > 0 {
		t.Errorf("there are no checks %v", slices.Collect(maps.Keys(count)))
	}
}

// TestWeak: every step of the plan for an account that lacks everything can be undone, and the account that the plan leads to
// needs no further plan.
func TestWeak(t *testing.T) {
	inv := weak(t)
	p := planOf(t, inv, everything)
	if p.Expected <= p.Before {
		t.Errorf("the score goes from %v to %v", p.Before, p.Expected)
	}
	for _, s := range p.Steps {
		if s.Undo == "" || s.Cost == "" || len(s.Checks) == 0 {
			t.Errorf("step %d, %s of %s, has no undoing, price or check: %+v", s.Number, s.Call, s.call.Setting, s)
		}
		for _, n := range s.After {
			if n >= s.Number {
				t.Errorf("step %d rests on step %d", s.Number, n)
			}
		}
	}
	for _, op := range []trail.Op{
		trail.OpStartLogging, trail.OpUpdateTrail, trail.OpPutEventSelectors, trail.OpPutInsightSelectors, trail.OpPutBucketVersioning,
		trail.OpPutObjectLockConfiguration, trail.OpPutBucketOwnershipControls, trail.OpPutPublicAccessBlock, trail.OpPutBucketPolicy, trail.OpPutBucketAcl,
		trail.OpPutBucketEncryption, trail.OpPutBucketLifecycleConfiguration, trail.OpPutBucketRequestPayment, trail.OpCancelKeyDeletion, trail.OpEnableKey,
		trail.OpPutKeyPolicy, trail.OpEnableKeyRotation, trail.OpSetTopicAttributes, trail.OpUpdateAssumeRolePolicy, trail.OpPutRolePolicy,
		trail.OpPutRetentionPolicy, trail.OpAssociateKmsKey, trail.OpPutMetricFilter, trail.OpPutMetricAlarm,
	} {
		if _, ok := p.find(op); !ok {
			t.Errorf("the plan has no %s", op)
		}
	}
	for _, l := range p.Left {
		if l.Why == "" {
			t.Errorf("%s is left: %q", l.Check, l.Why)
		}
	}
	p.impossible(t)
	acl, _ := p.find(trail.OpPutBucketAcl)
	off, _ := p.find(trail.OpPutBucketOwnershipControls)
	if acl.Number > off.Number || !slices.Contains(off.After, acl.Number) {
		t.Errorf("ACLs are turned off in step %d, after %v; the ACL is closed in step %d", off.Number, off.After, acl.Number)
	}
}

// TestInventoryStays: making a plan changes nothing of what it was given.
func TestInventoryStays(t *testing.T) {
	inv := weak(t)
	first, second := planOf(t, inv, everything), planOf(t, inv, everything)
	if len(first.Steps) == 0 || len(first.Steps) != len(second.Steps) {
		t.Errorf("the first plan has %d steps, the second %d", len(first.Steps), len(second.Steps))
	}
}

// TestUnknownIsLeft makes each setting unknown in turn, of every kind of resource one: no step then writes it.
func TestUnknownIsLeft(t *testing.T) {
	t.Parallel()
	most := 0
	for _, kind := range trail.Types() {
		most = max(most, len(trail.SettingsOf(kind)))
	}
	for n := range most {
		inv := weak(t)
		unread := map[string]trail.Setting{}
		for arn, r := range inv.Accounts[0].Resources {
			settings := trail.SettingsOf(r.Type)
			if setting := settings[min(n, len(settings)-1)]; r.State[trail.Identity].Knowledge() == trail.Present {
				r.State[setting], unread[arn] = trail.NotKnown[trail.Document]("AccessDenied"), setting
			}
		}
		p := planOf(t, inv, everything)
		p.impossible(t)
		for _, s := range p.Steps {
			if setting, ok := unread[s.Resource]; ok && (s.call.Setting == setting || setting == trail.Identity) {
				t.Errorf("%s of %s is unknown, and step %d writes it with %s", setting, s.Resource, s.Number, s.Call)
			}
		}
	}
	inv := weak(t)
	state := &inv.Accounts[0].Trails[0]
	state.Selectors, state.Insights, state.Status = trail.NotKnown[trail.Selectors]("x"), trail.NotKnown[[]trail.InsightSelector]("x"), trail.NotKnown[trail.Status]("x")
	for _, s := range planOf(t, inv, everything).Steps {
		if s.Call == trail.OpPutEventSelectors || s.Call == trail.OpPutInsightSelectors || s.Call == trail.OpStartLogging {
			t.Errorf("step %d is %s", s.Number, s.Call)
		}
	}
}

// TestUnreadIsNotMade: nothing is made whose absence was not AWS's answer.
func TestUnreadIsNotMade(t *testing.T) {
	inv := weak(t)
	for arn, r := range inv.Accounts[0].Resources {
		if r.Setting(trail.Identity).Knowledge() == trail.Absent {
			delete(inv.Accounts[0].Resources, arn)
		}
	}
	p := planOf(t, inv, everything)
	p.impossible(t)
	if s, ok := p.find(trail.OpPutMetricAlarm); ok {
		t.Errorf("an alarm is made that may be there: %+v", s)
	}
}

// impossible looks for changes that were drafted and that no call makes.
func (p Plan) impossible(t *testing.T) {
	t.Helper()
	for _, l := range p.Left {
		if strings.Contains(l.Why, "no call changes it") {
			t.Errorf("%s: %s: %s", l.Check, l.Resource, l.Detail)
		}
	}
}

// TestForeign: what belongs to another account is not changed.
func TestForeign(t *testing.T) {
	inv := weak(t)
	for _, r := range inv.Accounts[0].Resources {
		if r.Setting(trail.Identity).Knowledge() == trail.Present {
			r.State[trail.Identity] = trail.Known(doc(t, `{"Owner":"444455556666"}`))
		}
	}
	for _, s := range planOf(t, inv, everything).Steps {
		if s.call.Resource != "" || s.Call == trail.OpStartLogging { // log files would go to a stranger
			t.Errorf("step %d, %s, changes %s", s.Number, s.Call, s.Resource)
		}
	}
}

func TestWeakOptions(t *testing.T) {
	inv := weak(t)
	p := planOf(t, inv, Options{Region: "us-east-1", Checks: []string{"ct-bucket-object-lock", "mf-root-usage"}})
	lock, _ := p.find(trail.OpPutObjectLockConfiguration)
	if !strings.Contains(string(lock.call.Document), "GOVERNANCE") || len(p.Steps) != 2 {
		t.Errorf("%d steps, and the lock is %s", len(p.Steps), lock.call.Document)
	}
	why := map[string]string{}
	for _, l := range p.Left {
		why[l.Check] = l.Why
	}
	if len(why) != 2 || why["mf-root-usage"] != "it takes a trail for all regions that sends its events to a log group: mend ct-multi-region and ct-cwl too" {
		t.Errorf("left is %q", why)
	}
	inv.Accounts[0].Failure = "denied"
	if _, err := Make(inv, everything); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Error(err)
	}
	if _, err := Make(posture.Inventory{}, everything); err == nil {
		t.Error("no account is an error")
	}
}

// TestLockStays: a lock is never made weaker.
func TestLockStays(t *testing.T) {
	for _, c := range []struct{ have, want string }{
		{`{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":30}}}`, `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Days":365,"Mode":"COMPLIANCE"}}}`},
		{`{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Years":3}}}`, ""},
		{`{"ObjectLockEnabled":"Enabled"}`, `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Days":365,"Mode":"GOVERNANCE"}}}`},
	} {
		inv := weak(t)
		inv.Accounts[0].Resources[logsARN].State["objectLock"] = trail.Known(doc(t, "%s", c.have))
		s, _ := planOf(t, inv, Options{Checks: []string{"ct-bucket-object-lock"}}).find(trail.OpPutObjectLockConfiguration)
		if string(s.call.Document) != c.want {
			t.Errorf("%s becomes %s, not %s", c.have, s.call.Document, c.want)
		}
	}
}

// TestAlarmOfAnotherMetric: an alarm of the name that is needed, which looks at something else, is made to look at the filter's metric.
func TestAlarmOfAnotherMetric(t *testing.T) {
	inv := weak(t)
	arn := "arn:aws:cloudwatch:us-east-1:" + own + ":alarm:" + nameOf("mf-vpc")
	inv.Accounts[0].Resources[arn] = posture.Resource{Type: trail.Alarm, ARN: arn, Region: "us-east-1", Account: own, State: trail.ResourceState{
		trail.Identity: trail.Known(doc(t, `{"Owner":%q}`, own)), "actionsEnabled": trail.Known(doc(t, `{"ActionsEnabled":true}`)), "muteRules": trail.Known(trail.EmptyDocument),
		"definition": trail.Known(doc(t, `{"Dimensions":[{"Name":"x","Value":"y"}],"Unit":"Seconds","DatapointsToAlarm":5,"EvaluationPeriods":5,"AlarmActions":[%q]}`, topicARN)),
	}}
	for _, s := range planOf(t, inv, everything).Steps {
		if s.Resource != arn || s.Call != trail.OpPutMetricAlarm {
			continue
		}
		for _, left := range []string{"Dimensions", "Unit", "DatapointsToAlarm"} {
			if _, there := s.call.Document.Members()[left]; there {
				t.Errorf("the alarm keeps its %s: %s", left, s.call.Document)
			}
		}
		return
	}
	t.Error("the alarm is left as it is")
}
