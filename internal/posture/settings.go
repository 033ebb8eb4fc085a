package posture

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// settingChecks ask each of the account's own trails how it is configured and whether it delivers.
var settingChecks = []check{
	{Check{ID: "ct-validation", Group: GroupTrail, Severity: severity.Medium,
		Title:      "Log file validation is on",
		Rationale:  "Without digests nobody can prove that log files are complete and unchanged: an intruder may delete or rewrite some.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name {arn} --enable-log-file-validation",
		References: refs("3.2 3.2 3.2 3.2 4.2", "CloudTrail.4", "cloud-trail-log-file-validation-enabled", "10.5.2 10.5.5", "AU-9 SI-4 SI-7(1) SI-7(3) SI-7(7)"),
	}, perTrail(validated)},
	{Check{ID: "ct-kms", Group: GroupTrail, Severity: severity.Medium,
		Title:      "Log files are encrypted with a key of one's own that works",
		Rationale:  "With a key, reading log files takes two permissions. A key that is disabled, or that CloudTrail may not use, stops delivery.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name {arn} --kms-key-id " + shell.Ask("KEY", "ARN of a key whose policy lets CloudTrail use it"),
		References: refs("3.7 3.5 3.5 3.5 4.5", "CloudTrail.2", "cloud-trail-encryption-enabled", "3.4", "AU-9 "+nistEncrypted),
	}, perTrail(encrypted)},
	{Check{ID: "ct-cwl", Group: GroupTrail, Severity: severity.Low,
		Title:      "Events reach CloudWatch Logs, and did lately",
		Rationale:  "Metric filters and alarms see only what arrives in the log group.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name {arn} --cloud-watch-logs-log-group-arn " + shell.Ask("LOG_GROUP", "ARN of a log group that ends in :*") + " --cloud-watch-logs-role-arn " + shell.Ask("LOG_ROLE", "ARN of the role with which CloudTrail writes to it"),
		References: refs("3.4 - - - -", "CloudTrail.5", "cloud-trail-cloud-watch-logs-enabled", "10.5.3", nistRecords+" AU-6(1) AU-6(5) AU-7(1) SI-4(5) SI-20"),
	}, perTrail(logGroupFed)},
	{Check{ID: "ct-sns", Group: GroupTrail, Severity: severity.Info,
		Title:      "A topic is told of new log files",
		Rationale:  "Whoever waits for log files learns within minutes that none come any more.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name {arn} --sns-topic-name " + shell.Ask("TRAIL_TOPIC", "ARN of a topic whose policy lets CloudTrail publish"),
		References: refs(noCIS, "", "cloudtrail-enabled", "", ""),
	}, perTrail(notifies)},
	{Check{ID: "ct-delivery", Group: GroupTrail, Severity: severity.High,
		Title:      "What the trail records is delivered",
		Rationale:  "A trail that is logging delivers nothing where its bucket, key or topic refuses: IsLogging is not health.",
		Remedy:     "aws cloudtrail get-trail-status --region {region} --name {arn}\n# then mend what its errors name: see the findings on the bucket, key and topic",
		References: nobodyElse,
	}, perTrail(delivers)},
	{Check{ID: "ct-gap", Group: GroupTrail, Severity: severity.Medium,
		Title:      "Logging was not interrupted lately",
		Rationale:  "What happened while the trail was stopped is not in its log files. Data events of that time are lost; management events can be had from Event history for 90 days.",
		Remedy:     "trailhold backfill --from " + shell.Ask("FROM", "when logging stopped") + " --to " + shell.Ask("TO", "when it was started again"),
		References: nobodyElse,
	}, perTrail(uninterrupted)},
	{Check{ID: "ct-insights", Group: GroupTrail, Severity: severity.Low,
		Title:      "A trail that is logging looks for unusual rates of calls and of errors",
		Rationale:  "Somebody who tries out what a stolen key may do makes more errors than anybody else.",
		Remedy:     `aws cloudtrail put-insight-selectors --region {region} --trail-name {trail} --insight-selectors '[{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]'`,
		References: nobodyElse,
	}, perAccount(insights)},
	{Check{ID: "ct-tagged", Group: GroupTrail, Severity: severity.Info,
		Title:      "The trail has the tags that are required",
		Rationale:  "A tag says whose the trail is, and policies may protect it by that.",
		Remedy:     "aws cloudtrail add-tags --region {region} --resource-id {arn} --tags-list Key=owner,Value=" + shell.Ask("OWNER", "who answers for the trail"),
		References: refs(noCIS, "CloudTrail.9", "", "", ""),
	}, perTrail(tagged)},
	{Check{ID: "ct-approved-bucket", Group: GroupTrail, Severity: severity.High,
		Title:      "The trail writes where the baseline says",
		Rationale:  "A trail that is pointed at another bucket hands the record to whoever owns that, and leaves none.",
		Remedy:     sweep,
		References: refs(noCIS, "", "cloudtrail-enabled", "", ""),
	}, perTrail(approvedBucket)},
}

func validated(_ scope, _ trail.State, c trail.Config) verdict {
	if c.LogFileValidationEnabled {
		return pass("log file validation is on").with("LogFileValidationEnabled", true)
	}
	return fail("log file validation is off").with("LogFileValidationEnabled", false)
}

// encrypted asks for a key, its state, and whether its policy lets CloudTrail encrypt with it.
func encrypted(s scope, _ trail.State, c trail.Config) verdict {
	if c.KMSKeyID == "" {
		return fail("log files are encrypted with a key of S3's own")
	}
	key, read := s.resource(c.KMSKeyID)
	if !read {
		return unknown("the key %s was not read", c.KMSKeyID).with("KmsKeyId", c.KMSKeyID)
	}
	return all(keyUsable(s, key, nil), keyLets(s, key, c)).with("KmsKeyId", c.KMSKeyID)
}

// deliveryOf is what the trail's delivery has to get through.
func (s scope) deliveryOf(c trail.Config) policy.Delivery {
	bucket, _ := s.resource(bucketOf(c))
	d := policy.Delivery{
		TrailARN: c.ARN, Organization: c.IsOrganizationTrail, Bucket: c.S3BucketName, Prefix: c.S3KeyPrefix, BucketAccount: bucket.Account,
		BucketRegion: bucket.Region, Validation: c.LogFileValidationEnabled, KeyARN: c.KMSKeyID, TopicARN: c.SnsTopicARN, At: s.now(),
	}
	if o, known := s.account.Organization.Get(); known && (c.IsOrganizationTrail || accountIn(c.ARN) == s.account.ID) {
		d.OrganizationID = o.ID
	}
	topic, _ := s.resource(c.SnsTopicARN)
	encryption, _ := topic.Setting("encryption").Get()
	d.TopicKeyARN = encryption.Text("KmsMasterKeyId")
	return d
}

// findControls lists the policies of which one keeps CloudTrail out: only people of the whole organization may change it.
const findControls = "aws organizations list-policies-for-target --target-id {account} --filter RESOURCE_CONTROL_POLICY\n# with credentials of the organization's management account, for each unit above and the root too: then except services (aws:PrincipalIsAWSService) in the statement"

// obstacles is the verdict on whether policies let a delivery through.
func obstacles(found []policy.Obstacle, fine string) verdict {
	worst := pass("%s", fine)
	for _, o := range found {
		v := fail("%s", o)
		if o.Kind == policy.Unclear {
			v = unknown("%s", o)
		}
		if o.Policy == policy.Controls {
			v = v.by(findControls)
		}
		worst = all(worst, v)
	}
	return worst
}

// policyText is the policy in force; empty if there is none.
func policyText(d trail.Document) string {
	if d.Empty() {
		return ""
	}
	return string(d)
}

// lately is how old a delivery may be. CloudTrail delivers within minutes, but only if there is something to deliver.
const lately = 24 * time.Hour

func logGroupFed(s scope, t trail.State, c trail.Config) verdict {
	if c.CloudWatchLogsLogGroupARN == "" {
		return fail("events are not sent to CloudWatch Logs")
	}
	status, known := t.Status.Get()
	if !known {
		return notRead("its status", t.Status)
	}
	v := pass("events reach %s", logGroupOf(c))
	switch last := status.LatestCloudWatchLogsDeliveryTime; {
	case !status.IsLogging:
		return notApplicable("the trail is not logging, which is a finding of its own")
	case status.LatestCloudWatchLogsDeliveryError != "":
		v = fail("CloudWatch Logs refuses: %s", status.LatestCloudWatchLogsDeliveryError)
	case s.now().Sub(last) > lately && s.now().Sub(status.StartLoggingTime) > lately:
		v = fail("nothing has been delivered to CloudWatch Logs since %s", stamp(last))
	}
	return v.with("CloudWatchLogsLogGroupArn", c.CloudWatchLogsLogGroupARN).with("LatestCloudWatchLogsDeliveryTime", stamp(status.LatestCloudWatchLogsDeliveryTime))
}

func notifies(_ scope, _ trail.State, c trail.Config) verdict {
	if c.SnsTopicARN == "" {
		return fail("no topic is told of new log files")
	}
	return pass("%s is told of new log files", c.SnsTopicARN).with("SnsTopicARN", c.SnsTopicARN)
}

// delivers asks the status in every region: each delivers on its own.
func delivers(s scope, t trail.State, c trail.Config) verdict {
	if is, doubt := logging(t); is != yes {
		return is.verdict(doubt, "", "the trail is not logging and delivers nothing").by(startLogging)
	}
	home, _ := t.Status.Get()
	parts := []verdict{deliversIn(c.HomeRegion, home)}
	for _, region := range sortedKeys(t.Regions) {
		f := t.Regions[region]
		status, known := f.Get()
		switch {
		case !known:
			parts = append(parts, notRead("its status in "+region, f))
		default:
			parts = append(parts, deliversIn(region, status))
		}
	}
	parts = append(parts, fresh(s.now(), home))
	return all(parts...)
}

func deliversIn(region string, status trail.Status) verdict {
	for _, e := range [][2]string{
		{"LatestDeliveryError", status.LatestDeliveryError}, {"LatestDigestDeliveryError", status.LatestDigestDeliveryError},
		{"LatestCloudWatchLogsDeliveryError", status.LatestCloudWatchLogsDeliveryError}, {"LatestNotificationError", status.LatestNotificationError},
	} {
		if e[1] != "" {
			return fail("in %s: %s is %s", region, e[0], e[1]).with(region+" "+e[0], e[1])
		}
	}
	return pass("no error")
}

// fresh says whether files have come lately: errors are not set where S3 does not answer in time.
func fresh(now time.Time, status trail.Status) verdict {
	last := status.LatestDeliveryTime
	if now.Sub(last) > lately && now.Sub(status.StartLoggingTime) > lately {
		return fail("no log file has been delivered since %s", stamp(last)).with("LatestDeliveryTime", stamp(last))
	}
	return pass("log files are delivered, without errors").with("LatestDeliveryTime", stamp(last))
}

// history is how long Event history keeps management events.
const history = 90 * 24 * time.Hour

// uninterrupted looks at the last stop, the only one that CloudTrail tells.
func uninterrupted(s scope, t trail.State, _ trail.Config) verdict {
	status, known := t.Status.Get()
	if !known {
		return notRead("its status", t.Status)
	}
	from, to := status.StopLoggingTime, status.StartLoggingTime
	switch {
	case !status.IsLogging && from.IsZero():
		return fail("the trail was never started").with("IsLogging", false).by(startLogging)
	case !status.IsLogging:
		return fail("the trail has not been logging since %s", stamp(from)).with("StopLoggingTime", stamp(from)).
			by(startLogging)
	case from.IsZero() || !from.Before(to):
		return pass("the trail was never stopped").with("StartLoggingTime", stamp(to))
	case s.now().Sub(to) > history:
		return pass("it was last stopped from %s to %s, longer ago than Event history goes back", stamp(from), stamp(to))
	}
	return fail("the trail did not log from %s to %s", stamp(from), stamp(to)).with("StopLoggingTime", stamp(from)).with("StartLoggingTime", stamp(to)).
		by(fmt.Sprintf("trailhold backfill --from %s --to %s", stamp(from), stamp(to)))
}

func insights(s scope) verdict {
	return s.anyTrail("no trail looks for unusual rates of calls and of errors", func(t trail.State, c trail.Config) verdict {
		list, known := t.Insights.Get()
		if !known {
			return notRead("the insight selectors of "+c.Name, t.Insights)
		}
		var parts []verdict
		for _, kind := range []string{insightCalls, insightErrors} {
			if slices.ContainsFunc(list, func(i trail.InsightSelector) bool { return i.InsightType == kind }) {
				parts = append(parts, pass("%s has insights", c.Name).with(kind, true))
			} else {
				parts = append(parts, fail("%s has no %s", c.Name, kind).with(kind, false))
			}
		}
		return all(parts...)
	})
}

func tagged(s scope, t trail.State, _ trail.Config) verdict {
	tags, known := t.Tags.Get()
	if !known {
		return notRead("its tags", t.Tags)
	}
	var missing []string
	for _, key := range s.options.RequiredTags {
		if _, there := tags[key]; !there {
			missing = append(missing, key)
		}
	}
	switch {
	case len(missing) > 0:
		return fail("it lacks the tags %s", strings.Join(missing, ", ")).addTags(missing)
	case len(tags) == 0:
		return fail("it has no tags")
	}
	return pass("it has %s", count(len(tags), "tag")).with("tags", strings.Join(sortedKeys(tags), ", "))
}

// addTags sets the command that adds tags, of which somebody has to know the values.
func (v verdict) addTags(keys []string) verdict {
	command, fill := "aws cloudtrail add-tags --region {region} --resource-id {arn} --tags-list", []string{}
	for n, key := range keys {
		name := fmt.Sprint("tag", n)
		command += " {" + name + "}" + shell.Ask(fmt.Sprint("VALUE", n+1), "value of the tag")
		fill = append(fill, name, "Key="+key+",Value=")
	}
	return v.by(command, fill...)
}

// approvedBucket compares with the baseline, if there is one. A trail that the baseline does not name may be somebody's way
// of carrying the record away.
func approvedBucket(s scope, t trail.State, c trail.Config) verdict {
	b := s.account.Baseline
	if b == nil {
		return notApplicable("no baseline was given that says where trails write")
	}
	n := slices.IndexFunc(b.Trails, func(g trail.Guarded) bool { return g.ARN == t.ARN })
	place := func(c trail.Config) string { return strings.TrimSuffix("s3://"+c.S3BucketName+"/"+c.S3KeyPrefix, "/") }
	switch {
	case n < 0:
		return fail("the baseline does not know this trail, which writes to %s", place(c)).with("S3BucketName", c.S3BucketName).
			by("aws cloudtrail get-trail --region {region} --name {arn}\n# is it yours? then capture the baseline again, else delete it")
	case place(b.Trails[n].Config) != place(c):
		return fail("it writes to %s and not to %s", place(c), place(b.Trails[n].Config)).with("S3BucketName", c.S3BucketName).with("S3KeyPrefix", c.S3KeyPrefix)
	}
	return pass("it writes to %s, as the baseline says", place(c)).with("S3BucketName", c.S3BucketName)
}
