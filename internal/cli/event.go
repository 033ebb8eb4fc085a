package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) eventCommand() *cobra.Command {
	var f guardFlags
	cmd := uses(&cobra.Command{
		Use:   "event FILE|- --baseline FILE",
		Short: "Explain what one event means, and do what it calls for",
		Long: `Reads CloudTrail records from a file, or from stdin with "-": bare, from
EventBridge, SQS or SNS, from a log file (plain or gzip) or from LookupEvents.
Says what each is, which guarded trails it concerns, what has drifted, and what
is done about it.

What is done is decided by the state of the trails, not by the event. With
--dry-run nothing is changed. Nobody but you is told. Exit codes are those of
sweep.`,
		Example: `  trailhold event stop-logging.json --baseline baseline.yaml --dry-run
  aws cloudtrail lookup-events --max-items 10 |
    trailhold event - --baseline baseline.yaml`,
		Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error { return a.event(cmd.Context(), f, args[0]) },
	}, usesCloud, usesOutput)
	f.defineBaseline(cmd)
	f.defineDryRun(cmd)
	return cmd
}

func (a *app) event(ctx context.Context, f guardFlags, file string) error {
	input, err := a.input(file)
	if err != nil {
		return err
	}
	records, parseErr := record.Parse(input)
	if len(records) == 0 {
		return errors.Join(parseErr, nothingIn(file, parseErr))
	}
	p, err := a.parts(ctx, f, a.log(slog.LevelError))
	if err != nil {
		return err
	}
	_, handleErr := p.guard.Handle(ctx, records)
	found := p.seen.incidents()
	e := explain(p.baseline, records, found, f.dryRun)
	if a.json() {
		err = a.printJSON(e)
	} else {
		err = a.print(e.text(a.page()))
	}
	return errors.Join(err, parseErr, handleErr, outcome(found))
}

// nothingIn is the error where a file holds no record and yet nothing is wrong with it.
func nothingIn(file string, parseErr error) error {
	if parseErr != nil {
		return nil
	}
	return fmt.Errorf("%s holds no record", file)
}

// input reads a file, or stdin for "-", but no more than record.Parse takes.
func (a *app) input(file string) ([]byte, error) {
	in := a.stdin
	if file != "-" {
		opened, err := os.Open(file)
		var path *fs.PathError
		if errors.As(err, &path) {
			return nil, fmt.Errorf("the event %s cannot be read: %w", file, path.Err)
		}
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }() // only read from
		in = opened
	}
	return io.ReadAll(io.LimitReader(in, record.MaxBytes+1)) // one more byte than Parse accepts, so that it sees the excess
}

// explanation is what records mean and what came of them.
type explanation struct {
	DryRun    bool                `json:"dryRun"`
	Events    []explained         `json:"events"`
	Incidents []incident.Incident `json:"incidents"`
}

type explained struct {
	EventID    string    `json:"eventId"`
	EventName  string    `json:"eventName"`
	EventTime  time.Time `json:"eventTime"`
	Region     string    `json:"region"`
	Envelope   string    `json:"envelope"`
	Actor      string    `json:"actor"`
	Source     string    `json:"sourceIPAddress"`
	Outcome    string    `json:"outcome"`
	Techniques []string  `json:"techniques"`
	Severity   string    `json:"severity,omitempty"`
	Trails     []string  `json:"trails"`             // names of the guarded trails, and other resources, to look at
	AnyTrail   bool      `json:"anyTrail,omitempty"` // it cannot be known which trail it was
}

func explain(b trail.Baseline, records []record.Record, found []incident.Incident, dryRun bool) explanation {
	e := explanation{DryRun: dryRun, Incidents: found}
	for _, r := range records {
		one := explained{
			EventID: r.EventID, EventName: r.EventName, EventTime: r.EventTime.UTC(), Region: r.Region, Envelope: string(r.Envelope),
			Actor: r.Identity.String(), Source: r.SourceIPAddress, Outcome: outcomeText(r.Outcome()),
			Techniques: []string{}, Trails: []string{},
		}
		if s, ok := tamper.Classify(r); ok {
			one.Techniques, one.Severity, one.AnyTrail = s.Techniques, s.Severity.String(), s.Any
			for _, unit := range b.Units() {
				if s.Concerns(unit) {
					one.Trails = append(one.Trails, unitName(unit.ARN))
				}
			}
		}
		e.Events = append(e.Events, one)
	}
	return e
}

func outcomeText(o record.Outcome) string {
	if o.Code == "" {
		return string(o.Kind)
	}
	return string(o.Kind) + " with " + o.Code
}

func (e explanation) text(p *page) string {
	for _, one := range e.Events {
		one.text(p)
		p.linef("")
	}
	for _, i := range e.Incidents {
		p.incident(i)
		p.linef("")
	}
	switch {
	case len(e.Incidents) == 0:
		p.linef("Nothing has drifted, and there is nothing to tell.")
	case e.DryRun:
		p.linef("Dry run: nothing was changed.")
	}
	return p.String()
}

func (e explained) text(p *page) {
	row := func(name, value string) {
		if value != "" {
			p.wrap(fmt.Sprintf("  %-8s ", name), plain.Text(value, maxValue))
		}
	}
	p.linef("%s  %s", p.paint(bold, plain.Text(e.EventName, maxValue)), plain.Text(e.Region, maxValue))
	row("event", e.EventID)
	row("time", e.EventTime.Format(time.DateTime)+" UTC")
	row("actor", e.Actor)
	row("from", e.Source)
	row("call", e.Outcome)
	row("arrived", e.Envelope)
	if len(e.Techniques) == 0 {
		row("means", "nothing to the guard: it touches no trail")
		return
	}
	row("means", strings.Join(e.Techniques, ", ")+", "+e.Severity)
	row("trails", e.trails())
}

// trails says which guarded trails are looked at.
func (e explained) trails() string {
	switch {
	case e.AnyTrail:
		return "all, because the record does not say which"
	case len(e.Trails) == 0:
		return "none that is guarded"
	}
	return strings.Join(e.Trails, ", ")
}
