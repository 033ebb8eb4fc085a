package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/drill/labrange"
	"github.com/trailhold/trailhold/internal/plain"
)

func (a *app) demoCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See a trail attacked and restored, without an AWS account",
		Long: `Sets up an AWS in a box inside this process, with a trail that Trailhold guards,
and lets intruders attack it in every way that Trailhold knows. Shows the alerts
as people would get them, and at the end what became of each attack.

With --all they attack everything that the trail rests on, too: its bucket and
log files, key, topic, log group, roles and alarms; what Trailhold itself runs
on; the organization; and CloudTrail Lake.

It reads no AWS configuration and talks to nothing outside. Waits that are long
on AWS are short here: the box is consistent at once, and delivers log files at
once. What it reports is measured: the trail is looked at afterwards with other
eyes than the guard's, and alerts are counted where they are received. It fails
if an attack was not undone, unless nobody could undo it and people were told.`,
		Example: "  trailhold demo\n  trailhold demo --all\n  trailhold demo --output json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "attack everything that the trail and Trailhold rest on, too")
	return uses(cmd, usesOutput)
}

func (a *app) demo(ctx context.Context, all bool) error {
	start := time.Now()
	options := labrange.Options{Log: a.log(slog.LevelError)}
	field, err := labrange.New(ctx, options)
	if err != nil {
		return err
	}
	defer field.Close()
	techniques := drill.Techniques()
	if all {
		techniques = drill.All()
	}
	runner := drill.Runner{Range: field, Fresh: labrange.Fresh(options)}
	show := &demo{app: a, total: len(techniques)}
	if !a.json() && !a.flags.quiet {
		show.opening(field)
		runner.OnAttack, runner.OnLetter, runner.OnResult = show.attack, show.letter, show.result
	}
	report, err := runner.Run(ctx, techniques)
	if ctx.Err() != nil {
		err = errors.New("the demo was interrupted")
	}
	return errors.Join(a.demoReport(report, err, time.Since(start)), show.err, err, failures(report))
}

// demoReport writes what came of the drill; err is why it ended early, if it did.
func (a *app) demoReport(report drill.Report, err error, took time.Duration) error {
	if a.json() {
		return a.printJSON(report)
	}
	p := a.page()
	p.demoTable(report)
	p.demoSummary(report, err, took)
	return a.print(p.String())
}

// failures is the error of a drill in which an attack did not end as it should.
func failures(report drill.Report) error {
	var failed []string
	for _, r := range report.Incidents {
		if !r.OK {
			failed = append(failed, demoName(r))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s did not end as they should: %s", len(failed), plural(len(report.Incidents), "attack"), strings.Join(failed, ", "))
}

func demoName(r drill.Result) string {
	return drill.Technique{ID: r.Technique, Variant: r.Variant}.Name()
}

// demo shows a drill as it happens.
type demo struct {
	app   *app
	total int // attacks to come
	count int // attacks so far
	full  bool
	err   error // of writing
}

// show writes a few lines at once, so that they appear when they are true.
func (d *demo) show(p *page) {
	if d.err == nil {
		d.err = d.app.print(p.String())
	}
}

// label begins the lines of one attack.
const label = "       %-9s "

// labelled writes text behind a label, the label in a colour.
func (p *page) labelled(name, colour, text string) {
	lines := &page{}
	lines.wrap(fmt.Sprintf(label, name), text)
	p.WriteString(strings.Replace(lines.String(), name, p.paint(colour, name), 1))
}

func (d *demo) opening(field *labrange.Range) {
	p := d.app.page()
	p.wrap("", "An AWS in a box, in this process. A trail in it has everything that a trail can have, and Trailhold guards it. "+
		fmt.Sprintf("Now it is attacked in %d ways.", d.total))
	p.linef("")
	p.linef("  trail     %s", plain.Text(field.Target().ARN, maxValue))
	p.linef("  baseline  %s", plain.Text(field.Baseline().Hash, 40))
	p.linef("  alerts    e-mail by SNS to %s", labrange.Reader)
	d.show(p)
}

func (d *demo) attack(t drill.Technique, _ drill.Scene) {
	d.count++
	p := d.app.page()
	p.linef("")
	p.linef("%*d/%d  %s", len(fmt.Sprint(d.total)), d.count, d.total, p.paint(bold, t.Name()))
	p.labelled("attack", red, t.Title())
	d.show(p)
}

// letter shows an alert's subject, and the first one about something restored in full.
func (d *demo) letter(l drill.Letter) {
	p := d.app.page()
	p.labelled("e-mail", yellow, plain.Text(l.Subject, maxValue))
	if !d.full && len(l.Incident.Steps) > 0 {
		d.full = true
		p.linef("")
		for line := range strings.Lines(l.Text) {
			p.linef("  %s", strings.TrimRight(p.paint(yellow, "|")+" "+escapeHidden(strings.TrimRight(line, "\r\n")), " ")) // hostile text in it is harmless by now
		}
		p.linef("")
	}
	d.show(p)
}

func (d *demo) result(r drill.Result) {
	p := d.app.page()
	switch {
	case r.OK && r.Expected == drill.Restored:
		p.labelled("restored", green, fmt.Sprintf("after %s, delivery proved after %s", brief(r.Seconds.Restored), brief(r.Seconds.Proved)))
	case r.OK && r.Expected == drill.Alerted:
		p.labelled("alerted", green, fmt.Sprintf("after %s; people have to put it back", brief(r.Seconds.Seen)))
	case r.OK:
		p.labelled("reported", green, fmt.Sprintf("after %s; there is nothing to restore", brief(r.Seconds.Seen)))
	}
	for _, problem := range r.Problems {
		p.labelled("PROBLEM", red, plain.Text(problem, maxValue))
	}
	d.show(p)
}

// brief is a time in seconds, in milliseconds where it is short.
func brief(seconds float64) string {
	if seconds < 1 {
		return fmt.Sprintf("%.0f ms", seconds*1000)
	}
	return fmt.Sprintf("%.2f s", seconds)
}
