package cli

import (
	"cmp"
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/alerts"
	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/notify"
)

const alertsUse = "a `file`, s3://bucket/key or ssm:NAME"

// alertsVariable is what the function reads, too: there it may also be the text of the file.
const alertsVariable = "TRAILHOLD_ALERTS"

// defineAlerts defines the flag for a command that tells people.
func (f *guardFlags) defineAlerts(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.alerts, "alerts", "", "further channels to alert: "+alertsUse+" (default $"+alertsVariable+")")
}

// channels is where the file is that says which channels there are; empty if there is none.
func (f *guardFlags) channels() string { return cmp.Or(f.alerts, os.Getenv(alertsVariable)) }

// alerts loads the file that says which channels there are.
func (a *app) alerts(ctx context.Context, location string, cloud *awscloud.Cloud) (alerts.Config, error) {
	if alerts.Inline(location) {
		return alerts.Parse(alertsVariable, []byte(location))
	}
	return alerts.Load(ctx, location, alerts.SourceOf(cloud))
}

// dispatcher tells the sinks, and the channels of an alerts file if there is one.
func (a *app) dispatcher(ctx context.Context, location string, cloud *awscloud.Cloud, sinks []notify.Sink) (*notify.Dispatcher, error) {
	var targets []notify.Target
	for _, s := range sinks {
		targets = append(targets, notify.Target{Sink: s})
	}
	if location != "" {
		config, err := a.alerts(ctx, location, cloud)
		if err != nil {
			return nil, err
		}
		targets = append(targets, config.Targets(alerts.OnAWS(cloud, os.Getenv, a.stdout))...)
	}
	return notify.NewRouted(targets...), nil
}
