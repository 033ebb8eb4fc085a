package incident

import (
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

func TestRelate(t *testing.T) {
	answered := StepResult{Step: trail.Step{ID: "start-logging", Op: trail.OpStartLogging}, Attempts: 1, RequestIDs: []string{"req-1"}, Started: at(2), Duration: time.Second}
	lost := StepResult{Step: trail.Step{ID: "start-logging", Op: trail.OpStartLogging}, Attempts: 2, RequestIDs: []string{"req-1"}, Started: at(2), Duration: time.Second}
	restored := Incident{Stage: Restored, Restored: at(4), EventIDs: []string{"event-1"}, Steps: []StepResult{answered}}
	withLost := restored
	withLost.Steps = []StepResult{lost}
	bucket := withLost
	bucket.Steps = []StepResult{{Step: trail.Step{Op: trail.OpPutBucketLifecycleConfiguration}, Attempts: 1, Started: at(2), Duration: time.Second}}
	inRegion := withLost
	inRegion.Steps = []StepResult{{Step: trail.Step{Op: trail.OpStartLogging, Region: "us-east-1"}, Attempts: 1, Started: at(2), Duration: time.Second}}

	tests := []struct {
		name     string
		record   record.Record
		incident Incident
		want     Relation
	}{
		{"the same event again", record.Record{EventID: "event-1", EventTime: at(0)}, restored, Duplicate},
		{"an event without an id is no duplicate of another", record.Record{EventTime: at(60)}, Incident{Stage: Restored, Restored: at(4), EventIDs: []string{""}}, Unrelated},
		{"the record of our own call", record.Record{EventID: "e", EventName: "StartLogging", RequestID: "req-1", EventTime: at(2)}, restored, Echo},
		{"however late its time", record.Record{EventID: "e", EventName: "StartLogging", RequestID: "req-1", EventTime: at(900)}, restored, Echo},
		{"somebody else's call of that name", record.Record{EventID: "e", EventName: "StartLogging", RequestID: "req-2", EventTime: at(60)}, restored, Unrelated},
		{"and at that time, when all our answers came", record.Record{EventID: "e", EventName: "StartLogging", RequestID: "req-2", EventTime: at(2)}, restored, Late},
		{"a call of that name at that time, when an answer was lost", record.Record{EventID: "e", EventName: "StartLogging", RequestID: "req-2", EventTime: at(2)}, withLost, Alike},
		{"a call that CloudTrail records under another name", record.Record{EventID: "e", EventName: "PutBucketLifecycle", EventTime: at(2)}, bucket, Alike},
		{"but not in another region", record.Record{EventID: "e", EventName: "StartLogging", Region: "us-west-2", EventTime: at(2)}, inRegion, Late},
		{"but not at another time", record.Record{EventID: "e", EventName: "StartLogging", RequestID: "req-2", EventTime: at(60)}, withLost, Unrelated},
		{"and no other call", record.Record{EventID: "e", EventName: "StopLogging", RequestID: "req-2", EventTime: at(2)}, withLost, Late},
		{"before the restoration", record.Record{EventID: "e", EventName: "StopLogging", EventTime: at(1)}, restored, Late},
		{"within the skew of clocks", record.Record{EventID: "e", EventName: "StopLogging", EventTime: at(8)}, restored, Late},
		{"after the restoration", record.Record{EventID: "e", EventName: "StopLogging", EventTime: at(10)}, restored, Unrelated},
		{"while it is not restored", record.Record{EventID: "e", EventName: "StopLogging", EventTime: at(900)}, Incident{Stage: Failed}, Late},
		{"of an attempt that changed nothing", record.Record{EventID: "e", EventName: "StopLogging", EventTime: at(-900)}, Incident{Stage: Observed}, Unrelated},
	}
	for _, test := range tests {
		if got := Relate(test.record, test.incident); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestMergeKeepsWhatEitherKnows(t *testing.T) {
	mine := Incident{ID: "event-1", Version: 0, Stage: Restored, Seen: at(3), Restored: at(4), Attack: at(1), EventIDs: []string{"a", "b"}, Occurrences: 2,
		Techniques: []string{"stop-logging"}, Steps: []StepResult{{Step: trail.Step{ID: "start-logging"}}}}
	theirs := Incident{ID: "event-1", Version: 2, Stage: Restored, Seen: at(2), Restored: at(5), Attack: at(0), EventIDs: []string{"a", "c"}, Occurrences: 2,
		Techniques: []string{"insights-off"}, Steps: []StepResult{{Step: trail.Step{ID: "start-logging"}}, {Step: trail.Step{ID: "put-insight-selectors"}}},
		Told: []Telling{{Kind: KindAlert, At: at(5)}}}
	got := mine.Merge(theirs)
	if got.Version != 2 || got.Occurrences != 3 || len(got.EventIDs) != 3 || len(got.Techniques) != 2 || len(got.Steps) != 2 || !got.WasTold(KindAlert) ||
		!got.Seen.Equal(at(2)) || !got.Attack.Equal(at(0)) || !got.Restored.Equal(at(4)) {
		t.Errorf("merged to %+v", got)
	}
	attempt := Incident{Stage: Observed}.Merge(theirs)
	if attempt.Stage != Restored || !attempt.Restored.Equal(at(5)) {
		t.Errorf("a guard that came too late to see the drift hides the other's restoration: %+v", attempt)
	}
}

// TestAClosedWindowStaysClosed whatever another guard was doing with it when it was closed, and whoever saves last.
func TestAClosedWindowStaysClosed(t *testing.T) {
	open := Incident{ID: "i", Version: 1, Stage: ChangeWindow, Window: &Window{Until: at(60)}}
	closed := open
	closed.Stage, closed.Version = Observed, 2
	if got := open.Merge(closed); got.Stage != Observed {
		t.Errorf("a window that was closed meanwhile is %s", got.Stage)
	}
	if got := closed.Merge(open); got.Stage != Observed {
		t.Errorf("a window that is being closed is %s", got.Stage)
	}
	if got := open.Merge(open); got.Stage != ChangeWindow {
		t.Errorf("a window that nobody closed is %s", got.Stage)
	}
}

func TestIDIsTheSameForTheSameEvent(t *testing.T) {
	if ID("arn", "event", at(1)) != ID("arn", "event", at(2)) {
		t.Error("two guards name the same event's incident differently")
	}
	if ID("arn", "event", at(1)) == ID("arn", "other", at(1)) || ID("arn", "", at(1)) == ID("arn", "", at(2)) {
		t.Error("different incidents share an id")
	}
}
