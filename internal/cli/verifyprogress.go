package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/report"
)

// progress shows how far a verification has come.
type progress struct {
	*liveLine

	mu     sync.Mutex // guards what follows
	before digest.Progress
	now    digest.Progress
	part   float64 // of the whole that one verification is; the whole is 1
	done   float64 // of the whole, before the verification that runs
}

// newProgress begins to show. Call end.
func newProgress(out io.Writer, quiet bool) *progress {
	p := &progress{part: 1}
	p.liveLine = showLine(out, quiet, p.text)
	return p
}

// next says that the n-th of so many verifications begins.
func (p *progress) next(n, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.now = sum(p.before, p.now), digest.Progress{}
	p.part, p.done = 1/float64(of), float64(n)/float64(of)
}

// seen takes what a verification tells.
func (p *progress) seen(now digest.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
}

func sum(a, b digest.Progress) digest.Progress {
	return digest.Progress{Digests: a.Digests + b.Digests, Logs: a.Logs + b.Logs, Bytes: a.Bytes + b.Bytes, Problems: a.Problems + b.Problems}
}

func (p *progress) text(passed time.Duration) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return progressText(sum(p.before, p.now), p.done+p.now.Done*p.part, passed)
}

// progressText is one line of less than 80 columns.
func progressText(all digest.Progress, done float64, passed time.Duration) string {
	objects := all.Digests + all.Logs
	text := fmt.Sprintf("%s objects, %s", report.Thousands(int(objects)), bytesText(all.Bytes))
	if seconds := passed.Seconds(); seconds > 0 {
		text += fmt.Sprintf(", %s/s", report.Thousands(int(float64(objects)/seconds)))
	}
	if all.Problems > 0 {
		text += ", " + plural(int(all.Problems), "problem")
	}
	text += doneText(done, passed)
	return text
}

func leftText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()+0.5))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

func bytesText(n int64) string {
	const unit = 1000
	switch {
	case n < unit*unit:
		return fmt.Sprintf("%d kB", n/unit)
	case n < unit*unit*unit:
		return fmt.Sprintf("%.1f MB", float64(n)/unit/unit)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/unit/unit/unit)
}
