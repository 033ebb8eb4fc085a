package awscloud

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/backfill"
	"github.com/trailhold/trailhold/internal/guard"
)

func TestHistoryPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(_ *http.Request, _ string) (*http.Response, error) {
			return answer(200, `{"Events":[{"EventId":"e","EventTime":1700000000,"CloudTrailEvent":"{}"},{}],"NextToken":"next"}`)
		}}
		c, from := connect(t, w), time.Unix(1700000000, 0)
		began := time.Now()
		for _, token := range []string{"", "next", "next"} {
			page, err := c.HistoryPage(t.Context(), "eu-west-1", from, from.Add(time.Minute), token)
			if err != nil || page.Next != "next" || len(page.Events) != 2 || page.Events[0].ID != "e" || page.Events[0].Raw != "{}" || !page.Events[0].Time.Equal(from) {
				t.Fatalf("%+v, %v", page, err)
			}
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("three pages took %s, at two per second they take 1s", took)
		}
		if seen := w.requests(); strings.Contains(seen[0], "NextToken") || !strings.Contains(seen[1], `"NextToken":"next"`) ||
			!strings.Contains(seen[0], `"StartTime":1700000000`) || !strings.Contains(seen[0], `"EndTime":1700000060`) || strings.Contains(seen[0], "LookupAttributes") {
			t.Errorf("asked %q", seen)
		}
	})
}

func TestHistoryPageErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		refused := &wire{answer: func(*http.Request, string) (*http.Response, error) {
			return refusal(400, "InvalidNextTokenException", "expired")
		}}
		if _, err := connect(t, refused).HistoryPage(t.Context(), "eu-west-1", now, now, "old"); !errors.Is(err, backfill.ErrToken) {
			t.Errorf("got %v", err)
		}
		denied := &wire{answer: func(*http.Request, string) (*http.Response, error) {
			return refusal(400, "AccessDeniedException", "no")
		}}
		if _, err := connect(t, denied).HistoryPage(t.Context(), "eu-west-1", now, now, ""); guard.ClassOf(err) != guard.ClassDenied {
			t.Errorf("got %v", err)
		}
	})
}
