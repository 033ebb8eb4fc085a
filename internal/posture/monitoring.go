package posture

import (
	"regexp"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// monitored is what there is to say of one of the benchmark's controls, besides its filter.
type monitored struct {
	severity  severity.Severity
	number    string // of the control in chapter 4 of the benchmark, and 5 from version 6.0 on
	hub       string
	rationale string
}

// controls are the benchmark's fifteen, by the id of their check.
var controls = map[string]monitored{
	"mf-unauthorized-api":  {severity.Low, "1", "CloudWatch.2", "Somebody who tries out what stolen keys may do is refused most of the time."},
	"mf-signin-no-mfa":     {severity.Medium, "2", "CloudWatch.3", "A sign-in without a second factor may be somebody who has nothing but a password."},
	"mf-root-usage":        {severity.Medium, "3", "CloudWatch.1", "Nothing limits the root user, and hardly anything needs it."},
	"mf-iam-policy":        {severity.Medium, "4", "CloudWatch.4", "Intruders who want to stay write themselves permissions."},
	"mf-cloudtrail-config": {severity.High, "5", "CloudWatch.5", "Whoever stops or changes a trail does not want to be seen with what comes next."},
	"mf-console-auth-fail": {severity.Low, "6", "CloudWatch.6", "Many failed sign-ins are somebody who guesses."},
	"mf-cmk-disable":       {severity.Medium, "7", "CloudWatch.7", "A key that is disabled or deleted takes with it everything that it encrypted, log files included."},
	"mf-s3-policy":         {severity.Medium, "8", "CloudWatch.8", "One policy makes a bucket public, or keeps CloudTrail out."},
	"mf-config-changes":    {severity.Medium, "9", "CloudWatch.9", "AWS Config is the second record of what happened; intruders stop it with the first."},
	"mf-security-group":    {severity.Low, "10", "CloudWatch.10", "An open port is a way back in."},
	"mf-nacl":              {severity.Low, "11", "CloudWatch.11", "Network ACLs decide who reaches a subnet."},
	"mf-gateway":           {severity.Low, "12", "CloudWatch.12", "A gateway connects what was meant to be apart."},
	"mf-route-table":       {severity.Low, "13", "CloudWatch.13", "A route leads traffic past whoever inspects it."},
	"mf-vpc":               {severity.Low, "14", "CloudWatch.14", "Peering connects an intruder's network with yours."},
	"mf-organizations":     {severity.Medium, "15", "", "An account that leaves its organization leaves its policies and its trail."},
}

// monitoringChecks ask whether somebody is told of what the benchmark names, and whether alarms do anything.
func monitoringChecks() []check {
	var all []check
	for _, c := range metricfilter.Controls() {
		m := controls[c.ID]
		name := strings.TrimPrefix(c.ID, "mf-")
		cis := "4." + m.number + " 4." + m.number + " 4." + m.number + " 4." + m.number + " 5." + m.number
		pci := ""
		if c.ID == "mf-root-usage" {
			pci = "7.2.1"
		}
		all = append(all, check{Check{ID: c.ID, Group: GroupMonitoring, Severity: m.severity,
			Title:     c.Title + ": somebody is told",
			Rationale: m.rationale,
			Remedy: "aws logs put-metric-filter --region {region} --log-group-name {group} --filter-name " + name + " --filter-pattern " + shell.Word(c.Pattern) +
				" --metric-transformations metricName=" + name + ",metricNamespace=CloudTrail,metricValue=1 && aws cloudwatch put-metric-alarm --region {region} --alarm-name " + name +
				" --namespace CloudTrail --metric-name " + name + " --statistic Sum --period 300 --evaluation-periods 1 --threshold 1" +
				" --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions " + shell.Ask("TOPIC", "ARN of a topic to which somebody has subscribed"),
			References: refs(cis, m.hub, "", pci, ""),
		}, func(s scope) []judged { return s.monitors(c) }})
	}
	return append(all, check{Check{ID: "mf-alarm-actions", Group: GroupMonitoring, Severity: severity.Medium,
		Title:      "The alarms on the trail's events have actions, which are on and not muted",
		Rationale:  "An alarm whose actions are disabled turns red and tells nobody. That takes one call, DisableAlarmActions.",
		Remedy:     "aws cloudwatch enable-alarm-actions --region {region} --alarm-names {name}",
		References: refs(noCIS, "CloudWatch.15 CloudWatch.17", "cloudwatch-alarm-action-check cloudwatch-alarm-action-enabled-check", "", "AU-6(1) AU-6(5) CA-7 IR-4(1) IR-4(5) SI-2 SI-4(5) SI-4(12) SI-20"),
	}, alarmActions})
}

// monitors looks for one filter that finds what the control is about, and whose alarm reaches somebody.
func (s scope) monitors(c metricfilter.Control) []judged {
	groups, doubt := s.watchedGroups()
	j := judged{fill: s.fill()}
	j.fill["group"] = shell.Ask("LOG_GROUP", "name of the log group of the trail")
	none := fail("no log group gets the management events of all regions, so that no filter can find it")
	if t, ok := s.account.PrincipalTrail(); ok {
		if is, _ := logging(t); is == no {
			none = none.by(startLogging)
		}
	}
	var verdicts []verdict
	for _, g := range groups {
		none = fail("no metric filter of %s finds it", g.Name())
		j.region, j.fill["group"] = g.Region, shell.Word(g.Name())
		filters, known := filtersOf(g)
		if !known {
			verdicts = append(verdicts, notRead("the metric filters of "+g.Name(), g.Setting("metricFilters")))
			continue
		}
		for _, f := range filters {
			verdicts = append(verdicts, s.filterVerdict(c, g, f))
		}
	}
	if doubt.status == Unknown {
		verdicts = append(verdicts, doubt)
	}
	j.verdict = some(nearest(none, verdicts), verdicts...)
	return []judged{j}
}

// nearest is the failure that says most: of a filter that finds it but whose alarm reaches nobody, else of one that nearly
// finds it, else that there is none.
func nearest(none verdict, verdicts []verdict) verdict {
	best := none
	for _, v := range verdicts {
		if v.status == Fail && len(v.evidence) > len(best.evidence) {
			best = v
		}
	}
	return best
}

// watchedGroups are the log groups of trails that are logging and record the management events of all regions. The doubt is
// unknown if a trail may be one of them.
func (s scope) watchedGroups() (groups []Resource, doubt verdict) {
	for _, t := range s.account.Trails {
		c, known := t.Config.Get()
		if !known && t.Config.Knowledge() == trail.Unknown {
			doubt = notRead("the trail "+t.ARN, t.Config)
		}
		if !known || logGroupOf(c) == "" || !c.IsMultiRegionTrail {
			continue
		}
		is, why := logging(t)
		v := all(is.verdict(why, "logging", "not logging"), selects(t, c, managementWrite), selects(t, c, managementRead))
		g, read := s.resource(logGroupOf(c))
		switch {
		case v.status == Unknown:
			doubt = v
		case v.status == Fail:
		case !read:
			doubt = unknown("the log group %s was not read", logGroupOf(c))
		case !slices.ContainsFunc(groups, func(other Resource) bool { return other.ARN == g.ARN }):
			groups = append(groups, g)
		}
	}
	if v, complete := s.complete(); !complete {
		doubt = v
	}
	return groups, doubt
}

// filter is a metric filter of a log group.
type filter struct {
	name                      string
	FilterPattern             string
	FieldSelectionCriteria    string   // which events it looks at at all, by the account and region that they come from
	ApplyOnTransformedLogs    bool     // it looks at what a transformer made of the events
	EmitSystemFieldDimensions []string // which of account and region become dimensions of the metric, besides its own
	MetricTransformations     []transformation
}

// transformation is the metric that a filter makes.
type transformation struct {
	MetricNamespace, MetricName, MetricValue string
	Unit                                     string
	DefaultValue                             *float64
	Dimensions                               map[string]string
}

// unlike says what keeps a filter from looking at every event as CloudTrail wrote it; empty if nothing does.
func (f filter) unlike() string {
	switch {
	case f.FieldSelectionCriteria != "":
		return "it looks only at events for which " + f.FieldSelectionCriteria
	case f.ApplyOnTransformedLogs:
		return "it looks at what a transformer may have made of them"
	}
	return ""
}

// filtersOf are a log group's metric filters, by name.
func filtersOf(g Resource) ([]filter, bool) {
	found := map[string]filter{}
	if g.Setting("metricFilters").Knowledge() != trail.Present {
		return nil, false
	}
	if _, ok := read(g, "metricFilters", &found); !ok {
		return nil, false
	}
	var filters []filter
	for _, name := range sortedKeys(found) {
		f := found[name]
		f.name = name
		filters = append(filters, f)
	}
	return filters, true
}

// filterVerdict says whether a filter finds what the control is about, and whom that reaches. One that is about something
// else fails without evidence, so that it is not taken for a near miss.
func (s scope) filterVerdict(c metricfilter.Control, g Resource, f filter) verdict {
	result := metricfilter.Check(c, f.FilterPattern)
	switch {
	case !result.Covered() && !f.resembles(c):
		return fail("filter %s is about something else", f.name)
	case result.Unjudged != "":
		return unknown("filter %s cannot be judged: %s", f.name, result.Unjudged).with("filterPattern", f.FilterPattern)
	case !result.Covered() && result.Gaps[0].Doubt:
		return unknown("whether filter %s finds %s is not documented", f.name, result.Gaps[0].Record).with("filterPattern", f.FilterPattern)
	case !result.Covered():
		return fail("filter %s misses %s", f.name, result.Gaps[0].Record).with("filterPattern", f.FilterPattern)
	}
	if why := f.unlike(); why != "" {
		return unknown("whether filter %s finds all events is not known: %s", f.name, why).with("filterPattern", f.FilterPattern)
	}
	v := s.metricAlarmed(g, f).with("filterPattern", f.FilterPattern).with("filter", f.name)
	if len(result.Advice) > 0 {
		v = v.with("also worth finding", strings.Join(result.Advice, ", "))
	}
	if len(result.Floods) > 0 {
		v = v.with("finds too much", strings.Join(result.Floods, ", "))
	}
	return v
}

// values finds the values that a pattern compares with.
var values = regexp.MustCompile(`=\s*"?\*?([A-Za-z]{5,})`)

// resembles says whether a filter compares with a value that the control is about, and is thus meant for it.
func (f filter) resembles(c metricfilter.Control) bool {
	for _, found := range values.FindAllStringSubmatch(c.Pattern, -1) {
		if strings.Contains(f.FilterPattern, found[1]) {
			return true
		}
	}
	return false
}

// metricAlarmed follows the filter's metric to its alarms.
func (s scope) metricAlarmed(g Resource, f filter) verdict {
	list, ok := s.alarmsBeside(g)
	arns, known := list.Get()
	if !ok {
		return unknown("the alarms of account %s, which has the log group %s, were not read: read that account too", accountIn(g.ARN), g.Name())
	}
	if !known && list.Knowledge() != trail.Absent {
		return notRead("the alarms in "+g.Region, list)
	}
	none := fail("filter %s finds it, but no alarm watches its metric", f.name).with("filter", f.name).with("alarm", "none")
	var verdicts []verdict
	for _, arn := range arns {
		a, read := s.resource(arn)
		if !read {
			verdicts = append(verdicts, unknown("the alarm %s was not read", arn))
			continue
		}
		d, v, ok := definitionOf(a)
		switch {
		case !ok:
			verdicts = append(verdicts, v)
		case d.watches(f):
			verdicts = append(verdicts, all(d.raised(f, a), actionsOn(s, a), s.reaches(a, d)).with("alarm", a.Name()))
		}
	}
	return some(nearest(none, verdicts), verdicts...)
}

// alarmsBeside lists the alarms of the account and region that a log group is in: filters make their metrics there. An organization's
// trail may feed a group of the management account. ok is false if that account was not read.
func (s scope) alarmsBeside(g Resource) (list trail.Facet[[]string], ok bool) {
	for n := range s.inv.Accounts {
		if a := &s.inv.Accounts[n]; a.ID == accountIn(g.ARN) && a.Failure == "" {
			return a.Regions[g.Region].Alarms, true
		}
	}
	return list, false
}
