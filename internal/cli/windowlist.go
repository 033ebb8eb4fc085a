package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) listWindowsCommand() *cobra.Command {
	dir := ""
	cmd := uses(&cobra.Command{
		Use:     "list --journal DIR",
		Short:   "List all change windows, newest first",
		Example: "  trailhold window list --journal /var/lib/trailhold\n  trailhold window list --journal /var/lib/trailhold --output json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.listWindows(cmd.Context(), dir) },
	}, usesOutput)
	cmd.Flags().StringVar(&dir, "journal", "", "where the guard keeps its incidents: "+journalUse)
	return cmd
}

// shownWindow is a change window as JSON.
type shownWindow struct {
	ID       string        `json:"id"`
	Open     bool          `json:"open"`
	ARN      string        `json:"arn"` // of the trail, or of the resource that is guarded by itself
	Fields   []trail.Field `json:"fields"`
	Opened   time.Time     `json:"opened"`
	Until    time.Time     `json:"until"`
	Reason   string        `json:"reason"`
	OpenedBy string        `json:"openedBy"` // empty if it could not be read
	Told     bool          `json:"told"`     // people know of it
}

func shownWindowOf(i incident.Incident, now time.Time) shownWindow {
	w := i.Window
	return shownWindow{i.ID, i.OpenAt(now), i.TrailARN, w.Fields, i.Seen, w.Until, w.Reason, w.OpenedBy, i.WasTold(incident.KindAlert)}
}

// listWindows lists what can be read even if some files are damaged; the error then names those.
func (a *app) listWindows(ctx context.Context, dir string) error {
	j, err := a.openJournal(ctx, dir)
	if err != nil {
		return err
	}
	found, damage := j.Recent(ctx, "", time.Time{})
	found = slices.DeleteFunc(found, func(i incident.Incident) bool { return i.Window == nil })
	now := time.Now()
	if a.json() {
		shown := []shownWindow{}
		for _, i := range found {
			shown = append(shown, shownWindowOf(i, now))
		}
		err = a.printJSON(map[string]any{"windows": shown})
	} else {
		err = a.print(windowsText(a.page(), found, now))
	}
	return errors.Join(err, damage)
}

func windowsText(p *page, found []incident.Incident, now time.Time) string {
	if len(found) == 0 {
		p.linef("No change windows.")
	}
	for _, i := range found {
		state, colour := "ended", ""
		if i.OpenAt(now) {
			state, colour = "open until "+i.Window.Until.UTC().Format(time.DateTime), yellow
		}
		p.linef("%s  %s  %s", i.Seen.UTC().Format(time.DateTime), p.paint(colour, fmt.Sprintf("%-30s", state)), plain.Text(i.ID, maxValue))
		p.window(i)
	}
	return p.String()
}

// window tells what a change window allows, and who opened it for which reason.
func (p *page) window(i incident.Incident) {
	p.wrap("  for        ", plain.Text(unitName(i.TrailARN), maxValue))
	p.wrap("  fields     ", fieldNames(i.Window.Fields))
	p.wrap("  reason     ", plain.Text(i.Window.Reason, maxValue))
	p.wrap("  opened by  ", cmp.Or(plain.Text(i.Window.OpenedBy, maxValue), "unknown"))
}
