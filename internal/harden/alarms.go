package harden

import (
	"slices"

	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	cloudWatch = "cloudwatch.amazonaws.com"
	namespace  = "Trailhold" // of the metrics that filters make
	needsTopic = "an alarm needs a topic to which somebody has subscribed: name one with --topic-arn"
)

// nameOf is what the filter, the metric and the alarm of a check are called.
func nameOf(check string) string { return "trailhold-" + check }

func (d *draft) alarmFor(check, region string) string {
	return "arn:" + d.account.Partition + ":cloudwatch:" + region + ":" + d.account.ID + ":alarm:" + nameOf(check)
}

// alarmOn makes a metric filter, and an alarm that leads to the topic that was named. Filters and alarms that are there stay as
// they are.
func alarmOn(d *draft, f posture.Finding) string {
	_, c, ok := d.principal()
	control, known := d.filters[f.Check]
	switch {
	case !ok:
		return noTrail
	case !known:
		return "no filter is known for it"
	case !c.IsMultiRegionTrail || c.CloudWatchLogsLogGroupARN == "":
		return "it takes a trail for all regions that sends its events to a log group: mend ct-multi-region and ct-cwl too"
	}
	topic, why := d.topicFor(regionIn(c.CloudWatchLogsLogGroupARN))
	if why != "" {
		return why
	}
	alarm := d.alarmFor(f.Check, regionIn(c.CloudWatchLogsLogGroupARN))
	if why := d.createable(alarm); why != "" {
		return why
	}
	if why := d.addFilter(groupARN(c), control); why != "" {
		return why
	}
	if why := d.letPublish(topic, alarm); why != "" {
		return why
	}
	return orElse(d.addAlarm(alarm, f.Check, topic), "the topic tells nobody yet: "+f.Detail)
}

// topicFor is the topic that was named, or why it cannot be used in a region.
func (d *draft) topicFor(region string) (topic, why string) {
	topic = d.options.TopicARN
	switch {
	case topic == "" && d.paste:
		return d.chooseTopic(region), ""
	case topic == "":
		return "", needsTopic
	case regionIn(topic) != region:
		return "", "the topic must be in region " + region + ", where the log group is"
	}
	return topic, ""
}

// maxFilters is how many metric filters a log group may have.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
const maxFilters = 100

func (d *draft) addFilter(group string, c metricfilter.Control) string {
	name := nameOf(c.ID)
	return d.edit(group, "metricFilters", func(filters map[string]any) string {
		if _, there := filters[name]; !there && len(filters) >= maxFilters {
			return "the log group has no room for more metric filters"
		}
		filters[name] = map[string]any{"ApplyOnTransformedLogs": false, "FilterPattern": c.Pattern,
			"MetricTransformations": []any{map[string]any{"MetricName": name, "MetricNamespace": namespace, "MetricValue": "1"}}}
		return ""
	})
}

// addAlarm makes the alarm. What it will be like is put into the inventory whole, but only its definition is written: that its
// actions are on and that nothing mutes it, comes with being made.
func (d *draft) addAlarm(arn, check, topic string) string {
	region := regionIn(arn)
	if !d.exists(arn) {
		d.create(trail.Alarm, arn, region)
		on, _ := trail.NewDocument(map[string]bool{"ActionsEnabled": true}) // cannot fail
		d.account.Resources[arn].State["actionsEnabled"] = trail.Known(on)
	}
	if list, _ := d.account.Regions[region].Alarms.Get(); !slices.Contains(list, arn) {
		r := d.account.Regions[region]
		r.Alarms = trail.Known(append(slices.Clone(list), arn))
		d.account.Regions[region] = r
	}
	return d.edit(arn, "definition", func(definition map[string]any) string {
		for _, key := range []string{"DatapointsToAlarm", "Dimensions", "ExtendedStatistic", "Metrics", "ThresholdMetricId", "Unit"} {
			delete(definition, key) // of an alarm of this name that looked at something else
		}
		for key, value := range map[string]any{
			"Namespace": namespace, "MetricName": nameOf(check), "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
			"AlarmActions": withText(definition["AlarmActions"], topic),
		} {
			definition[key] = value
		}
		return ""
	})
}

// withText is a list of texts with one more.
func withText(list any, text string) []string {
	all := texts(list)
	if !slices.Contains(all, text) {
		all = append(all, text)
	}
	return all
}

// letPublish adds a statement to a topic's policy, if alarms may not publish yet.
func (d *draft) letPublish(topic, alarm string) string {
	if _, why := d.own(topic); why != "" {
		return "the topic " + topic + " cannot be used: " + why
	}
	return d.edit(topic, "policy", func(document map[string]any) string {
		text, err := trail.NewDocument(document)
		if err != nil {
			return err.Error()
		}
		r := policy.Request{Principal: policy.ServicePrincipal(cloudWatch), Action: "sns:Publish", Resource: topic,
			Context: map[string][]string{"aws:SourceArn": {alarm}, "aws:SourceAccount": {d.account.ID}, "aws:SourceOwner": {d.account.ID}}}
		if parsed, err := policy.Parse(string(text)); err == nil && parsed.Evaluate(r).Answer() == policy.Allow {
			return ""
		}
		return addStatements(document, maxTopicPolicy, d.publishing(topic, "TrailholdAlarms", cloudWatch))
	})
}

// enableActions turns the actions of an alarm on, and gives one without any the topic that was named.
func enableActions(d *draft, f posture.Finding) string {
	why := d.edit(f.Resource, "definition", func(definition map[string]any) string {
		if len(texts(definition["AlarmActions"])) > 0 {
			return ""
		}
		topic := d.options.TopicARN
		if d.paste && topic == "" {
			topic, _ = d.topicFor(regionIn(f.Resource))
			_ = d.letPublish(topic, f.Resource) // why not, the topic's own findings tell
		}
		if topic == "" {
			return needsTopic
		}
		definition["AlarmActions"] = []string{topic}
		return ""
	})
	if why != "" {
		return why
	}
	why = d.edit(f.Resource, "actionsEnabled", func(actions map[string]any) string {
		actions["ActionsEnabled"] = true
		return ""
	})
	return orElse(why, "a rule mutes it: ask who made that rule")
}
