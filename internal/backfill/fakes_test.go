package backfill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/record"
)

const account = "111122223333"

// fakeHistory is an Event history with a page size of its own.
type fakeHistory struct {
	mu     sync.Mutex
	size   int
	events map[string][]Event // by region, newest first
	calls  int

	fail    func(region string, from, to time.Time, token string) error
	slow    time.Duration // an answer takes
	loose   bool          // answers hold more than was asked for
	scatter bool          // the order is not what AWS says it is
}

func (h *fakeHistory) add(region string, events ...Event) {
	if h.events == nil {
		h.events = map[string][]Event{}
	}
	h.events[region] = append(h.events[region], events...)
	slices.SortStableFunc(h.events[region], func(a, b Event) int { return b.Time.Compare(a.Time) })
}

func (h *fakeHistory) HistoryPage(ctx context.Context, region string, from, to time.Time, token string) (Page, error) {
	if h.slow > 0 {
		<-time.After(h.slow)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	if h.fail != nil {
		if err := h.fail(region, from, to, token); err != nil {
			return Page{}, err
		}
	}
	var found []Event
	for _, e := range h.events[region] {
		if h.loose || !e.Time.Before(from) && !e.Time.After(to) && time.Since(e.Time) < Kept {
			found = append(found, e)
		}
	}
	if h.scatter {
		slices.SortFunc(found, func(a, b Event) int { return strings.Compare(a.ID[len(a.ID)-1:]+a.ID, b.ID[len(b.ID)-1:]+b.ID) })
	}
	begin, _ := strconv.Atoi(token)
	end := min(begin+h.size, len(found))
	page := Page{Events: found[begin:end]}
	if end < len(found) {
		page.Next = strconv.Itoa(end)
	}
	return page, nil
}

// event is a call by somebody.
func event(id, who, source, name string, at time.Time) Event {
	raw, _ := json.Marshal(map[string]any{
		"eventVersion": "1.08", "eventID": id, "eventName": name, "eventSource": source, "eventTime": at.UTC().Format(time.RFC3339),
		"awsRegion": "eu-west-1", "readOnly": strings.HasPrefix(name, "List"),
		"userIdentity": map[string]string{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/" + who, "accessKeyId": "AKIA" + who},
	})
	return Event{ID: id, Time: at, Raw: string(raw)}
}

// memory is a Store.
type memory struct {
	mu    sync.Mutex
	files map[string][]byte
	puts  []string

	before func(name string) error // an error keeps the file from being stored
	after  func(name string) error // an error comes although it was stored
}

func (m *memory) Put(ctx context.Context, name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.before != nil {
		if err := m.before(name); err != nil {
			return err
		}
	}
	if m.files == nil {
		m.files = map[string][]byte{}
	}
	m.files[name] = slices.Clone(content)
	m.puts = append(m.puts, name)
	if m.after != nil {
		return m.after(name)
	}
	return nil
}

func (m *memory) Get(ctx context.Context, name string, _ int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return content, ctx.Err()
}

func (m *memory) Location() string { return "memory" }

// recovered lists the event ids that the manifest's files hold, by region, each as often as it is there, and checks the files.
func recovered(t *testing.T, store Store, m Manifest) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, r := range m.Regions {
		for n, f := range r.Files {
			content, err := store.Get(context.Background(), f.Key, 1<<30)
			if err != nil || digestOf(content) != f.SHA256 || len(content) != f.Bytes {
				t.Fatalf("%s: %v, or it is not what the manifest says", f.Key, err)
			}
			records, err := record.Parse(content)
			if err != nil || len(records) != f.Records {
				t.Fatalf("%s: %d records, %v", f.Key, len(records), err)
			}
			if n > 0 && f.From.Before(r.Files[n-1].To) {
				t.Errorf("%s overlaps the file before it", f.Key)
			}
			for _, each := range records {
				out[r.Region] = append(out[r.Region], each.EventID)
			}
		}
		slices.Sort(out[r.Region])
	}
	return out
}

// same compares what was recovered with all events of the history in a window.
func (h *fakeHistory) same(t *testing.T, got map[string][]string, window Span) {
	t.Helper()
	for region, events := range h.events {
		var want []string
		for _, e := range events {
			if window.has(e.Time) {
				want = append(want, e.ID)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		if !slices.Equal(got[region], want) {
			t.Errorf("%s: recovered %d events, want %d:\n%.300v\n%.300v", region, len(got[region]), len(want), got[region], want)
		}
	}
}

var (
	errThrottled = &guard.APIError{Op: "LookupEvents", Code: "ThrottlingException", Message: "Rate exceeded", Class: guard.ClassRetry}
	errDenied    = &guard.APIError{Op: "LookupEvents", Code: "AccessDeniedException", Message: "no", Class: guard.ClassDenied}
	errKilled    = errors.New("killed")
)
