package awscloud

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/journal/journaltest"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// tableWorld is a lab with the journal's table as docs/dynamodb-table.json defines it.
type tableWorld struct {
	t     *testing.T
	lab   *lab.Lab
	table *Table
}

func newTableWorld(t *testing.T) *tableWorld {
	t.Helper()
	l := lab.New(lab.Options{})
	t.Cleanup(l.Close)
	if err := journaltest.MakeTable(t.Context(), l.Client(), "us-east-1", "../../docs/dynamodb-table.json"); err != nil {
		t.Fatal(err)
	}
	w := &tableWorld{t: t, lab: l}
	w.table = w.cloud().Table(journaltest.TableName, "")
	return w
}

// cloud is another process's.
func (w *tableWorld) cloud() *Cloud {
	client := *w.lab.Client()
	return dial(w.t, &client)
}

func (w *tableWorld) journal() *journal.Table {
	return journal.NewTable(w.cloud().Table(journaltest.TableName, ""), journal.DefaultKeep)
}

// item is an item as it is stored.
func (w *tableWorld) item(id string) map[string]types.AttributeValue {
	w.t.Helper()
	out, err := w.table.client.GetItem(w.t.Context(), &dynamodb.GetItemInput{TableName: aws.String(journaltest.TableName),
		Key: map[string]types.AttributeValue{"kind": stringValue("incident"), "id": stringValue(id)}})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Item
}

func saved(t *testing.T, j guard.Journal, i incident.Incident) incident.Incident {
	t.Helper()
	i, err := j.Save(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestTable(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) guard.Journal { return newTableWorld(t).journal() })
}

// faults are the ways in which DynamoDB fails for a moment.
var faults = []lab.FaultKind{lab.Throttle, lab.ServerError, lab.LostAnswer, lab.Timeout}

// TestTableOutlastsFaults lets every operation fail twice: it must work all the same, and a write whose answer was lost
// must not look like somebody else's.
func TestTableOutlastsFaults(t *testing.T) {
	for _, kind := range faults {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTableWorld(t)
				j := w.journal()
				i := journaltest.Incident("a", incident.Open, journaltest.Noon)
				for version := 1; version <= 3; version++ {
					w.lab.Inject(lab.Fault{Service: "dynamodb", Kind: kind, Times: 2})
					if i = saved(t, j, i); i.Version != version {
						t.Errorf("saved version %d, want %d", i.Version, version)
					}
				}
				w.lab.Inject(lab.Fault{Service: "dynamodb", Operation: "GetItem", Kind: kind, Times: 2})
				if got, err := j.Get(t.Context(), "a"); err != nil || got.Version != 3 {
					t.Errorf("got version %d, %v", got.Version, err)
				}
				w.lab.Inject(lab.Fault{Service: "dynamodb", Operation: "Query", Kind: kind, Times: 2})
				if all, err := j.Recent(t.Context(), "", time.Time{}); err != nil || len(all) != 1 {
					t.Errorf("found %d incidents, %v", len(all), err)
				}
			})
		})
	}
}

// TestTableFailsInTime bounds how long a table that is down can hold up a call, and wants to know which it was.
func TestTableFailsInTime(t *testing.T) {
	for _, kind := range append(faults, lab.AccessDenied) {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTableWorld(t)
				w.lab.Inject(lab.Fault{Service: "dynamodb", Kind: kind})
				j, begun := w.journal(), time.Now()
				_, err := j.Save(t.Context(), journaltest.Incident("a", incident.Open, journaltest.Noon))
				if took := time.Since(begun); err == nil || took > 12*time.Second {
					t.Errorf("failed with %v after %v", err, took)
				}
				if errors.Is(err, guard.ErrConflict) || errors.Is(err, guard.ErrNotFound) || !strings.Contains(fmt.Sprint(err), "table trailhold in us-east-1: UpdateItem: ") {
					t.Errorf("the error is %v", err)
				}
				want := guard.ClassRetry
				if kind == lab.AccessDenied {
					want = guard.ClassDenied
				}
				if got := guard.ClassOf(err); got != want {
					t.Errorf("its class is %s, want %s", got, want)
				}
			})
		})
	}
}

// TestTableKnowsItsUnansweredSave saves without ever hearing that it worked. The next save of the same process goes on
// from there; for another process it is a conflict.
func TestTableKnowsItsUnansweredSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTableWorld(t)
		mine, other := w.journal(), w.journal()
		i := journaltest.Incident("a", incident.Open, journaltest.Noon)
		for round := range 3 {
			remove := w.lab.Inject(lab.Fault{Service: "dynamodb", Operation: "UpdateItem", Kind: lab.LostAnswer})
			left, err := mine.Save(t.Context(), i)
			if err == nil || errors.Is(err, guard.ErrConflict) || left.Version != i.Version {
				t.Fatalf("round %d: version %d, %v", round, left.Version, err)
			}
			remove()
			if _, err := other.Save(t.Context(), i); !errors.Is(err, guard.ErrConflict) {
				t.Errorf("round %d: another's save of the same version: %v", round, err)
			}
			odd := i
			odd.Version += 7
			if _, err := mine.Save(t.Context(), odd); !errors.Is(err, guard.ErrConflict) {
				t.Errorf("round %d: a save of another version: %v", round, err)
			}
			i.Notes = []string{fmt.Sprint("round ", round)}
			was := i.Version
			if i = saved(t, mine, i); i.Version != was+2 {
				t.Errorf("round %d: version %d after an unanswered save of %d", round, i.Version, was+1)
			}
			if got, err := other.Get(t.Context(), "a"); err != nil || got.Notes[0] != i.Notes[0] {
				t.Errorf("round %d: stored %v, %v", round, got.Notes, err)
			}
		}
		stale := i
		stale.Version = 1
		if _, err := mine.Save(t.Context(), stale); !errors.Is(err, guard.ErrConflict) {
			t.Errorf("an old version was saved: %v", err)
		}
	})
}

// TestTableUnansweredSaveWasOvertaken: what another process saved since is never overwritten.
func TestTableUnansweredSaveWasOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTableWorld(t)
		mine, other := w.journal(), w.journal()
		i := journaltest.Incident("a", incident.Open, journaltest.Noon)
		remove := w.lab.Inject(lab.Fault{Service: "dynamodb", Operation: "UpdateItem", Kind: lab.LostAnswer})
		_, err := mine.Save(t.Context(), i)
		remove()
		theirs, getErr := other.Get(t.Context(), "a")
		if err == nil || getErr != nil {
			t.Fatal(err, getErr)
		}
		saved(t, other, theirs)
		if _, err := mine.Save(t.Context(), i); !errors.Is(err, guard.ErrConflict) {
			t.Errorf("want ErrConflict, got %v", err)
		}
	})
}

func TestTableExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTableWorld(t)
		for _, keep := range []time.Duration{journal.DefaultKeep, 30 * 24 * time.Hour} {
			j := journal.NewTable(w.table, keep)
			i := journaltest.Incident(fmt.Sprint("keep-", int(keep.Hours())), incident.Open, journaltest.Noon)
			for _, stage := range []incident.Stage{incident.Open, incident.Observed, incident.Failed, incident.Restored, incident.AlertOnly, incident.Proved} {
				i.Stage = stage
				i = saved(t, j, i)
				want := int64(0)
				if stage.Ended() {
					want = time.Now().Add(keep).Unix()
				}
				if got := numberOf(w.item(i.ID)["expires"]); got != want {
					t.Errorf("%s, kept %v: expires %d, want %d", stage, keep, got, want)
				}
				<-time.After(time.Hour)
			}
		}
	})
}

// TestTableIsCheap counts the calls that each use of the journal makes.
func TestTableIsCheap(t *testing.T) {
	w := newTableWorld(t)
	var calls []string
	client := *w.lab.Client()
	inner := client.Transport
	client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		calls = append(calls, op)
		return inner.RoundTrip(r)
	})
	j := journal.NewTable(dial(t, &client).Table(journaltest.TableName, ""), journal.DefaultKeep)
	i := journaltest.Incident("a", incident.Open, journaltest.Noon)
	i.Records = []json.RawMessage{json.RawMessage(`"` + strings.Repeat("x", 3000) + `"`)}
	i = saved(t, j, i)
	saved(t, j, i)
	_, err := j.Recent(t.Context(), journaltest.ARN, time.Time{})
	_, allErr := j.Recent(t.Context(), "", time.Time{})
	_, getErr := j.Get(t.Context(), "a")
	if got := strings.Join(calls, " "); errors.Join(err, allErr, getErr) != nil || got != "UpdateItem UpdateItem Query Query GetItem" {
		t.Errorf("called %s: %v", got, errors.Join(err, allErr, getErr))
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTableManyPages lists more incidents than one answer holds.
func TestTableManyPages(t *testing.T) {
	j := newTableWorld(t).journal()
	for n := range 2*rowsPerPage + 3 {
		stage := []incident.Stage{incident.Open, incident.Proved}[n%2]
		saved(t, j, journaltest.Incident(fmt.Sprintf("i%03d", n), stage, journaltest.Noon.Add(time.Duration(n)*time.Second)))
	}
	for _, arn := range []string{"", journaltest.ARN} {
		all, err := j.Recent(t.Context(), arn, journaltest.Noon)
		if err != nil || len(all) != 2*rowsPerPage+3 {
			t.Fatalf("found %d, %v", len(all), err)
		}
		for n, i := range all {
			if want := fmt.Sprintf("i%03d", 2*rowsPerPage+2-n); i.ID != want {
				t.Errorf("place %d has %s, want %s", n, i.ID, want)
			}
		}
	}
}

// noise is text that cannot be compressed.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	text := make([]byte, n)
	for k := range text {
		text[k] = byte(' ' + 1 + r.IntN(90))
	}
	return strings.NewReplacer(`"`, "-", `\`, "-").Replace(string(text))
}

// TestTableTooLarge saves incidents that an item cannot hold.
func TestTableTooLarge(t *testing.T) {
	j := newTableWorld(t).journal()
	tests := []struct {
		name  string
		grow  func(*incident.Incident)
		notes int
		check func(incident.Incident) bool // what is stored
	}{
		{"compressible", func(i *incident.Incident) {
			i.Records = []json.RawMessage{json.RawMessage(`"` + strings.Repeat("record ", 1<<18) + `"`)}
		}, 0, func(i incident.Incident) bool { return len(i.Records[0]) > 7<<18 }},
		{"records", func(i *incident.Incident) {
			i.Records = []json.RawMessage{json.RawMessage(`"` + noise(500<<10) + `"`)}
			i.Drifts = []trail.Drift{{Field: "logging", Before: "yes"}}
		}, 1, func(i incident.Incident) bool { return i.Records == nil && i.Drifts[0].Before == "yes" }},
		{"values", func(i *incident.Incident) { i.Drifts = []trail.Drift{{Field: "logging", Before: noise(600 << 10)}} }, 2,
			func(i incident.Incident) bool { return i.Drifts[0].Before == nil && i.Drifts[0].Field == "logging" }},
		{"steps", func(i *incident.Incident) {
			i.Steps = []incident.StepResult{{Step: trail.Step{ID: "s"}, Error: noise(600 << 10)}}
		}, 3, func(i incident.Incident) bool { return len(i.Steps) == 0 && i.Actor.ARN == "root" }},
		{"all else", func(i *incident.Incident) {
			i.Actor.UserAgent, i.EventIDs, i.Notes = noise(600<<10), []string{noise(700 << 10)}, []string{noise(800 << 10)}
			i.Told = []incident.Telling{{Kind: incident.KindAlert, At: journaltest.Noon}, {Kind: incident.KindAlert, At: journaltest.Noon.Add(time.Hour), Error: noise(500 << 10)}}
		}, 5, func(i incident.Incident) bool {
			return i.Stage == incident.Failed && len(i.Told) == 1 && i.Told[0].At.Equal(journaltest.Noon.Add(time.Hour)) && len(i.Notes) == 4
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id := strings.ReplaceAll(test.name, " ", "-")
			i := journaltest.Incident(id, incident.Failed, journaltest.Noon)
			i.Actor.ARN = "root"
			test.grow(&i)
			size := func(i incident.Incident) int { b, _ := i.MarshalJSON(); return len(b) }
			large := size(i)
			for version := 1; version <= 2; version++ {
				i = saved(t, j, i)
				if i.Version != version || len(i.Notes) != test.notes || size(i) < large {
					t.Errorf("version %d has %d notes and %d bytes, but Save must lose nothing of %d", i.Version, len(i.Notes), size(i), large)
				}
				got, err := j.Get(t.Context(), id)
				if err != nil || !test.check(got) || got.Version != version || !got.Seen.Equal(i.Seen) {
					t.Errorf("stored %.300s, %v", fmt.Sprintf("%+v", got), err)
				}
			}
		})
	}
}

func compressed(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(data)
	_ = z.Close()
	return out.Bytes()
}

// TestTableDamage plants items: they hide no others, and are named.
func TestTableDamage(t *testing.T) {
	w := newTableWorld(t)
	j := w.journal()
	saved(t, j, journaltest.Incident("good", incident.Open, journaltest.Noon))
	good := rowOf(w.item("good"))
	plant := func(id string, change func(map[string]types.AttributeValue)) {
		row := good
		row.ID = id
		item := itemOf(row)
		maps.Copy(item, keyOf(id))
		change(item)
		if _, err := w.table.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(journaltest.TableName), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	bomb := compressed(make([]byte, 17<<20))
	plant("renamed", func(map[string]types.AttributeValue) {})
	plant("text", func(i map[string]types.AttributeValue) { i[attrBody] = stringValue("{}") })
	plant("garbage", func(i map[string]types.AttributeValue) {
		i[attrBody] = &types.AttributeValueMemberB{Value: []byte("{}")}
	})
	plant("nothing", func(i map[string]types.AttributeValue) {
		delete(i, attrBody)
		delete(i, attrVersion)
		delete(i, attrWriter)
	})
	plant("bomb", func(i map[string]types.AttributeValue) { i[attrBody] = &types.AttributeValueMemberB{Value: bomb} })

	found, err := j.Recent(t.Context(), "", time.Time{})
	if len(found) != 1 || found[0].ID != "good" {
		t.Errorf("found %d incidents", len(found))
	}
	for _, id := range []string{"renamed", "text", "garbage", "nothing", "bomb"} {
		if !strings.Contains(fmt.Sprint(err), `"`+id+`"`) {
			t.Errorf("the error does not name %s: %v", id, err)
		}
		if _, err := j.Get(t.Context(), id); err == nil || errors.Is(err, guard.ErrNotFound) {
			t.Errorf("getting %s: %v", id, err)
		}
		if _, err := j.Save(t.Context(), journaltest.Incident(id, incident.Open, journaltest.Noon)); !errors.Is(err, guard.ErrConflict) {
			t.Errorf("%s was overwritten: %v", id, err)
		}
	}
}

// TestTableThatIsNotThere tells a missing table from a missing incident.
func TestTableThatIsNotThere(t *testing.T) {
	w := newTableWorld(t)
	j := journal.NewTable(w.cloud().Table("other", "eu-west-1"), journal.DefaultKeep)
	_, err := j.Get(t.Context(), "a")
	_, saveErr := j.Save(t.Context(), journaltest.Incident("a", incident.Open, journaltest.Noon))
	_, listErr := j.Recent(t.Context(), "", time.Time{})
	for _, err := range []error{err, saveErr, listErr} {
		if errors.Is(err, guard.ErrNotFound) || guard.ClassOf(err) != guard.ClassNotFound || !strings.Contains(fmt.Sprint(err), "table other in eu-west-1") {
			t.Errorf("got %v", err)
		}
	}
}

// TestTableGivesUpWithItsCaller: a restoration waits for a short time, and what it gives up must not go on for longer.
func TestTableGivesUpWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTableWorld(t)
		w.lab.Inject(lab.Fault{Service: "dynamodb", Kind: lab.Timeout})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err := w.journal().Save(ctx, journaltest.Incident("a", incident.Open, journaltest.Noon))
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 310*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
	})
}
