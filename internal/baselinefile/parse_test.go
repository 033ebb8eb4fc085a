package baselinefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// fixture reads a valid file.
func fixture(t testing.TB, name string) string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", "valid", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

func mustParse(t testing.TB, file string) trail.Baseline {
	t.Helper()
	b, err := Parse("baseline.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseMinimal(t *testing.T) {
	b := mustParse(t, fixture(t, "minimal"))
	g := b.Trails[0]
	if b.Policy != (trail.DefaultPolicy()) || g.Restore != trail.RestoreAll {
		t.Errorf("defaults: got %+v %s", b.Policy, g.Restore)
	}
	if g.Name != "main" || g.HomeRegion != "us-east-1" {
		t.Errorf("from the ARN: got %q %q", g.Name, g.HomeRegion)
	}
	if g.Selectors != nil || g.Insights != nil || g.EventConfiguration != nil || g.Tags != nil {
		t.Errorf("what is left out is guarded: %+v", g)
	}
}

func TestParseFull(t *testing.T) {
	b := mustParse(t, fixture(t, "full"))
	main, other := b.Trails[0], b.Trails[1]
	if b.Policy != (trail.Policy{Impostors: trail.ImpostorsDelete, Contest: trail.ContestFight, Alert: severity.Medium}) {
		t.Errorf("policy: got %+v", b.Policy)
	}
	if (*main.Tags)["cost:center"] != "0042" || len(*main.Tags) != 3 || len(main.Regions) != 2 || len(main.AlertOnly) != 3 || !main.Logging {
		t.Errorf("got %+v", main)
	}
	if r := main.Selectors.Basic[0].DataResources; len(r) != 2 || len(r[0].Values) != 2 || len(r[1].Values) != 0 {
		t.Errorf("data resources: got %+v", r)
	}
	if f := other.Selectors.Advanced[0].FieldSelectors; len(f) != 3 || f[2].NotEndsWith[0] != ".tmp" {
		t.Errorf("field selectors: got %+v", f)
	}
	if other.Insights == nil || len(*other.Insights) != 0 || other.Tags == nil || other.EventConfiguration == nil || other.Restore != trail.RestoreLogging {
		t.Errorf("given as empty: got %+v", other)
	}
}

// TestParseErrors changes one thing of the full file and expects one error, at the place of the change.
func TestParseErrors(t *testing.T) {
	full := fixture(t, "full")
	from, to := strings.Index(full, "    advancedEventSelectors:"), strings.LastIndex(full, "    insightSelectors:")
	advanced := full[from:to]
	cases := []struct {
		name, old, new string
		place          string // line:column
		message        string // a part of it
	}{
		{"unknown key", "s3KeyPrefix: org", "s3Keyprefx: org", "13:5", "did you mean s3KeyPrefix?"},
		{"unknown key, nothing alike", "s3KeyPrefix: org", "wood: org", "13:5", "use one of name, arn"},
		{"unknown key at the top", "policy:", "polcy:", "5:1", "did you mean policy?"},
		{"duplicate key", "s3KeyPrefix: org", "s3BucketName: org", "13:5", "twice"},
		{"version", "trailhold/v1", "trailhold/v2", "2:13", "use trailhold/v1"},
		{"kind", "kind: Baseline", "kind: baseline", "3:7", "use Baseline"},
		{"account without quotes", `"111122223333"`, "111122223333", "4:10", "put it in quotes"},
		{"account", `"111122223333"`, `"1111"`, "4:10", "12 digits"},
		{"another account", "us-east-1:111122223333:trail/main", "us-east-1:999999999999:trail/main", "10:10", "only an organization trail"},
		{"name contradicts", "name: main", "name: mian", "9:11", "contradicts the ARN, which names main"},
		{"region contradicts", "homeRegion: us-east-1", "homeRegion: us-east-2", "11:17", "contradicts the ARN, which says us-east-1"},
		{"not an ARN", "arn: arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "arn: main", "10:10", "not the ARN of a trail"},
		{"a bucket's ARN", "s3BucketName: audit-logs\n    s3Key", "s3BucketName: arn:aws:s3:::audit-logs\n    s3Key", "12:19", "write the name alone"},
		{"topic", "arn:aws:sns:us-east-1:111122223333:trail-files", "arn:aws:sqs:us-east-1:111122223333:trail-files", "14:18", "not a topic"},
		{"log group", "arn:aws:logs:us-east-1:111122223333:log-group:trail:*", "trail", "15:32", "not the ARN of a log group"},
		{"group without role", "    cloudWatchLogsRoleArn: arn:aws:iam::111122223333:role/trail-to-logs\n", "", "9:5", "go together"},
		{"role", "arn:aws:iam::111122223333:role/trail-to-logs", "arn:aws:iam::111122223333:user/eve", "16:28", "not the ARN of a role"},
		{"key", "kmsKeyId: arn:aws:kms", "kmsKeyId: arn:aws:s3", "17:15", "not a KMS key"},
		{"not a truth value", "logging: true\n    eventSelectors", "logging: yes\n    eventSelectors", "22:14", "must be true or false"},
		{"missing key", "    isOrganizationTrail: false\n    logging: true\n    eventSelectors", "    logging: true\n    eventSelectors", "9:5", "lacks isOrganizationTrail"},
		{"global events", "includeGlobalServiceEvents: true", "includeGlobalServiceEvents: false", "20:33", "multi-region trail always"},
		{"both kinds of selectors", "    insightSelectors:\n", "    advancedEventSelectors: []\n    insightSelectors:\n", "31:29", "either"},
		{"empty advanced selectors", advanced, "    advancedEventSelectors: []\n", "54:29", "CloudTrail refuses"},
		{"read-write type", "readWriteType: All", "readWriteType: Writeonly", "24:24", "did you mean WriteOnly?"},
		{"resource type", "type: AWS::S3::Object", "type: S3", "28:19", "AWS::S3::Object"},
		{"selectors not a list", "eventSelectors:\n      - readWriteType: All\n        includeManagementEvents: true\n        excludeManagementEventSources: [kms.amazonaws.com]\n        dataResources:\n          - type: AWS::S3::Object\n            values: [\"arn:aws:s3:::ledger/\", \"arn:aws:s3:::payroll/\"]\n          - type: AWS::Lambda::Function", "eventSelectors: {}", "23:21", "must be a list"},
		{"facet without value", "insightSelectors: []", "insightSelectors:", "60:22", "an empty list is []"},
		{"insight type", "insightType: ApiCallRateInsight", "insightType: ApiCallsRateInsight", "32:22", "did you mean ApiCallRateInsight?"},
		{"event category", "[Management, Data]", "[Managment, Data]", "34:27", "did you mean Management?"},
		{"tag that is a number", `"0042"`, "42", "43:44", "put it in quotes"},
		{"tags without value", "tags: {}", "tags:", "62:10", "{} is no tags"},
		{"region", "[eu-west-1, us-west-2]", "[ireland]", "44:15", "not a region"},
		{"restore", "restore: all", "restore: al", "45:14", "did you mean all?"},
		{"alert-only field", "[tags,", "[tag,", "46:17", "did you mean tags?"},
		{"alert-only half of a pair", ", includeGlobalServiceEvents]", "]", "46:16", "only together"},
		{"impostors", "impostors: delete", "impostors: kill", "6:14", "use one of alert, delete"},
		{"alert level", "alert: medium", "alert: none", "7:10", "use one of info, low, medium, high, critical"},
		{"trail twice", "eu-west-1:111122223333:trail/data.events", "us-east-1:111122223333:trail/main", "47:10", "listed at line 9 already"},
		{"field without values", ", equals: [Data]}", "}", "57:13", "has no values"},
		{"no event category", "field: eventCategory", "field: eventName", "57:11", "needs the field eventCategory"},
		{"alias", "tags: {}", "tags: *t", "62:11", "unknown anchor"},
		{"anchor", "tags: {}", "tags: &t {}", "62:11", "anchors and aliases"},
		{"YAML tag", "restore: logging", "restore: !!str logging", "63:14", "tags such as"},
		{"tab", "    tags: {}", "\ttags: {}", "62:1", "not tabs"},
		{"two documents", "# Everything that a baseline can say.", "a: b\n---", "2:1", "more than one YAML document"},
		{"not UTF-8", "owner: security", "owner: s\xffcurity", "43:20", "not UTF-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file := strings.Replace(full, c.old, c.new, 1)
			if file == full {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse("b.yaml", []byte(file))
			var list Errors
			if !errors.As(err, &list) || len(list) != 1 {
				t.Fatalf("got %v, want one error", err)
			}
			if text := list[0].Error(); !strings.HasPrefix(text, "b.yaml:"+c.place+": ") || !strings.Contains(text, c.message) {
				t.Errorf("got %s\nwant b.yaml:%s: …%s…", text, c.place, c.message)
			}
		})
	}
}

func TestParseWholeFiles(t *testing.T) {
	cases := map[string][2]string{
		"empty":        {"", "1:1: the file is empty"},
		"comment only": {"# nothing\n", "1:1: the file is empty"},
		"null":         {"null\n", "1:1: baseline must be a mapping"},
		"a list":       {"- a\n", "1:1: baseline must be a mapping"},
		"no trails":    {"apiVersion: trailhold/v1\nkind: Baseline\naccount: '111122223333'\ntrails: []\n", "4:9: trails is empty"},
		"too large":    {strings.Repeat("#", MaxSize+1), "1:1: the file has"},
		"too deep":     {strings.Repeat("[", 100) + strings.Repeat("]", 100), "nested deeper"},
		"far too deep": {strings.Repeat("[", 100000), "max depth"},
		"alias bomb":   {"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchors and aliases"},
		"control":      {"a: \x01\n", "control characters"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("b.yaml", []byte(c[0])); err == nil || !strings.Contains(err.Error(), c[1]) {
				t.Errorf("got %v, want …%s…", err, c[1])
			}
		})
	}
	if b := mustParse(t, "\ufeff"+fixture(t, "minimal")); len(b.Trails) != 1 {
		t.Error("a byte order mark changes what is read")
	}
}

// TestManyErrors makes sure that all mistakes are told at once, in the order of the file, and not without end.
func TestManyErrors(t *testing.T) {
	file := strings.NewReplacer("impostors: delete", "impostors: kill", "logging: true", "logging: 1", "restore: all", "restore: every").Replace(fixture(t, "full"))
	_, err := Parse("b.yaml", []byte(file))
	var list Errors
	if !errors.As(err, &list) || len(list) != 4 {
		t.Fatalf("got %v, want four errors", err)
	}
	if lines := regexp.MustCompile(`(?m)^b\.yaml:\d+:\d+: `).FindAllString(err.Error(), -1); len(lines) != 4 {
		t.Errorf("got %q", lines)
	}
	_, err = Parse("b.yaml", []byte("trails: ["+strings.Repeat("x, ", 400)+"]"))
	if !errors.As(err, &list) || len(list) != maxErrors {
		t.Errorf("got %d errors, want %d", len(list), maxErrors)
	}
}

// TestQuotas makes sure that nothing in a file grows beyond what CloudTrail accepts.
func TestQuotas(t *testing.T) {
	list := func(n int, item string) string { return "[" + strings.Repeat(item+", ", n) + "]" }
	resource := "{type: 'AWS::S3::Object', values: " + list(126, "'arn:aws:s3:::a/'") + "}"
	tags := "{"
	for i := range maxTags + 1 {
		tags += fmt.Sprintf("k%d: v, ", i)
	}
	cases := map[string]string{
		"CloudTrail allows 250": "eventSelectors: [{readWriteType: All, includeManagementEvents: true, dataResources: [" + resource + ", " + resource + "]}]",
		"at most 5 are allowed": "eventSelectors: " + list(6, "{readWriteType: All, includeManagementEvents: true}"),
		"CloudTrail allows 500": "advancedEventSelectors: [{fieldSelectors: [{field: eventCategory, equals: [Data]}, {field: eventName, equals: " + list(300, "a") + ", notEquals: " + list(300, "b") + "}]}]",
		"CloudTrail allows 50":  "tags: " + tags + "}",
		"at most 100":           "regions: " + list(101, "us-east-1"),
	}
	for message, facet := range cases {
		if _, err := Parse("b.yaml", []byte(fixture(t, "minimal")+"    "+facet+"\n")); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("got %v, want …%s…", err, message)
		}
	}
}

// FuzzParse makes sure that no file makes Parse panic, and that what parses can be written and read back.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"minimal", "full", "organization", "contest", "resources"} {
		f.Add([]byte(fixture(f, name)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := Parse("fuzz", file)
		if err != nil {
			return
		}
		if _, err := Write(b, "note"); err != nil { // Write reads back what it wrote
			t.Fatal(err)
		}
	})
}

// FuzzWrite makes sure that no text in a baseline is changed, or changes anything else, by being written and read back.
func FuzzWrite(f *testing.F) {
	full := fixture(f, "full")
	f.Add("key", "value", "prefix", "name", "arn:aws:s3:::a/", "note")
	f.Add("- a: b", "null", "'\"", "# c\n", "\u2028\x85", "\r\nkind: Other")
	f.Fuzz(func(t *testing.T, tagKey, tagValue, prefix, name, value, note string) {
		b := mustParse(t, full)
		b.Trails[0].Tags = &map[string]string{tagKey: tagValue}
		b.Trails[0].S3KeyPrefix = prefix
		s := b.Trails[1].Selectors.Advanced
		s[0].Name, s[0].FieldSelectors[2].StartsWith = name, []string{value}
		var invalid Errors
		_, err := Write(b, note)
		broken := err != nil && (strings.Contains(err.Error(), "YAML") || strings.Contains(err.Error(), "twice"))
		text := true
		for _, each := range []string{tagKey, tagValue, prefix, name, value} {
			text = text && utf8.ValidString(each) // together, halves of a character would pass for one
		}
		if text && (broken || err != nil && !errors.As(err, &invalid)) {
			t.Fatal(err)
		}
	})
}
