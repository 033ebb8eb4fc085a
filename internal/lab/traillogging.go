package lab

func (c *call) startLogging() (any, error) {
	e, err := c.namedTrail()
	if err != nil {
		return nil, err
	}
	t := *e.newest()
	if !t.logging {
		t.started = c.now
	}
	t.logging = true
	e.publish(c, &t)
	return nil, nil
}

// stopLogging also turns Insights off. The time of the stop moves even if the trail was not logging.
func (c *call) stopLogging() (any, error) {
	e, err := c.namedTrail()
	if err != nil {
		return nil, err
	}
	t := *e.newest()
	t.logging, t.stopped, t.insights = false, c.now, nil
	e.publish(c, &t)
	return nil, nil
}

// trailStatus is GetTrailStatus's answer, without the fields that are no longer in use.
type trailStatus struct {
	IsLogging                        bool
	StartLoggingTime                 *epoch `json:",omitempty"`
	StopLoggingTime                  *epoch `json:",omitempty"`
	LatestDeliveryTime               *epoch `json:",omitempty"`
	LatestDeliveryError              string `json:",omitempty"`
	LatestDigestDeliveryTime         *epoch `json:",omitempty"`
	LatestDigestDeliveryError        string `json:",omitempty"`
	LatestNotificationTime           *epoch `json:",omitempty"`
	LatestNotificationError          string `json:",omitempty"`
	LatestCloudWatchLogsDeliveryTime *epoch `json:",omitempty"`

	LatestCloudWatchLogsDeliveryError string `json:",omitempty"`
}

// getTrailStatus tells the status in one region. A shadow trail must be named by its ARN, and must be there.
func (c *call) getTrailStatus() (any, error) {
	var in struct{ Name string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.readTrail(in.Name)
	if err != nil {
		return nil, err
	}
	if !t.appearsIn(c.account.id, c.region) {
		return nil, c.unknownTrail(trailRef{account: t.account, region: t.home, name: t.name})
	}
	d := t.delivery.status(c.account.id, c.region)
	return trailStatus{
		IsLogging:                        t.logging,
		StartLoggingTime:                 maybe(t.started),
		StopLoggingTime:                  maybe(t.stopped),
		LatestDeliveryTime:               maybe(d.delivered),
		LatestDeliveryError:              d.deliveryError,
		LatestDigestDeliveryTime:         maybe(d.digested),
		LatestDigestDeliveryError:        d.digestError,
		LatestNotificationTime:           maybe(d.notified),
		LatestNotificationError:          d.notificationError,
		LatestCloudWatchLogsDeliveryTime: maybe(d.logged),

		LatestCloudWatchLogsDeliveryError: d.logsError,
	}, nil
}
