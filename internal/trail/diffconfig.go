package trail

import (
	"github.com/trailhold/trailhold/internal/severity"
)

// textField is a configuration field that holds text: how it is read, compared and judged.
type textField struct {
	field Field
	value func(Config) string
	same  func(want, have string, of ARN) bool
	judge verdicts
}

// verdict is what a change of some kind means.
type verdict struct {
	direction Direction
	severity  severity.Severity
	meaning   string // follows "removed", "changed …" or "added …" in the drift's detail
}

// verdicts are the meanings of the three ways in which text can change.
type verdicts struct{ removed, changed, added verdict }

// always judges every change alike.
func always(v verdict) verdicts { return verdicts{v, v, v} }

func text(same func(want, have string) bool) func(want, have string, of ARN) bool {
	return func(want, have string, _ ARN) bool { return same(want, have) }
}

// textFields are all text fields but the KMS key, whose comparison has a third outcome.
var textFields = []textField{
	{field: FieldBucket, value: func(c Config) string { return c.S3BucketName }, same: text(sameText),
		judge: always(verdict{Narrowing, severity.High, "log files go to a foreign bucket"})},
	{field: FieldPrefix, value: func(c Config) string { return c.S3KeyPrefix }, same: text(samePrefix),
		judge: always(verdict{Narrowing, severity.Medium, "log files go where nobody looks for them"})},
	{field: FieldTopic, value: func(c Config) string { return c.SnsTopicARN }, same: sameTopic,
		judge: verdicts{
			removed: verdict{Narrowing, severity.Medium, "deliveries are no longer notified"},
			changed: verdict{Narrowing, severity.Medium, "deliveries are notified to a foreign topic"},
			added:   verdict{Neutral, severity.Low, "deliveries are notified to a topic that the baseline does not have"},
		}},
	{field: FieldLogGroup, value: func(c Config) string { return c.CloudWatchLogsLogGroupARN }, same: text(sameLogGroup),
		judge: verdicts{
			removed: verdict{Narrowing, severity.Medium, "events no longer reach CloudWatch Logs and its alarms"},
			changed: verdict{Narrowing, severity.Medium, "events reach a foreign log group"},
			added:   verdict{Neutral, severity.Low, "events also reach a log group that the baseline does not have"},
		}},
	{field: FieldLogRole, value: func(c Config) string { return c.CloudWatchLogsRoleARN }, same: text(sameText),
		judge: verdicts{
			removed: verdict{Narrowing, severity.Medium, "events cannot be written to CloudWatch Logs"},
			changed: verdict{Narrowing, severity.Medium, "events are written to CloudWatch Logs with a foreign role"},
			added:   verdict{Neutral, severity.Low, "the baseline has no role for CloudWatch Logs"},
		}},
}

// keyVerdicts judge changes of the KMS key.
var keyVerdicts = verdicts{
	removed: verdict{Narrowing, severity.Medium, "log files are encrypted with S3's own key, which guards them less"},
	changed: verdict{Narrowing, severity.High, "log files are encrypted with a foreign key, whose owner can make them unreadable"},
	added:   verdict{Narrowing, severity.High, "log files are encrypted with a key that the baseline does not have, whose owner can make them unreadable"},
}

// flagField is a configuration field that is on or off.
type flagField struct {
	field  Field
	value  func(Config) bool
	off    severity.Severity // of its being turned off; turning one on only ever widens
	offFor string            // what that means
	onFor  string
}

var flagFields = []flagField{
	{FieldValidation, func(c Config) bool { return c.LogFileValidationEnabled }, severity.Medium,
		"no digest files are written: changed or deleted log files cannot be noticed", "digest files are written"},
	{FieldMultiRegion, func(c Config) bool { return c.IsMultiRegionTrail }, severity.High,
		"only the home region is recorded", "all regions are recorded"},
	{FieldGlobalEvents, func(c Config) bool { return c.IncludeGlobalServiceEvents }, severity.Medium,
		"events of global services such as IAM and STS are no longer recorded", "events of global services are recorded"},
	{FieldOrganization, func(c Config) bool { return c.IsOrganizationTrail }, severity.High,
		"member accounts are no longer recorded", "all accounts of the organization are recorded"},
}

// diffConfig compares the configuration fields. A key that cannot be compared is reported as unknown.
func diffConfig(want, have Config, result *Difference) {
	of, _ := ParseARN(want.ARN) // of a malformed ARN nothing is known; names are then compared as they are
	for _, f := range textFields {
		before, after := f.value(want), f.value(have)
		if !f.same(before, after, of) {
			result.add(f.judge.drift(f.field, before, after))
		}
	}
	switch matchKeys(want.KMSKeyID, have.KMSKeyID) {
	case keyDiffers:
		result.add(keyVerdicts.drift(FieldKey, want.KMSKeyID, have.KMSKeyID))
	case keyUndecidable:
		why := "the baseline names " + show(want.KMSKeyID) + " and the trail uses " + show(have.KMSKeyID) +
			": only KMS knows whether they are the same key; put the key's ARN into the baseline"
		result.unknown(string(FieldKey), why)
	}
	for _, f := range flagFields {
		if before, after := f.value(want), f.value(have); before != after {
			result.add(f.drift(before))
		}
	}
}

func (v verdicts) drift(field Field, before, after string) Drift {
	d := Drift{Field: field, Before: orNil(before), After: orNil(after)}
	switch {
	case after == "":
		d.judged(v.removed, show(before)+" was removed")
	case before == "":
		d.judged(v.added, show(after)+" was added")
	default:
		d.judged(v.changed, show(before)+" was replaced by "+show(after))
	}
	return d
}

func (d *Drift) judged(v verdict, what string) {
	d.Direction, d.Severity, d.Detail = v.direction, v.severity, what+": "+v.meaning
}

func (f flagField) drift(before bool) Drift {
	if before {
		return Drift{Field: f.field, Before: true, After: false, Direction: Narrowing, Severity: f.off, Detail: "turned off: " + f.offFor}
	}
	return Drift{Field: f.field, Before: false, After: true, Direction: Widening, Severity: severity.Info, Detail: "turned on: " + f.onFor}
}

// orNil is nil for the empty string, which is how CloudTrail says that there is none.
func orNil(value string) any {
	if value == "" {
		return nil
	}
	return value
}
