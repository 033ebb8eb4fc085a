package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/report"
)

// huntProgress shows how far a hunt has come, on stderr: one line that is redrawn on a terminal, else a line every few
// seconds.
type huntProgress struct {
	out      io.Writer
	terminal bool
	meter    *hunt.Meter
	began    time.Time
	stop     context.CancelFunc
	stopped  sync.WaitGroup
	width    int // of the line on the terminal
}

// huntProgress begins to show. Call end.
func (a *app) huntProgress(ctx context.Context, meter *hunt.Meter, sources []hunt.Source, filter *hunt.Filter) *huntProgress {
	out := a.progress()
	file, ok := out.(*os.File)
	p := &huntProgress{out: out, terminal: ok && term.IsTerminal(int(file.Fd())), meter: meter, began: time.Now()}
	running, stop := context.WithCancel(ctx)
	p.stop = stop
	if a.flags.quiet {
		return p
	}
	every := silence
	if p.terminal {
		every = redraw
	}
	p.stopped.Go(func() { measure(running, meter, sources, filter) })
	p.stopped.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.show(time.Since(p.began))
			case <-running.Done():
				return
			}
		}
	})
	return p
}

// measure finds out how much there is to read, where that takes no requests and nothing arrives by a pipe.
func measure(ctx context.Context, meter *hunt.Meter, sources []hunt.Source, filter *hunt.Filter) {
	total := int64(0)
	for _, s := range sources {
		path, ok := s.(hunt.Path)
		if !ok {
			return
		}
		total += path.Size(ctx, filter)
	}
	if ctx.Err() == nil {
		meter.Total.Store(total)
	}
}

// end stops showing and clears the line.
func (p *huntProgress) end() {
	p.stop()
	p.stopped.Wait()
	if p.width > 0 {
		_, _ = fmt.Fprint(p.out, "\r"+strings.Repeat(" ", p.width)+"\r") // a lost line of progress harms nobody
	}
}

func (p *huntProgress) show(passed time.Duration) {
	text := huntProgressText(p.meter, passed)
	if !p.terminal {
		_, _ = fmt.Fprintln(p.out, "trailhold: "+text)
		return
	}
	fill := max(p.width-len(text), 0)
	p.width = len(text)
	_, _ = fmt.Fprint(p.out, "\r"+text+strings.Repeat(" ", fill))
}

// huntProgressText is one line of less than 80 columns.
func huntProgressText(m *hunt.Meter, passed time.Duration) string {
	content, stored, total := m.Bytes.Load(), m.Stored.Load(), m.Total.Load()
	text := fmt.Sprintf("%s records, %s", report.Thousands(int(m.Records.Load())), bytesText(content))
	if seconds := passed.Seconds(); seconds > 0 {
		text += fmt.Sprintf(", %s/s", bytesText(int64(float64(content)/seconds)))
	}
	if n := m.Findings.Load(); n > 0 {
		text += ", " + report.Count(int(n), "finding")
	}
	if total > 0 && stored > 0 {
		done := min(float64(stored)/float64(total), 1)
		text += fmt.Sprintf(", %d%%, about %s left", int(done*100), leftText(time.Duration(float64(passed)*(1-done)/done)))
	}
	return text
}
