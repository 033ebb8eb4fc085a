package trail

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/severity"
)

// TestDirections lists changes of a trail with the one drift that each must give.
func TestDirections(t *testing.T) {
	conf := config
	const n, w, e = Narrowing, Widening, Neutral
	const info, low, medium, high = severity.Info, severity.Low, severity.Medium, severity.High
	cases := []struct {
		name      string
		want      func(*Guarded)
		have      func(*State)
		field     Field
		direction Direction
		severity  severity.Severity
		detail    string // a part of it
	}{
		{"trail gone", nil, func(s *State) { s.Config = Gone[Config]() }, FieldTrail, n, high, "does not exist"},
		{"stopped", nil, func(s *State) { s.Status = Known(Status{}) }, FieldLogging, n, high, "nothing is recorded"},
		{"started", func(g *Guarded) { g.Logging = false }, nil, FieldLogging, w, info, "started"},
		{"bucket", nil, conf(func(c *Config) { c.S3BucketName = "evil" }), FieldBucket, n, high, "evil"},
		{"bucket in another case", nil, conf(func(c *Config) { c.S3BucketName = "Audit-Logs" }), FieldBucket, n, high, "Audit-Logs"},
		{"prefix", nil, conf(func(c *Config) { c.S3KeyPrefix = "x" }), FieldPrefix, n, medium, "org was replaced by x"},
		{"prefix added", func(g *Guarded) { g.S3KeyPrefix = "" }, nil, FieldPrefix, n, medium, "org was added"},
		{"topic removed", nil, conf(func(c *Config) { c.SnsTopicARN = "" }), FieldTopic, n, medium, "no longer notified"},
		{"topic foreign", nil, conf(func(c *Config) { c.SnsTopicARN = "arn:aws:sns:us-east-1:111122223333:other" }), FieldTopic, n, medium, "foreign"},
		{"topic of the same name elsewhere", func(g *Guarded) { g.SnsTopicARN = "trail-files" }, conf(func(c *Config) { c.SnsTopicARN = "arn:aws:sns:us-east-1:999999999999:trail-files" }), FieldTopic, n, medium, "foreign"},
		{"topic added", func(g *Guarded) { g.SnsTopicARN = "" }, nil, FieldTopic, e, low, "added"},
		{"log group foreign", nil, conf(func(c *Config) { c.CloudWatchLogsLogGroupARN = "arn:aws:logs:us-east-1:111122223333:log-group:x:*" }), FieldLogGroup, n, medium, "foreign"},
		{"log group removed", nil, conf(func(c *Config) { c.CloudWatchLogsLogGroupARN = "" }), FieldLogGroup, n, medium, "no longer reach"},
		{"log group added", func(g *Guarded) { g.CloudWatchLogsLogGroupARN = "" }, nil, FieldLogGroup, e, low, "also reach"},
		{"role foreign", nil, conf(func(c *Config) { c.CloudWatchLogsRoleARN = "arn:aws:iam::111122223333:role/x" }), FieldLogRole, n, medium, "foreign role"},
		{"key removed", nil, conf(func(c *Config) { c.KMSKeyID = "" }), FieldKey, n, medium, "removed"},
		{"key removed, baseline with alias", func(g *Guarded) { g.KMSKeyID = "alias/audit" }, conf(func(c *Config) { c.KMSKeyID = "" }), FieldKey, n, medium, "removed"},
		{"key foreign", nil, conf(func(c *Config) { c.KMSKeyID = "arn:aws:kms:us-east-1:999999999999:key/" + testKeyID }), FieldKey, n, high, "unreadable"},
		{"key of another id", func(g *Guarded) { g.KMSKeyID = testKeyID }, conf(func(c *Config) { c.KMSKeyID = "arn:aws:kms:us-east-1:111122223333:key/other" }), FieldKey, n, high, "foreign"},
		{"key added", func(g *Guarded) { g.KMSKeyID = "" }, nil, FieldKey, n, high, "added"},
		{"validation off", nil, conf(func(c *Config) { c.LogFileValidationEnabled = false }), FieldValidation, n, medium, "digest"},
		{"validation on", func(g *Guarded) { g.LogFileValidationEnabled = false }, nil, FieldValidation, w, info, "turned on"},
		{"single region", nil, conf(func(c *Config) { c.IsMultiRegionTrail = false }), FieldMultiRegion, n, high, "home region"},
		{"multi-region", func(g *Guarded) { g.IsMultiRegionTrail = false }, nil, FieldMultiRegion, w, info, "turned on"},
		{"global events off", nil, conf(func(c *Config) { c.IncludeGlobalServiceEvents = false }), FieldGlobalEvents, n, medium, "IAM"},
		{"organization off", nil, conf(func(c *Config) { c.IsOrganizationTrail = false }), FieldOrganization, n, high, "member"},
		{"organization on", func(g *Guarded) { g.IsOrganizationTrail = false }, nil, FieldOrganization, w, info, "turned on"},
		{"tag added", nil, tags(map[string]string{"owner": "security", "stage": "prod", "x": "y"}), FieldTags, e, low, "added: x"},
		{"tag changed", nil, tags(map[string]string{"owner": "eve", "stage": "prod"}), FieldTags, n, medium, "owner"},
		{"tag removed", nil, tags(nil), FieldTags, n, medium, "owner, stage"},
		{"tag with control characters", nil, tags(map[string]string{"owner": "security", "stage": "prod", "\x1b[2J": "y"}), FieldTags, e, low, `"\x1b[2J"`},
		{"insights off", nil, func(s *State) { s.Insights = Gone[[]InsightSelector]() }, FieldInsights, n, medium, "ApiCallRateInsight/Management, ApiErrorRateInsight/Management"},
		{"insights of other categories", nil, func(s *State) {
			s.Insights = Known([]InsightSelector{{"ApiCallRateInsight", []string{"Data"}}, {"ApiErrorRateInsight", nil}})
		}, FieldInsights, n, medium, "turned on: ApiCallRateInsight/Data"},
		{"more insights", func(g *Guarded) { g.Insights = &[]InsightSelector{} }, nil, FieldInsights, w, info, "turned on"},
		{"event configuration reset", nil, func(s *State) { s.EventConfiguration = Known(EventConfiguration{}) }, FieldEventConfiguration, n, medium, "aggregation/Data/API_ACTIVITY"},
		{"event configuration added", func(g *Guarded) { g.EventConfiguration = &EventConfiguration{} }, nil, FieldEventConfiguration, w, info, "turned on"},
		{"no selectors", nil, func(s *State) { s.Selectors = Known(Selectors{}) }, FieldSelectors, n, high, "management events; data events of AWS::S3::Object"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want, have := guardedTrail(), stateOf(guardedTrail())
			if c.want != nil {
				c.want(&want)
			}
			if c.have != nil {
				c.have(&have)
			}
			got := Diff(want, have)
			if len(got.Drifts) != 1 || len(got.Unknown) != 0 {
				t.Fatalf("got %+v, want one drift", got)
			}
			d := got.Drifts[0]
			if d.Field != c.field || d.Direction != c.direction || d.Severity != c.severity || !strings.Contains(d.Detail, c.detail) {
				t.Errorf("got %s %s %s %q, want %s %s %s …%s…", d.Field, d.Direction, d.Severity, d.Detail, c.field, c.direction, c.severity, c.detail)
			}
		})
	}
}

func tags(t map[string]string) func(*State) {
	return func(s *State) { s.Tags = Known(t) }
}

// TestBlinding lists ways to blind a trail's selection, from all management events and all objects, and what must be said.
func TestBlinding(t *testing.T) {
	const s3 = "AWS::S3::Object"
	want := managementAnd(DataResource{s3, []string{"arn:aws:s3"}})
	mgmt, objects := is("eventCategory", "Management"), advanced(is("eventCategory", "Data"), is("resources.type", s3))
	basic := func(rw string, mgmt bool, exclude []string, values ...string) Selectors {
		return Selectors{Basic: []EventSelector{{rw, mgmt, exclude, []DataResource{{s3, values}}}}}
	}
	cases := []struct {
		name      string
		have      Selectors
		direction Direction
		severity  severity.Severity
		detail    string
	}{
		{"read only", basic("ReadOnly", true, nil, "arn:aws:s3"), Narrowing, severity.High, "management write events; data write events of AWS::S3::Object are no longer recorded"},
		{"write only", basic("WriteOnly", true, nil, "arn:aws:s3"), Narrowing, severity.High, "management read events; data read events of AWS::S3::Object are no longer recorded"},
		{"no management", basic("All", false, nil, "arn:aws:s3"), Narrowing, severity.High, "management events are no longer recorded"},
		{"without KMS", basic("All", true, []string{"kms.amazonaws.com"}, "arn:aws:s3"), Narrowing, severity.High, "management events of kms.amazonaws.com are no longer recorded"},
		{"no data", basic("All", true, nil), Narrowing, severity.High, "data events of AWS::S3::Object are no longer recorded"},
		{"one bucket only", basic("All", true, nil, "arn:aws:s3:::a/"), Narrowing, severity.High, "data events of AWS::S3::Object on anything but arn:aws:s3:::a/* are no longer recorded"},
		{"all objects of another partition", basic("All", true, nil, "arn:aws-cn:s3"), Narrowing, severity.High, "AWS::S3::Object"},
		{"all objects spelled for another service", Selectors{Basic: []EventSelector{{"All", true, nil, []DataResource{{s3, []string{"arn:aws:lambda"}}}}}}, Narrowing, severity.High, "AWS::S3::Object"},
		{"principal excluded", Selectors{Advanced: []AdvancedEventSelector{advanced(mgmt, FieldSelector{Field: "userIdentity.arn", NotEquals: []string{"arn:aws:iam::111122223333:user/eve"}}), objects}},
			Narrowing, severity.High, "management events of user arn:aws:iam::111122223333:user/eve are no longer recorded"},
		{"event name excluded", Selectors{Advanced: []AdvancedEventSelector{advanced(mgmt), advanced(append(objects.FieldSelectors, FieldSelector{Field: "eventName", NotEquals: []string{"GetObject"}})...)}},
			Narrowing, severity.High, "data events of AWS::S3::Object named GetObject are no longer recorded"},
		{"bucket excluded", Selectors{Advanced: []AdvancedEventSelector{advanced(mgmt), advanced(append(objects.FieldSelectors, FieldSelector{Field: "resources.ARN", NotStartsWith: []string{"arn:aws:s3:::loot/"}})...)}},
			Narrowing, severity.High, "data events of AWS::S3::Object on arn:aws:s3:::loot/* are no longer recorded"},
		{"console only", Selectors{Advanced: []AdvancedEventSelector{advanced(mgmt, is("sessionCredentialFromConsole", "true")), objects}},
			Narrowing, severity.High, "management events whose sessionCredentialFromConsole is anything but true"},
		{"management reads only lost", Selectors{Advanced: []AdvancedEventSelector{advanced(mgmt, is("readOnly", "false")), objects}}, Narrowing, severity.Medium, "management read events are no longer recorded"},
		{"swapped", Selectors{Advanced: []AdvancedEventSelector{advanced(mgmt), advanced(is("eventCategory", "Data"), is("resources.type", "AWS::Lambda::Function"))}},
			Narrowing, severity.High, "data events of AWS::S3::Object are no longer recorded; newly recorded: data events of AWS::Lambda::Function"},
		{"network activity added", Selectors{Advanced: []AdvancedEventSelector{advanced(mgmt), objects, advanced(is("eventCategory", "NetworkActivity"), is("eventSource", "s3.amazonaws.com"))}},
			Widening, severity.Info, "newly recorded: network activity events of s3.amazonaws.com"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d, ok := compareSelectors(want, c.have, "aws").drift(want, c.have)
			if !ok || d.Direction != c.direction || d.Severity != c.severity || !strings.Contains(d.Detail, c.detail) {
				t.Errorf("got %v %s %s\n%q\nwant %s %s\n…%s…", ok, d.Direction, d.Severity, d.Detail, c.direction, c.severity, c.detail)
			}
		})
	}
}

// TestSelectionDirections lists pairs of which the first records more than the second, never the other way round.
func TestSelectionDirections(t *testing.T) {
	const s3 = "AWS::S3::Object"
	on := func(f FieldSelector) Selectors {
		return Selectors{Advanced: []AdvancedEventSelector{advanced(is("eventCategory", "Data"), is("resources.type", s3), f)}}
	}
	arn, name := "resources.ARN", "eventName"
	cases := []struct {
		partition  string
		more, less Selectors
	}{
		{"aws", managementAnd(DataResource{s3, []string{"arn:aws:s3:::b/"}}), managementAnd(DataResource{s3, []string{"arn:aws:s3:::b/x"}})},
		{"aws-cn", managementAnd(DataResource{s3, []string{"arn:aws-cn:s3"}}), managementAnd(DataResource{s3, []string{"arn:aws:s3"}}, DataResource{s3, []string{"arn:aws-cn:s3:::b/"}})},
		{"aws", on(FieldSelector{Field: arn, EndsWith: []string{"log"}}), on(is(arn, "arn:aws:s3:::b/x.log"))},
		{"aws", on(FieldSelector{Field: arn, EndsWith: []string{"log"}}), on(FieldSelector{Field: arn, EndsWith: []string{".log", "-log"}})},
		{"aws", on(FieldSelector{Field: arn, StartsWith: []string{"a"}}), on(FieldSelector{Field: arn, StartsWith: []string{"a"}, NotEndsWith: []string{"z"}})},
		{"aws", on(FieldSelector{Field: name, NotEquals: []string{"GetObject"}}), on(FieldSelector{Field: name, NotStartsWith: []string{"Get"}})},
		{"aws", on(FieldSelector{Field: name, NotStartsWith: []string{"Get"}}), on(FieldSelector{Field: name, StartsWith: []string{"Put"}})},
	}
	for i, c := range cases {
		if d, ok := compareSelectors(c.more, c.less, c.partition).drift(c.more, c.less); !ok || d.Direction != Narrowing || strings.Contains(d.Detail, "newly") {
			t.Errorf("%d: got %v %+v, want only a loss", i, ok, d)
		}
		if d, ok := compareSelectors(c.less, c.more, c.partition).drift(c.less, c.more); !ok || d.Direction != Widening {
			t.Errorf("%d, reversed: got %v %+v, want only a gain", i, ok, d)
		}
	}
}

// TestHugeSelection makes sure that a comparison that is too much work ends, and on the safe side.
func TestHugeSelection(t *testing.T) {
	values := func(op string) (result []string) {
		for i := range 300 {
			result = append(result, strings.Repeat(op, i+1))
		}
		return result
	}
	a := Selectors{Advanced: []AdvancedEventSelector{advanced(FieldSelector{Field: "eventName", StartsWith: values("a"), EndsWith: values("b")})}}
	d, ok := compareSelectors(a, managementAnd(), "aws").drift(a, managementAnd())
	if !ok || d.Direction != Narrowing || !strings.Contains(d.Detail, "too large") {
		t.Errorf("got %+v", d)
	}
}

// slowSelections are made to be slow to compare, within CloudTrail's limit of 500 values.
func slowSelections() map[string][2]Selectors {
	many := func(n int, f func(i int) AdvancedEventSelector) (s Selectors) {
		for i := range n {
			s.Advanced = append(s.Advanced, f(i))
		}
		return s
	}
	names := func(prefix string, n int) (result []string) {
		for i := range n {
			result = append(result, fmt.Sprint(prefix, i))
		}
		return result
	}
	holes := many(60, func(i int) AdvancedEventSelector {
		return advanced(is("eventCategory", "Data"), FieldSelector{Field: "eventName", NotEquals: []string{fmt.Sprint("e", i)}},
			FieldSelector{Field: "resources.ARN", NotStartsWith: []string{fmt.Sprint("a", i)}}, FieldSelector{Field: "userIdentity.arn", NotEndsWith: []string{fmt.Sprint("u", i)}},
			FieldSelector{Field: "eventSource", NotStartsWith: []string{fmt.Sprint("s", i)}, NotEndsWith: []string{fmt.Sprint("t", i)}})
	})
	points := many(60, func(i int) AdvancedEventSelector {
		return advanced(is("eventName", fmt.Sprint("e", i)), is("userIdentity.arn", fmt.Sprint("u", i)), is("eventSource", fmt.Sprint("s", i)), is("resources.ARN", fmt.Sprint("a", i)))
	})
	grid := many(1, func(int) AdvancedEventSelector {
		return advanced(FieldSelector{Field: "eventName", StartsWith: names("p", 120)}, FieldSelector{Field: "eventName", NotEndsWith: names("s", 120)},
			FieldSelector{Field: "userIdentity.arn", StartsWith: names("p", 120), NotEndsWith: names("s", 120)})
	})
	single := many(480, func(i int) AdvancedEventSelector { return advanced(is("eventName", fmt.Sprint("e", i))) })
	everything := managementAnd(DataResource{"AWS::S3::Object", []string{"arn:aws:s3"}})
	return map[string][2]Selectors{
		"holes": {everything, holes}, "points": {everything, points}, "grid": {everything, grid}, "single": {single, everything},
		"holes and points": {holes, points}, "points and grid": {points, grid}, "holes and grid": {holes, grid},
	}
}

// TestSlowSelections makes sure that whoever may change the selectors cannot keep the guard busy with comparing them.
func TestSlowSelections(t *testing.T) {
	for name, pair := range slowSelections() {
		if d, ok := compareSelectors(pair[0], pair[1], "aws").drift(pair[0], pair[1]); !ok || d.Direction != Narrowing || len(d.Detail) > 8<<10 {
			t.Errorf("%s: got %v %s, %d bytes of detail", name, ok, d.Direction, len(d.Detail))
		}
	}
}

func BenchmarkSlowSelections(b *testing.B) {
	for name, pair := range slowSelections() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				compareSelectors(pair[0], pair[1], "aws")
			}
		})
	}
}

// TestUnknown makes sure that what is not known is listed with the reason, and never as drift.
func TestUnknown(t *testing.T) {
	want := guardedTrail()
	facets := func(d Difference) (names []string) {
		for _, u := range d.Unknown {
			names = append(names, u.Facet)
			if u.Why == "" {
				t.Errorf("no reason for %s", u.Facet)
			}
		}
		return names
	}
	if d := Diff(want, State{}); len(d.Drifts) != 0 || !slices.Equal(facets(d), []string{"config", "status", "selectors", "insights", "eventConfiguration", "tags"}) {
		t.Errorf("nothing looked at: got %+v", d)
	}
	have := stateOf(want)
	have.Status, have.Tags = Gone[Status](), NotKnown[map[string]string]("AccessDenied")
	if d := Diff(want, have); len(d.Drifts) != 0 || !slices.Equal(facets(d), []string{"status", "tags"}) || d.Unknown[1].Why != "AccessDenied" ||
		!strings.Contains(d.Unknown[0].Why, "lag behind") {
		t.Errorf("contradiction and denial: got %+v", d)
	}
	want.KMSKeyID = "alias/audit"
	if d := Diff(want, stateOf(guardedTrail())); len(d.Drifts) != 0 || !slices.Equal(facets(d), []string{"kmsKeyId"}) {
		t.Errorf("alias: got %+v", d)
	}
	if d := Diff(want, State{Config: Gone[Config]()}); len(d.Drifts) != 1 || !slices.Equal(facets(d), []string{"others"}) {
		t.Errorf("deleted, neighbours unknown: got %+v", d)
	}
}

// TestOrder makes sure that drifts come most severe first, then as people ask for them.
func TestOrder(t *testing.T) {
	want, have := guardedTrail(), stateOf(guardedTrail())
	have.Status, have.Tags, have.Insights = Known(Status{}), Known(map[string]string{}), Known([]InsightSelector(nil))
	have.Selectors = Known(Selectors{})
	edit(&have.Config, func(c *Config) { *c = Config{S3BucketName: "evil"} })
	var fields []Field
	for _, d := range Diff(want, have).Drifts {
		fields = append(fields, d.Field)
	}
	expected := []Field{
		FieldLogging, FieldBucket, FieldSelectors, FieldMultiRegion, FieldOrganization,
		FieldPrefix, FieldGlobalEvents, FieldKey, FieldValidation, FieldLogGroup, FieldLogRole, FieldTopic, FieldInsights, FieldTags,
	}
	if !slices.Equal(fields, expected) {
		t.Errorf("got %v, want %v", fields, expected)
	}
}
