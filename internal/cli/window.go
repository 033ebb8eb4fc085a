package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/alerts"
	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) windowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "window",
		Short: "Announce a change, so that it is not undone while it is made",
		Long: `A change window lets some fields of a trail differ from the baseline for a
while. What is changed in it is noted, and neither undone nor told. It has a
reason and an end, it is kept in the journal that the guard uses, and opening it
alerts.

When it ends, whatever the guard's baseline does not have is put back. To keep a
change, capture the baseline after making it, and give it to the guard.`,
		Example: `  trailhold window open --baseline baseline.yaml --journal /var/lib/trailhold \
    --trail audit --fields s3BucketName,bucket.policy --for 30m \
    --reason "CHG-4711 moves the logs to the archive account"
  trailhold window list --journal /var/lib/trailhold
  trailhold window close sweep-0f3a9c1d2b4e5f60 --journal /var/lib/trailhold`,
		Args: noSuchCommand,
		RunE: needsSubcommand,
	}
	cmd.AddCommand(a.openWindowCommand(), a.listWindowsCommand(), a.closeWindowCommand())
	return cmd
}

type windowFlags struct {
	guardFlags
	trail, resource string
	fields          []string
	lasts           time.Duration
	reason          string
}

func (a *app) openWindowCommand() *cobra.Command {
	var f windowFlags
	cmd := uses(&cobra.Command{
		Use:   "open --baseline FILE --journal DIR --trail NAME",
		Short: "Open a change window, and tell people",
		Long: fmt.Sprintf(`Opens a change window for some fields of a trail, or of a resource that is
guarded by itself. Fields have the names that incidents show, such as tags,
logging or bucket.policy; "all" stands for all that is guarded of it.

It lasts %s at most. It is told at once, to --topic-arn and to the channels of
--alerts. Without either, the watch that uses the journal tells people of it.`, hours(guard.MaxWindow)),
		Example: `  trailhold window open --baseline baseline.yaml --journal /var/lib/trailhold \
    --trail audit --fields s3BucketName,bucket.policy --for 30m \
    --reason "CHG-4711 moves the logs to the archive account"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.openWindow(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	f.defineBaseline(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.journal, "journal", "", "where the guard keeps its incidents: "+journalUse)
	flags.StringVar(&f.topic, "topic-arn", "", "`ARN` of the SNS topic to alert")
	f.defineAlerts(cmd)
	flags.StringVar(&f.trail, "trail", "", "`name` or ARN of the trail")
	flags.StringVar(&f.resource, "resource", "", "`ARN` of a resource that is guarded by itself, instead of a trail")
	flags.StringSliceVar(&f.fields, "fields", nil, "`fields` that will change, separated by commas, or all")
	flags.DurationVar(&f.lasts, "for", 0, "`time` until it ends, such as 30m")
	flags.StringVar(&f.reason, "reason", "", "`ticket`, or what is changed and why")
	_ = cmd.RegisterFlagCompletionFunc("fields", completeFields) // fails only for a flag that there isn't
	return cmd
}

// check names the first flag that is missing, and what to give.
func (f *windowFlags) check() error {
	switch {
	case f.baseline == "":
		return usagef("--baseline is missing: give the file that the guard uses")
	case f.journal == "":
		return usagef("--journal is missing: give the directory that watch or sweep keeps its incidents in")
	case (f.trail == "") == (f.resource == ""):
		return usagef("give either --trail, or --resource for what is guarded by itself")
	case len(f.fields) == 0:
		return usagef("--fields is missing: name what will change, such as s3BucketName,bucket.policy")
	case f.lasts <= 0 || f.lasts > guard.MaxWindow:
		return usagef("--for must be given, and %s at most, such as 30m", hours(guard.MaxWindow))
	case f.reason == "":
		return usagef("--reason is missing: give a ticket, or what is changed and why")
	}
	return nil
}

// hours writes a number of whole hours.
func hours(d time.Duration) string { return fmt.Sprintf("%dh", int(d.Hours())) }

func (a *app) openWindow(ctx context.Context, f windowFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	b, err := a.baseline(ctx, f.baseline)
	if err != nil {
		return err
	}
	unit, err := f.unit(b)
	if err != nil {
		return err
	}
	fields, err := chosenFields(unit, f.fields)
	if err != nil {
		return err
	}
	j, err := a.openJournal(ctx, f.journal)
	if err != nil {
		return err
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	teller, err := a.windowTeller(ctx, f.guardFlags, cloud)
	if err != nil {
		return err
	}
	by, callerErr := caller(ctx, cloud)
	window := incident.Window{Fields: fields, Until: time.Now().UTC().Add(f.lasts).Truncate(time.Second), Reason: f.reason, OpenedBy: by}
	opened, err := a.windowGuard(b, j, teller).OpenWindow(ctx, unit.ARN, window)
	if opened == nil {
		return err
	}
	return errors.Join(a.printOpened(*opened, f, callerErr), unlessUntold(err))
}

// callerTimeout is what a change may be held up for the caller's name.
const callerTimeout = 10 * time.Second

func caller(ctx context.Context, cloud *awscloud.Cloud) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callerTimeout)
	defer cancel()
	return cloud.Caller(ctx)
}

// windowTeller tells people of a window by the same topic and channels as watch does, or leaves it to watch if there are none.
func (a *app) windowTeller(ctx context.Context, f guardFlags, cloud *awscloud.Cloud) (guard.Teller, error) {
	var sinks []notify.Sink
	switch {
	case f.topic != "":
		sinks = append(sinks, notify.NewSNS(cloud.Topic(f.topic)))
	case f.channels() == "":
		return untold{}, nil
	}
	return a.dispatcher(ctx, f.channels(), cloud, sinks)
}

// windowGuard is a guard that can open and close change windows, and nothing else. It logs which of several channels fail.
func (a *app) windowGuard(b trail.Baseline, j guard.Journal, teller guard.Teller) *guard.Guard {
	log := a.log(slog.LevelError)
	if teller == (untold{}) {
		log = nil // that nobody is told is no failure
	}
	return guard.New(b, guard.Ports{Journal: j, Teller: teller}, guard.Options{Log: log})
}

// untold leaves it to another process, which shares the journal, to tell people: a telling that failed is made up for.
type untold struct{}

var errUntold = errors.New("the command has neither --topic-arn nor --alerts")

func (untold) Tell(context.Context, incident.Incident, incident.Kind) error { return errUntold }

func unlessUntold(err error) error {
	if errors.Is(err, errUntold) {
		return nil
	}
	return err
}

func (a *app) printOpened(i incident.Incident, f windowFlags, callerErr error) error {
	if a.json() {
		return a.printJSON(shownWindowOf(i, time.Now()))
	}
	p := a.page()
	p.linef("Change window %s is %s until %s UTC.", plain.Text(i.ID, maxValue), p.paint(yellow, "open"), i.Window.Until.UTC().Format(time.DateTime))
	p.window(i)
	if callerErr != nil {
		p.wrap("  note       ", "Who opened it could not be read: "+plain.Text(callerErr.Error(), maxValue))
	}
	if told := f.told(); told == "" {
		p.wrap("  note       ", "Nobody has been told yet, since there is neither --topic-arn nor --alerts: a watch that uses this journal tells of "+
			"it within a minute. Without one, tell people yourself.")
	} else if i.WasTold(incident.KindAlert) {
		p.wrap("  told       ", told)
	}
	p.wrap("", "When it ends, the guard puts back what its baseline does not have. To keep the change, run \"trailhold baseline capture\" "+
		"after making it, and give the result to the guard before then.")
	return a.print(p.String())
}

// told says who is told; empty: nobody.
func (f *windowFlags) told() string {
	var who []string
	if f.topic != "" {
		who = append(who, plain.Text(f.topic, maxValue))
	}
	switch location := f.channels(); {
	case alerts.Inline(location):
		who = append(who, "the channels of $"+alertsVariable)
	case location != "":
		who = append(who, "the channels of "+plain.Text(location, maxValue))
	}
	return strings.Join(who, ", ")
}

func (a *app) closeWindowCommand() *cobra.Command {
	dir := ""
	cmd := uses(&cobra.Command{
		Use:     "close ID --journal DIR",
		Short:   "End a change window before its time",
		Example: "  trailhold window close sweep-0f3a9c1d2b4e5f60 --journal /var/lib/trailhold",
		Args:    oneArg,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.closeWindow(cmd.Context(), dir, args[0]) },
	}, usesOutput)
	cmd.Flags().StringVar(&dir, "journal", "", "where the guard keeps its incidents: "+journalUse)
	return cmd
}

func (a *app) closeWindow(ctx context.Context, dir, id string) error {
	j, err := a.openJournal(ctx, dir)
	if err != nil {
		return err
	}
	before, err := j.Get(ctx, id)
	if errors.Is(err, guard.ErrNotFound) {
		return fmt.Errorf("there is no change window %s in %s: see trailhold window list", id, dir)
	}
	if err != nil {
		return err
	}
	closed, err := a.windowGuard(trail.Baseline{}, j, untold{}).CloseWindow(ctx, id)
	if err = unlessUntold(err); err != nil {
		return err
	}
	switch {
	case a.json():
		return a.printJSON(shownWindowOf(*closed, time.Now()))
	case before.Stage != incident.ChangeWindow:
		return a.print(fmt.Sprintf("Change window %s had ended before.\n", id))
	}
	return a.print(fmt.Sprintf("Change window %s is closed.\nThe next sweep restores what it allowed.\n", id))
}
