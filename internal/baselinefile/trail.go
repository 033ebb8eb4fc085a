package baselinefile

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/trail"
)

// trail reads one guarded trail of an account.
func (d *decoder) trail(o object, account string) trail.Guarded {
	o.need("arn", "s3BucketName", "logFileValidationEnabled", "isMultiRegionTrail", "includeGlobalServiceEvents", "isOrganizationTrail", "logging")
	g := trail.Guarded{
		Config: trail.Config{
			ARN:                        o.text("arn", nil),
			Name:                       o.text("name", nil),
			HomeRegion:                 o.text("homeRegion", nil),
			S3BucketName:               o.text("s3BucketName", bucket),
			S3KeyPrefix:                o.text("s3KeyPrefix", prefix),
			SnsTopicARN:                o.text("snsTopicARN", topic),
			CloudWatchLogsLogGroupARN:  o.text("cloudWatchLogsLogGroupArn", logGroup),
			CloudWatchLogsRoleARN:      o.text("cloudWatchLogsRoleArn", role),
			KMSKeyID:                   o.text("kmsKeyId", key),
			LogFileValidationEnabled:   o.flag("logFileValidationEnabled"),
			IsMultiRegionTrail:         o.flag("isMultiRegionTrail"),
			IncludeGlobalServiceEvents: o.flag("includeGlobalServiceEvents"),
			IsOrganizationTrail:        o.flag("isOrganizationTrail"),
		},
		Logging:            o.flag("logging"),
		Selectors:          d.selectors(o),
		Insights:           d.insights(o),
		EventConfiguration: d.eventConfiguration(o),
		Tags:               d.tags(o),
		Regions:            o.texts("regions", maxRegions, region),
		Restore:            trail.RestoreAll,
		AlertOnly:          d.alertOnly(o),
	}
	if text := o.text("restore", oneOf(string(trail.RestoreAll), string(trail.RestoreLogging), string(trail.RestoreNone))); text != "" {
		g.Restore = trail.Restore(text)
	}
	d.identity(o, &g.Config, account)
	g.Dependents = d.resources(o, "dependents", place{account: account, region: g.HomeRegion})
	d.combinations(o, g)
	return g
}

// identity checks that ARN, name, home region and account tell the same, and fills in what the file leaves to the ARN.
func (d *decoder) identity(o object, c *trail.Config, account string) {
	if c.ARN == "" {
		if n := o.values["arn"]; n != nil && n.Kind == yaml.ScalarNode && n.Value == "" {
			d.fail(n, "arn is empty: write the trail's ARN")
		}
		return
	}
	arn, err := trail.ParseARN(c.ARN)
	if err != nil {
		d.fail(o.values["arn"], "%v", err)
		return
	}
	if o.values["name"] != nil && c.Name != arn.Name {
		d.fail(o.values["name"], "the name %s contradicts the ARN, which names %s: correct one of them, or leave out name", clip(c.Name), arn.Name)
	}
	if o.values["homeRegion"] != nil && c.HomeRegion != arn.Region {
		d.fail(o.values["homeRegion"], "the home region %s contradicts the ARN, which says %s: correct one of them, or leave out homeRegion", clip(c.HomeRegion), arn.Region)
	}
	if account != "" && arn.Account != account && !c.IsOrganizationTrail {
		d.fail(o.values["arn"], "the trail belongs to account %s and the baseline to %s: only an organization trail may belong to another account", arn.Account, account)
	}
	c.Name, c.HomeRegion = arn.Name, arn.Region
}

// combinations checks what CloudTrail only accepts together.
func (d *decoder) combinations(o object, g trail.Guarded) {
	if g.IsMultiRegionTrail && o.values["includeGlobalServiceEvents"] != nil && !g.IncludeGlobalServiceEvents {
		d.fail(o.values["includeGlobalServiceEvents"], "a multi-region trail always includes global service events: set it to true, or isMultiRegionTrail to false")
	}
	group, role := o.values["cloudWatchLogsLogGroupArn"], o.values["cloudWatchLogsRoleArn"]
	if (g.CloudWatchLogsLogGroupARN == "") != (g.CloudWatchLogsRoleARN == "") && (group == nil || role == nil || group.Value == "" || role.Value == "") {
		d.fail(o.at, "cloudWatchLogsLogGroupArn and cloudWatchLogsRoleArn go together: give both or neither")
	}
}

// alertOnly reads the fields that are never written back.
func (d *decoder) alertOnly(o object) []string {
	var known []string
	for _, f := range trail.Fields() {
		known = append(known, string(f))
	}
	fields := o.texts("alertOnly", maxFields, oneOf(known...))
	for _, f := range fields {
		for _, partner := range trail.Together(trail.Field(f)) {
			if f != "" && !slices.Contains(fields, string(partner)) {
				d.fail(o.values["alertOnly"], "CloudTrail changes %s and %s only together: list both or neither", f, partner)
			}
		}
	}
	return fields
}

func (d *decoder) tags(o object) *map[string]string {
	n := o.values["tags"]
	if n == nil {
		return nil
	}
	tags := map[string]string{}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "tags must be a mapping, not %s; {} is no tags, and leaving tags out does not guard them", describe(n))
		return &tags
	}
	if len(n.Content)/2 > maxTags {
		d.fail(n, "there are %d tags; CloudTrail allows %d", len(n.Content)/2, maxTags)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := d.text(n.Content[i], "a tag's key", length(1, 128))
		v := d.text(n.Content[i+1], "the value of tag "+clip(k), length(0, 256))
		if _, twice := tags[k]; twice && k != "" {
			d.fail(n.Content[i], "the tag %s is given twice: remove one", clip(k))
		}
		tags[k] = v
	}
	return &tags
}

func (d *decoder) insights(o object) *[]trail.InsightSelector {
	if o.values["insightSelectors"] == nil {
		return nil
	}
	result := objects(o, "insightSelectors", maxSmall, func(s object) trail.InsightSelector {
		s.need("insightType")
		return trail.InsightSelector{
			InsightType:     s.text("insightType", oneOf("ApiCallRateInsight", "ApiErrorRateInsight")),
			EventCategories: s.texts("eventCategories", maxSmall, oneOf("Management", "Data")),
		}
	}, "insightSelector")
	return &result
}

func (d *decoder) eventConfiguration(o object) *trail.EventConfiguration {
	n := o.values["eventConfiguration"]
	if n == nil {
		return nil
	}
	e, _ := d.object(n, "eventConfiguration")
	return &trail.EventConfiguration{
		MaxEventSize: e.text("maxEventSize", oneOf("Standard", "Large")),
		ContextKeySelectors: objects(e, "contextKeySelectors", maxSmall, func(s object) trail.ContextKeySelector {
			s.need("type", "equals")
			return trail.ContextKeySelector{Type: s.text("type", oneOf("TagContext", "RequestContext")), Equals: s.texts("equals", maxSmall, length(1, 256))}
		}, "contextKeySelector"),
		AggregationConfigurations: objects(e, "aggregationConfigurations", maxSmall, func(s object) trail.AggregationConfiguration {
			s.need("eventCategory", "templates")
			return trail.AggregationConfiguration{
				EventCategory: s.text("eventCategory", oneOf("Data")),
				Templates:     s.texts("templates", maxSmall, oneOf("API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS")),
			}
		}, "aggregationConfiguration"),
	}
}

// arnOf says whether text is an ARN of a service whose resource part begins with one of some prefixes.
func arnOf(text, service string, prefixes ...string) bool {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || !strings.HasPrefix(parts[1], "aws") || parts[2] != service {
		return false
	}
	for _, p := range prefixes {
		if strings.HasPrefix(parts[5], p) && len(parts[5]) > len(p) {
			return true
		}
	}
	return false
}
