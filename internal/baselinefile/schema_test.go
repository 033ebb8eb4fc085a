package baselinefile

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/trail"
)

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("baseline.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("baseline.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON turns YAML into what a schema checks.
func asJSON(t *testing.T, file string) any {
	t.Helper()
	var value any
	if err := yaml.Load([]byte(file), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	result, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestSchemaAcceptsValidFiles(t *testing.T) {
	schema := compile(t)
	names, err := filepath.Glob("testdata/valid/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, path := range names {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		file := fixture(t, name)
		written, err := Write(mustParse(t, file))
		if err != nil {
			t.Fatal(err)
		}
		for kind, text := range map[string]string{"fixture": file, "written": string(written)} {
			if err := schema.Validate(asJSON(t, text)); err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
		}
	}
}

// TestSchemaRefuses lists mistakes that the schema finds; Parse finds them too.
func TestSchemaRefuses(t *testing.T) {
	schema, full := compile(t), fixture(t, "full")
	cases := [][2]string{
		{"s3KeyPrefix: org", "s3Keyprefx: org"}, {"trailhold/v1", "trailhold/v2"}, {"kind: Baseline", "kind: Other"},
		{`"111122223333"`, "111122223333"}, {"arn: arn:aws:cloudtrail", "arn: arn:aws:iam"}, {"homeRegion: us-east-1", "homeRegion: east"},
		{"s3BucketName: audit-logs", "s3BucketName: s3://audit-logs"}, {"arn:aws:sns:us-east-1", "arn:aws:sqs:us-east-1"},
		{"arn:aws:iam::111122223333:role/trail-to-logs", `""`}, {"arn:aws:logs:us-east-1:111122223333:log-group:trail:*", `""`},
		{"role/trail-to-logs", "user/eve"}, {"kmsKeyId: arn:aws:kms", "kmsKeyId: arn:aws:s3"}, {"logging: true", "logging: 1"},
		{"    isOrganizationTrail: false\n", ""}, {"includeGlobalServiceEvents: true", "includeGlobalServiceEvents: false"},
		{"    insightSelectors:\n", "    advancedEventSelectors: []\n    insightSelectors:\n"}, {"readWriteType: All", "readWriteType: Some"},
		{"type: AWS::S3::Object", "type: S3"}, {"insightSelectors: []", "insightSelectors:"}, {"ApiCallRateInsight", "CallRate"},
		{"[Management, Data]", "[Network]"}, {`"0042"`, "42"}, {"tags: {}", "tags: []"}, {"[eu-west-1, us-west-2]", "[ireland]"},
		{"restore: all", "restore: al"}, {"[tags,", "[tag,"}, {", includeGlobalServiceEvents]", "]"}, {"impostors: delete", "impostors: kill"},
		{"alert: medium", "alert: none"}, {", equals: [Data]}", "}"}, {"field: eventCategory", "field: eventName"},
		{"maxEventSize: Large", "maxEventSize: Huge"}, {"type: TagContext", "type: Tags"}, {"[API_ACTIVITY, USER_ACTIONS]", "[ALL]"},
	}
	for _, c := range cases {
		file := strings.Replace(full, c[0], c[1], 1)
		if file == full {
			t.Errorf("%q changes nothing", c[0])
		}
		if schema.Validate(asJSON(t, file)) == nil {
			t.Errorf("%q: the schema accepts it", c[1])
		}
		if _, err := Parse("b.yaml", []byte(file)); err == nil {
			t.Errorf("%q: Parse accepts it", c[1])
		}
	}
}

// TestSchemaKnowsTheSameKeys makes sure that the parser and the schema never drift apart.
func TestSchemaKnowsTheSameKeys(t *testing.T) {
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Items struct{ Enum []string }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	want := append(slices.Collect(maps.Keys(keys)), "document", "members", "value") // which have no keys of ours
	if got, want := slices.Sorted(maps.Keys(schema.Defs)), slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		t.Fatalf("the schema defines %v, the parser %v", got, want)
	}
	for kind, known := range keys {
		if got, want := slices.Sorted(maps.Keys(schema.Defs[kind].Properties)), slices.Sorted(slices.Values(known)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema knows %v, the parser %v", kind, got, want)
		}
	}
	var fields []string
	for _, f := range trail.Fields() {
		fields = append(fields, string(f))
	}
	if got := schema.Defs["trail"].Properties["alertOnly"].Items.Enum; !slices.Equal(got, fields) {
		t.Errorf("alertOnly: the schema knows %v, Diff %v", got, fields)
	}
}

// TestSchemaRefusesResources lists mistakes in resources that the schema finds; Parse finds them too.
func TestSchemaRefusesResources(t *testing.T) {
	schema, file := compile(t), fixture(t, "resources")
	cases := [][2]string{
		{"type: key", "type: keys"}, {"arn: arn:aws:s3:::audit-logs\n", "arn: arn:aws:sqs:eu-west-1:111122223333:q\n"}, {"        settings: {}\n", ""},
		{"arn: arn:aws:s3:::audit-logs\n", "arn: arn:aws:s3:::audit-logs/prefix\n"}, {"region: eu-central-1", "region: Frankfurt"},
		{`"444455556666"`, "444455556666"}, {"versioning:", "versoning:"}, {"settings: {}", "settings: {identity: {}}"}, {"settings: {}", "settings: []"},
		{"lifecycle: {}", "lifecycle:"}, {"versioning: {Status: Enabled}", "versioning: '{}'"}, {"Status: Enabled", "Status:"}, {"RetentionInDays: 365", "RetentionInDays: [null]"},
		{"cloudtrail.amazonaws.com: {Enabled: true}", "cloudtrail.amazonaws.com: true"}, {"cloudtrail.amazonaws.com: {Enabled: true}", "cloudtrail.amazonaws.com: {}"},
		{"guard:\n  - type: rule", "guard:\n  - type: bucket\n    arn: arn:aws:s3:::other\n    settings: {}\n  - type: rule"}, {"        region: eu-central-1", "        regoin: eu-central-1"},
		{"type: organization", "type: bucket"}, {"[bucket.replication]", "[bucket.replicaton]"},
	}
	for _, c := range cases {
		changed := strings.Replace(file, c[0], c[1], 1)
		if changed == file {
			t.Errorf("%q changes nothing", c[0])
		}
		if schema.Validate(asJSON(t, changed)) == nil {
			t.Errorf("%q: the schema accepts it", c[1])
		}
		if _, err := Parse("b.yaml", []byte(changed)); err == nil {
			t.Errorf("%q: Parse accepts it", c[1])
		}
	}
}

// TestSchemaKnowsTheSameSettings makes sure that each kind of resource has the same settings in the schema and in the code.
func TestSchemaKnowsTheSameSettings(t *testing.T) {
	type typed struct {
		Const string
		Enum  []string
	}
	var schema struct {
		Defs struct {
			Resource struct {
				Properties struct{ Type typed }
				AllOf      []struct {
					If   struct{ Properties struct{ Type typed } }
					Then struct {
						Properties struct {
							Arn      struct{ Pattern string }
							Settings struct{ Properties map[string]any }
						}
					}
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	var types []string
	for n, typ := range trail.Types() {
		types = append(types, string(typ))
		if n >= len(schema.Defs.Resource.AllOf) {
			t.Fatalf("the schema does not know the settings of a %s", typ)
		}
		condition := schema.Defs.Resource.AllOf[n]
		want := map[string]any{}
		for _, name := range settingNames(typ) {
			want[name] = true
			if trail.HasMembers(typ, trail.Setting(name)) {
				want[name] = map[string]any{"$ref": "#/$defs/members"}
			}
		}
		if got := condition.Then.Properties.Settings.Properties; condition.If.Properties.Type.Const != string(typ) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the schema knows %v, the code %v", typ, got, want)
		}
		example := strings.NewReplacer("region", "us-east-1", "account", "111122223333").Replace(trail.ResourceARNExample(typ))
		if fits, err := regexp.MatchString(condition.Then.Properties.Arn.Pattern, example); err != nil || !fits {
			t.Errorf("%s: the pattern of its ARN does not fit %s: %v", typ, example, err)
		}
	}
	if got := schema.Defs.Resource.Properties.Type.Enum; !slices.Equal(got, types) {
		t.Errorf("the schema knows the types %v, the code %v", got, types)
	}
}

// TestFixturesUseEveryKey makes sure that no key goes untested: the parser must read each that it knows.
func TestFixturesUseEveryKey(t *testing.T) {
	full := fixture(t, "full") + fixture(t, "contest") + fixture(t, "resources")
	for kind, known := range keys {
		for _, key := range known {
			if strings.HasPrefix(key, "not") || key == "endsWith" || key == "equals" {
				continue // operators are read alike
			}
			if !strings.Contains(full, key+":") {
				t.Errorf("%s: no fixture uses %s", kind, key)
			}
		}
	}
}
