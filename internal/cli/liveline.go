package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	redraw  = 200 * time.Millisecond // of the line on a terminal
	silence = 5 * time.Second        // between two lines in a log
)

// liveLine shows on stderr how far something has come: one line that is redrawn on a terminal, else a line every few seconds.
// It has a clock of its own, so that what waits for a throttle doesn't look dead.
type liveLine struct {
	out      io.Writer
	terminal bool
	began    time.Time
	text     func(passed time.Duration) string // less than 80 columns; safe for concurrent use
	stop     chan struct{}
	stopped  sync.WaitGroup

	mu    sync.Mutex // guards what follows
	width int        // of the line on the terminal
}

// showLine begins to show. Call end.
func showLine(out io.Writer, quiet bool, text func(passed time.Duration) string) *liveLine {
	file, ok := out.(*os.File)
	l := &liveLine{out: out, terminal: ok && term.IsTerminal(int(file.Fd())), began: time.Now(), text: text, stop: make(chan struct{})}
	if quiet {
		return l
	}
	every := silence
	if l.terminal {
		every = redraw
	}
	l.stopped.Go(func() { l.run(every) })
	return l
}

func (l *liveLine) run(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.show(time.Now())
		case <-l.stop:
			return
		}
	}
}

// end stops showing and clears the line.
func (l *liveLine) end() {
	close(l.stop)
	l.stopped.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.width > 0 {
		_, _ = fmt.Fprint(l.out, "\r"+strings.Repeat(" ", l.width)+"\r") // a lost line of progress harms nobody
	}
}

func (l *liveLine) show(at time.Time) {
	text := l.text(at.Sub(l.began))
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.terminal {
		_, _ = fmt.Fprintln(l.out, "trailhold: "+text)
		return
	}
	fill := max(l.width-len(text), 0)
	l.width = len(text)
	_, _ = fmt.Fprint(l.out, "\r"+text+strings.Repeat(" ", fill))
}

// doneText tells the part that is done, and from it, how long the rest takes; empty before anybody can tell.
func doneText(done float64, passed time.Duration) string {
	if done = min(max(done, 0), 1); done <= 0.01 {
		return ""
	}
	left := time.Duration(float64(passed) * (1 - done) / done)
	return fmt.Sprintf(", %d%%, about %s left", int(done*100), leftText(left))
}
