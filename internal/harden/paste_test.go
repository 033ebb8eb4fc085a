package harden

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/shell/shelltest"
	"github.com/trailhold/trailhold/internal/trail"
)

// pasted are the remedies of an audit by check, each held to what a command for people promises.
func pasted(t *testing.T, inv posture.Inventory) map[string]string {
	t.Helper()
	all, seen := map[string]string{}, map[string]bool{}
	for _, f := range posture.Audit(inv, posture.Options{Command: Commands(inv, Options{})}).Findings {
		if f.Remedy == "" {
			continue
		}
		if !seen[f.Remedy] {
			shelltest.Check(t, f.Remedy)
		}
		seen[f.Remedy] = true
		all[f.Check] = f.Remedy
	}
	return all
}

// started is the weak account, whose trail is logging.
func started(t *testing.T) posture.Inventory {
	inv := weak(t)
	inv.Accounts[0].Trails[0].Status = trail.Known(trail.Status{IsLogging: true, StartLoggingTime: now.AddDate(0, -6, 0)})
	return inv
}

// TestCommands: of an account that lacks everything, each check that a plan can mend has its calls, finished.
func TestCommands(t *testing.T) {
	all := pasted(t, started(t))
	const bucket = " --region us-east-1 --bucket logs --expected-bucket-owner " + own
	for check, want := range map[string]string{
		"ct-validation":         "aws cloudtrail update-trail --region us-east-1 --name " + trailARN + " --enable-log-file-validation\n# or: trailhold harden --check ct-validation --yes",
		"ct-bucket-versioning":  "aws s3api put-bucket-versioning" + bucket + " --versioning-configuration Status=Enabled\n# or: trailhold harden --check ct-bucket-versioning --yes",
		"ct-bucket-tls":         "aws s3api put-bucket-policy" + bucket + ` --policy '{"Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["` + logsARN + `","` + logsARN + `/*"],"Sid":"TrailholdTlsOnly"}],"Version":"2012-10-17"}'` + "\n# it replaces what was there at 12:00 UTC: after another change of the same, audit again first\n# or: trailhold harden --check ct-bucket-tls --yes",
		"ct-bucket-object-lock": "aws s3api put-bucket-versioning" + bucket + " --versioning-configuration Status=Enabled && aws s3api put-object-lock-configuration" + bucket + ` --object-lock-configuration '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Days":365,"Mode":"COMPLIANCE"}}}'`,
		"ct-insights":           "aws cloudtrail put-insight-selectors --region us-east-1 --trail-name " + trailARN + ` --insight-selectors '[{"InsightType":"ApiCallRateInsight"},{"InsightType":"ApiErrorRateInsight"}]'`,
		"ct-s3-data-read":       "aws cloudtrail put-event-selectors --region us-east-1 --trail-name " + trailARN + ` --advanced-event-selectors '[{"FieldSelectors":[{"Equals":["Management"],"Field":"eventCategory"},{"Equals":["true"],"Field":"readOnly"}],"Name":"Management events as before"},`,
		"ct-bucket-access-log":  `--bucket-logging-status '{"LoggingEnabled":{"TargetBucket":"logs-access-logs","TargetPrefix":""}}'`,
		"ct-cwl-group":          `--kms-key-id "$KEY"`,
		"mf-root-usage":         "trailhold harden --check ct-multi-region,mf-root-usage --topic-arn ",
	} {
		if !strings.Contains(all[check], want) {
			t.Errorf("%s is mended by\n%s\nnot by\n%s", check, all[check], want)
		}
	}
	for _, check := range []string{"ct-bucket-object-lock", "ct-bucket-mfa-delete"} {
		if !strings.Contains(all[check], "\n# careful: Object Lock cannot be turned off again") || !strings.Contains(all[check], "--object-lock compliance --yes") {
			t.Errorf("%s does not warn: %s", check, all[check])
		}
	}
}

// TestCommandsChoose: a key and a topic that can be used are taken rather than new ones made, if they are there for it.
func TestCommandsChoose(t *testing.T) {
	inv := started(t)
	a := &inv.Accounts[0]
	a.Resources[keyARN].State["state"] = trail.Known(doc(t, `{"KeyState":"Enabled"}`))
	c, _ := a.Trails[0].Config.Get()
	c.IsMultiRegionTrail = true
	a.Trails[0].Config = trail.Known(c)
	all := pasted(t, inv)
	if got := all["ct-cwl-group"]; strings.Contains(got, "create-key") || !strings.Contains(got, "--kms-key-id "+keyARN) || !strings.Contains(got, "# or: trailhold harden --check ct-cwl-group --kms-key "+keyARN+" --yes") {
		t.Errorf("the log group gets another key: %s", got)
	}
	c.KMSKeyID = ""
	a.Trails[0].Config = trail.Known(c)
	if got := pasted(t, inv)["ct-kms"]; !strings.Contains(got, "create-key") || strings.Contains(got, keyARN) {
		t.Errorf("the trail gets a key that is there for something else: %s", got)
	}
	if got := all["mf-root-usage"]; !strings.Contains(got, `--cli-input-json '{"AlarmActions":["`+topicARN+`"]`) || !strings.Contains(got, "aws logs put-metric-filter") {
		t.Errorf("the alarm leads elsewhere: %s", got)
	}
	a.Resources[topicARN].State["subscriptions"] = trail.Known(doc(t, `{"email a@example.com":{"PendingConfirmation":true}}`))
	if got := pasted(t, inv)["mf-root-usage"]; !strings.HasPrefix(got, `: "${EMAIL:?`) || !strings.Contains(got, "aws sns create-topic --region us-east-1 --name trailhold-alerts && aws sns subscribe") {
		t.Errorf("nobody hears the alarm: %s", got)
	}
}

// TestCommandsMakeWhatNobodyLookedFor: an audit does not look for what hardening could make.
func TestCommandsMakeWhatNobodyLookedFor(t *testing.T) {
	inv := started(t)
	a := &inv.Accounts[0]
	c, _ := a.Trails[0].Config.Get()
	c.CloudWatchLogsLogGroupARN, c.CloudWatchLogsRoleARN, c.SnsTopicARN = "", "", ""
	a.Trails[0].Config = trail.Known(c)
	a.Resources = map[string]posture.Resource{logsARN: a.Resources[logsARN], keyARN: a.Resources[keyARN]}
	all := pasted(t, inv)
	for check, calls := range map[string][]string{
		"ct-cwl":               {"logs create-log-group", "iam create-role", "iam put-role-policy", "sleep 15", "cloudtrail update-trail"},
		"ct-sns":               {"sns create-topic", "sns set-topic-attributes", "cloudtrail update-trail"},
		"ct-bucket-access-log": {"s3api create-bucket", "s3api put-bucket-policy", "s3api put-bucket-logging"},
	} {
		at := 0
		for _, call := range calls {
			n := strings.Index(all[check][at:], call)
			if n < 0 {
				t.Errorf("%s has no %s where it should be: %s", check, call, all[check])
				break
			}
			at += n
		}
	}
}

// TestCommandsWithoutTrail: what makes a trail is said once, and everything else rests on it.
func TestCommandsWithoutTrail(t *testing.T) {
	inv := weak(t)
	inv.Accounts[0].Trails, inv.Accounts[0].Resources = nil, nil
	r := inv.Accounts[0].Regions["us-east-1"]
	r.Trails = trail.Known([]string{})
	inv.Accounts[0].Regions["us-east-1"] = r
	all := pasted(t, inv)
	if got := all["ct-trail-exists"]; !strings.Contains(got, "aws s3api create-bucket") || !strings.Contains(got, "put-bucket-policy") || !strings.Contains(got, "create-trail") || !strings.Contains(got, "start-logging") {
		t.Errorf("no trail comes of %s", got)
	}
	if got, want := all["ct-mgmt-events"], "trailhold harden --check ct-trail-exists,ct-mgmt-events --yes"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// TestCommandsDropStatements: the policy that is written is without what keeps CloudTrail out or lets everybody in, and with all
// the rest.
func TestCommandsDropStatements(t *testing.T) {
	inv := started(t)
	resources := inv.Accounts[0].Resources
	resources[logsARN].State["policy"] = trail.Known(doc(t, `{"Version":"2012-10-17","Statement":[{"Sid":"Out","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"%s/*"},{"Sid":"Mine","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"%s"}]}`, logsARN, logsARN))
	resources[keyARN].State["policy"] = trail.Known(doc(t, `{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}`))
	all := pasted(t, inv)
	if got := all["ct-bucket-policy-delivery"]; strings.Contains(got, `"Out"`) || !strings.Contains(got, `"Mine"`) || !strings.Contains(got, "TrailholdWrite") || strings.Contains(got, "# or") {
		t.Errorf("the bucket gets %s", got)
	}
	if got := all["ct-kms-policy"]; strings.Contains(got, `"All"`) || !strings.Contains(got, "TrailholdOwners") || !strings.Contains(got, "TrailholdEncrypt") {
		t.Errorf("the key gets %s", got)
	}
}

// TestCommandsElsewhere: what belongs to another account that was read is changed with that account's credentials.
func TestCommandsElsewhere(t *testing.T) {
	const other = "444455556666"
	inv := started(t)
	bucket := inv.Accounts[0].Resources[logsARN]
	bucket.Account, bucket.State = other, maps.Clone(bucket.State)
	bucket.State[trail.Identity] = trail.Known(doc(t, `{"Owner":"%s"}`, other))
	inv.Accounts[0].Resources[logsARN] = posture.Resource{Type: trail.Bucket, ARN: logsARN}
	inv.Accounts = append(inv.Accounts, posture.Account{ID: other, Partition: "aws", Resources: map[string]posture.Resource{logsARN: bucket}})
	got := pasted(t, inv)["ct-bucket-versioning"]
	if want := "--expected-bucket-owner " + other + " --versioning-configuration Status=Enabled\n# with credentials of account " + other; !strings.HasSuffix(got, want) {
		t.Errorf("got %s", got)
	}
}

// TestCommandsLeaveInventory: making commands changes nothing of what was read.
func TestCommandsLeaveInventory(t *testing.T) {
	inv := started(t)
	first, second := pasted(t, inv), pasted(t, inv)
	if !maps.Equal(first, second) || len(first) < 40 {
		t.Errorf("%d commands, then %d: %v", len(first), len(second), slices.Sorted(maps.Keys(first)))
	}
	command := Commands(inv, Options{})
	for _, f := range []posture.Finding{{Account: "000000000000", Check: "ct-kms", Status: posture.Fail}, {Account: own, Check: "ct-kms", Status: posture.Unknown}, {Account: own, Check: "nonsense", Status: posture.Fail}} {
		if got := command(f); got != "" {
			t.Errorf("%+v is mended by %s", f, got)
		}
	}
}
