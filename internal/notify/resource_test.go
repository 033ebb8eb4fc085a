package notify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	bucketARN   = "arn:aws:s3:::corp-trail-logs"
	keyARN      = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"
	ruleARN     = "arn:aws:events:eu-central-1:111122223333:rule/trailhold-tampering"
	functionARN = "arn:aws:lambda:eu-central-1:111122223333:function:trailhold"
)

func document(text string) trail.Document {
	d, err := trail.ParseDocument([]byte(text))
	if err != nil {
		panic(err) // of a test
	}
	return d
}

// stepOn is a step that writes a setting of a resource.
func stepOn(typ trail.ResourceType, arn, region string, setting trail.Setting, op trail.Op) incident.StepResult {
	field := trail.FieldOf(typ, setting)
	return incident.StepResult{Step: trail.Step{ID: string(field) + ":" + arn + ":" + string(op), Op: op, Region: region, ARN: arn, Mends: []trail.Field{field},
		Resource: typ, Account: "111122223333", Setting: setting}, Outcome: incident.StepDone, Attempts: 1, Started: at(4.3), Duration: 212 * time.Millisecond}
}

// bucketPolicy is a policy that denies CloudTrail what it still allows.
func bucketPolicy() incident.Incident {
	i := restored()
	i.Techniques, i.Severity, i.Lost, i.Blind = nil, severity.High, nil, nil
	i.Records[0] = json.RawMessage(`{"eventName":"PutBucketPolicy","awsRegion":"eu-west-1"}`)
	acl := `{"Sid":"AclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"` + bucketARN + `"}`
	write := `{"Sid":"Write","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"` + bucketARN +
		`/AWSLogs/111122223333/*","Condition":{"StringEquals":{"aws:SourceArn":"` + arn + `"}}}`
	deny := `{"Sid":"x","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"` + bucketARN + `/*"}`
	i.Drifts = []trail.Drift{{Field: "bucket.policy", Resource: bucketARN, Direction: trail.Narrowing, Severity: severity.High,
		Before: document(`{"Version":"2012-10-17","Statement":[` + acl + `,` + write + `]}`),
		After:  document(`{"Version":"2012-10-17","Statement":[` + acl + `,` + write + `,` + deny + `]}`),
		Detail: "who may write and read log files has changed"}}
	i.Steps = []incident.StepResult{stepOn(trail.Bucket, bucketARN, "eu-west-1", "policy", trail.OpPutBucketPolicy)}
	i.Steps[0].Lost = "Nothing if it is mended within 30 days: CloudTrail tries to deliver for that long."
	return i
}

// keyDisabled could be taken back only half: the key is no longer about to be deleted, but still disabled.
func keyDisabled() incident.Incident {
	i := restored()
	i.Stage, i.Restored, i.Techniques, i.Lost, i.Blind = incident.Failed, time.Time{}, nil, nil, nil
	i.Proof = nil
	i.Records[0] = json.RawMessage(`{"eventName":"ScheduleKeyDeletion","awsRegion":"eu-central-1"}`)
	i.Drifts = []trail.Drift{
		{Field: "key.state", Resource: keyARN, Direction: trail.Narrowing, Severity: severity.Critical, Before: document(`{"KeyState":"Enabled"}`),
			After: document(`{"KeyState":"PendingDeletion"}`), Detail: "CloudTrail cannot encrypt log files and nobody can read them"},
		{Field: "bucket.versioning", Resource: bucketARN, Direction: trail.Narrowing, Severity: severity.High, Before: document(`{"Status":"Enabled"}`),
			After: document(`{"Status":"Suspended"}`), Detail: "log files that are deleted or overwritten can no longer be brought back"},
	}
	i.Unknown = []trail.UnknownFacet{{Facet: "key.grants", Resource: keyARN, Why: "ListGrants: AccessDeniedException: not authorized"}}
	enable := stepOn(trail.Key, keyARN, "eu-central-1", "state", trail.OpEnableKey)
	enable.Outcome, enable.Error, enable.Attempts = incident.StepFailed, "EnableKey: AccessDeniedException: explicit deny in the key's policy", 3
	i.Steps = []incident.StepResult{stepOn(trail.Key, keyARN, "eu-central-1", "state", trail.OpCancelKeyDeletion), enable,
		stepOn(trail.Bucket, bucketARN, "eu-west-1", "versioning", trail.OpPutBucketVersioning)}
	return i
}

// ruleDisabled is about the guard's own rule: there is no trail in it.
func ruleDisabled() incident.Incident {
	i := swept()
	i.TrailARN, i.Techniques, i.Blind, i.Proof, i.Lost = ruleARN, nil, nil, nil, nil
	i.Drifts = []trail.Drift{{Field: "rule.definition", Resource: ruleARN, Direction: trail.Narrowing, Severity: severity.Critical,
		Before: document(`{"State":"ENABLED","EventPattern":"{\"source\":[\"aws.cloudtrail\"]}"}`), After: document(`{"State":"DISABLED","EventPattern":"{\"source\":[\"aws.cloudtrail\"]}"}`),
		Detail: "the rule no longer wakes the guard as it should"}}
	i.Steps = []incident.StepResult{stepOn(trail.Rule, ruleARN, "eu-central-1", "definition", trail.OpPutRule)}
	i.Lost = []string{"Events of the time in between did not wake the guard; its sweep finds what they would have told."}
	return i
}

func ruleFailed() incident.Incident {
	i := ruleDisabled()
	i.Stage, i.Restored = incident.Failed, time.Time{}
	i.Steps[0].Outcome, i.Steps[0].Error = incident.StepFailed, "PutRule: AccessDeniedException: explicit deny"
	return i
}

func ruleProved() incident.Incident {
	i := ruleDisabled()
	i.Stage, i.Proved = incident.Proved, at(300)
	return i
}

// codeChanged cannot be restored by the guard: it would have to deploy itself.
func codeChanged() incident.Incident {
	i := ruleDisabled()
	i.TrailARN, i.Stage, i.Restored, i.Steps, i.Lost = functionARN, incident.AlertOnly, time.Time{}, nil, nil
	i.Drifts = []trail.Drift{{Field: "function.code", Resource: functionARN, Direction: trail.Narrowing, Severity: severity.Critical,
		Before: document(`{"CodeSha256":"good"}`), After: document(`{"CodeSha256":"evil"}`), Detail: "the guard's function runs other code than was deployed; deploy it again"}}
	return i
}

// bucketTaken is a bucket that was deleted and made again by somebody else.
func bucketTaken() incident.Incident {
	i := bucketPolicy()
	i.Stage, i.Restored, i.Steps, i.Proof, i.Severity = incident.Failed, time.Time{}, nil, nil, severity.Critical
	i.Records[0] = json.RawMessage(`{"eventName":"DeleteBucket","awsRegion":"eu-west-1"}`)
	i.Drifts = []trail.Drift{{Field: "bucket.identity", Resource: bucketARN, Direction: trail.Narrowing, Severity: severity.Critical, Before: "corp-trail-logs",
		After: document(`{"Owner":"999999999999"}`), Detail: "the name now belongs to somebody else, who receives what is sent there"}}
	return i
}

// resourceSamples are golden cases about what trails rest on and what the guard runs on.
func resourceSamples() []sample {
	return []sample{
		{"bucketpolicy", bucketPolicy(), incident.KindAlert},
		{"buckettaken", bucketTaken(), incident.KindAlert},
		{"keydisabled", keyDisabled(), incident.KindAlert},
		{"ruledisabled", ruleDisabled(), incident.KindAlert},
		{"rulefailed", ruleFailed(), incident.KindAlert},
		{"ruleproved", ruleProved(), incident.KindProved},
		{"codechanged", codeChanged(), incident.KindAlert},
	}
}

// TestTheSameFromTheJournal makes sure that what is told again later, from the journal, reads as it did at first.
func TestTheSameFromTheJournal(t *testing.T) {
	for _, s := range resourceSamples() {
		data, err := s.i.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var stored incident.Incident
		if err := json.Unmarshal(data, &stored); err != nil {
			t.Fatal(err)
		}
		if first, later := Compose(s.i, s.kind).Text, Compose(stored, s.kind).Text; first != later {
			t.Errorf("%s reads\n%s\nand later\n%s", s.name, first, later)
		}
	}
}

// TestMended makes sure that a drift counts as restored only if no step of it is left, and those of its own resource.
func TestMended(t *testing.T) {
	drift := trail.Drift{Field: "key.state", Resource: keyARN}
	cancel, enable := stepOn(trail.Key, keyARN, "eu-central-1", "state", trail.OpCancelKeyDeletion), stepOn(trail.Key, keyARN, "eu-central-1", "state", trail.OpEnableKey)
	failed, other := enable, enable
	failed.Outcome, other.ARN = incident.StepFailed, keyARN+"1"
	for name, c := range map[string]struct {
		steps []incident.StepResult
		want  bool
	}{
		"no step":               {nil, false},
		"both":                  {[]incident.StepResult{cancel, enable}, true},
		"half":                  {[]incident.StepResult{cancel, failed}, false},
		"at the second attempt": {[]incident.StepResult{cancel, failed, enable}, true},
		"another key":           {[]incident.StepResult{other}, false},
	} {
		if got := (account{Incident: incident.Incident{Steps: c.steps}}).mended(drift); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestShortenedStepsStillNameTheirResource makes sure that what is given up for size is not what the step is about.
func TestShortenedStepsStillNameTheirResource(t *testing.T) {
	i := bucketPolicy()
	i.Steps[0].Document = document(`{"a":"` + strings.Repeat("x", 5000) + `"}`)
	if cutArguments(&i); i.Steps[0].Resource != trail.Bucket || i.Steps[0].ARN != bucketARN || i.Steps[0].Setting != "policy" || i.Steps[0].Document != "" {
		t.Errorf("%+v", i.Steps[0].Step)
	}
}

func TestWhere(t *testing.T) {
	role := trail.Drift{Field: "role.trust", Resource: "arn:aws:iam::111122223333:role/r"}
	for region, i := range map[string]incident.Incident{
		"eu-west-1":    bucketPolicy(), // which the step knows
		"eu-central-1": {Region: "eu-central-1", Drifts: []trail.Drift{{Field: trail.FieldLogging}}},
		"us-east-1":    {Region: "eu-central-1", Drifts: []trail.Drift{role}},
	} {
		if got := (account{Incident: i}).where(); got != region {
			t.Errorf("%s, want %s", got, region)
		}
	}
}
