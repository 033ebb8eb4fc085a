package harden

import (
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// facet is one part of a trail or resource that is changed.
type facet struct {
	arn    string
	field  trail.Field
	member string // of the part, where each is written by itself; empty for the part as a whole
}

// draft is an inventory that is being mended. The one that was read stays as it is.
type draft struct {
	inv     posture.Inventory
	account *posture.Account // in inv
	options Options
	// paste has the draft end in commands for people to paste, who look at them first: see Commands. What a plan leaves to its
	// options is then chosen, what belongs to another account that was read is changed, and what nobody looked for is made: the
	// command that makes it fails if it is there.
	paste   bool
	chosen  choices
	filters map[string]metricfilter.Control // by check; making them takes longer than anything else here

	check   string             // that is being mended
	changed map[facet][]string // what was changed, and for which checks
	order   []facet            // of the changes
	dirty   bool               // something was changed since this was last reset
}

// newDraft copies what a draft may change.
func newDraft(inv posture.Inventory, o Options) *draft { return draftWith(inv, o, filters()) }

// filters are the benchmark's filters by check.
func filters() map[string]metricfilter.Control {
	all := map[string]metricfilter.Control{}
	for _, c := range metricfilter.Controls() {
		all[c.ID] = c
	}
	return all
}

func draftWith(inv posture.Inventory, o Options, filters map[string]metricfilter.Control) *draft {
	inv.Accounts = slices.Clone(inv.Accounts)
	d := &draft{inv: inv, account: &inv.Accounts[0], options: o, changed: map[facet][]string{}, filters: filters}
	d.account.Trails = slices.Clone(d.account.Trails)
	d.account.Resources = maps.Clone(d.account.Resources)
	if d.account.Resources == nil {
		d.account.Resources = map[string]posture.Resource{}
	}
	d.account.Regions = maps.Clone(d.account.Regions)
	return d
}

// note remembers that a part was changed for the check that is being mended.
func (d *draft) note(f facet) {
	if _, known := d.changed[f]; !known {
		d.order = append(d.order, f)
	}
	if !slices.Contains(d.changed[f], d.check) {
		d.changed[f] = append(d.changed[f], d.check)
	}
	d.dirty = true
}

// trail finds a trail of the account's own.
func (d *draft) trail(arn string) (*trail.State, trail.Config, bool) {
	for n := range d.account.Trails {
		t := &d.account.Trails[n]
		if c, known := t.Config.Get(); known && t.ARN == arn && accountIn(arn) == d.account.ID {
			return t, c, true
		}
	}
	return nil, trail.Config{}, false
}

// principal is the trail that mends what is about the account as a whole, which the audit names in its remedies.
func (d *draft) principal() (*trail.State, trail.Config, bool) {
	best, _ := d.account.PrincipalTrail()
	return d.trail(best.ARN)
}

// of is the trail that a finding is about; the principal one, if it is about the account.
func (d *draft) of(f posture.Finding) (*trail.State, trail.Config, bool) {
	if strings.Contains(f.Resource, ":trail/") {
		return d.trail(f.Resource)
	}
	return d.principal()
}

// configured are the fields of a trail's configuration that remedies change.
var configured = []struct {
	field trail.Field
	value func(trail.Config) any
}{
	{trail.FieldMultiRegion, func(c trail.Config) any { return c.IsMultiRegionTrail }},
	{trail.FieldGlobalEvents, func(c trail.Config) any { return c.IncludeGlobalServiceEvents }},
	{trail.FieldValidation, func(c trail.Config) any { return c.LogFileValidationEnabled }},
	{trail.FieldKey, func(c trail.Config) any { return c.KMSKeyID }},
	{trail.FieldLogGroup, func(c trail.Config) any { return c.CloudWatchLogsLogGroupARN }},
	{trail.FieldLogRole, func(c trail.Config) any { return c.CloudWatchLogsRoleARN }},
	{trail.FieldTopic, func(c trail.Config) any { return c.SnsTopicARN }},
}

// configure changes a trail's configuration.
func (d *draft) configure(t *trail.State, change func(*trail.Config)) {
	before, _ := t.Config.Get()
	after := before
	change(&after)
	t.Config = trail.Known(after)
	for _, c := range configured {
		if c.value(before) != c.value(after) {
			d.note(facet{arn: t.ARN, field: c.field})
		}
	}
}

// start turns logging on. Its times are set as CloudTrail will set them.
func (d *draft) start(t *trail.State) {
	status, _ := t.Status.Get()
	if status.IsLogging {
		return
	}
	status.IsLogging, status.StartLoggingTime = true, d.inv.At
	t.Status = trail.Known(status)
	d.note(facet{arn: t.ARN, field: trail.FieldLogging})
}

// users are the account's own trails that a resource is named by.
func (d *draft) users(arn string) []trail.Config {
	var list []trail.Config
	for _, t := range d.account.Trails {
		c, known := t.Config.Get()
		if known && accountIn(t.ARN) == d.account.ID && slices.Contains(restsOn(c), arn) {
			list = append(list, c)
		}
	}
	return list
}

// restsOn lists the ARNs of what a trail's configuration names.
func restsOn(c trail.Config) []string {
	return []string{bucketARN(c), c.KMSKeyID, c.SnsTopicARN, c.CloudWatchLogsRoleARN, groupARN(c)}
}

func bucketARN(c trail.Config) string { return "arn:" + partitionIn(c.ARN) + ":s3:::" + c.S3BucketName }

func groupARN(c trail.Config) string { return strings.TrimSuffix(c.CloudWatchLogsLogGroupARN, ":*") }

// arnPart is a part of an ARN, counted from 0; empty if there is none.
func arnPart(arn string, n int) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[n]
	}
	return ""
}

func partitionIn(arn string) string { return arnPart(arn, 1) }
func regionIn(arn string) string    { return arnPart(arn, 3) }
func accountIn(arn string) string   { return arnPart(arn, 4) }
