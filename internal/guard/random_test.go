package guard_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// Bounds of one random campaign.
const (
	rounds     = 20 // of one to four attacks each
	mostAtOnce = 4
)

// seeds of the campaigns. The last one once left a contest open behind the incidents that came after it.
var seeds = []uint64{0, 1, 2, 3, 16}

// TestRandomAttacker lets seeded intruders do hundreds of attacks, several at a time, under faults that come and go, while
// the guard is woken, sweeps, is restarted, or hears nothing. However it went, the trail and what it rests on end at their
// baseline, people were told of what was done, and nothing stays open. A failure names its seed.
func TestRandomAttacker(t *testing.T) {
	for n, seed := range seeds {
		if testing.Short() && n > 0 {
			break
		}
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0x7472))
				f := faults[random.IntN(len(faults))]
				w := newWorld(t, f.options)
				c := &campaign{w: w, random: random}
				for range rounds {
					c.round()
				}
				c.end()
			})
		})
	}
}

// campaign is one intruder's work.
type campaign struct {
	w      *world
	random *rand.Rand
	done   int // attacks that took effect
}

func (c *campaign) round() {
	f := faults[c.random.IntN(len(faults))]
	if c.random.IntN(3) == 0 {
		f.inject(c.w)
	}
	all := slices.Concat(attacks, restAttacks)
	var attacking sync.WaitGroup
	effects := make([]bool, 1+c.random.IntN(mostAtOnce))
	for n := range effects {
		a, delay := all[c.random.IntN(len(all))], time.Duration(c.random.IntN(3000))*time.Millisecond
		attacking.Go(func() {
			pause(delay)
			effects[n] = a.do(c.w.ctx(), c.w) == nil // it may be throttled too, or find nothing left to destroy
		})
	}
	if c.random.IntN(2) == 0 { // the guard is at work while they come
		pause(time.Duration(c.random.IntN(2000)) * time.Millisecond)
		c.react()
	}
	attacking.Wait()
	for _, took := range effects {
		if took {
			c.done++
		}
	}
	c.react()
	pause(time.Duration(c.random.IntN(600)) * time.Second)
}

// react lets the guard learn of it, or not. Errors are what faults cause; the end decides.
func (c *campaign) react() {
	switch c.random.IntN(4) {
	case 0:
		_, _ = c.w.guard.Sweep(c.w.ctx())
	case 1:
		c.w.guard = c.w.second() // restarted, it remembers nothing
		_, _ = c.w.guard.Sweep(c.w.ctx())
	case 2:
		records, err := c.w.tryRecords()
		if err == nil {
			_, _ = c.w.guard.Handle(c.w.ctx(), records)
		}
	}
}

// end lets the guard sweep as it would, until the faults have run out.
func (c *campaign) end() {
	c.w.t.Helper()
	c.w.journal.setDown(false)
	for range 6 {
		pause(20 * time.Minute)
		_, _ = c.w.guard.Sweep(c.w.ctx())
	}
	c.w.assertRestored()
	if alerts := c.w.teller.count(incident.KindAlert); c.done > 0 && alerts == 0 {
		c.w.t.Errorf("%d attacks took effect, and nobody was told", c.done)
	}
	all, err := c.w.journal.Recent(c.w.ctx(), c.w.want.ARN, time.Time{})
	c.w.must(err)
	for _, i := range all {
		if !i.Stage.Ended() || i.Severity >= c.w.baseline.Policy.Alert && !i.WasTold(incident.KindAlert) {
			c.w.t.Errorf("incident %s is %s, told %v: %v", i.ID, i.Stage, i.Told, i.Notes)
		}
	}
	if c.done < rounds/2 {
		c.w.t.Errorf("only %d attacks took effect: the campaign proves little", c.done)
	}
}
