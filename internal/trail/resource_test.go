package trail

import (
	"reflect"
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/severity"
)

const bucketARN = "arn:aws:s3:::logs"

func document(t *testing.T, text string) Document {
	t.Helper()
	d, err := ParseDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDocumentsAreCanonical(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{`{"b":1,"a":[2,1]}`, `{"a":[1,2],"b":1}`},
		{`{"a":null,"b":[],"c":{"d":{}}}`, `{}`},
		{`null`, `{}`},
		{`{"Layers":null,"x":{"ImageConfig":null}}`, `{}`},
		{`{"s":"<&>","n":12345678901234567890}`, `{"n":12345678901234567890,"s":"\u003c&>"}`},
	} {
		if x, y := document(t, c.a), document(t, c.b); x != y {
			t.Errorf("%s and %s differ: %s, %s", c.a, c.b, x, y)
		}
	}
	for _, c := range []struct{ a, b string }{
		{`{"a":false}`, `{}`}, {`{"a":""}`, `{}`}, {`{"a":1}`, `{"a":"1"}`},
		{`{"Statement":[{"Condition":{"StringEquals":{"aws:SourceArn":[]}}}]}`, `{"Statement":[{}]}`},
		{`{"PolicyDocument":{"MaskConfig":{}}}`, `{"PolicyDocument":{}}`},
		{`{"FilterPolicy":{"a":[null]}}`, `{"FilterPolicy":{"a":[]}}`},
	} {
		if x, y := document(t, c.a), document(t, c.b); x == y {
			t.Errorf("%s and %s are the same", c.a, c.b)
		}
	}
	if d := document(t, `{"x":{"FilterPolicy":{"b":[{"numeric":[">",0,"<=",5]}],"a":[null]}},"Condition":{"a":{"b":["y","x"]}}}`); d != `{"Condition":{"a":{"b":["x","y"]}},"x":{"FilterPolicy":{"a":[null],"b":[{"numeric":[">",0,"<=",5]}]}}}` {
		t.Errorf("became %s", d)
	}
	for _, bad := range []string{`[]`, `1`, `{`, `{} {}`, `"x"`, ``} {
		if d, err := ParseDocument([]byte(bad)); err == nil {
			t.Errorf("%q is a document: %s", bad, d)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(`{"a":[{"b":null},1,"x"],"c":{"d":1e400}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDocument([]byte(text))
		if err != nil {
			return
		}
		again, err := ParseDocument([]byte(d))
		if err != nil || again != d {
			t.Errorf("%q becomes %q and then %q (%v)", text, d, again, err)
		}
		d.Members()
	})
}

func TestTheOrderOfResourcesMeansNothing(t *testing.T) {
	a, b := Resource{Type: Bucket, ARN: bucketARN}, Resource{Type: Bucket, ARN: bucketARN + "2"}
	one := Baseline{Trails: []Guarded{resting(a, b)}, Resources: []Resource{a, b}, Guard: []Resource{b, a}}
	other := Baseline{Trails: []Guarded{resting(b, a)}, Resources: []Resource{b, a}, Guard: []Resource{a, b}}
	if x, y := one.Canonical(), other.Canonical(); !reflect.DeepEqual(x, y) || one.Guard[0].ARN != b.ARN {
		t.Errorf("%+v and %+v", x, y)
	}
}

// resting is a trail whose delivery rests on resources.
func resting(resources ...Resource) Guarded {
	return Guarded{
		Config:  Config{Name: "main", ARN: "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", HomeRegion: "us-east-1", S3BucketName: "logs"},
		Logging: true, Restore: RestoreAll, Dependents: resources,
	}
}

// asWanted is the state of a trail that is as its baseline says.
func asWanted(g Guarded) State {
	s := State{ARN: g.ARN, Config: Known(g.Config), Status: Known(Status{IsLogging: g.Logging}), Dependents: map[string]ResourceState{}}
	for _, r := range g.Dependents {
		state := ResourceState{Identity: Known(EmptyDocument)}
		for name, document := range r.Settings {
			state[name] = Known(document)
		}
		s.Dependents[r.ARN] = state
	}
	return s
}

func ids(steps []Step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.ID)
	}
	return all
}

func TestEverySettingIsNoticedAndRestored(t *testing.T) {
	alertOnly := []Field{"function.identity", "key.identity", "table.identity", "organization.identity", "event-data-store.identity",
		"channel.identity", "function.code", "function.environment", "organization.serviceControlPolicies"}
	for _, typ := range Types() {
		for _, s := range SettingsOf(typ) {
			want, other := document(t, `{"KeyState":"Enabled","Status":"Enabled","On":true,"RetentionInDays":365}`), document(t, `{"RetentionInDays":7}`)
			if s == "deletion" {
				want, other = EmptyDocument, document(t, `{"Pending":true}`)
			}
			if HasMembers(typ, s) {
				want, other = document(t, `{"one":{"a":1}}`), EmptyDocument
			}
			if s == "lifecycle" {
				want, other = EmptyDocument, document(t, `{"Rules":[{"Status":"Enabled","Expiration":{"Days":1}}]}`)
			}
			r := Resource{Type: typ, ARN: "arn:aws:x:us-east-1:111122223333:y/z", Region: "us-east-1", Account: "111122223333", Settings: map[Setting]Document{s: want}}
			g := resting(r)
			have := asWanted(g)
			if d := Diff(g, have); len(d.Drifts)+len(d.Unknown) > 0 {
				t.Fatalf("%s.%s: drift where there is none: %+v", typ, s, d)
			}
			have.Dependents[r.ARN][s] = Known(other)
			if s == Identity {
				have.Dependents[r.ARN][s] = Gone[Document]()
			}
			d, drifted := Diff(g, have).Find(FieldOf(typ, s))
			if !drifted || d.Direction != Narrowing || d.Resource != r.ARN || d.Severity == severity.None || d.Detail == "" {
				t.Errorf("%s.%s: %+v", typ, s, d)
			}
			steps := Plan(Baseline{}, g, have)
			if slices.Contains(alertOnly, FieldOf(typ, s)) == (len(steps) > 0) {
				t.Errorf("%s.%s: steps %v", typ, s, ids(steps))
			}
			for _, step := range steps {
				if step.Resource != typ || step.ARN != r.ARN || step.Region != r.Region || !slices.Contains(step.Mends, FieldOf(typ, s)) {
					t.Errorf("%s.%s: %+v", typ, s, step)
				}
			}
		}
	}
}

func TestWhatIsUnknownOfAResourceIsNeverWritten(t *testing.T) {
	r := Resource{Type: Bucket, ARN: bucketARN, Settings: map[Setting]Document{"policy": document(t, `{"a":1}`), "versioning": document(t, `{"Status":"Enabled"}`)}}
	g := resting(r)
	have := asWanted(g)
	have.Dependents[r.ARN] = ResourceState{Identity: NotKnown[Document]("denied"), "policy": NotKnown[Document]("denied"), "versioning": Gone[Document]()}
	d := Diff(g, have)
	if len(d.Drifts) != 0 || len(d.Unknown) != 1 || d.Unknown[0].Resource != r.ARN {
		t.Errorf("%+v", d)
	}
	if steps := Plan(Baseline{}, g, have); len(steps) != 0 {
		t.Errorf("%v", ids(steps))
	}
}

func TestTheBucketIsPutRightBeforeATrailThatPointsElsewhere(t *testing.T) {
	r := Resource{Type: Bucket, ARN: bucketARN, Settings: map[Setting]Document{"policy": document(t, `{"a":1}`), "lifecycle": EmptyDocument}}
	topic := Resource{Type: Topic, ARN: "arn:aws:sns:us-east-1:111122223333:told", Settings: map[Setting]Document{"policy": document(t, `{"a":1}`)}}
	g := resting(topic, r)
	have := asWanted(g)
	have.Config = Known(Config{Name: "main", ARN: g.ARN, HomeRegion: "us-east-1", S3BucketName: "foreign"})
	have.Status = Known(Status{})
	have.Dependents[r.ARN] = ResourceState{Identity: Gone[Document]()}
	have.Dependents[topic.ARN]["policy"] = Known(EmptyDocument)
	want := []string{"bucket.identity:" + bucketARN, "bucket.policy:" + bucketARN, "update-trail:s3", "start-logging", "topic.policy:" + topic.ARN}
	if got := ids(Plan(Baseline{}, g, have)); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	have.Config = Known(g.Config)
	want = []string{"start-logging", "topic.policy:" + topic.ARN, "bucket.identity:" + bucketARN, "bucket.policy:" + bucketARN}
	if got := ids(Plan(Baseline{}, g, have)); !slices.Equal(got, want) {
		t.Errorf("a trail that points to its own bucket must log at once: %v", got)
	}
	have.Config = Gone[Config]()
	have.Others = Known[[]Config](nil)
	want = []string{"topic.policy:" + topic.ARN, "bucket.identity:" + bucketARN, "bucket.policy:" + bucketARN, "create-trail", "start-logging"}
	if got := ids(Plan(Baseline{}, g, have)); !slices.Equal(got, want) {
		t.Errorf("a trail that is gone needs what it rests on first: %v", got)
	}
}

func TestABucketThatSomebodyElseTookIsNotWritten(t *testing.T) {
	r := Resource{Type: Bucket, ARN: bucketARN, Account: "111122223333", Settings: map[Setting]Document{"policy": document(t, `{"a":1}`)}}
	g := resting(r)
	have := asWanted(g)
	have.Dependents[r.ARN] = ResourceState{Identity: Known(document(t, `{"Owner":"666666666666"}`)), "policy": Known(EmptyDocument)}
	if d, _ := Diff(g, have).Find("bucket.identity"); d.Severity != severity.Critical {
		t.Errorf("%+v", d)
	}
	if steps := Plan(Baseline{}, g, have); len(steps) != 0 {
		t.Errorf("%v", ids(steps))
	}
}

func TestMembersAreWrittenOneByOne(t *testing.T) {
	role := Resource{Type: Role, ARN: "arn:aws:iam::111122223333:role/logs", Settings: map[Setting]Document{"policies": document(t, `{"a":{"x":1},"b":{"x":1},"c":{"x":1}}`)}}
	g := resting(role)
	have := asWanted(g)
	have.Dependents[role.ARN]["policies"] = Known(document(t, `{"a":{"x":1},"b":{"x":2},"evil":{"x":1}}`))
	steps := Plan(Baseline{}, g, have)
	var calls []string
	for _, s := range steps {
		calls = append(calls, string(s.Op)+" "+s.Member+" "+string(s.Document)+" "+string(s.Replaces))
	}
	want := []string{`PutRolePolicy b {"x":1} {"x":2}`, `PutRolePolicy c {"x":1} `, `DeleteRolePolicy evil  {"x":1}`}
	if !slices.Equal(calls, want) {
		t.Errorf("%q", calls)
	}
}

func TestAKeyAboutToBeDeletedIsKeptAndEnabled(t *testing.T) {
	key := Resource{Type: Key, ARN: "arn:aws:kms:us-east-1:111122223333:key/k", Settings: map[Setting]Document{"state": document(t, `{"KeyState":"Enabled"}`)}}
	g := resting(key)
	have := asWanted(g)
	have.Dependents[key.ARN]["state"] = Known(document(t, `{"KeyState":"PendingDeletion"}`))
	steps := Plan(Baseline{}, g, have)
	if len(steps) != 2 || steps[0].Op != OpCancelKeyDeletion || steps[1].Op != OpEnableKey || !slices.Contains(steps[1].After, steps[0].ID) {
		t.Errorf("%+v", steps)
	}
}

func TestUnits(t *testing.T) {
	rule := Resource{Type: Rule, ARN: "arn:aws:events:us-east-1:111122223333:rule/r", Region: "us-east-1"}
	b := Baseline{Trails: []Guarded{resting()}, Guard: []Resource{rule}}
	units := b.Units()
	if len(units) != 2 || !units[0].IsTrail() || units[1].IsTrail() || units[1].ARN != rule.ARN {
		t.Fatalf("%+v", units)
	}
	state := State{ARN: rule.ARN, Dependents: map[string]ResourceState{rule.ARN: {Identity: Gone[Document]()}}}
	if d := Diff(units[1], state); len(d.Drifts) != 1 || len(d.Unknown) != 0 {
		t.Errorf("%+v", d)
	}
	if steps := Plan(b, units[1], state); len(steps) != 1 || steps[0].Op != OpPutRule {
		t.Errorf("%v", ids(steps))
	}
}

func TestDirectionsOfWhatTheGuardRunsOn(t *testing.T) {
	store := `{"RetentionPeriod":365,"TerminationProtectionEnabled":true,"Name":"lake"}`
	for _, c := range []struct {
		weigh      func(want, have Document) Direction
		want, have string
		direction  Direction
	}{
		{weighRecovery, `{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":35}`, `{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":7}`, Narrowing},
		{weighRecovery, `{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":35}`, `{"PointInTimeRecoveryEnabled":false}`, Narrowing},
		{weighRecovery, `{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":7}`, `{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":35}`, Widening},
		{weighRecovery, `{"PointInTimeRecoveryEnabled":false}`, `{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":35}`, Widening},
		{weighStore, store, `{"RetentionPeriod":7,"TerminationProtectionEnabled":true,"Name":"lake"}`, Narrowing},
		{weighStore, store, `{"RetentionPeriod":365,"TerminationProtectionEnabled":false,"Name":"lake"}`, Narrowing},
		{weighStore, store, `{"RetentionPeriod":999,"TerminationProtectionEnabled":true,"Name":"other"}`, Narrowing},
		{weighStore, store, `{"RetentionPeriod":999,"TerminationProtectionEnabled":true,"Name":"lake"}`, Widening},
		{weighStore, `{"RetentionPeriod":365,"TerminationProtectionEnabled":false}`, `{"RetentionPeriod":365,"TerminationProtectionEnabled":true}`, Widening},
	} {
		if got := c.weigh(document(t, c.want), document(t, c.have)); got != c.direction {
			t.Errorf("from %s to %s is %v", c.want, c.have, got)
		}
	}
}
