package posture

import (
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

var trailFixtures = []fixture{
	{"no trail", "ct-trail-exists", Fail, noTrails, "no trail in any region"},
	{"a region that cannot be read", "ct-trail-exists", Unknown, hiddenTrails, "AccessDenied"},
	{"only the organization's trail", "ct-trail-exists", Pass, func(a *Account) { a.Trails = a.Trails[1:] }, ""},
	{"a trail that was deleted meanwhile", "ct-trail-exists", Fail, func(a *Account) {
		a.Trails = a.Trails[:1]
		a.Trails[0].Config = trail.Gone[trail.Config]()
	}, ""},

	{"stopped", "ct-logging", Fail, status(func(s *trail.Status) { s.IsLogging = false }), "main is not logging"},
	{"no status", "ct-logging", Unknown, noStatus, "its status"},
	{"no trail", "ct-logging", Fail, noTrails, ""},
	{"only the organization's trail, logging", "ct-logging", Pass, func(a *Account) { a.Trails = a.Trails[1:] }, ""},
	{"only the organization's trail, stopped", "ct-logging", Fail, func(a *Account) {
		a.status(func(s *trail.Status) { s.IsLogging = false })
		a.Trails[1].Status = a.Trails[0].Status
		a.Trails = a.Trails[1:]
	}, "no trail is logging"},

	{"one region", "ct-multi-region", Fail, alone(config(func(c *trail.Config) { c.IsMultiRegionTrail = false })), "one region only"},
	{"no selectors", "ct-multi-region", Unknown, noSelectors, ""},
	{"the organization's trail does it", "ct-multi-region", Pass, config(func(c *trail.Config) { c.IsMultiRegionTrail = false }), ""},
	{"stopped", "ct-multi-region", Fail, alone(status(func(s *trail.Status) { s.IsLogging = false })), "not logging"},
	{"basic selectors", "ct-multi-region", Pass, alone(selectors(basic("All", nil))), ""},
	{"reads only", "ct-multi-region", Fail, alone(selectors(basic("ReadOnly", nil))), ""},

	{"left out", "ct-global-events", Fail, config(func(c *trail.Config) { c.IncludeGlobalServiceEvents = false }), ""},
	{"not read", "ct-global-events", Unknown, noStatus, ""},
	{"any trail will do", "ct-global-events", Pass, func(a *Account) {
		other := a.Trails[0]
		c, _ := other.Config.Get()
		c.ARN, c.Name, c.IncludeGlobalServiceEvents = strings.Replace(c.ARN, "main", "second", 1), "second", false
		other.ARN, other.Config = c.ARN, trail.Known(c)
		a.Trails = append(a.Trails, other)
	}, ""},

	{"two", "ct-global-dup", Fail, func(a *Account) {
		c, _ := a.Trails[1].Config.Get()
		c.IncludeGlobalServiceEvents = true
		a.Trails[1].Config = trail.Known(c)
	}, "2 trails record them: main, organization"},
	{"not read", "ct-global-dup", Unknown, noSelectors, ""},
	{"the second is stopped", "ct-global-dup", Pass, func(a *Account) {
		c, _ := a.Trails[1].Config.Get()
		c.IncludeGlobalServiceEvents = true
		a.Trails[1].Config, a.Trails[1].Status = trail.Known(c), trail.Known(trail.Status{})
	}, ""},

	{"reads only", "ct-mgmt-events", Fail, alone(selectors(basic("ReadOnly", nil))), "no management write events"},
	{"a service is left out", "ct-mgmt-events", Fail, alone(selectors(basic("All", []string{"kms.amazonaws.com"}))), "kms.amazonaws.com"},
	{"no selectors", "ct-mgmt-events", Unknown, noSelectors, ""},
	{"two selectors that are all together", "ct-mgmt-events", Pass, alone(selectors(trail.Selectors{Basic: append(basic("ReadOnly", nil).Basic, basic("WriteOnly", nil).Basic...)})), ""},
	{"a user is left out", "ct-mgmt-events", Fail, alone(selectors(trail.Selectors{Advanced: []trail.AdvancedEventSelector{{FieldSelectors: []trail.FieldSelector{
		{Field: "eventCategory", Equals: []string{"Management"}}, {Field: "userIdentity.arn", NotEquals: []string{"arn:aws:iam::111122223333:user/mallory"}}}}}})), "mallory"},

	{"no key", "ct-security-trail", Fail, config(func(c *trail.Config) { c.KMSKeyID = "" }), "has no key"},
	{"no selectors", "ct-security-trail", Unknown, noSelectors, ""},
	{"two trails together", "ct-security-trail", Fail, config(func(c *trail.Config) { c.LogFileValidationEnabled = false }), "no log file validation"},

	{"no organization trail", "ct-org-trail", Fail, func(a *Account) { a.Trails = a.Trails[:1] }, "main is no organization trail"},
	{"not read", "ct-org-trail", Unknown, func(a *Account) { a.Organization = trail.NotKnown[Organization]("AccessDenied") }, ""},
	{"in no organization", "ct-org-trail", NotApplicable, func(a *Account) { a.Organization = trail.Gone[Organization]() }, ""},
	{"no trusted access", "ct-org-trail", Fail, func(a *Account) {
		a.organization(func(o *Organization) { o.TrustedServices = trail.Known([]string{"ssm.amazonaws.com"}) })
	}, "does not trust CloudTrail"},
	{"a member sees no trusted access", "ct-org-trail", Pass, func(a *Account) {
		a.organization(func(o *Organization) { o.TrustedServices = trail.NotKnown[[]string]("AccessDenied") })
	}, ""},

	{"off", "ct-validation", Fail, config(func(c *trail.Config) { c.LogFileValidationEnabled = false }), ""},
	{"not read", "ct-validation", Unknown, hiddenTrails, ""},
	{"no own trail", "ct-validation", NotApplicable, func(a *Account) { a.Trails = a.Trails[1:] }, ""},

	{"none", "ct-kms", Fail, config(func(c *trail.Config) { c.KMSKeyID = "" }), ""},
	{"not read", "ct-kms", Unknown, unreadable(keyARN, "state"), "AccessDenied"},
	{"a key of another account that nobody can read", "ct-kms", Unknown, config(func(c *trail.Config) { c.KMSKeyID = "arn:aws:kms:us-east-1:444455556666:key/9" }), "was not read"},
	{"a key that is disabled", "ct-kms", Fail, setting(keyARN, "state", `{"KeyState":"Disabled"}`), "Disabled"},

	{"none", "ct-cwl", Fail, config(func(c *trail.Config) { c.CloudWatchLogsLogGroupARN = "" }), ""},
	{"no status", "ct-cwl", Unknown, noStatus, ""},
	{"long ago", "ct-cwl", Fail, status(func(s *trail.Status) { s.LatestCloudWatchLogsDeliveryTime = now.AddDate(0, 0, -2) }), "since 2026-03-02"},
	{"just started", "ct-cwl", Pass, status(func(s *trail.Status) {
		s.StartLoggingTime, s.LatestCloudWatchLogsDeliveryTime = minutesAgo(3), time.Time{}
	}), ""},

	{"none", "ct-sns", Fail, config(func(c *trail.Config) { c.SnsTopicARN = "" }), ""},
	{"not read", "ct-sns", Unknown, hiddenTrails, ""},
	{"no own trail", "ct-sns", NotApplicable, noTrails, ""},

	{"an error", "ct-delivery", Fail, status(func(s *trail.Status) { s.LatestDeliveryError = "AccessDenied" }), "LatestDeliveryError is AccessDenied"},
	{"no status", "ct-delivery", Unknown, noStatus, ""},
	{"an error in another region", "ct-delivery", Fail, func(a *Account) {
		a.Trails[0].Regions["eu-west-1"] = trail.Known(trail.Status{IsLogging: true, LatestNotificationError: "Throttled"})
	}, "in eu-west-1"},
	{"nothing for days, without an error", "ct-delivery", Fail, status(func(s *trail.Status) { s.LatestDeliveryTime = now.AddDate(0, 0, -3) }), "since 2026-03-01"},
	{"just started", "ct-delivery", Pass, status(func(s *trail.Status) { s.StartLoggingTime, s.LatestDeliveryTime = minutesAgo(3), time.Time{} }), ""},
	{"a region that cannot be read", "ct-delivery", Unknown, func(a *Account) { a.Trails[0].Regions["eu-west-1"] = trail.NotKnown[trail.Status]("Timeout") }, "Timeout"},

	{"stopped last week", "ct-gap", Fail, status(func(s *trail.Status) {
		s.StopLoggingTime, s.StartLoggingTime = now.AddDate(0, 0, -7), now.AddDate(0, 0, -6)
	}), "from 2026-02-25T12:00:00Z to 2026-02-26T12:00:00Z"},
	{"no status", "ct-gap", Unknown, noStatus, ""},
	{"stopped last year", "ct-gap", Pass, status(func(s *trail.Status) {
		s.StopLoggingTime, s.StartLoggingTime = now.AddDate(-1, 0, 0), now.AddDate(-1, 0, 1)
	}), ""},
	{"never started", "ct-gap", Fail, status(func(s *trail.Status) { *s = trail.Status{} }), "never started"},
	{"stopped now", "ct-gap", Fail, status(func(s *trail.Status) { s.IsLogging, s.StopLoggingTime = false, minutesAgo(9) }), "has not been logging since"},

	{"one of two", "ct-insights", Fail, func(a *Account) {
		a.Trails[0].Insights = trail.Known([]trail.InsightSelector{{InsightType: insightCalls}})
	}, insightErrors},
	{"not read", "ct-insights", Unknown, func(a *Account) { a.Trails[0].Insights = trail.NotKnown[[]trail.InsightSelector]("AccessDenied") }, ""},
	{"of the organization's trail", "ct-insights", Pass, func(a *Account) {
		a.Trails[1].Insights, a.Trails[0].Insights = a.Trails[0].Insights, a.Trails[1].Insights
	}, ""},

	{"none", "ct-tagged", Fail, func(a *Account) { a.Trails[0].Tags = trail.Known(map[string]string{}) }, ""},
	{"not read", "ct-tagged", Unknown, func(a *Account) { a.Trails[0].Tags = trail.NotKnown[map[string]string]("AccessDenied") }, ""},
	{"no own trail", "ct-tagged", NotApplicable, noTrails, ""},

	{"elsewhere", "ct-approved-bucket", Fail, config(func(c *trail.Config) { c.S3BucketName = "stranger" }), "s3://stranger and not to s3://trail-logs"},
	{"not read", "ct-approved-bucket", Unknown, hiddenTrails, ""},
	{"another prefix", "ct-approved-bucket", Fail, config(func(c *trail.Config) { c.S3KeyPrefix = "x" }), ""},
	{"a trail that nobody knows", "ct-approved-bucket", Fail, func(a *Account) { a.Baseline.Trails = nil }, "does not know this trail"},
	{"no baseline", "ct-approved-bucket", NotApplicable, func(a *Account) { a.Baseline = nil }, ""},
}
