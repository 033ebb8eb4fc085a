package guard_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// A facet that hangs must not cost seconds of records.
func TestLoggingStartsBeforeASlowReadEnds(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		records := w.records()
		for _, op := range []string{"ListTags", "GetEventSelectors", "DescribeTrails"} {
			w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: op, Kind: lab.Slow, Delay: 4 * time.Second})
		}
		w.journal.takes = 2 * time.Second
		began := time.Now()
		_, err := w.guard.Handle(w.ctx(), records)
		w.must(err)
		status, _ := w.cloud.Status(w.ctx(), w.want.ARN, home).Get()
		if after := status.StartLoggingTime.Sub(began); after > time.Second {
			t.Errorf("logging was started after %s", after)
		}
	})
}

// A second attack right after the first restoration is not taken for a part of the first, although clocks may differ and
// reads lag.
func TestAttackRightAfterRestorationWithLaggingReads(t *testing.T) {
	bubble(t, lab.Options{ConsistencyDelay: 3 * time.Second}, func(t *testing.T, w *world) {
		for range 2 {
			w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
			records := w.records()
			_, err := w.guard.Handle(w.ctx(), records)
			w.must(err)
			pause(1100 * time.Millisecond)
		}
		pause(time.Minute)
		w.assertRestored()
	})
}

// Whoever stops the process after the restoration must not stop the alert.
func TestCancelledAfterRestorationIsStillTold(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		records := w.records()
		ctx, cancel := context.WithTimeout(w.ctx(), 500*time.Millisecond) // within the pause between the two clean reads
		defer cancel()
		_, err := w.guard.Handle(ctx, records)
		w.must(err)
		w.assertRestored()
		w.assertAlerts(incident.KindAlert)
		recent, err := w.journal.Recent(w.ctx(), w.want.ARN, time.Time{})
		w.must(err)
		if len(recent) != 1 {
			t.Errorf("%d incidents in the journal, want 1", len(recent))
		}
	})
}

func TestTwoGuardsTellOnce(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		records := w.records()
		other := w.second()
		w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "StartLogging", Kind: lab.Slow, Delay: time.Second, Times: 2}) // both see the drift
		w.teller.takes = time.Second                                                                                            // neither knows yet that the other tells
		var both sync.WaitGroup
		both.Go(func() { _, err := w.guard.Handle(w.ctx(), records); w.report(err) })
		both.Go(func() { _, err := other.Handle(w.ctx(), records); w.report(err) })
		both.Wait()
		w.assertRestored()
		w.assertAlerts(incident.KindAlert)
		recent, err := w.journal.Recent(w.ctx(), w.want.ARN, time.Time{})
		w.must(err)
		if len(recent) != 1 {
			t.Errorf("%d incidents in the journal, want 1", len(recent))
		}
	})
}

func (w *world) report(err error) {
	if err != nil {
		w.t.Error(err)
	}
}

// What was told but could not be saved is not told again.
func TestTellingThatCouldNotBeSaved(t *testing.T) {
	bubble(t, lab.Options{DeliveryDelay: time.Hour}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		w.journal.saves = 1 // the restoration is saved, the telling is not
		_, err := w.wake()
		if err == nil {
			t.Fatal("the journal was not down: the test tests nothing")
		}
		w.journal.setDown(false)
		w.must(w.sweepAndProve())
		w.assertAlerts(incident.KindAlert)
	})
}

// What could not be told is told by the next sweep.
func TestAlertThatCouldNotBeTold(t *testing.T) {
	bubble(t, lab.Options{DeliveryDelay: time.Hour}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		w.teller.down = 1
		if _, err := w.wake(); err == nil {
			t.Error("that nobody could be told is no error")
		}
		w.assertAlerts()
		w.must(w.sweepAndProve())
		w.assertAlerts(incident.KindAlert)
	})
}

// A channel that fails for good neither makes the others say the same again, nor keeps what comes next from them.
func TestChannelThatFailsForGood(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		w.teller.partly = true
		if _, err := w.wake(); err != nil {
			t.Error(err)
		}
		for range 3 {
			w.must(w.sweepAndProve())
		}
		w.assertAlerts(incident.KindAlert, incident.KindProved)
	})
}

// A denied call's record often names no trail. It is one attempt, however many trails are guarded.
func TestAttemptOnNobodyKnowsWhichTrailIsToldOnce(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		second, err := w.intruder.CreateTrail(w.ctx(), home, trail.Create{Config: trail.Config{Name: "second", S3BucketName: "audit-logs"}})
		w.must(err)
		w.must(w.intruder.StartLogging(w.ctx(), home, second))
		w.setBaseline()
		_ = w.records()
		r := record.Record{EventID: "e-1", EventName: "StopLogging", EventSource: "cloudtrail.amazonaws.com", EventTime: time.Now(), Region: home,
			RecipientAccountID: lab.DefaultAccount, ErrorCode: "AccessDenied", ErrorMessage: "denied", Raw: []byte(`{}`)}
		_, err = w.guard.Handle(w.ctx(), []record.Record{r, r})
		w.must(err)
		_, err = w.guard.Handle(w.ctx(), []record.Record{r})
		w.must(err)
		w.assertAlerts(incident.KindAlert)
	})
}

// An incident is not proved while CloudTrail cannot deliver.
func TestNoProofWhileDeliveryFails(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.baseline.Trails[0].Dependents = nil // or else the bucket's policy would be put right
		w.guard = w.second()
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		w.must(w.intruder.PutBucketPolicy(w.ctx(), home, "audit-logs",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::audit-logs/*"}]}`))
		_, err := w.wake()
		w.must(err)
		for range 3 {
			pause(time.Hour)
			w.must(w.sweepAndProve())
		}
		w.assertAlerts(incident.KindAlert, incident.KindEscalate) // an hour without proof is told once a day
		id := w.teller.all()[0].incident.ID
		if i := w.stored(id); i.Stage != incident.Restored || i.Proof[0].State != incident.ProofFailing || i.Proof[0].Detail == "" {
			t.Errorf("stage %s, proof %+v", i.Stage, i.Proof)
		}
		w.must(w.intruder.PutBucketPolicy(w.ctx(), home, "audit-logs", intruder.AllowTrails("audit-logs", lab.DefaultAccount)))
		for range 2 {
			pause(time.Hour)
			w.must(w.sweepAndProve())
		}
		w.assertAlerts(incident.KindAlert, incident.KindEscalate, incident.KindProved)
	})
}

// Two trails are restored side by side; one that fails does not hold the other up.
func TestTrailsAreIndependent(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		_, err := w.intruder.CreateTrail(w.ctx(), "eu-west-1", trail.Create{Config: trail.Config{Name: "second", S3BucketName: "audit-logs"}})
		w.must(err)
		w.must(w.intruder.StartLogging(w.ctx(), "eu-west-1", "second"))
		w.setBaseline()
		w.must(w.intruder.StopLogging(w.ctx(), "eu-west-1", "second"))
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		w.lab.Inject(lab.Fault{Service: "cloudtrail", Region: "eu-west-1", Kind: lab.Timeout})
		began := time.Now()
		_, err = w.guard.Sweep(w.ctx())
		w.must(err)
		status, _ := w.cloud.Status(w.ctx(), w.want.ARN, home).Get()
		if !status.IsLogging || status.StartLoggingTime.Sub(began) > 20*time.Second {
			t.Errorf("logging %v since %s, the sweep began at %s", status.IsLogging, status.StartLoggingTime, began)
		}
	})
}

// Unreadable messages are told, each once, and cannot fill mailboxes.
func TestUnreadableMessages(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		cause := errors.New("sqs/eventbridge: detail.eventTime: not a time")
		for range 3 {
			w.must(w.guard.ReportUnreadable(w.ctx(), "SQS message", []byte("{"), cause))
		}
		w.assertAlerts(incident.KindAlert)
		for n := range 50 {
			w.must(w.guard.ReportUnreadable(w.ctx(), "SQS message", fmt.Appendf(nil, "{%d", n), cause))
		}
		w.assertAlerts(incident.KindAlert, incident.KindAlert, incident.KindAlert, incident.KindEscalate)
		if i := w.teller.all()[0].incident; len(i.Notes) == 0 || string(i.Records[0]) != `"{"` {
			t.Errorf("notes %q, records %s", i.Notes, i.Records)
		}
	})
}
