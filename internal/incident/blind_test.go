package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

const (
	blindARN  = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"
	bucketARN = "arn:aws:s3:::audit-logs"
	keyARN    = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"
	groupARN  = "arn:aws:logs:eu-west-1:111122223333:log-group:audit:*"
	roleARN   = "arn:aws:iam::111122223333:role/audit"
)

// recordsAll is a trail that records every category, in three regions.
func recordsAll() trail.Guarded {
	categories := func(names ...string) (all []trail.AdvancedEventSelector) {
		for _, name := range names {
			all = append(all, trail.AdvancedEventSelector{FieldSelectors: []trail.FieldSelector{{Field: "eventCategory", Equals: []string{name}}}})
		}
		return all
	}
	return trail.Guarded{
		Config: trail.Config{
			ARN: blindARN, HomeRegion: "eu-west-1", S3BucketName: "audit-logs", KMSKeyID: keyARN, IsMultiRegionTrail: true,
			IsOrganizationTrail: true, CloudWatchLogsLogGroupARN: groupARN, CloudWatchLogsRoleARN: roleARN,
		},
		Selectors: &trail.Selectors{Advanced: categories("Management", "Data", "NetworkActivity")},
		Insights:  &[]trail.InsightSelector{{InsightType: "ApiCallRateInsight"}},
		Regions:   []string{"eu-west-1", "eu-west-2", "us-east-1"},
		Dependents: []trail.Resource{
			{Type: trail.Bucket, ARN: bucketARN, Settings: map[trail.Setting]trail.Document{"versioning": `{"Status":"Enabled"}`}},
			{Type: trail.Key, ARN: keyARN},
		},
	}
}

func basic(readWrite string, management bool, excluded ...string) trail.Selectors {
	return trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: readWrite, IncludeManagementEvents: management, ExcludeManagementEventSources: excluded}}}
}

func narrowed(f trail.Field, before, after any) trail.Drift {
	return trail.Drift{Field: f, Before: before, After: after, Direction: trail.Narrowing}
}

func of(resource string, d trail.Drift) trail.Drift {
	d.Resource = resource
	return d
}

// short is a window in one line: category fate copy recovery from-to regions.
func short(w BlindWindow) string {
	clock := func(t time.Time) string {
		if t.IsZero() {
			return "?"
		}
		return t.Sub(noon).String()
	}
	places := map[string]string{"eu-west-1 eu-west-2 us-east-1": "all", "eu-west-2 us-east-1": "others"}
	where := strings.Join(w.Regions, " ")
	if name := places[where]; name != "" {
		where = name
	}
	return fmt.Sprintf("%s %s %s %s %s-%s %s", w.Category, w.Fate, w.Copy, w.Recovery, clock(w.From), clock(w.To), where)
}

func TestBlindWindows(t *testing.T) {
	silent := []string{
		"management lost log-files event-history 10s-1m0s all", "data lost log-files none 10s-1m0s all",
		"network lost log-files none 10s-1m0s all", "insights lost log-files none 10s-36h1m0s all",
	}
	everything := func(rest string) (all []string) {
		for _, c := range []string{"management", "data", "network", "insights"} {
			all = append(all, c+" "+rest)
		}
		return all
	}
	ours := func(rest string) []string { // whatever happens to files, Event history has the management events
		return append([]string{"management " + strings.Replace(strings.Replace(rest, " place ", " event-history ", 1), " key ", " event-history ", 1)}, everything(rest)[1:]...)
	}
	destroyed := []string{
		"management lost log-files event-history ?-10s all", "data lost log-files none ?-10s all",
		"network lost log-files none ?-10s all", "insights lost log-files none ?-10s all",
	}
	retry := everything("delayed log-files retry 10s-1m0s all")
	tests := []struct {
		name   string
		drifts []trail.Drift
		change func(*Tampering)
		want   []string
	}{
		{"stopped", []trail.Drift{narrowed(trail.FieldLogging, true, false)}, nil, silent},
		{"deleted", []trail.Drift{narrowed(trail.FieldTrail, trail.Config{}, nil)}, nil, silent},
		{"stopped, and nobody saw it: the status tells", []trail.Drift{narrowed(trail.FieldLogging, true, false)},
			func(t *Tampering) {
				t.Attack, t.Status, t.Want.Insights = time.Time{}, trail.Known(trail.Status{StopLoggingTime: at(30)}), nil
				t.Want.Selectors = nil
			}, []string{"management lost log-files event-history 30s-1m0s all"}},
		{"stopped twice, the record is late: the earlier of both", []trail.Drift{narrowed(trail.FieldLogging, true, false)},
			func(t *Tampering) {
				t.Status = trail.Known(trail.Status{StopLoggingTime: at(5)})
				t.Want.Selectors = nil
			},
			[]string{"management lost log-files event-history 5s-1m0s all", "insights lost log-files none 5s-36h1m0s all"}},
		{"still stopped", []trail.Drift{narrowed(trail.FieldLogging, true, false)}, func(t *Tampering) { t.To = time.Time{} }, []string{
			"management lost log-files event-history 10s-? all", "data lost log-files none 10s-? all",
			"network lost log-files none 10s-? all", "insights lost log-files none 10s-? all"}},
		{"only what is recorded can be lost", []trail.Drift{narrowed(trail.FieldLogging, true, false)},
			func(t *Tampering) {
				t.Want.Insights, t.Want.Selectors = nil, &trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All",
					DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{"arn:aws:s3:::b/"}}}}}}
			}, []string{"data lost log-files none 10s-1m0s all"}},
		{"nothing recorded at all makes finer losses pointless", []trail.Drift{
			narrowed(trail.FieldLogging, true, false), narrowed(trail.FieldInsights, nil, nil), narrowed(trail.FieldMultiRegion, true, false),
			of(bucketARN, narrowed("bucket.policy", nil, nil)), narrowed(trail.FieldLogGroup, groupARN, ""),
		}, nil, silent},
		{"but not where files went before", []trail.Drift{narrowed(trail.FieldLogging, true, false), narrowed(trail.FieldBucket, "audit-logs", "evil")},
			func(t *Tampering) { t.Want.Selectors, t.Want.Insights = nil, nil },
			[]string{silent[0], "management elsewhere log-files event-history 10s-1m0s all"}},
		{"single region: only the others are blind", []trail.Drift{narrowed(trail.FieldMultiRegion, true, false)}, nil, []string{
			"management lost log-files event-history 10s-1m0s others", "data lost log-files none 10s-1m0s others",
			"network lost log-files none 10s-1m0s others", "insights lost log-files none 10s-36h1m0s others"}},
		{"global events: where they are recorded", []trail.Drift{narrowed(trail.FieldGlobalEvents, true, false)}, nil,
			[]string{"management lost log-files event-history 10s-1m0s us-east-1"}},
		{"which a trail of another region has none of", []trail.Drift{narrowed(trail.FieldGlobalEvents, true, false)}, func(t *Tampering) { t.Want.Regions = nil }, nil},
		{"members", []trail.Drift{narrowed(trail.FieldOrganization, true, false)}, func(t *Tampering) { t.Want.Insights = nil }, []string{
			"management lost log-files member-history 10s-1m0s all", "data lost log-files none 10s-1m0s all", "network lost log-files none 10s-1m0s all"}},
		{"blind selectors: exactly the categories that were excluded", []trail.Drift{narrowed(trail.FieldSelectors, *recordsAll().Selectors, basic("All", true))}, nil,
			[]string{"data lost log-files none 10s-1m0s all", "network lost log-files none 10s-1m0s all"}},
		{"writes only", []trail.Drift{narrowed(trail.FieldSelectors, basic("All", true), basic("WriteOnly", true))}, nil,
			[]string{"management lost log-files event-history 10s-1m0s all"}},
		{"insights off", []trail.Drift{narrowed(trail.FieldInsights, nil, nil)}, nil, []string{"insights lost log-files none 10s-36h1m0s all"}},
		{"another bucket", []trail.Drift{narrowed(trail.FieldBucket, "audit-logs", "evil")}, nil, ours("elsewhere log-files place 10s-1m0s all")},
		{"another prefix", []trail.Drift{narrowed(trail.FieldPrefix, "", "x")}, nil, ours("elsewhere log-files place 10s-1m0s all")},
		{"a foreign key", []trail.Drift{narrowed(trail.FieldKey, keyARN, "arn:aws:kms:eu-west-1:444455556666:key/x")}, nil, ours("unreadable log-files key 10s-1m0s all")},
		{"no key", []trail.Drift{narrowed(trail.FieldKey, keyARN, "")}, nil, nil},
		{"no log group", []trail.Drift{narrowed(trail.FieldLogGroup, groupARN, "")}, nil, everything("lost log-group log-files 10s-1m0s all")},
		{"what is only untrusted", []trail.Drift{narrowed(trail.FieldValidation, true, false), narrowed(trail.FieldTags, nil, nil)}, nil, nil},
		{"widening", []trail.Drift{{Field: trail.FieldSelectors, Direction: trail.Widening}}, nil, nil},
		{"bucket policy: late", []trail.Drift{of(bucketARN, narrowed("bucket.policy", nil, nil))}, nil, retry},
		{"of another bucket", []trail.Drift{of("arn:aws:s3:::copies", narrowed("bucket.policy", nil, nil))}, nil, nil},
		{"bucket policy for 40 days: late after 10", []trail.Drift{of(bucketARN, narrowed("bucket.policy", nil, nil))},
			func(t *Tampering) { t.Want.Selectors, t.Want.Insights, t.To = nil, nil, at(10).Add(960*time.Hour) },
			[]string{"management lost log-files event-history 10s-240h0m10s all", "management delayed log-files retry 240h0m10s-960h0m10s all"}},
		{"bucket deleted: late, and the old files are gone", []trail.Drift{of(bucketARN, narrowed("bucket.identity", "audit-logs", nil))}, nil, slices.Concat(retry, destroyed)},
		{"bucket taken", []trail.Drift{of(bucketARN, narrowed("bucket.identity", "audit-logs", trail.Document(`{"Owner":"444455556666"}`)))}, nil,
			append(ours("elsewhere log-files place 10s-1m0s all"), destroyed...)},
		{"lifecycle of a versioned bucket", []trail.Drift{of(bucketARN, narrowed("bucket.lifecycle", nil, nil))}, nil, everything("lost log-files versions ?-1m0s all")},
		{"of one that keeps no versions any more", []trail.Drift{of(bucketARN, narrowed("bucket.lifecycle", nil, nil)), of(bucketARN, narrowed("bucket.versioning", nil, nil))},
			func(t *Tampering) { t.Want.Selectors, t.Want.Insights = nil, nil }, []string{"management lost log-files event-history ?-1m0s all"}},
		{"logs deleted", nil, func(t *Tampering) { t.Techniques = []string{"log-delete"} }, everything("lost log-files versions ?-10s all")},
		{"for good", nil, func(t *Tampering) { t.Techniques, t.Want.Dependents = []string{"log-delete"}, nil }, destroyed},
		{"key disabled", []trail.Drift{of(keyARN, narrowed("key.state", nil, trail.Document(`{"KeyState":"Disabled"}`)))}, nil, retry},
		{"key about to be deleted", []trail.Drift{of(keyARN, narrowed("key.state", nil, trail.Document(`{"KeyState":"PendingDeletion"}`)))}, nil, retry},
		{"key of something else", []trail.Drift{of(keyARN+"x", narrowed("key.state", nil, nil))}, nil, nil},
		{"key gone", []trail.Drift{of(keyARN, narrowed("key.identity", nil, nil))}, nil, append(slices.Clone(retry),
			"management unreadable log-files event-history ?-10s all", "data unreadable log-files none ?-10s all",
			"network unreadable log-files none ?-10s all", "insights unreadable log-files none ?-10s all")},
		{"log group deleted", []trail.Drift{of(strings.TrimSuffix(groupARN, ":*"), narrowed("log-group.identity", nil, nil))}, nil,
			append(everything("lost log-group log-files 10s-1m0s all"), everything("lost log-group log-files ?-10s all")...)},
		{"retention", []trail.Drift{of(groupARN, narrowed("log-group.retention", nil, nil))}, nil, everything("lost log-group log-files ?-1m0s all")},
		{"role of the log group", []trail.Drift{of(roleARN, narrowed("role.trust", nil, nil))}, nil, everything("lost log-group log-files 10s-1m0s all")},
		{"a resource by itself", []trail.Drift{of("arn:x", narrowed("queue.identity", nil, nil))},
			func(t *Tampering) {
				t.Want = trail.Guarded{Dependents: []trail.Resource{{ARN: "arn:x"}}}
				t.Want.ARN = "arn:x"
			}, nil},
	}
	for _, test := range tests {
		tampering := Tampering{Want: recordsAll(), Drifts: test.drifts, Status: trail.NotKnown[trail.Status]("denied"), Attack: at(10), To: at(60)}
		if test.change != nil {
			test.change(&tampering)
		}
		for _, stored := range []bool{false, true} {
			if stored { // as a drift is once it has been in a journal
				tampering.Drifts = thawed(t, tampering.Drifts)
			}
			var got []string
			for _, w := range BlindWindows(tampering) {
				got = append(got, short(w))
				if w.Affected == "" || strings.HasSuffix(w.Affected, ": ") {
					t.Errorf("%s: no words in %+v", test.name, w)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s (stored: %v):\n%s\nwant\n%s", test.name, stored, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		}
	}
}

func thawed(t *testing.T, drifts []trail.Drift) []trail.Drift {
	t.Helper()
	data, err := Incident{Drifts: drifts}.MarshalJSON()
	var i Incident
	if err != nil || json.Unmarshal(data, &i) != nil {
		t.Fatal(err)
	}
	return i.Drifts
}

func TestBlindWindowsSayUntilWhen(t *testing.T) {
	tampering := Tampering{Want: recordsAll(), Attack: at(10), To: at(60), Drifts: []trail.Drift{
		narrowed(trail.FieldSelectors, *recordsAll().Selectors, basic("WriteOnly", true, "kms.amazonaws.com")),
		of(bucketARN, narrowed("bucket.policy", nil, nil)),
	}}
	got := BlindWindows(tampering)
	if !got[0].Until.Equal(at(10).AddDate(0, 0, 90)) || !strings.Contains(got[0].Affected, "kms.amazonaws.com") {
		t.Errorf("%+v", got[0])
	}
	if !got[1].Until.IsZero() || got[1].Category != CategoryData {
		t.Errorf("%+v", got[1])
	}
	if last := got[len(got)-1]; last.Fate != Delayed || !last.Until.Equal(at(10).AddDate(0, 0, 30)) {
		t.Errorf("%+v", last)
	}
	open := Tampering{Want: recordsAll(), Drifts: []trail.Drift{narrowed(trail.FieldMultiRegion, true, false)}}
	if w := BlindWindows(open)[0]; !w.Until.IsZero() {
		t.Errorf("nobody knows when it began, and yet it is recoverable until %s", w.Until)
	}
}

func TestRecoverable(t *testing.T) {
	window := func(r Recovery, from, to time.Time, regions ...string) BlindWindow {
		return BlindWindow{Recovery: r, Copy: CopyLogFiles, From: from, To: to, Regions: regions}
	}
	i := Incident{Seen: at(100), Attack: at(10), Blind: []BlindWindow{
		window(FromNowhere, at(-9000), at(9000), "eu-west-3"),
		window(FromEventHistory, at(20), at(60), "eu-west-1", "us-east-1"),
		window(FromEventHistory, at(10.5), at(40.5), "us-east-1", "us-west-2"),
		window(FromEventHistory, time.Time{}, at(10), "eu-west-2"), // deleted logs
	}}
	from, to, regions, guessed, ok := i.Recoverable(at(500))
	if !ok || guessed || !from.Equal(at(-50)) || !to.Equal(at(121)) || !slices.Equal(regions, []string{"eu-west-1", "us-east-1", "us-west-2"}) {
		t.Errorf("%s to %s in %v, guessed %v, %v", from, to, regions, guessed, ok)
	}
	i.Blind = []BlindWindow{window(FromEventHistory, time.Time{}, time.Time{}, "eu-west-1")}
	if from, to, _, guessed, ok := i.Recoverable(at(500)); !ok || !guessed || !from.Equal(at(40).Add(-24*time.Hour)) || !to.Equal(at(561)) {
		t.Errorf("%s to %s, guessed %v, %v", from, to, guessed, ok)
	}
	if _, _, _, _, ok := (Incident{}).Recoverable(at(0)); ok {
		t.Error("there is something to recover where nothing was lost")
	}
}
