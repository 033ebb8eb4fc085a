// Package journaltest is what every journal must do, as one suite for all implementations.
package journaltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// ARN is the trail of the suite's incidents.
const ARN = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"

// Noon is when the suite's incidents happen.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// Incident is a small one.
func Incident(id string, stage incident.Stage, seen time.Time) incident.Incident {
	return incident.Incident{
		ID: id, Stage: stage, TrailARN: ARN, Account: "111122223333", Region: "eu-central-1",
		Techniques: []string{"stop-logging"}, Severity: severity.High, Cause: incident.CauseEvent, Seen: seen,
	}
}

// Run runs the suite. empty returns a journal without incidents that has room for twenty.
func Run(t *testing.T, empty func(*testing.T) guard.Journal) {
	for _, c := range []struct {
		name string
		test func(*testing.T, guard.Journal)
	}{
		{"what is saved comes back", roundTrip},
		{"saving what was read changes nothing", stable},
		{"times survive", times},
		{"copies are independent", independent},
		{"versions", versions},
		{"one of many concurrent saves wins", oneWins},
		{"concurrent changes are all kept", allKept},
		{"recent", recent},
		{"get what is not there", notFound},
		{"ids", ids},
		{"a cancelled context", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, empty(t)) })
	}
}

// text is what incidents are compared by.
func text(t *testing.T, i incident.Incident) string {
	t.Helper()
	data, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func save(t *testing.T, j guard.Journal, i incident.Incident) incident.Incident {
	t.Helper()
	saved, err := j.Save(t.Context(), i)
	if err != nil {
		t.Fatalf("saving %s at version %d: %v", i.ID, i.Version, err)
	}
	return saved
}

func get(t *testing.T, j guard.Journal, id string) incident.Incident {
	t.Helper()
	i, err := j.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// rich has drift values of every kind that a baseline has, and hostile text.
func rich() incident.Incident {
	i := Incident("rich", incident.Restored, Noon)
	selectors := &trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All", DataResources: []trail.DataResource{{Type: "AWS::S3::Object"}}}}}
	i.Drifts = []trail.Drift{
		{Field: trail.FieldLogging, Before: true, After: false, Direction: trail.Narrowing, Severity: severity.Critical},
		{Field: trail.FieldBucket, Before: "logs", After: nil, Direction: trail.Narrowing, Severity: severity.High},
		{Field: trail.FieldSelectors, Before: *selectors, After: selectors, Direction: trail.Narrowing},
		{Field: trail.FieldTags, Before: map[string]string{"b": "1", "a": "2"}, After: map[string]any{"n": 9007199254740993}},
		{Field: trail.FieldTrail, Before: trail.Config{Name: "audit", S3BucketName: "logs"}},
		{Field: trail.FieldInsights, Before: []trail.InsightSelector{{InsightType: "ApiCallRateInsight"}}, After: []trail.InsightSelector{}},
	}
	i.Actor.UserAgent = "\x1b[31m\u202e<script>&\xff\x00"
	i.Records = []json.RawMessage{json.RawMessage(`{"eventID": "1",  "z": 1e400, "a": "<&>"}`), json.RawMessage(`not JSON`)}
	i.Steps = []incident.StepResult{{Step: trail.Step{ID: "start", Op: trail.OpStartLogging}, Outcome: incident.StepDone, Duration: 1234567890}}
	return i
}

func roundTrip(t *testing.T, j guard.Journal) {
	want := rich()
	saved := save(t, j, want)
	if saved.Version != 1 {
		t.Errorf("the first version is %d, not 1", saved.Version)
	}
	want.Version = 1
	if got := text(t, saved); got != text(t, want) {
		t.Errorf("Save returned\n%s\nnot\n%s", got, text(t, want))
	}
	if got := text(t, get(t, j, "rich")); got != text(t, want) {
		t.Errorf("Get returned\n%s\nnot\n%s", got, text(t, want))
	}
	all, err := j.Recent(t.Context(), "", time.Time{})
	if err != nil || len(all) != 1 || text(t, all[0]) != text(t, want) {
		t.Errorf("Recent returned %d incidents, %v", len(all), err)
	}
}

func stable(t *testing.T, j guard.Journal) {
	first := save(t, j, rich())
	before := text(t, first)
	for range 3 {
		save(t, j, get(t, j, "rich"))
	}
	after := get(t, j, "rich")
	if after.Version != 4 {
		t.Errorf("after four saves the version is %d", after.Version)
	}
	after.Version = first.Version
	if text(t, after) != before {
		t.Errorf("reading and saving changed\n%s\nto\n%s", before, text(t, after))
	}
}

func times(t *testing.T, j guard.Journal) {
	i := Incident("times", incident.Proved, Noon.In(time.FixedZone("", -5*3600)))
	i.Attack, i.Restored = Noon.Add(-time.Nanosecond), time.Now() // with a monotonic reading
	i.Blind = []incident.BlindWindow{{Regions: []string{"eu-central-1"}, From: Noon}}
	saved := save(t, j, i)
	got := get(t, j, "times")
	for name, pair := range map[string][2]time.Time{
		"seen": {i.Seen, got.Seen}, "attack": {i.Attack, got.Attack}, "restored": {i.Restored, got.Restored},
		"proved": {i.Proved, got.Proved}, "from": {i.Blind[0].From, got.Blind[0].From}, "to": {i.Blind[0].To, got.Blind[0].To},
		"seen as returned by Save": {i.Seen, saved.Seen},
	} {
		if !pair[0].Equal(pair[1]) || pair[1].Location() != time.UTC {
			t.Errorf("%s was %v, came back as %v", name, pair[0], pair[1])
		}
	}
}

func independent(t *testing.T, j guard.Journal) {
	i := Incident("copy", incident.Open, Noon)
	i.Notes = []string{"first"}
	saved := save(t, j, i)
	i.Notes[0], saved.Notes[0] = "spoilt", "spoilt"
	get(t, j, "copy").Notes[0] = "spoilt"
	if note := get(t, j, "copy").Notes[0]; note != "first" {
		t.Errorf("a caller's change reached the journal: %q", note)
	}
}

func versions(t *testing.T, j guard.Journal) {
	fresh := Incident("v", incident.Open, Noon)
	stray := fresh
	stray.Version = 3
	conflict(t, j, stray, "saving version 3 of what is not there")
	one := save(t, j, fresh)
	conflict(t, j, fresh, "saving a new incident on an old one")
	one.Stage = incident.Proved
	two := save(t, j, one)
	one.Stage = incident.Failed
	conflict(t, j, one, "saving on an outdated version")
	two.Version++
	conflict(t, j, two, "saving on a version yet to come")
	if got := get(t, j, "v"); got.Version != 2 || got.Stage != incident.Proved {
		t.Errorf("refused saves left version %d, stage %s", got.Version, got.Stage)
	}
}

func conflict(t *testing.T, j guard.Journal, i incident.Incident, what string) {
	t.Helper()
	if _, err := j.Save(t.Context(), i); !errors.Is(err, guard.ErrConflict) {
		t.Errorf("%s: want ErrConflict, got %v", what, err)
	}
}

func oneWins(t *testing.T, j guard.Journal) {
	base := save(t, j, Incident("race", incident.Open, Noon))
	const writers = 16
	errs := make([]error, writers)
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			mine := base
			mine.Notes = []string{fmt.Sprint(n)}
			_, errs[n] = j.Save(t.Context(), mine)
		})
	}
	group.Wait()
	winner := slices.Index(errs, nil)
	if winner < 0 {
		t.Fatalf("nobody won: %v", errs[0])
	}
	for n, err := range errs {
		if n != winner && !errors.Is(err, guard.ErrConflict) {
			t.Errorf("writer %d won, and writer %d got %v", winner, n, err)
		}
	}
	if got := get(t, j, "race"); got.Version != 2 || len(got.Notes) != 1 || got.Notes[0] != fmt.Sprint(winner) {
		t.Errorf("writer %d won, but the journal has version %d by %v", winner, got.Version, got.Notes)
	}
}

func allKept(t *testing.T, j guard.Journal) {
	save(t, j, Incident("count", incident.Open, Noon))
	const writers, each = 4, 5
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				if err := Count(t.Context(), j, "count"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := get(t, j, "count"); got.Occurrences != writers*each {
		t.Errorf("%d changes were made, %d were kept", writers*each, got.Occurrences)
	}
}

// Count adds one to the occurrences of a stored incident, again and again until nobody else came in between.
func Count(ctx context.Context, j guard.Journal, id string) error {
	for {
		i, err := j.Get(ctx, id)
		if err != nil {
			return err
		}
		i.Occurrences++
		if _, err := j.Save(ctx, i); !errors.Is(err, guard.ErrConflict) {
			return err
		}
	}
}

func recent(t *testing.T, j guard.Journal) {
	for n, stage := range []incident.Stage{incident.Open, incident.Planned, incident.Failed, incident.Restored,
		incident.Proved, incident.Observed, incident.AlertOnly, incident.Unread} {
		save(t, j, Incident("old-"+string(stage), stage, Noon.Add(-time.Duration(n+1)*time.Hour)))
	}
	save(t, j, Incident("at", incident.Proved, Noon))
	save(t, j, Incident("after", incident.Proved, Noon.Add(time.Nanosecond)))
	other := Incident("other", incident.Open, Noon)
	other.TrailARN = ARN + "2"
	save(t, j, other)

	expect(t, j, ARN, Noon, "after at old-open old-failed old-restored old-alert-only old-unread")
	expect(t, j, "", Noon, "after other at old-open old-failed old-restored old-alert-only old-unread")
	expect(t, j, ARN+"2", Noon.Add(time.Hour), "other")
	expect(t, j, "arn:none", time.Time{}, "")
	expect(t, j, ARN, time.Time{}, "after at old-open old-planned old-failed old-restored old-proved old-observed old-alert-only old-unread")
}

func expect(t *testing.T, j guard.Journal, arn string, since time.Time, want string) {
	t.Helper()
	found, err := j.Recent(t.Context(), arn, since)
	if err != nil {
		t.Error(err)
	}
	var ids []string
	for _, i := range found {
		ids = append(ids, i.ID)
	}
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("recent of %q since %v:\n got %s\nwant %s", arn, since, got, want)
	}
}

func notFound(t *testing.T, j guard.Journal) {
	if _, err := j.Get(t.Context(), "nothing"); !errors.Is(err, guard.ErrNotFound) {
		t.Errorf("want ErrNotFound, got %v", err)
	}
}

func ids(t *testing.T, j guard.Journal) {
	for _, id := range []string{"", ".", "..", "../up", "a/b", `a\b`, ".lock", "a.b", "-flag", "a\x00b", "a\nb", "ä", "C:x", strings.Repeat("x", 129)} {
		if _, err := j.Save(t.Context(), Incident(id, incident.Open, Noon)); err == nil {
			t.Errorf("the id %q was saved", id)
		}
		if _, err := j.Get(t.Context(), id); err == nil || errors.Is(err, guard.ErrNotFound) {
			t.Errorf("the id %q was looked for: %v", id, err)
		}
	}
	for _, id := range []string{"event-0123abcd", "A_b-9", "0", strings.Repeat("x", 128)} {
		save(t, j, Incident(id, incident.Open, Noon))
		get(t, j, id)
	}
}

func cancelled(t *testing.T, j guard.Journal) {
	save(t, j, Incident("there", incident.Open, Noon))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, saveErr := j.Save(ctx, Incident("new", incident.Open, Noon))
	_, recentErr := j.Recent(ctx, "", time.Time{})
	_, getErr := j.Get(ctx, "there")
	for what, err := range map[string]error{"Save": saveErr, "Recent": recentErr, "Get": getErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: want context.Canceled, got %v", what, err)
		}
	}
	if _, err := j.Get(t.Context(), "new"); !errors.Is(err, guard.ErrNotFound) {
		t.Errorf("a cancelled save took effect: %v", err)
	}
}
