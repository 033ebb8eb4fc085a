package lab

import (
	"encoding/json"
	"slices"
)

// covering lists the trails that log in the region where the call's event will appear, as they are now.
func (l *Lab) covering(c *call) []*trail {
	return slices.DeleteFunc(l.trailsIn(c.account.id, c.recordRegion()), func(t *trail) bool { return !t.logging })
}

// emit records the call: in Event history always, at EventBridge and in log files as far as trails cover it. A trail
// that was logging before the call or is logging after it counts, because on AWS the record of the StopLogging that
// turns the last trail off is still delivered. The lab is locked.
func (l *Lab) emit(c *call, op operation, failure error, before []*trail) {
	r := c.record(op, failure)
	encoded, err := json.Marshal(r)
	if err != nil {
		return // cannot be: all parts were encoded before
	}
	raw := string(encoded) // one copy, which history and all trails share
	covering := append(before, l.covering(c)...)
	recorded := (*trail).logsWrites
	switch {
	case op.data: // which Event history does not have
		recorded = func(t *trail) bool { return t.selects(r) }
	case r.ReadOnly:
		recorded = (*trail).logsReads // and only rules that ask for all management events let it through
	}
	if !op.data {
		c.account.regions[r.AWSRegion].trails.history.add(c, r, raw)
	}
	if slices.ContainsFunc(covering, recorded) {
		l.toEventBridge(c, r, raw)
	}
	l.toTrails(c, r, raw, covering)
}

// toTrails queues the record for the log files of every trail whose selection covers it.
func (l *Lab) toTrails(c *call, r *eventRecord, raw string, covering []*trail) {
	var queued []*delivery
	for _, t := range covering {
		if t.selects(r) && !slices.Contains(queued, t.delivery) {
			t.delivery.queue(pendingRecord{account: c.account.id, region: r.AWSRegion, at: c.now, raw: raw})
			queued = append(queued, t.delivery)
		}
	}
}

// busEvent is the envelope in which EventBridge carries a record.
type busEvent struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// maxBusEvent is the size up to which EventBridge takes an event.
const maxBusEvent = 256 << 10

// toEventBridge sends the record to the default bus of its account and region, after the lab's event delay.
func (l *Lab) toEventBridge(c *call, r *eventRecord, raw string) {
	event, err := json.Marshal(busEvent{
		Version: "0", ID: l.id(), DetailType: "AWS API Call via CloudTrail", Source: "aws." + c.service,
		Account: c.account.id, Time: r.EventTime, Region: r.AWSRegion, Resources: []string{}, Detail: json.RawMessage(raw),
	})
	if err != nil || len(event) > maxBusEvent {
		return
	}
	if l.options.EventDelay <= 0 {
		l.putBusEvent(c.account.id, r.AWSRegion, "default", event)
		return
	}
	l.after(l.options.EventDelay, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.putBusEvent(c.account.id, r.AWSRegion, "default", event)
	})
}
