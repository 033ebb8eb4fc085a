package harden

import (
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

// TestStands compares steps with what is there now.
func TestStands(t *testing.T) {
	inv := weak(t)
	p := planOf(t, inv, everything)
	bucket := func(setting trail.Setting, text string) trail.State {
		return trail.State{Dependents: map[string]trail.ResourceState{logsARN: {
			trail.Identity: trail.Known(doc(t, `{"Owner":"%s"}`, own)), setting: trail.Known(doc(t, "%s", text))}}}
	}
	asRead := inv.Accounts[0].Trails[0]
	selectors := func(s trail.Selectors) trail.State {
		state := asRead
		state.Selectors = trail.Known(s)
		return state
	}
	lock, _ := p.find(trail.OpPutObjectLockConfiguration)
	alarm, _ := p.find(trail.OpPutMetricAlarm)
	selecting, _ := p.find(trail.OpPutEventSelectors)
	starting, _ := p.find(trail.OpStartLogging)
	identity := func(f trail.Facet[trail.Document]) trail.State {
		return trail.State{Dependents: map[string]trail.ResourceState{alarm.Resource: {trail.Identity: f}}}
	}
	for _, c := range []struct {
		name string
		step Step
		now  trail.State
		want Standing
	}{
		{"as the plan saw it", lock, bucket("objectLock", `{}`), Due},
		{"as the step leads to", lock, bucket("objectLock", string(lock.call.Document)), Done},
		{"more than that", lock, bucket("objectLock", `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Days":365,"Mode":"COMPLIANCE","Years":0}}}`), Done},
		{"something else", lock, bucket("objectLock", `{"ObjectLockEnabled":"Enabled"}`), Changed},
		{"not read", lock, trail.State{Dependents: map[string]trail.ResourceState{logsARN: {"objectLock": trail.NotKnown[trail.Document]("denied"), trail.Identity: trail.Known(doc(t, `{"Owner":"%s"}`, own))}}}, Unread},
		{"nothing read", lock, trail.State{}, Unread},
		{"no alarm yet", alarm, identity(trail.Gone[trail.Document]()), Due},
		{"the alarm is there", alarm, identity(trail.Known(doc(t, `{"Owner":"%s"}`, own))), Done},
		{"somebody else's", alarm, identity(trail.Known(doc(t, `{"Owner":"444455556666"}`))), Changed},
		{"the alarm is not read", alarm, identity(trail.NotKnown[trail.Document]("denied")), Unread},
		{"selectors as the plan saw them", selecting, asRead, Due},
		{"selectors as wanted", selecting, selectors(*selecting.call.Selectors), Done},
		{"other selectors", selecting, selectors(trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "WriteOnly", IncludeManagementEvents: true}}}), Changed},
		{"not logging", starting, asRead, Due},
		{"status not read", starting, trail.State{ARN: trailARN, Config: asRead.Config}, Unread},
	} {
		if got, _ := c.step.Stands(c.now); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

func TestUndo(t *testing.T) {
	inv := weak(t)
	inv.Accounts[0].Resources[logsARN].State["encryption"] = trail.Known(trail.EmptyDocument)
	p := planOf(t, inv, everything)
	for op, want := range map[trail.Op]string{
		trail.OpStartLogging:                    "aws cloudtrail stop-logging --region us-east-1 --name " + trailARN,
		trail.OpPutEventSelectors:               "aws cloudtrail put-event-selectors --region us-east-1 --trail-name " + trailARN + ` --event-selectors '[{"IncludeManagementEvents":true,"ReadWriteType":"ReadOnly"}]'`,
		trail.OpPutInsightSelectors:             "aws cloudtrail put-insight-selectors --region us-east-1 --trail-name " + trailARN + " --insight-selectors '[]'",
		trail.OpPutPublicAccessBlock:            "aws s3api delete-public-access-block --region us-east-1 --bucket logs --expected-bucket-owner " + own,
		trail.OpPutBucketRequestPayment:         "aws s3api put-bucket-request-payment --region us-east-1 --bucket logs --expected-bucket-owner " + own + ` --request-payment-configuration '{"Payer":"Requester"}'`,
		trail.OpPutBucketLifecycleConfiguration: "aws s3api put-bucket-lifecycle-configuration --region us-east-1 --bucket logs --expected-bucket-owner " + own + ` --lifecycle-configuration '{"Rules":[{"Expiration":{"Days":1},"Filter":{"Prefix":"scratch/"},"ID":"other","Status":"Enabled"},{"Expiration":{"Days":1},"Filter":{},"ID":"logs","NoncurrentVersionExpiration":{"NoncurrentDays":1},"Status":"Enabled"}]}'`,
		trail.OpPutRetentionPolicy:              "aws logs put-retention-policy --region us-east-1 --log-group-name trail --retention-in-days 30",
		trail.OpPutRolePolicy:                   "aws iam delete-role-policy --role-name delivery --policy-name trailhold-main",
		trail.OpPutMetricAlarm:                  "aws cloudwatch delete-alarms --region us-east-1 --alarm-names trailhold-mf-unauthorized-api",
		trail.OpEnableKey:                       "aws kms disable-key --region us-east-1 --key-id " + keyARN,
		trail.OpUpdateTrail:                     "aws cloudtrail update-trail --region us-east-1 --name " + trailARN + " --no-is-multi-region-trail --no-include-global-service-events",
	} {
		if s, _ := p.find(op); s.Undo != want {
			t.Errorf("%s is undone by %s, not %s", op, s.Undo, want)
		}
	}
	got := lowered(doc(t, `{"FilterPattern":"{ $.A = B }","MetricTransformations":[{"MetricName":"N"}]}`))
	if want := `{"filterPattern":"{ $.A = B }","metricTransformations":[{"metricName":"N"}]}`; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
