package guard_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestAnIntruderCannotHideBehindALostAnswer: where the answer to our call was lost, the record of that call is recognised by its name
// and time alone, and so looks like the intruder's next one. It must be undone at once all the same, and our own must alarm nobody.
func TestAnIntruderCannotHideBehindALostAnswer(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.tellBySNS()
		redirect := func() {
			w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{EnableLogFileValidation: aws.Bool(false)}))
		}
		redirect()
		remove := w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "UpdateTrail", Kind: lab.LostAnswer, Times: 1})
		_, err := w.wake()
		w.must(err)
		remove()
		w.assertRestored()
		_, err = w.wake() // by the records of our own calls
		w.must(err)
		w.assertMails(1)

		pause(time.Second)
		redirect() // within the skew of clocks
		_, err = w.wake()
		w.must(err)
		w.assertRestored()
		w.assertMails(2)
	})
}
