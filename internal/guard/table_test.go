package guard_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/journal/journaltest"
	"github.com/trailhold/trailhold/internal/lab"
)

// withTable makes the journal's table in the lab.
func (w *world) withTable() {
	w.t.Helper()
	w.must(journaltest.MakeTable(w.ctx(), w.lab.Client(), home, "../../docs/dynamodb-table.json"))
}

// table is the journal in that table, as another process sees it.
func (w *world) table() *journal.Table {
	return journal.NewTable(w.connect("AKIAGUARD00000000001").Table(journaltest.TableName, home), journal.DefaultKeep)
}

// instance is a guard that shares nothing with others but AWS and the people it tells, as an instance of a function would.
func (w *world) instance() *guard.Guard {
	cloud := w.connect("AKIAGUARD00000000001")
	return guard.New(w.baseline, guard.Ports{Observer: cloud, Actuator: cloud, Journal: w.table(), Teller: w.teller, Historian: cloud}, guard.Options{})
}

// TestInstancesShareTable hands the same event to several instances at once, while DynamoDB works, is throttled, fails,
// or loses its answers: there is one incident, and people hear of it once, and once of the proof.
func TestInstancesShareTable(t *testing.T) {
	faults := []lab.Fault{{Kind: lab.Slow, Delay: 10 * time.Millisecond}, {Kind: lab.Slow, Delay: 200 * time.Millisecond}}
	for _, kind := range []lab.FaultKind{lab.Throttle, lab.ServerError, lab.LostAnswer, lab.Timeout} {
		faults = append(faults, lab.Fault{Kind: kind, Operation: "UpdateItem", Times: 1}, lab.Fault{Kind: kind, Operation: "Query", Times: 2}, lab.Fault{Kind: kind, Times: 3})
	}
	for _, fault := range faults {
		for _, late := range []time.Duration{0, 30 * time.Millisecond} {
			if testing.Short() && (late == 0 || fault.Times == 1) {
				continue
			}
			name := fmt.Sprintf("%s of %q %d times/second instance %v later", fault.Kind, fault.Operation, fault.Times, late)
			t.Run(name, func(t *testing.T) {
				bubble(t, lab.Options{}, func(t *testing.T, w *world) {
					w.withTable()
					w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
					records := w.records()
					w.teller.takes = time.Second // nobody knows yet that another one tells
					fault.Service = "dynamodb"
					remove := w.lab.Inject(fault)
					var all sync.WaitGroup
					for n := range 2 {
						g := w.instance()
						all.Go(func() {
							pause(time.Duration(n) * late)
							_, err := g.Handle(w.ctx(), records)
							for tries := 0; err != nil && tries < 3; tries++ { // Lambda delivers it again
								t.Log(err)
								_, err = g.Handle(w.ctx(), records)
							}
							w.report(err)
						})
					}
					all.Wait()
					remove()
					w.assertRestored()
					w.assertAlerts(incident.KindAlert)
					pause(10 * time.Minute)
					for range 2 {
						_, err := w.instance().Sweep(w.ctx())
						w.must(err)
					}
					w.assertAlerts(incident.KindAlert, incident.KindProved)
					found, err := w.table().Recent(w.ctx(), "", time.Time{})
					if err != nil || len(found) != 1 || found[0].Stage != incident.Proved {
						t.Errorf("the table has %d incidents, %v: %+v", len(found), err, found)
					}
				})
			})
		}
	}
}

// TestRestorationDoesNotWaitForTable measures when logging is started again while the table is in trouble.
func TestRestorationDoesNotWaitForTable(t *testing.T) {
	for _, fault := range []lab.Fault{
		{Kind: lab.Slow, Delay: 10 * time.Second}, {Kind: lab.Timeout}, {Kind: lab.LostAnswer}, {Kind: lab.Throttle}, {Kind: lab.ServerError}, {Kind: lab.AccessDenied},
		{Kind: lab.Slow, Delay: 10 * time.Second, Operation: "UpdateItem"}, {Kind: lab.LostAnswer, Operation: "UpdateItem"},
	} {
		t.Run(fmt.Sprintf("%s of %q", fault.Kind, fault.Operation), func(t *testing.T) {
			bubble(t, lab.Options{DeliveryDelay: time.Hour}, func(t *testing.T, w *world) {
				w.withTable()
				w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
				records := w.records()
				fault.Service = "dynamodb"
				remove := w.lab.Inject(fault)
				begun := time.Now()
				found, err := w.instance().Handle(w.ctx(), records)
				if err == nil {
					t.Error("the event would not come again although nothing was saved")
				}
				if len(found) != 1 || len(found[0].Steps) == 0 || found[0].Steps[0].Started.Sub(begun) > 650*time.Millisecond {
					t.Errorf("begun %v, found %+v", begun, found)
				}
				w.assertRestored()
				w.assertAlerts(incident.KindAlert)

				remove()
				pause(time.Minute)
				_, err = w.instance().Handle(w.ctx(), records) // it comes again, to another instance
				w.must(err)
				all, err := w.table().Recent(w.ctx(), "", time.Time{})
				if err != nil || len(all) != 1 {
					t.Errorf("the table has %d incidents, %v", len(all), err)
				}
			})
		})
	}
}
