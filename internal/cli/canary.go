package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/canary"
	"github.com/trailhold/trailhold/internal/incident"
)

// The time between two looks into the journal for a canary: at first short, then longer.
const (
	firstLook = 100 * time.Millisecond
	lastLook  = 3 * time.Second
)

func (a *app) canaryCommand() *cobra.Command {
	var f guardFlags
	within := 5 * time.Minute
	cmd := uses(&cobra.Command{
		Use:   "canary --baseline FILE --journal dynamodb://TABLE",
		Short: "See whether a call on a trail still reaches the guard",
		Long: `Sets a tag on the first trail of the baseline and takes it away again, which
harms nothing, and waits until the deployed guard has noted in its journal that
the event of that came. Rules, event buses, permissions and function are all on
the way.

Exits with 1 if it did not come in time.`,
		Example: `  trailhold canary --baseline baseline.yaml --journal dynamodb://trailhold`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.canary(cmd.Context(), f, within) },
	}, usesCloud, usesOutput)
	f.defineBaseline(cmd)
	cmd.Flags().StringVar(&f.journal, "journal", "", "the guard's journal: "+journalUse)
	cmd.Flags().DurationVar(&within, "within", within, "`time` in which it has to come")
	return cmd
}

func (a *app) canary(ctx context.Context, f guardFlags, within time.Duration) error {
	switch {
	case f.journal == "":
		return usagef("--journal is missing: give the guard's own, such as dynamodb://trailhold")
	case within <= 0:
		return usagef("--within %v: use a time such as 5m", within)
	}
	p, err := a.parts(ctx, f, a.log(slog.LevelError))
	if err != nil {
		return err
	}
	bird := canary.New(p.baseline, p.cloud, p.seen.Journal, p.guard)
	if bird == nil {
		return errors.New("no trail of the baseline may be changed: there is no canary")
	}
	sent, err := bird.Send(ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.progress(), "sent at %s UTC; waiting for its event\n", sent.At.UTC().Format(time.TimeOnly))
	last, err := a.awaitCanary(ctx, bird, within)
	if err != nil {
		return err
	}
	if a.json() {
		err = a.printJSON(last)
	} else if !last.Came.IsZero() {
		err = a.print(fmt.Sprintf("The event of a change of trail %s reached the guard after %s.\n", unitName(last.Trail), last.Took.Round(time.Millisecond)))
	}
	if last.Came.IsZero() {
		err = errors.Join(err, fmt.Errorf("no event of the change of trail %s reached the guard within %s: see \"trailhold status\"", unitName(last.Trail), within))
	}
	return err
}

// awaitCanary looks into the journal until the canary has come, or time is up.
func (a *app) awaitCanary(ctx context.Context, bird *canary.Canary, within time.Duration) (canary.Sent, error) {
	end := time.NewTimer(within)
	defer end.Stop()
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		last, _, err := bird.Last(ctx)
		if err != nil || !last.Came.IsZero() {
			return last, err
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-end.C:
			next.Stop()
			return last, nil
		case <-ctx.Done():
			next.Stop()
			return last, context.Cause(ctx)
		}
	}
}

// canaryText is what the journal's entry of the last canary says.
func canaryText(i incident.Incident) string {
	if i.Proved.IsZero() {
		return "canary sent, its event has not come"
	}
	return "canary came after " + i.Proved.Sub(i.Seen).Round(time.Millisecond).String()
}
