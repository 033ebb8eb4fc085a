package awscloud

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// crowd counts how many requests are under way, each of which takes a second.
type crowd struct{ now, most atomic.Int64 }

func (c *crowd) RoundTrip(*http.Request) (*http.Response, error) {
	now := c.now.Add(1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); {
		most = c.most.Load()
	}
	time.Sleep(time.Second) // of the bubble's clock
	c.now.Add(-1)
	return nil, errors.New("nobody is there")
}

// TestPatientIsNoCrowd: a patient cloud has so many calls under way and no more, together with the one of a role that it assumes, and
// whatever client of it makes them.
func TestPatientIsNoCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &crowd{}
		patient := Isolated("us-east-1", "key", "secret", &http.Client{Transport: line}).Patient()
		other := patient.Assuming("arn:aws:iam::111122223333:role/audit", "")
		var wg sync.WaitGroup
		for n := range 3 * maxCalls {
			client := []interface {
				Do(*http.Request) (*http.Response, error)
			}{patient.config.HTTPClient, patient.transfer, other.config.HTTPClient}[n%3]
			wg.Go(func() {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://sts.us-east-1.amazonaws.com/", http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				if answer, err := client.Do(request); err == nil {
					_ = answer.Body.Close()
					t.Error("an answer, from nobody")
				}
			})
		}
		wg.Wait()
		if got := line.most.Load(); got != maxCalls {
			t.Errorf("%d calls were under way at the same time, not %d", got, maxCalls)
		}
	})
}
