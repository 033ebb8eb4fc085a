package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/incident"
)

func (a *app) sweepCommand() *cobra.Command {
	var f guardFlags
	cmd := uses(&cobra.Command{
		Use:   "sweep --baseline FILE",
		Short: "Look at every trail once, and restore what drifted",
		Long: `Looks at every trail of a baseline once, restores what drifted, looks for the
proof of what was restored before, and tells people. It needs no event.

Exits with 1 if something could not be restored or read, and with 3 if drift is
left that was not to be restored: with --dry-run, or because the baseline or an
open change window says so.`,
		Example: `  trailhold sweep --baseline baseline.yaml --dry-run
  trailhold sweep --baseline baseline.yaml --journal /var/lib/trailhold`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.sweep(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	f.defineBaseline(cmd)
	f.defineJournal(cmd)
	f.defineDryRun(cmd)
	return cmd
}

func (a *app) sweep(ctx context.Context, f guardFlags) error {
	p, err := a.parts(ctx, f, a.log(slog.LevelError))
	if err != nil {
		return err
	}
	_, sweepErr := p.guard.Sweep(ctx)
	found := p.seen.incidents()
	if a.json() {
		err = a.printJSON(sweepResult{p.baseline.Account, p.baseline.Hash, len(p.baseline.Trails), f.dryRun, found})
	} else {
		err = a.print(sweepText(a.page(), len(p.baseline.Trails), found))
	}
	return errors.Join(err, sweepErr, outcome(found))
}

// sweepResult is what a sweep found, as JSON.
type sweepResult struct {
	Account   string              `json:"account"`
	Baseline  string              `json:"baselineHash"`
	Trails    int                 `json:"trails"`
	DryRun    bool                `json:"dryRun"`
	Incidents []incident.Incident `json:"incidents"`
}

func sweepText(p *page, trails int, found []incident.Incident) string {
	for _, i := range found {
		p.incident(i)
		p.linef("")
	}
	if len(found) == 0 {
		p.linef("%s swept: %s.", plural(trails, "trail"), p.paint(green, "as the baseline says"))
		return p.String()
	}
	count := map[incident.Stage]int{}
	for _, i := range found {
		count[i.Stage]++
	}
	var parts []string
	for _, s := range stages {
		if n := count[s.stage]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s.words))
		}
	}
	p.wrap("", fmt.Sprintf("%s swept, %s: %s.", plural(trails, "trail"), plural(len(found), "incident"), strings.Join(parts, ", ")))
	return p.String()
}

// outcome is the error that incidents end a command with: nil if whatever had to be restored was.
func outcome(found []incident.Incident) error {
	failed, left := 0, 0
	for _, i := range found {
		switch i.Stage {
		case incident.Failed, incident.Unread, incident.Open:
			failed++
		case incident.Planned, incident.AlertOnly, incident.Permitted:
			left++
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%s could not be dealt with", plural(failed, "incident"))
	case left > 0:
		return driftf("drift is left in %s", plural(left, "incident"))
	}
	return nil
}
