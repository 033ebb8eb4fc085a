package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) incidentsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "incidents",
		Short: "Read the journal of a watch or sweep",
		Example: `  trailhold incidents list --journal /var/lib/trailhold
  trailhold incidents show event-0f3a9c1d2b4e5f60 --journal /var/lib/trailhold`,
		Args: noSuchCommand,
		RunE: needsSubcommand,
	}
	dir := cmd.PersistentFlags().String("journal", "", "where watch, sweep or the function keeps its incidents: "+journalUse)
	list := uses(&cobra.Command{
		Use:     "list --journal JOURNAL",
		Short:   "List all incidents, newest first",
		Example: "  trailhold incidents list --journal /var/lib/trailhold\n  trailhold incidents list --journal dynamodb://trailhold --output json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.listIncidents(cmd.Context(), *dir) },
	}, usesOutput)
	show := uses(&cobra.Command{
		Use:     "show ID --journal JOURNAL",
		Short:   "Show all that is known of one incident",
		Example: "  trailhold incidents show event-0f3a9c1d2b4e5f60 --journal /var/lib/trailhold",
		Args:    oneArg,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.showIncident(cmd.Context(), *dir, args[0]) },
	}, usesOutput)
	cmd.AddCommand(list, show)
	return cmd
}

// listIncidents lists what can be read even if some files are damaged; the error then names those.
func (a *app) listIncidents(ctx context.Context, dir string) error {
	j, err := a.openJournal(ctx, dir)
	if err != nil {
		return err
	}
	found, damage := j.Recent(ctx, "", time.Time{})
	if a.json() {
		err = a.printJSON(map[string]any{"incidents": present(found)})
	} else {
		err = a.print(listText(a.page(), found))
	}
	return errors.Join(err, damage)
}

func listText(p *page, found []incident.Incident) string {
	if len(found) == 0 {
		p.linef("No incidents.")
		return p.String()
	}
	for _, i := range found {
		first := fmt.Sprintf("%s  %-8s  %-13s  ", i.Seen.UTC().Format(time.DateTime), i.Severity, i.Stage)
		p.linef("%s%s", p.paint(severityColour(i.Severity), first), plain.Text(i.ID, maxValue))
		p.wrap("                     ", plain.Text(unitName(i.TrailARN)+": "+subjectOf(i), maxValue))
	}
	return p.String()
}

// subjectOf lists the techniques, the worst first, or says what a verification found, or a change window allows.
func subjectOf(i incident.Incident) string {
	if _, summary, _, ok := i.Verification(); ok {
		return summary
	}
	if summary, ok := i.MissedCanary(); ok {
		return "canary: " + summary
	}
	if i.Cause == incident.CauseCanary {
		return canaryText(i)
	}
	if i.Window != nil {
		return "change window for " + fieldNames(i.Window.Fields)
	}
	if len(i.Techniques) == 0 {
		return "no technique"
	}
	return strings.Join(i.Techniques, ", ")
}

// unitName is the name in a trail's ARN, or kind and name of another resource; whatever is no such ARN is its own name.
func unitName(arn string) string {
	if parsed, err := trail.ParseARN(arn); err == nil {
		return parsed.Name
	}
	return cmp.Or(trail.ResourceLabel(arn), arn)
}

func (a *app) showIncident(ctx context.Context, dir, id string) error {
	j, err := a.openJournal(ctx, dir)
	if err != nil {
		return err
	}
	i, err := j.Get(ctx, id)
	if errors.Is(err, guard.ErrNotFound) {
		return fmt.Errorf("there is no incident %s in %s: see trailhold incidents list", id, dir)
	}
	if err != nil {
		return err
	}
	if a.json() {
		return a.printJSON(i)
	}
	return a.print(notify.Compose(i, newestKind(i)).Text)
}

// newestKind is what people were told last about an incident.
func newestKind(i incident.Incident) incident.Kind {
	if len(i.Told) == 0 {
		return incident.KindAlert
	}
	return i.Told[len(i.Told)-1].Kind
}

// stages are the stages in words, the worst first.
var stages = []struct {
	stage         incident.Stage
	words, colour string
}{
	{incident.Failed, "NOT RESTORED", red},
	{incident.Unread, "not readable", red},
	{incident.Open, "not dealt with", red},
	{incident.AlertOnly, "not to be restored", yellow},
	{incident.Permitted, "permitted by a change window", yellow},
	{incident.ChangeWindow, "change window open", yellow},
	{incident.Planned, "planned only (dry run)", yellow},
	{incident.Restored, "restored, not yet proved", green},
	{incident.Proved, "restored and proved", green},
	{incident.Observed, "nothing to restore", ""},
}

// incident tells an incident in a few lines.
func (p *page) incident(i incident.Incident) {
	stage := string(i.Stage)
	for _, s := range stages {
		if s.stage == i.Stage {
			stage = p.paint(s.colour, s.words)
		}
	}
	if i.Window != nil && i.Stage != incident.ChangeWindow {
		stage = "change window ended"
	}
	p.linef("%s  %s  %s: %s", p.paint(bold, plain.Text(unitName(i.TrailARN), maxValue)), plain.Text(i.Region, maxValue),
		p.paint(severityColour(i.Severity), i.Severity.String()), stage)
	if i.Window != nil {
		p.wrap("  fields   ", fieldNames(i.Window.Fields))
	}
	p.drifts(i.TrailARN, i.Drifts)
	p.unknown(i.TrailARN, i.Unknown)
	for _, s := range i.Steps {
		p.step(i.TrailARN, s)
	}
	for _, lost := range i.Lost {
		p.wrap("  lost     ", plain.Text(lost, maxValue))
	}
	for _, note := range i.Notes {
		p.wrap("  note     ", plain.Text(note, maxValue))
	}
	p.linef("  incident %s", plain.Text(i.ID, maxValue))
}

// step tells what was, or would be, done, and to which resource, unless that is the one in the heading.
func (p *page) step(heading string, s incident.StepResult) {
	var fields []string
	for _, f := range s.Mends {
		fields = append(fields, string(f))
	}
	text := fmt.Sprintf("%s in %s for %s: %s", s.Op, s.Region, strings.Join(fields, ", ")+ofOther(s.Step, heading), s.Outcome)
	if s.Error != "" {
		text += ": " + s.Error
	}
	p.wrap("  step     ", plain.Text(text, maxValue))
}

func ofOther(s trail.Step, heading string) string {
	if s.Resource == "" || s.ARN == heading {
		return ""
	}
	return " of " + trail.Resource{Type: s.Resource, ARN: s.ARN}.Name()
}
