package tamper

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestEveryCallHasAnExample(t *testing.T) {
	for _, c := range Calls() {
		if c.Source == sourceCloudTrail && slices.Contains(trailCalls(), c.Name) {
			continue
		}
		if !slices.ContainsFunc(examples, func(e example) bool { return c.is(e.source, e.name) }) {
			t.Errorf("no example of %+v", c)
		}
		if _, ok := targetOf(Call{c.Source, c.base()}); !ok {
			t.Errorf("nobody knows what %+v touches", c)
		}
	}
	for _, technique := range Techniques() {
		general := slices.Contains([]string{ParamPadding, WrongRegion, DeniedAttempt}, technique.ID)
		seen := slices.ContainsFunc(examples, func(e example) bool { return slices.Contains(strings.Fields(e.want), technique.ID) })
		if technique.Tier != TierTrail && !general && !seen {
			t.Errorf("no example of %s", technique.ID)
		}
	}
}

// unnamed are the examples whose records name no resource: they are about all of a kind, in whatever account.
func (e example) unnamed() bool {
	return e.is == trail.Organization || strings.Contains(e.name, "Account") || e.name == "DeleteScheduleGroup"
}

func TestSucceededCallsOnResources(t *testing.T) {
	for _, e := range examples {
		t.Run(e.name+" "+e.want, func(t *testing.T) {
			s, ok := Classify(e.record())
			if !ok {
				t.Fatal("no signal")
			}
			if got := strings.Join(s.Techniques, " "); got != e.want || s.Severity == severity.None {
				t.Errorf("got %s (%s), want %s", got, s.Severity, e.want)
			}
			if s.Any && e.parameters != "" {
				t.Errorf("the resource is told, and not seen: %+v", s.Resources)
			}
			own := guardedResource(e.is)
			if !s.Concerns(unit(own)) {
				t.Errorf("does not concern %s: %+v", own.ARN, s.Resources)
			}
			if s.Concerns(guarded(true)) {
				t.Error("concerns a trail that rests on nothing of it")
			}
			dependent := guarded(true)
			dependent.Dependents = []trail.Resource{guardedResource(trail.Table), own, guardedResource(trail.Bucket)}
			if !s.Concerns(dependent) {
				t.Error("does not concern a trail that rests on it")
			}
			if s.Stray(true) || s.Stray(false) != (e.is == trail.Organization) {
				t.Errorf("a stray: %v if concerned, %v if not", s.Stray(true), s.Stray(false))
			}
			for _, kind := range trail.Types() {
				if kind != e.is && e.source != sourceCloudFormation && s.Concerns(unit(guardedResource(kind))) {
					t.Errorf("concerns the %s too", kind)
				}
			}
		})
	}
}

func TestCallsOnUnguardedResourcesAreDropped(t *testing.T) {
	for _, e := range examples {
		if e.unnamed() {
			continue
		}
		s, ok := Classify(e.elsewhere().record())
		if !ok || s.Concerns(unit(guardedResource(e.is))) || s.Stray(false) {
			t.Errorf("%s: signal %v, concerns %v, stray %v: %+v", e.name, ok, s.Concerns(unit(guardedResource(e.is))), s.Stray(false), s.Resources)
		}
		foreign := e.record()
		foreign.RecipientAccountID, foreign.Region = "999988887777", "eu-west-1"
		s, _ = Classify(foreign)
		named := strings.Contains(e.parameters, strings.TrimSuffix(guardedResources[e.is], ":*")) || e.is == trail.Bucket ||
			strings.Contains(e.parameters, ":stack/") || strings.Contains(e.name, "StackInstances") ||
			e.is == trail.Role && !strings.Contains(e.parameters, "roleName")
		if got := s.Concerns(unit(guardedResource(e.is))); got != named {
			t.Errorf("%s in another account: concerns %v: %+v", e.name, got, s.Resources)
		}
	}
}

const denial = "User: arn:aws:sts::111122223333:assumed-role/R/s is not authorized to perform: x:Y on resource: "

func TestDeniedCallsOnResources(t *testing.T) {
	for _, e := range examples {
		for _, quote := range []string{"", `"`} {
			own := guardedResource(e.is)
			arn := own.ARN
			if e.source == sourceCloudFormation {
				arn = "arn:aws:cloudformation:eu-central-1:111122223333:stack/mine/0a1b"
			}
			denied := func(arn string) record.Record {
				r := e.record()
				r.RequestParameters = nil
				return failed(r, "AccessDenied", denial+quote+arn+quote+" because no identity-based policy allows the x:Y action")
			}
			s, ok := Classify(denied(arn))
			if !ok || s.Any || !s.Concerns(unit(own)) || s.Techniques[0] != DeniedAttempt || s.Severity != severity.Medium || len(s.Techniques) < 2 {
				t.Errorf("%s on %s: %v %+v", e.name, arn, ok, s)
			}
			if s.Stray(true) || s.Stray(false) != (e.is == trail.Organization) {
				t.Errorf("%s: an attempt elsewhere is told", e.name)
			}
			if e.unnamed() {
				continue
			}
			foreign := strings.NewReplacer("mine", other, keyID, "11111111-018e-4e65-a703-eff731de951e").Replace(arn)
			if s, _ = Classify(denied(foreign)); s.Concerns(unit(own)) {
				t.Errorf("%s: an attempt on %s concerns %s: %+v", e.name, foreign, own.ARN, s.Resources)
			}
			if s, _ = Classify(denied("*")); !s.Any || !s.Concerns(unit(own)) || s.Stray(true) {
				t.Errorf("%s: an attempt on nobody knows what: %+v", e.name, s)
			}
		}
	}
}

func TestOversizedCallsOnResources(t *testing.T) {
	for _, e := range examples {
		r := e.record()
		r.RequestParameters = []byte(`{"reason":"requestParameters too large","omitted":true,"originalSize":120000}`)
		r.ParametersOmitted = true
		s, ok := Classify(r)
		if !ok || !slices.Contains(s.Techniques, ParamPadding) || !s.Concerns(unit(guardedResource(e.is))) {
			t.Errorf("%s: %v %+v", e.name, ok, s)
		}
		if !e.unnamed() && (!s.Any || !s.Stray(true) || s.Stray(false)) {
			t.Errorf("%s: any %v, stray %v, %v", e.name, s.Any, s.Stray(true), s.Stray(false))
		}
		r.Region = "eu-west-1"
		global := slices.Contains([]trail.ResourceType{trail.Bucket, trail.Role, trail.Organization}, e.is)
		if s, _ = Classify(r); s.Concerns(unit(guardedResource(e.is))) != global {
			t.Errorf("%s in another region: concerns %v", e.name, !global)
		}
	}
}

func TestWhatIsNotAboutGuardedKinds(t *testing.T) {
	of := func(source, name, parameters string) record.Record {
		return example{source: source, name: name, parameters: parameters}.record()
	}
	backup := of(sourceOrganizations, "UpdatePolicy", `{"policyId":"p-1"}`)
	backup.ResponseElements = []byte(`{"policy":{"policySummary":{"type":"BACKUP_POLICY"}}}`)
	data := of(sourceS3, "PutBucketPolicy", `{"bucketName":"mine-logs"}`)
	data.EventCategory = "Data"
	for name, r := range map[string]record.Record{
		"a read":                          of(sourceS3, "GetBucketPolicy", `{"bucketName":"mine-logs"}`),
		"the same name elsewhere":         of(sourceSNS, "PutRule", `{"name":"mine-rule"}`),
		"an object that is no log":        of(sourceS3, "DeleteObject", `{"bucketName":"mine-logs","key":"athena/CloudTrail/x"}`),
		"an object of another service":    of(sourceS3, "DeleteObject", `{"bucketName":"mine-logs","key":"AWSLogs/1/elasticloadbalancing/x"}`),
		"a table's capacity":              of(sourceDynamoDB, "UpdateTable", `{"tableName":"mine-table","provisionedThroughput":{}}`),
		"fields that are indexed":         of(sourceLogs, "PutAccountPolicy", `{"policyType":"FIELD_INDEX_POLICY"}`),
		"a dashboard's policy":            of(sourceCloudTrail, "PutResourcePolicy", `{"resourceArn":"arn:aws:cloudtrail:eu-central-1:111122223333:dashboard/x"}`),
		"a backup policy":                 backup,
		"a tag policy type":               of(sourceOrganizations, "DisablePolicyType", `{"policyType":"TAG_POLICY"}`),
		"a management call as data event": data,
		"a function that only looks like": of(sourceLambda, "DeleteFunctionUrlConfig", `{"functionName":"mine-guard"}`),
		"a version in another service":    of(sourceEvents, "DeleteRule20150331", `{"name":"mine-rule"}`),
	} {
		if s, ok := Classify(r); ok {
			t.Errorf("%s: %v", name, s.Techniques)
		}
	}
}

func TestReferences(t *testing.T) {
	key := guardedResource(trail.Key)
	listed := example{source: sourceKMS, name: "RetireGrant", parameters: `{"grantToken":"x"}`}.record()
	listed.Resources = []record.Resource{{ARN: key.ARN}}
	elsewhere := listed
	elsewhere.Resources = []record.Resource{{ARN: strings.Replace(key.ARN, "0d99", "1111", 1)}}
	on := func(source, name, parameters string) record.Record {
		return example{source: source, name: name, parameters: parameters}.record()
	}
	custom := trail.Resource{Type: trail.Rule, ARN: "arn:aws:events:eu-central-1:111122223333:rule/mine-bus/mine-rule", Region: region, Account: account}
	spelled := custom
	spelled.ARN = "arn:aws:events:eu-central-1:111122223333:rule/default/mine-rule"
	for _, c := range []struct {
		name     string
		in       record.Record
		guarded  trail.Resource
		concerns bool
		vague    bool
	}{
		{"an alias may be any key's", on(sourceKMS, "PutKeyPolicy", `{"keyId":"alias/logs"}`), key, true, true},
		{"so may an alias's ARN", on(sourceKMS, "PutKeyPolicy", `{"keyId":"arn:aws:kms:eu-central-1:111122223333:alias/logs"}`), key, true, true},
		{"a key that the record lists", listed, key, true, false},
		{"another key that the record lists", elsewhere, key, false, false},
		{"the key's id in another region", on(sourceKMS, "DisableKey", `{"keyId":"arn:aws:kms:eu-west-1:111122223333:key/`+keyID+`"}`), key, false, false},
		{"a rule of another bus", on(sourceEvents, "DeleteRule", `{"name":"mine-rule","eventBusName":"mine-bus"}`), guardedResource(trail.Rule), false, false},
		{"a rule of its own bus", on(sourceEvents, "DeleteRule", `{"name":"mine-rule","eventBusName":"mine-bus"}`), custom, true, false},
		{"a rule of the default bus", on(sourceEvents, "DeleteRule", `{"name":"mine-rule"}`), custom, false, false},
		{"a rule whose ARN names the default bus", on(sourceEvents, "DeleteRule", `{"name":"mine-rule"}`), spelled, true, false},
		{"permissions of the default bus", on(sourceEvents, "RemovePermission", `{"statementId":"x"}`), guardedResource(trail.EventBus), false, false},
		{"a schedule of the default group", on(sourceScheduler, "DeleteSchedule", `{"name":"mine-sweep"}`), guardedResource(trail.Schedule), false, false},
		{"a queue of another account", on(sourceSQS, "PurgeQueue", `{"queueUrl":"https://sqs.eu-central-1.amazonaws.com/999988887777/mine-queue"}`), guardedResource(trail.Queue), false, false},
		{"a queue's old address", on(sourceSQS, "PurgeQueue", `{"queueUrl":"https://eu-central-1.queue.amazonaws.com/111122223333/mine-queue"}`), guardedResource(trail.Queue), true, false},
		{"an address of nothing", on(sourceSQS, "PurgeQueue", `{"queueUrl":"x"}`), guardedResource(trail.Queue), true, true},
		{"a stack whose name only begins alike", on(sourceCloudFormation, "DeleteStack", `{"stackName":"min"}`), guardedResource(trail.Function), false, false},
		{"a policy of no guarded role", on(sourceIAM, "DeletePolicy", `{"policyArn":"arn:aws:iam::111122223333:policy/min"}`), guardedResource(trail.Role), false, false},
		{"a function of a partial ARN elsewhere", on(sourceLambda, "DeleteFunction20150331", `{"functionName":"999988887777:function:mine-guard"}`), guardedResource(trail.Function), false, false},
		{"a name that is no text", on(sourceS3, "DeleteBucket", `{"bucketName":{"a":["mine-logs"]}}`), guardedResource(trail.Bucket), true, true},
		{"an endless name", on(sourceS3, "DeleteBucket", `{"bucketName":"`+strings.Repeat("a", 5000)+`"}`), guardedResource(trail.Bucket), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, ok := Classify(c.in)
			if got := s.Concerns(unit(c.guarded)); !ok || got != c.concerns || s.Any != c.vague {
				t.Errorf("signal %v, concerns %v, any %v: %+v", ok, got, s.Any, s.Resources)
			}
		})
	}
}

func TestReferencesAreBounded(t *testing.T) {
	var names []string
	for n := range 500 {
		names = append(names, strings.Repeat("a", n+1))
	}
	s, _ := Classify(example{source: sourceAlarms, name: "DeleteAlarms", parameters: `{"alarmNames":["` + strings.Join(names, `","`) + `"]}`}.record())
	if len(s.Resources) != maxRefs {
		t.Errorf("%d resources", len(s.Resources))
	}
}

func TestDeletedObjectsAreNamed(t *testing.T) {
	const key = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/x.json.gz"
	on := func(name, parameters string) Signal {
		s, _ := Classify(example{source: sourceS3, name: name, parameters: parameters}.record())
		return s
	}
	if s := on("DeleteObject", `{"bucketName":"mine-logs","key":"`+key+`"}`); !slices.Equal(s.Objects, []string{key}) || !s.Traceless() {
		t.Errorf("%q", s.Objects)
	}
	if s := on("DeleteObjects", `{"bucketName":"mine-logs","delete":""}`); s.Objects != nil {
		t.Errorf("%q", s.Objects)
	}
	if s := on("DeleteObject", `{"bucketName":"mine-logs","key":"AWSLogs/1/CloudTrail/`+strings.Repeat("a", 5000)+`"}`); s.Objects != nil {
		t.Errorf("%d objects", len(s.Objects))
	}
}

func TestTrustInOtherServicesIsNobodysConcern(t *testing.T) {
	on := func(parameters string) Signal {
		s, _ := Classify(example{source: sourceOrganizations, name: "DisableAWSServiceAccess", parameters: parameters}.record())
		return s
	}
	if s := on(`{"servicePrincipal":"ram.amazonaws.com"}`); s.Stray(false) || !s.Concerns(unit(guardedResource(trail.Organization))) {
		t.Error("another service is told of, or not looked at where it is guarded")
	}
	if s := on(`{"servicePrincipal":["x"]}`); !s.Stray(false) {
		t.Error("it may be CloudTrail")
	}
}

func TestTraceless(t *testing.T) {
	for name, want := range map[string]bool{"PurgeQueue": true, "DeleteQueue": false, "SetAlarmState": true, "DeleteStack": true, "LeaveOrganization": false} {
		n := slices.IndexFunc(examples, func(e example) bool { return e.name == name })
		if s, _ := Classify(examples[n].record()); s.Traceless() != want {
			t.Errorf("%s: traceless %v", name, !want)
		}
	}
	if s, _ := Classify(call("CreateTrail", `{"name":"audit"}`)); s.Traceless() {
		t.Error("a created trail can be seen")
	}
}

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		event, operation string
		want             bool
	}{
		{"StartLogging", "StartLogging", true},
		{"PutBucketLifecycle", "PutBucketLifecycleConfiguration", true},
		{"UpdateFunctionConfiguration20150331v2", "UpdateFunctionConfiguration", true},
		{"DeleteFunctionConcurrency20171031", "DeleteFunctionConcurrency", true},
		{"DeleteFunctionConcurrency20171031", "DeleteFunction", false},
		{"", "PutRule", false},
		{"PutRule", "PutTargets", false},
	} {
		if got := Records(c.event, c.operation); got != c.want {
			t.Errorf("%q of %s: %v", c.event, c.operation, got)
		}
	}
}
