package baselinefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/trail"
)

func TestParseResources(t *testing.T) {
	b := mustParse(t, fixture(t, "resources"))
	type located struct {
		typ             trail.ResourceType
		name            string
		region, account string
		settings        int
	}
	var got []located
	for _, r := range slices.Concat(b.Trails[0].Dependents, b.Resources, b.Guard) {
		got = append(got, located{r.Type, r.Name(), r.Region, r.Account, len(r.Settings)})
	}
	want := []located{
		{trail.Bucket, "audit-logs", "eu-central-1", "444455556666", 3},
		{trail.Key, "1234abcd-12ab-34cd-56ef-1234567890ab", "eu-west-1", "111122223333", 1},
		{trail.LogGroup, "trail", "eu-west-1", "111122223333", 2},
		{trail.Role, "trail-to-logs", "us-east-1", "111122223333", 0},
		{trail.Alarm, "Root (CIS 1.7)", "eu-west-1", "111122223333", 1},
		{trail.Organization, "o-abcdefghij", "us-east-1", "777788889999", 1},
		{trail.EventDataStore, "0a1b2c3d-0000-4000-8000-000000000000", "eu-west-1", "111122223333", 1},
		{trail.Rule, "trailhold", "eu-west-1", "111122223333", 2},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	bucket := b.Trails[0].Dependents[0].Settings
	if bucket["lifecycle"] != trail.EmptyDocument || bucket["versioning"] != `{"Status":"Enabled"}` {
		t.Errorf("got %v", bucket)
	}
	for _, part := range []string{`"Version":"2012-10-17"`, `"aws:SecureTransport":"false"`, `"Null":{"aws:SourceAccount":"true"}`} {
		if !strings.Contains(string(bucket["policy"]), part) {
			t.Errorf("the policy lacks %s: %s", part, bucket["policy"])
		}
	}
	if d := b.Trails[0].Dependents[4].Settings["definition"]; d != `{"Period":300,"Threshold":0.5,"TreatMissingData":"notBreaching"}` {
		t.Errorf("got %s", d)
	}
}

func TestBucketDefaults(t *testing.T) {
	text := strings.NewReplacer("        region: eu-central-1\n", "", "        account: \"444455556666\"\n", "").Replace(fixture(t, "resources"))
	if r := mustParse(t, text).Trails[0].Dependents[0]; r.Region != "eu-west-1" || r.Account != "111122223333" {
		t.Errorf("got %s %s, want the trail's home region and the baseline's account", r.Region, r.Account)
	}
}

func TestResourceErrors(t *testing.T) {
	file := fixture(t, "resources")
	const key = "arn: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	cases := []struct{ name, old, new, place, message string }{
		{"unknown type", "type: key", "type: keys", "37:15", "did you mean key?"},
		{"unknown key", "        region: eu-central-1", "        regoin: eu-central-1", "17:9", "did you mean region?"},
		{"no settings", "        settings: {}\n", "", "48:9", "resource lacks settings"},
		{"not an ARN", "arn: arn:aws:s3:::audit-logs\n", "arn: audit-logs\n", "16:14", "not an ARN: write it like arn:aws:s3:::name"},
		{"empty ARN", "arn: arn:aws:s3:::audit-logs\n", "arn: \"\"\n", "16:14", "not an ARN"},
		{"ARN without quotes", "arn: arn:aws:s3:::audit-logs\n", "arn: 42\n", "16:14", "put it in quotes"},
		{"another type's ARN", "arn: arn:aws:s3:::audit-logs\n", "arn: arn:aws:sqs:eu-west-1:111122223333:q\n", "16:14", "of type queue, and type says bucket"},
		{"alias of a key", key, "arn: arn:aws:kms:eu-west-1:111122223333:alias/audit", "38:14", "write it like arn:aws:kms:region:account:key/id"},
		{"region contradicts", key, key + "\n        region: eu-west-2", "39:17", "contradicts the ARN, which says eu-west-1"},
		{"account contradicts", key, key + "\n        account: \"999999999999\"", "39:18", "contradicts the ARN"},
		{"region", "region: eu-central-1", "region: Frankfurt", "17:17", "not a region"},
		{"account", `"444455556666"`, "444455556666", "18:18", "put it in quotes"},
		{"bucket without region", "guard:\n  - type: rule", "guard:\n  - type: bucket\n    arn: arn:aws:s3:::other\n    settings: {}\n  - type: rule", "66:5", "add region"},
		{"twice", "guard:\n  - type: rule", "guard:\n  - type: log-group\n    arn: arn:aws:logs:eu-west-1:111122223333:log-group:trail\n    settings: {}\n  - type: rule", "67:10", "listed at line 40 already"},
		{"unknown setting", "versioning:", "versoning:", "20:11", "a bucket has no setting \"versoning\": did you mean versioning?"},
		{"setting of another type", "retention:", "policy:", "43:11", "a log-group has no setting \"policy\": use one of deletionProtection, retention"},
		{"identity", "settings: {}", "settings: {identity: {}}", "50:20", "always guarded"},
		{"setting twice", "lifecycle: {}", "versioning: {}", "21:11", "twice"},
		{"settings not a mapping", "settings: {}", "settings: []", "50:19", "must be a mapping"},
		{"setting without value", "lifecycle: {}", "lifecycle:", "21:21", "{} says that it must not be configured"},
		{"policy as text", "versioning: {Status: Enabled}", "versioning: '{}'", "20:23", "must be a mapping"},
		{"setting that says nothing", "versioning: {Status: Enabled}", "versioning: {Status: []}", "20:23", "versioning says nothing"},
		{"null inside", "Status: Enabled", "Status:", "20:31", "is missing"},
		{"key twice inside", "Effect: Deny", "Effect: Deny\n                Effect: Allow", "33:17", "has the key \"Effect\" twice"},
		{"key that is no word", "Effect: Deny", "[a]: Deny", "32:17", "must be a word"},
		{"hexadecimal", "RetentionInDays: 365", "RetentionInDays: 0x16d", "43:40", "put it in quotes if it is text"},
		{"account id without quotes", "RetentionInDays: 365", "RetentionInDays: 012345678901", "43:40", "put it in quotes if it is text"},
		{"infinite", "RetentionInDays: 365", "RetentionInDays: .inf", "43:40", "not to JSON"},
		{"member not a mapping", "cloudtrail.amazonaws.com: {Enabled: true}", "cloudtrail.amazonaws.com: true", "60:35", "\"cloudtrail.amazonaws.com\" of trustedAccess must be a mapping"},
		{"member that says nothing", "cloudtrail.amazonaws.com: {Enabled: true}", "cloudtrail.amazonaws.com: {}", "60:35", "would not be guarded"},
		{"alert only", "[bucket.replication]", "[bucket.replicaton]", "13:17", "did you mean bucket.replication?"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(file, c.old, c.new, 1)
			if changed == file {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse("b.yaml", []byte(changed))
			var list Errors
			if !errors.As(err, &list) {
				t.Fatalf("got %v, want an error", err)
			}
			if len(list) != 1 && c.name != "not a list" {
				t.Errorf("got %d errors, want one: %v", len(list), err)
			}
			if text := list[0].Error(); !strings.HasPrefix(text, "b.yaml:"+c.place+": ") || !strings.Contains(text, c.message) {
				t.Errorf("got %s\nwant b.yaml:%s: …%s…", text, c.place, c.message)
			}
		})
	}
}

func TestResourceBounds(t *testing.T) {
	head := fixture(t, "minimal") + "guard:\n"
	many := head
	for n := range maxDependents + 1 {
		many += fmt.Sprintf("  - {type: queue, arn: 'arn:aws:sqs:eu-west-1:111122223333:q%d', settings: {}}\n", n)
	}
	cases := map[string]string{
		"at most 200 are allowed":    many,
		"guard must be a list":       head + "  {}\n",
		"at most 262144 are allowed": head + "  - {type: queue, arn: 'arn:aws:sqs:eu-west-1:111122223333:q', settings: {policy: {a: " + strings.Repeat("x", maxDocument) + "}}}\n",
		"nested deeper": head + "  - {type: queue, arn: 'arn:aws:sqs:eu-west-1:111122223333:q', settings: {policy: {a: " +
			strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "}}}\n",
	}
	for message, file := range cases {
		if _, err := Parse("b.yaml", []byte(file)); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("got %.200v, want …%s…", err, message)
		}
	}
}

// TestOldHashes makes sure that a baseline from before there were resources keeps its hash: journals and alerts name it.
func TestOldHashes(t *testing.T) {
	for name, want := range map[string]string{
		"minimal":      "sha256:c13a44e8c76354566ee312338a8272bac3c31a98fe9abe99364909d8c81c3a23",
		"full":         "sha256:c46bfd74d9ea403fbf8d09ee2206b615cc9e5cfe5e31794b00cdf3c28a1b7bd5",
		"organization": "sha256:fc7ada3ec29ac02e7fdc4c31898bc8071c7e29dcdacb4b72d91c667f6e68bbcc",
	} {
		if got := mustParse(t, fixture(t, name)).Hash; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestHashOfResources(t *testing.T) {
	text := fixture(t, "resources")
	b := mustParse(t, text)
	same := map[string]func(*trail.Baseline){
		"order of dependents": func(b *trail.Baseline) { slices.Reverse(b.Trails[0].Dependents) },
		"order of resources":  func(b *trail.Baseline) { slices.Reverse(b.Resources) },
		"order of guard":      func(b *trail.Baseline) { slices.Reverse(b.Guard) },
		"identity, which goes without saying": func(b *trail.Baseline) {
			b.Trails[0].Dependents[0].Settings[trail.Identity] = trail.EmptyDocument
		},
		"nothing instead of empty": func(b *trail.Baseline) {
			b.Trails[0].Dependents[0].Settings["lifecycle"], b.Trails[0].Dependents[3].Settings = "", nil
		},
	}
	for name, change := range same {
		changed := mustParse(t, text)
		if change(&changed); Hash(changed) != b.Hash {
			t.Errorf("%s changes the hash", name)
		}
	}
	other := map[string]func(*trail.Baseline){
		"a setting":       func(b *trail.Baseline) { delete(b.Trails[0].Dependents[0].Settings, "lifecycle") },
		"a document":      func(b *trail.Baseline) { b.Trails[0].Dependents[0].Settings["policy"] = trail.EmptyDocument },
		"a region":        func(b *trail.Baseline) { b.Trails[0].Dependents[0].Region = "us-east-1" },
		"an account":      func(b *trail.Baseline) { b.Trails[0].Dependents[0].Account = "999999999999" },
		"one dependent":   func(b *trail.Baseline) { b.Trails[0].Dependents = b.Trails[0].Dependents[1:] },
		"one resource":    func(b *trail.Baseline) { b.Resources = b.Resources[1:] },
		"no guard":        func(b *trail.Baseline) { b.Guard = nil },
		"guard elsewhere": func(b *trail.Baseline) { b.Guard, b.Resources = b.Resources, b.Guard },
	}
	for name, change := range other {
		changed := mustParse(t, text)
		if change(&changed); Hash(changed) == b.Hash {
			t.Errorf("%s does not change the hash", name)
		}
	}
	if bare := strings.Replace(text, `"Null":`, "Null:", 1); bare == text || mustParse(t, bare).Hash != b.Hash {
		t.Error("a key that YAML would take for nothing is not the text that it is")
	}
	order := strings.NewReplacer(`["arn:aws:s3:::audit-logs/*", "arn:aws:s3:::audit-logs"]`, `["arn:aws:s3:::audit-logs", "arn:aws:s3:::audit-logs/*"]`,
		"{Threshold: 0.5, Period: 300,", "{Period: 300, Threshold: 0.5,").Replace(text)
	if order == text || mustParse(t, order).Hash != b.Hash {
		t.Error("the order inside a document changes the hash")
	}
}

// withPolicy is a baseline whose queue has a policy.
func withPolicy(t testing.TB, policy trail.Document) trail.Baseline {
	b := mustParse(t, fixture(t, "minimal"))
	b.Guard = []trail.Resource{{Type: trail.Queue, ARN: "arn:aws:sqs:eu-west-1:111122223333:q", Region: "eu-west-1", Account: "111122223333",
		Settings: map[trail.Setting]trail.Document{"policy": policy}}}
	return b
}

// TestHostileDocuments makes sure that texts which look like something else stay texts, as values and as keys, and that
// numbers keep every digit.
func TestHostileDocuments(t *testing.T) {
	texts := []string{"yes", "No", "null", "Null", "~", "true", "1e3", "1e999", "-0", "0x10", "1_000", "012345678901", "111122223333", ".inf", ".nan", "2012-10-17",
		"2001-01-01T00:00:00Z", "12:30:45", "a: b", "- a", "# c", "'", `"`, "\t", "a\nb", "\n", " \n a", "a\n\n", "!x", "!!str", "&a", "*a", "{", "}", "[]", "\u2028", "\x85",
		"\u0000", "\x7f", "\ufeff", "<<", "=", "", " a ", "---", "...", "%x", "@", "`", "\x1b[2J", "\u202e", "\U0001f525", "?", ":", "|", ">", strings.Repeat("x", 300)}
	object := map[string]any{}
	for i, text := range texts {
		object[text] = []any{text, map[string]any{"k" + text: text}}
		object[fmt.Sprint("n", i)] = text
	}
	for i, number := range []json.Number{"0", "-0", "12345678901234567890123", "0.1", "1.0", "1e400", "-1.5E-7", "111122223333"} {
		object[fmt.Sprint("number", i)] = number
	}
	object["truth"], object["lie"] = true, false
	policy, err := trail.NewDocument(object)
	if err != nil {
		t.Fatal(err)
	}
	file, err := Write(withPolicy(t, policy))
	if err != nil {
		t.Fatal(err)
	}
	if got := mustParse(t, string(file)).Guard[0].Settings["policy"]; got != policy {
		t.Errorf("got\n%s\nwant\n%s", got, policy)
	}
}

func TestWriteReadsResourcesBack(t *testing.T) {
	b := mustParse(t, fixture(t, "resources"))
	file, err := Write(b)
	if err != nil {
		t.Fatal(err)
	}
	if back := mustParse(t, string(file)); !reflect.DeepEqual(back, b) {
		t.Errorf("got\n%+v\nwant\n%+v", back, b)
	}
	for _, line := range []string{
		"      # bucket audit-logs\n      - type: bucket\n", "  # rule trailhold\n  - type: rule\n", "  # event data store 0a1b", "          lifecycle: {}\n", "        settings: {}\n",
		"            Version: \"2012-10-17\"\n", "            - Action: s3:GetBucketAcl\n", "Bool:\n", "\"Null\":\n", "Threshold: 0.5\n",
	} {
		if !strings.Contains(string(file), line) {
			t.Errorf("the file lacks %q:\n%s", line, file)
		}
	}
}

func TestWriteRefusesWhatItCouldNotReadBack(t *testing.T) {
	for name, change := range map[string]func(*trail.Resource){
		"contradicts":    func(r *trail.Resource) { r.Region = "eu-west-2" },
		"has no setting": func(r *trail.Resource) { r.Settings["wood"] = trail.EmptyDocument },
		"type says":      func(r *trail.Resource) { r.Type = trail.Topic },
		"262144 are allowed": func(r *trail.Resource) {
			r.Settings["policy"] = trail.Document(`{"a":"` + strings.Repeat("x", maxDocument) + `"}`)
		},
		"is not an ARN: write": func(r *trail.Resource) { r.ARN = "q\n- evil" },
	} {
		b := withPolicy(t, `{"a":1}`)
		change(&b.Guard[0])
		if _, err := Write(b); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want …%s…", err, name)
		}
	}
}

// FuzzDocument makes sure that every document that is JSON can be written into the file and read back as it is.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","n":1.0,"t":true,"":"\u0085\ufeff"}]}`), "name\n# evil")
	f.Add([]byte(`{"1e999":"1e999","x":1e999,"~":["~",{"<<":"<<"}]," ":"\n a\n"}`), "\u2028")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		policy, err := trail.ParseDocument(data)
		if err != nil {
			return
		}
		b := withPolicy(t, policy)
		b.Guard[0].ARN += name
		file, err := Write(b)
		switch {
		case err == nil:
			if got := mustParse(t, string(file)).Guard[0].Settings["policy"]; got != policy {
				t.Fatalf("got %s, want %s", got, policy)
			}
		case !strings.Contains(err.Error(), "ARN") && !strings.Contains(err.Error(), "nested deeper") && utf8.ValidString(name):
			t.Fatalf("%s: %v", policy, err)
		}
	})
}
