package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/report"
)

const (
	redraw  = 200 * time.Millisecond // of the line on a terminal
	silence = 5 * time.Second        // between two lines in a log
)

// progress shows how far a verification has come, on stderr: one line that is redrawn on a terminal, else a line every few
// seconds. It has a clock of its own, so that a verification that waits for a throttle doesn't look dead.
type progress struct {
	out      io.Writer
	terminal bool
	began    time.Time
	stop     chan struct{}
	stopped  sync.WaitGroup

	mu     sync.Mutex // guards what follows
	before digest.Progress
	now    digest.Progress
	part   float64 // of the whole that one verification is; the whole is 1
	done   float64 // of the whole, before the verification that runs
	width  int     // of the line on the terminal
}

// newProgress begins to show. Call end.
func newProgress(out io.Writer, quiet bool) *progress {
	file, ok := out.(*os.File)
	p := &progress{out: out, terminal: ok && term.IsTerminal(int(file.Fd())), began: time.Now(), stop: make(chan struct{}), part: 1}
	if quiet {
		return p
	}
	every := silence
	if p.terminal {
		every = redraw
	}
	p.stopped.Go(func() { p.run(every) })
	return p
}

func (p *progress) run(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.show(time.Now())
		case <-p.stop:
			return
		}
	}
}

// end stops showing and clears the line.
func (p *progress) end() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width > 0 {
		_, _ = fmt.Fprint(p.out, "\r"+strings.Repeat(" ", p.width)+"\r") // a lost line of progress harms nobody
	}
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

func (p *progress) show(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := sum(p.before, p.now)
	text := progressText(all, p.done+p.now.Done*p.part, at.Sub(p.began))
	if !p.terminal {
		_, _ = fmt.Fprintln(p.out, "trailhold: "+text)
		return
	}
	fill := max(p.width-len(text), 0)
	p.width = len(text)
	_, _ = fmt.Fprint(p.out, "\r"+text+strings.Repeat(" ", fill))
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
	if done = min(max(done, 0), 1); done > 0.01 {
		left := time.Duration(float64(passed) * (1 - done) / done)
		text += fmt.Sprintf(", %d%%, about %s left", int(done*100), leftText(left))
	}
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
