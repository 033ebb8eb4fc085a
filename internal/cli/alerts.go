package cli

import (
	"context"
	"os"

	"github.com/trailhold/trailhold/internal/alerts"
	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/notify"
)

const alertsUse = "a `file`, s3://bucket/key or ssm:NAME"

// alerts loads the file that says which channels there are.
func (a *app) alerts(ctx context.Context, location string, cloud *awscloud.Cloud) (alerts.Config, error) {
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
