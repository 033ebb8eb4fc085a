package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/alerts"
	"github.com/trailhold/trailhold/internal/channel"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) notifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Try the channels that alerts go to",
		Long: `An alerts file says which channels there are, and what each of them gets.
This tries them: see docs/alerts.md for the file.`,
		Example: "  trailhold notify test --alerts alerts.yaml",
		Args:    noSuchCommand,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(a.notifyTestCommand())
	return cmd
}

type notifyTestFlags struct{ alerts, channel, account string }

// testTimeout bounds the test of one channel, which makes one attempt.
const testTimeout = 30 * time.Second

func (a *app) notifyTestCommand() *cobra.Command {
	var f notifyTestFlags
	cmd := uses(&cobra.Command{
		Use:   "test --alerts FILE",
		Short: "Send a test message through every channel",
		Long: `Sends a message that says it is a test through every channel of an alerts file,
whatever its routes are, and reports what each answered. It is sent once: what
fails now would have been tried again with a real alert.

A test does not leave anything open: what it triggers in PagerDuty, Opsgenie
and Security Hub, it resolves at once. Of an SNS topic, it says how many
subscriptions are confirmed.

Exits with 1 if a channel failed.`,
		Example: `  trailhold notify test --alerts alerts.yaml
  trailhold notify test --alerts alerts.yaml --channel oncall`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.notifyTest(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	flags := cmd.Flags()
	flags.StringVar(&f.alerts, "alerts", "", "the channels: "+alertsUse)
	flags.StringVar(&f.channel, "channel", "", "`name` of the one channel to test")
	flags.StringVar(&f.account, "account", "", "`id` of the account that the test tells of (default: that of the credentials)")
	return cmd
}

// tested is what came of a test.
type tested struct {
	Channel string `json:"channel"`
	Type    string `json:"type"`
	OK      bool   `json:"ok"`
	Answer  string `json:"answer,omitempty"`
	Error   string `json:"error,omitempty"`
	Millis  int64  `json:"milliseconds"`
}

func (a *app) notifyTest(ctx context.Context, f notifyTestFlags) error {
	switch {
	case f.alerts == "":
		return usagef("--alerts is missing: give the file that says which channels there are")
	case f.account != "" && !trail.ValidAccount(f.account):
		return usagef("--account: give the 12 digits of an account's id")
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	config, err := a.alerts(ctx, f.alerts, cloud)
	if err != nil {
		return err
	}
	if f.channel != "" && !slices.Contains(config.Names(), f.channel) {
		return usagef("--channel %s is not in the file, which has %s", plain.Text(f.channel, maxValue), strings.Join(config.Names(), ", "))
	}
	if f.account == "" {
		by, _ := caller(ctx, cloud) // who it is does not matter to most channels
		if parts := strings.Split(by, ":"); len(parts) > 4 {
			f.account = parts[4]
		}
	}
	results := testChannels(ctx, config, f, config.Targets(alerts.OnAWS(cloud, os.Getenv, a.stdout)))
	if a.json() {
		err = a.printJSON(results)
	} else {
		err = a.print(a.testedText(results))
	}
	if err != nil {
		return err
	}
	return failedOf(results)
}

// testChannels tests all channels at the same time, or the one that the flags name.
func testChannels(ctx context.Context, config alerts.Config, f notifyTestFlags, targets []notify.Target) []tested {
	m := notify.ComposeTest(f.account, time.Now())
	results := make([]tested, len(targets))
	var group sync.WaitGroup
	for n, t := range targets {
		one := config.Channels[n]
		results[n] = tested{Channel: one.Name, Type: one.Type}
		if f.channel == "" || f.channel == one.Name {
			group.Go(func() { results[n].send(ctx, t.Sink, m) })
		}
	}
	group.Wait()
	return slices.DeleteFunc(results, func(r tested) bool { return f.channel != "" && f.channel != r.Channel })
}

func (r *tested) send(ctx context.Context, s notify.Sink, m notify.Message) {
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	began := time.Now()
	var err error
	if reporter, ok := s.(channel.Reporter); ok {
		r.Answer, err = reporter.Report(ctx, m)
	} else {
		err = s.Send(ctx, m)
	}
	r.OK, r.Millis = err == nil, time.Since(began).Milliseconds()
	if err != nil {
		r.Error = plain.Text(err.Error(), maxValue)
	}
}

func (a *app) testedText(results []tested) string {
	p := a.page()
	for _, r := range results {
		mark, text := p.paint(green, "ok    "), r.Answer
		if !r.OK {
			mark, text = p.paint(red, "FAILED"), r.Error
		}
		p.linef("%s  %s (%s), %d ms", mark, r.Channel, r.Type, r.Millis)
		p.wrap("        ", plain.Text(text, maxValue))
	}
	return p.String()
}

func failedOf(results []tested) error {
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, plural(len(results), "channel"))
	}
	return nil
}
