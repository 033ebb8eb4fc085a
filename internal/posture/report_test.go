package posture

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// broken is the healthy account with a trail that is stopped, and a key that is not rotated.
func broken() Inventory {
	inv := healthy()
	a := &inv.Accounts[0]
	a.status(func(s *trail.Status) { s.IsLogging, s.StopLoggingTime = false, minutesAgo(10) })
	a.set(keyARN, "rotation", doc(`{"KeyRotationEnabled":false}`))
	return inv
}

func find(r Report, check string) []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Check != check })
}

// TestReportJSON: what is written is what is read, and --compare rests on that.
func TestReportJSON(t *testing.T) {
	r := Audit(broken(), Options{Mutes: []MuteRule{{Check: "ct-kms-rotation", Reason: "soon", Until: now.AddDate(0, 1, 0), Place: "m:1"}}})
	r.Comparison = Compare(r, r)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(normal(t, r), normal(t, back)) {
		t.Error("the report changes on its way through JSON")
	}
	if strings.Contains(string(text), ":null") {
		t.Error("a list is null where it should be empty")
	}
}

func normal(t *testing.T, r Report) any {
	t.Helper()
	text, err := json.Marshal(r)
	var value any
	if err == nil {
		err = json.Unmarshal(text, &value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestScore(t *testing.T) {
	checks := []Check{{ID: "c", Severity: severity.Critical}, {ID: "h", Severity: severity.High}, {ID: "m", Severity: severity.Medium}, {ID: "l", Severity: severity.Low}, {ID: "i", Severity: severity.Info}}
	finding := func(check string, status Status) Finding {
		n := slices.IndexFunc(checks, func(c Check) bool { return c.ID == check })
		return Finding{ID: check + string(status), Check: check, Status: status, Severity: checks[n].Severity, Remedy: "mend " + check}
	}
	for name, test := range map[string]struct {
		findings []Finding
		value    float64
		capBy    string
		changes  []string
	}{
		"nothing":                     {nil, 0, "", nil},
		"all pass":                    {[]Finding{finding("c", Pass), finding("h", Pass)}, 10, "", nil},
		"unknown earns nothing":       {[]Finding{finding("c", Pass), finding("c", Unknown)}, 5, "", nil},
		"muted is left out":           {[]Finding{finding("c", Pass), finding("h", Muted)}, 10, "", nil},
		"not applicable too":          {[]Finding{finding("m", Pass), finding("h", NotApplicable)}, 10, "", nil},
		"info weighs nothing":         {[]Finding{finding("m", Pass), finding("i", Fail)}, 10, "", []string{"i"}},
		"a critical failure caps":     {[]Finding{finding("c", Fail), finding("h", Pass), finding("h", Pass), finding("m", Pass)}, 3.9, "c", []string{"c"}},
		"a high one too, higher":      {[]Finding{finding("c", Pass), finding("m", Pass), finding("l", Pass), finding("h", Pass), finding("h", Pass), finding("h", Fail)}, 7.9, "h", []string{"h"}},
		"rounded down":                {[]Finding{finding("m", Pass), finding("m", Pass), finding("m", Pass), finding("m", Fail), finding("c", Pass), finding("h", Pass)}, 9.7, "", []string{"m"}},
		"the worst first, three most": {[]Finding{finding("l", Fail), finding("m", Fail), finding("h", Fail), finding("c", Fail)}, 0, "c", []string{"c", "h", "m"}},
	} {
		s := ScoreOf(checks, test.findings)
		var changes []string
		for _, c := range s.Changes {
			changes = append(changes, c.Check)
		}
		if s.Value != test.value || s.CapBy != test.capBy || !slices.Equal(changes, test.changes) {
			t.Errorf("%s: %v, capped by %q, changes %v, want %v, %q, %v", name, s.Value, s.CapBy, changes, test.value, test.capBy, test.changes)
		}
		sum := 0.0
		for _, p := range s.Parts {
			sum += p.Earned
		}
		if sum != s.Earned {
			t.Errorf("%s: the parts add up to %v, not %v", name, sum, s.Earned)
		}
	}
}

// TestChangesOfSeveralCommands: a remedy that begins with another's mends what that one mends, and so comes first.
func TestChangesOfSeveralCommands(t *testing.T) {
	checks := []Check{{ID: "logging", Severity: severity.High}, {ID: "lock", Severity: severity.High}, {ID: "versions", Severity: severity.High}}
	findings := []Finding{
		{ID: "1", Check: "logging", Status: Fail, Severity: severity.High, Remedy: "start"},
		{ID: "2", Check: "versions", Status: Fail, Severity: severity.High, Remedy: "keep versions"},
		{ID: "3", Check: "lock", Status: Fail, Severity: severity.High, Remedy: "keep versions && lock"},
	}
	s := ScoreOf(checks, findings)
	if first := s.Changes[0]; first.Check != "lock" || len(first.Findings) != 2 || len(s.Changes) != 2 || s.Changes[1].Score != 10 {
		t.Errorf("%+v", s.Changes)
	}
}

// TestChanges: doing what the changes say, one after the other, makes the score that each of them promises.
func TestChanges(t *testing.T) {
	r := Audit(broken(), Options{})
	findings := slices.Clone(r.Findings)
	for _, c := range r.Score.Changes {
		for n := range findings {
			if slices.Contains(c.Findings, findings[n].ID) {
				findings[n].Status = Pass
			}
		}
		if got := ScoreOf(r.Checks, findings).Value; got != c.Score {
			t.Errorf("after %s the score is %v, not %v", c.Check, got, c.Score)
		}
	}
	first := r.Score.Changes[0]
	if first.Check != "ct-logging" || len(first.Findings) < 5 || !slices.Equal(first.Remedies, []string{"aws cloudtrail start-logging --region us-east-1 --name " + trailARN}) {
		t.Errorf("%+v", r.Score.Changes)
	}
}

func TestMute(t *testing.T) {
	for name, test := range map[string]struct {
		rule MuteRule
		want Status
	}{
		"the check":           {MuteRule{Check: "ct-kms-rotation"}, Muted},
		"another check":       {MuteRule{Check: "ct-kms-state"}, Fail},
		"a wildcard":          {MuteRule{Check: "ct-kms-*"}, Muted},
		"the account":         {MuteRule{Check: "*", Account: own}, Muted},
		"another account":     {MuteRule{Check: "*", Account: elsewhere}, Fail},
		"the region":          {MuteRule{Check: "*", Region: "us-*"}, Muted},
		"another region":      {MuteRule{Check: "*", Region: "eu-*"}, Fail},
		"the resource":        {MuteRule{Check: "*", Resource: "arn:aws:kms:*"}, Muted},
		"another resource":    {MuteRule{Check: "*", Resource: "arn:aws:s3:*"}, Fail},
		"a tag":               {MuteRule{Check: "*", Tags: map[string]string{"stage": "t*t"}}, Muted},
		"another value":       {MuteRule{Check: "*", Tags: map[string]string{"stage": "live"}}, Fail},
		"one of two tags":     {MuteRule{Check: "*", Tags: map[string]string{"stage": "test", "x": "y"}}, Fail},
		"until tomorrow":      {MuteRule{Check: "*", Until: now.Add(24 * time.Hour)}, Muted},
		"until now":           {MuteRule{Check: "*", Until: now}, Fail},
		"the same text twice": {MuteRule{Check: "ct-kms-rotation", Account: "ct-kms-rotation"}, Fail},
	} {
		inv := broken()
		key := inv.Accounts[0].Resources[keyARN]
		key.Tags = map[string]string{"stage": "test"}
		inv.Accounts[0].Resources[keyARN] = key
		test.rule.Reason, test.rule.Place = "why not", "mute.yaml:2"
		f := find(Audit(inv, Options{Mutes: []MuteRule{test.rule}}), "ct-kms-rotation")[0]
		if f.Status != test.want || (f.Mute != nil) != (test.want == Muted) {
			t.Errorf("%s: %s, %+v", name, f.Status, f.Mute)
		}
		if said := strings.Contains(f.Detail, "the mute of mute.yaml:2 ended at 2026-03-04T12:00:00Z"); said != (name == "until now") {
			t.Errorf("%s: %s", name, f.Detail)
		}
	}
	again := Audit(broken(), Options{Mutes: []MuteRule{{Check: "*", Until: now, Place: "a"}, {Check: "*", Reason: "still", Place: "b"}}})
	if f := find(again, "ct-kms-rotation")[0]; f.Status != Muted || f.Mute.Place != "b" || strings.Contains(f.Detail, "ended") {
		t.Errorf("a rule that holds beside one that is over: %+v", f)
	}
	passing := find(Audit(healthy(), Options{Mutes: []MuteRule{{Check: "*"}}}), "ct-kms-rotation")[0]
	if passing.Status != Pass {
		t.Errorf("what passes became %s", passing.Status)
	}
}

func TestCompare(t *testing.T) {
	before, after := Audit(healthy(), Options{}), Audit(broken(), Options{})
	c := Compare(before, after)
	if len(c.New) == 0 || len(c.Fixed) != 0 || len(c.Unchanged) != 0 || c.Before != 10 {
		t.Errorf("%+v", c)
	}
	c = Compare(after, before)
	if len(c.New) != 0 || len(c.Fixed) == 0 || len(c.Unchanged) != 0 {
		t.Errorf("%+v", c)
	}
	c = Compare(after, Audit(broken(), Options{Checks: []string{"ct-kms-rotation"}}))
	if len(c.New) != 0 || len(c.Fixed) != 0 || len(c.Unchanged) != 1 {
		t.Errorf("checks that were not put count: %+v", c)
	}
}

// TestCompareHidden: neither muting a finding nor keeping the audit from seeing it fixes it; that its account is no longer read doesn't
// either, as long as the check is unknown for it.
func TestCompareHidden(t *testing.T) {
	before := Audit(broken(), Options{Checks: []string{"ct-kms-rotation"}})
	muted := Audit(broken(), Options{Checks: []string{"ct-kms-rotation"}, Mutes: []MuteRule{{Check: "*"}}})
	denied := Inventory{At: now, Accounts: []Account{{ID: own, Failure: "AccessDenied"}}}
	for name, after := range map[string]Report{"muted": muted, "denied": Audit(denied, Options{Checks: []string{"ct-kms-rotation"}})} {
		if c := Compare(before, after); len(c.Fixed) != 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	gone := broken()
	gone.Accounts[0].config(func(c *trail.Config) { c.KMSKeyID = "" })
	if c := Compare(before, Audit(gone, Options{Checks: []string{"ct-kms-rotation"}})); len(c.Fixed) != 1 {
		t.Errorf("a key that is no longer used: %+v", c)
	}
}

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		options Options
		has     string
		lacks   string
	}{
		{Options{Severity: severity.High}, "ct-logging", "ct-kms"},
		{Options{Frameworks: []Framework{CIS50}}, "ct-kms", "ct-logging"},
		{Options{Frameworks: []Framework{CIS14, PCI321}}, "ct-trail-exists", "ct-gap"},
	} {
		r := Audit(healthy(), test.options)
		has := func(id string) bool { return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.ID == id }) }
		if !has(test.has) || has(test.lacks) {
			t.Errorf("%+v puts %s: %v, %s: %v", test.options, test.has, has(test.has), test.lacks, has(test.lacks))
		}
	}
	f := find(Audit(healthy(), Options{RetentionDays: 500}), "ct-bucket-object-lock")[0]
	if f.Status != Fail || !strings.Contains(f.Remedy, `"Days": 500`) {
		t.Errorf("a longer retention: %s, %s", f.Status, f.Remedy)
	}
	inv := healthy()
	setting(bucketARN, "versioning", `{}`)(&inv.Accounts[0])
	if f := find(Audit(inv, Options{RetentionDays: 500}), "ct-bucket-object-lock")[0]; !strings.HasPrefix(f.Remedy, "aws s3api put-bucket-versioning --bucket trail-logs ") {
		t.Errorf("a bucket without versions: %s", f.Remedy)
	}
	if f := find(Audit(healthy(), Options{RequiredTags: []string{"owner", "cost"}}), "ct-tagged")[0]; f.Status != Fail || !strings.Contains(f.Detail, "cost") {
		t.Errorf("required tags: %s", f.Detail)
	}
}

// TestRated: a finding may be less severe than its check, and counts so.
func TestRated(t *testing.T) {
	inv := healthy()
	setting(bucketARN, "objectLock", `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":400}}}`)(&inv.Accounts[0])
	r := Audit(inv, Options{})
	if f := find(r, "ct-bucket-object-lock")[0]; f.Severity != severity.Medium || r.Score.CapBy != "" {
		t.Errorf("%s, capped by %q", f.Severity, r.Score.CapBy)
	}
}

// TestNothingRead: of an inventory in which nothing is known nothing passes, and nothing fails either.
func TestNothingRead(t *testing.T) {
	for name, a := range map[string]Account{
		"an account without anything": {ID: own, Partition: "aws"},
		"one that cannot be reached":  {ID: own, Failure: "AssumeRole: AccessDenied"},
		"regions that are empty":      {ID: own, Enabled: trail.Known([]string{"us-east-1"}), Regions: map[string]Region{"us-east-1": {}}},
		"trails that are empty":       {ID: own, Enabled: trail.Known([]string{"us-east-1"}), Regions: map[string]Region{"us-east-1": {Trails: trail.Known([]string{trailARN})}}, Trails: []trail.State{{ARN: trailARN}}},
		"a trail whose rest is empty": {ID: own, Enabled: trail.Known([]string{"us-east-1"}), Regions: map[string]Region{"us-east-1": {}}, Trails: []trail.State{{ARN: trailARN, Config: trail.Known(healthyConfig())}}},
	} {
		r := Audit(Inventory{At: now, Accounts: []Account{a}}, Options{})
		for _, f := range r.Findings {
			known := strings.Contains("ct-trail-exists ct-validation ct-sns", f.Check) && a.Trails != nil // what the configuration says
			if f.Status == Fail || f.Status == Pass && !known {
				t.Errorf("%s: %s is %s: %s", name, f.Check, f.Status, f.Detail)
			}
		}
	}
}

// TestUnreadNeverFails hides one setting after the other of the healthy account: no check fails for that.
func TestUnreadNeverFails(t *testing.T) {
	for arn, r := range healthy().Accounts[0].Resources {
		for s := range r.State {
			if r.Type == trail.Alarm && r.Name() != "mf-vpc" { // they are all alike
				continue
			}
			inv := healthy()
			inv.Accounts[0].set(arn, s, denied())
			for _, f := range Audit(inv, Options{}).Findings {
				if f.Status == Fail {
					t.Errorf("without %s of %s, %s fails: %s", s, arn, f.Check, f.Detail)
				}
			}
		}
	}
}

// TestOtherAccount: a bucket of another account is judged by what that account's reading says.
func TestOtherAccount(t *testing.T) {
	inv := healthy()
	mine := &inv.Accounts[0]
	bucket := mine.Resources[bucketARN]
	mine.Resources[bucketARN] = Resource{Type: trail.Bucket, ARN: bucketARN, State: trail.ResourceState{trail.Identity: denied()}}
	if f := find(Audit(inv, Options{}), "ct-bucket-versioning")[0]; f.Status != Unknown {
		t.Errorf("a bucket that cannot be read: %s", f.Status)
	}
	bucket.Account = elsewhere
	inv.Accounts = append(inv.Accounts, Account{ID: elsewhere, Partition: "aws", Resources: map[string]Resource{bucketARN: bucket}})
	if f := find(Audit(inv, Options{}), "ct-bucket-versioning")[0]; f.Status != Pass || f.Account != own {
		t.Errorf("a bucket that its own account can read: %s", f.Status)
	}
}

// cells are the states of a category by region.
func cells(c Coverage, category string) map[string]Recorded {
	found := map[string]Recorded{}
	for _, cell := range c.Cells {
		if cell.Category == category {
			found[cell.Region] = cell.State
		}
	}
	return found
}

func TestCoverage(t *testing.T) {
	both := func(r Recorded) map[string]Recorded { return map[string]Recorded{"eu-west-1": r, "us-east-1": r} }
	for name, test := range map[string]struct {
		change   func(*Account)
		category string
		want     map[string]Recorded
	}{
		"healthy":                  {func(*Account) {}, managementWrite, both(Whole)},
		"global services":          {func(*Account) {}, globalServices, map[string]Recorded{"us-east-1": Whole}},
		"other data":               {func(*Account) {}, otherData, both(None)},
		"network activity":         {func(*Account) {}, "network activity", both(None)},
		"insights":                 {func(*Account) {}, "call rate insight", both(Whole)},
		"one bucket":               {selectors(basic("All", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3:::one/"}})), s3Write, both(Partly)},
		"one region":               {config(func(c *trail.Config) { c.IsMultiRegionTrail = false }), s3Read, map[string]Recorded{"us-east-1": Whole, "eu-west-1": None}},
		"stopped":                  {status(func(s *trail.Status) { s.IsLogging = false }), s3Read, both(None)},
		"stopped, but another one": {status(func(s *trail.Status) { s.IsLogging = false }), managementRead, both(Whole)},
		"no status":                {func(a *Account) { a.Trails[0].Status = trail.NotKnown[trail.Status]("AccessDenied") }, s3Read, both(Uncertain)},
		"a list that was not read": {func(a *Account) {
			a.region("eu-west-1", func(r *Region) { r.Trails = trail.NotKnown[[]string]("AccessDenied") })
		}, otherData, map[string]Recorded{"us-east-1": None, "eu-west-1": Uncertain}},
		"two halves": {func(a *Account) {
			a.Trails[0].Selectors = trail.Known(basic("ReadOnly", nil))
			a.Trails[1].Selectors = trail.Known(basic("WriteOnly", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3"}}))
		}, s3Read, both(None)},
		"two halves make a whole": {func(a *Account) {
			half := func(access string) trail.Facet[trail.Selectors] {
				return trail.Known(trail.Selectors{Advanced: []trail.AdvancedEventSelector{{FieldSelectors: []trail.FieldSelector{
					{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{lambdaFn}}, {Field: "readOnly", Equals: []string{access}}}}}})
			}
			a.Trails[0].Selectors, a.Trails[1].Selectors = half("true"), half("false")
		}, "Lambda invocation", both(Whole)},
	} {
		inv := healthy()
		inv.Accounts[0].Resources[storeARN].State["ingestion"] = doc(`{"Ingesting":false}`)
		test.change(&inv.Accounts[0])
		if got := cells(Cover(inv), test.category); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %s is %v, want %v", name, test.category, got, test.want)
		}
	}
}

// TestPartly: whatever is recorded in part, the map says what is not.
func TestPartly(t *testing.T) {
	field := func(name string, equals ...string) trail.FieldSelector {
		return trail.FieldSelector{Field: name, Equals: equals}
	}
	inv := healthy()
	inv.Accounts[0].Trails = inv.Accounts[0].Trails[:1]
	inv.Accounts[0].Resources[storeARN].State["ingestion"] = doc(`{"Ingesting":false}`)
	selectors(trail.Selectors{Advanced: []trail.AdvancedEventSelector{
		{FieldSelectors: []trail.FieldSelector{field("eventCategory", "Management"), {Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}}},
		{FieldSelectors: []trail.FieldSelector{field("eventCategory", "Data"), field("resources.type", s3Object), {Field: "resources.ARN", NotStartsWith: []string{"arn:aws:s3:::secret/"}}}},
		{FieldSelectors: []trail.FieldSelector{field("eventCategory", "Data"), field("resources.type", "AWS::Bedrock::Model")}},
		{FieldSelectors: []trail.FieldSelector{field("eventCategory", "NetworkActivity"), field("eventSource", "s3.amazonaws.com")}},
	}})(&inv.Accounts[0])
	want := map[string]string{
		managementWrite: "of kms.amazonaws.com", globalServices: "of kms.amazonaws.com", s3Write: "arn:aws:s3:::secret/*", s3Read: "arn:aws:s3:::secret/*",
		"Bedrock": "AWS::Bedrock::AgentAlias", "network activity": "anything but s3.amazonaws.com",
	}
	found := Cover(inv)
	for _, cell := range found.Cells {
		if want[cell.Category] != "" && (cell.State != Partly || !strings.Contains(cell.Detail, want[cell.Category])) {
			t.Errorf("%s in %s is %s: %q", cell.Category, cell.Region, cell.State, cell.Detail)
		}
		if (cell.State == Partly) != (cell.Detail != "") {
			t.Errorf("%s in %s is %s, and says %q", cell.Category, cell.Region, cell.State, cell.Detail)
		}
	}
	for _, b := range found.Blind {
		if b.State == Whole || b.State == Partly && !strings.Contains(b.Text, want[b.Category]) {
			t.Errorf("%+v", b)
		}
	}
}

// TestHolders: the map says where events go, and in whose hands that is.
func TestHolders(t *testing.T) {
	inv := healthy()
	bucket := inv.Accounts[0].Resources[bucketARN]
	bucket.Account = elsewhere
	inv.Accounts[0].Resources[bucketARN] = bucket
	for _, cell := range Cover(inv).Cells {
		if cell.Category != s3Read {
			continue
		}
		want := Recording{ARN: trailARN, To: []string{"s3://trail-logs", groupARN}, Held: []Holder{{own, "trail"}, {elsewhere, "bucket"}, {own, "key"}, {own, "log group"}}}
		if len(cell.By) != 1 || !reflect.DeepEqual(cell.By[0], want) {
			t.Errorf("%+v", cell.By)
		}
	}
}

func TestBlind(t *testing.T) {
	inv := healthy()
	inv.Accounts[0].config(func(c *trail.Config) { c.IsMultiRegionTrail = false })
	for _, b := range Cover(inv).Blind {
		if b.Category == s3Read && (b.Text != "S3 object read events are not recorded" || !slices.Equal(b.Regions, []string{"eu-west-1"})) {
			t.Errorf("%+v", b)
		}
	}
}
