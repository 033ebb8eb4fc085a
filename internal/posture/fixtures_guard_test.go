package posture

import (
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// pattern gives the rule a pattern.
func pattern(text string) func(*Account) {
	return setting(ruleARN, "definition", `{"State":"ENABLED","EventPattern":%s}`, text)
}

var guardFixtures = []fixture{
	{"disabled", "guard-rule-on", Fail, setting(ruleARN, "definition", `{"State":"DISABLED","EventPattern":{"source":["aws.cloudtrail"]}}`), "no rule that is on"},
	{"not read", "guard-rule-on", Unknown, unreadable(ruleARN, "definition"), ""},
	{"some calls only", "guard-rule-on", Fail, pattern(`{"source":["aws.cloudtrail"],"detail":{"eventName":["StopLogging","DeleteTrail"]}}`), "UpdateTrail"},
	{"by prefix", "guard-rule-on", Pass, pattern(`{"detail":{"eventName":[{"prefix":"Stop"},{"prefix":"Delete"},{"wildcard":"*Trail"},{"anything-but":["StopLogging"]}]}}`), ""},
	{"another trail's name", "guard-rule-on", Fail, pattern(`{"detail":{"requestParameters":{"name":["other"]}}}`), ""},
	{"no targets", "guard-rule-on", Fail, setting(ruleARN, "targets", `{}`), "leads nowhere"},
	{"a target that is gone", "guard-rule-on", Fail, gone(functionID), "does not exist"},
	{"a function that may not run", "guard-rule-on", Fail, setting(functionID, "concurrency", `{"ReservedConcurrentExecutions":0}`), "concurrency is 0"},
	{"a function that lets nobody in", "guard-rule-on", Fail, setting(functionID, "permissions", `{}`), "no policy of the function"},
	{"a function that lets another rule in", "guard-rule-on", Fail, setting(functionID, "permissions", permissionsText, "Allow", ruleARN+"-other"), "does not let"},
	{"a function that lets every rule in", "guard-rule-on", Pass, setting(functionID, "permissions", permissionsText, "Allow", "arn:aws:events:us-east-1:"+own+":rule/*"), ""},
	{"a function that keeps the rule out", "guard-rule-on", Fail, setting(functionID, "permissions", permissionsText, "Deny", ruleARN), "keeps the rule out"},
	{"a function's policy that was not read", "guard-rule-on", Unknown, unreadable(functionID, "permissions"), "the policy of the function"},
	{"a function that was not read", "guard-rule-on", Unknown, func(a *Account) { delete(a.Resources, functionID) }, "the function was not read"},
	{"a target with a role", "guard-rule-on", Unknown, setting(ruleARN, "targets", `{"guard":{"Arn":%q,"RoleArn":%q,"DeadLetterConfig":{"Arn":%q}}}`, functionID, roleARN, queueARN), "role"},
	{"no dead-letter queue", "guard-rule-on", Fail, setting(ruleARN, "targets", `{"guard":{"Arn":%q}}`, functionID), "dead-letter queue"},
	{"a condition that nobody knows", "guard-rule-on", Unknown, pattern(`{"detail":{"eventName":[{"cidr":"10.0.0.0/8"}]}}`), ""},

	{"one", "guard-second-recorder", Fail, func(a *Account) {
		a.Trails = a.Trails[:1]
		for name := range a.Regions {
			a.region(name, func(r *Region) { r.Stores, r.Detector = trail.Known([]string{}), trail.Gone[Detector]() })
		}
	}, "one recorder only: trail of the account"},
	{"not read", "guard-second-recorder", Unknown, func(a *Account) {
		a.Trails = a.Trails[:1]
		for name := range a.Regions {
			a.region(name, func(r *Region) {
				r.Stores, r.Detector = trail.NotKnown[[]string]("AccessDenied"), trail.Gone[Detector]()
			})
		}
	}, ""},
	{"two trails of the account are one kind", "guard-second-recorder", Fail, func(a *Account) {
		a.Trails = []trail.State{a.Trails[0], a.Trails[0]}
		for name := range a.Regions {
			a.region(name, func(r *Region) { r.Stores, r.Detector = trail.Known([]string{}), trail.Gone[Detector]() })
		}
	}, ""},

	{"none", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) { o.ServiceControls = trail.Known([][]*whocan.Policy{}) })
	}, "no control policy denies"},
	{"not read", "guard-scp", Unknown, func(a *Account) {
		a.organization(func(o *Organization) { o.ServiceControls = trail.NotKnown[[][]*whocan.Policy]("AccessDenied") })
	}, ""},
	{"one call only", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:StopLogging","Resource":"*"}]}`)}})
		})
	}, "cloudtrail:DeleteTrail"},
	{"exceptions that let everybody through", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", strings.ReplaceAll(protectTrails, "role/break-glass", "*"))}})
		})
	}, "no control policy denies"},
	{"only from elsewhere", "guard-scp", Unknown, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}`)}})
		})
	}, "not known"},
	{"in another region only", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}`)}})
		})
	}, "no control policy denies"},
	{"the management account", "guard-scp", NotApplicable, func(a *Account) { a.organization(func(o *Organization) { o.ManagementAccount = own }) }, ""},

	{"never", "guard-alert-path", Fail, func(a *Account) { a.guardian(func(g *Guard) { g.AlertedAt = trail.Gone[time.Time]() }) }, ""},
	{"not read", "guard-alert-path", Unknown, func(a *Account) {
		a.guardian(func(g *Guard) { g.AlertedAt = trail.NotKnown[time.Time]("the journal is damaged") })
	}, ""},
	{"long ago", "guard-alert-path", Fail, func(a *Account) { a.guardian(func(g *Guard) { g.AlertedAt = trail.Known(now.AddDate(0, -3, 0)) }) }, ""},
	{"no journal", "guard-alert-path", NotApplicable, func(a *Account) { a.guardian(func(g *Guard) { g.AlertedAt = trail.Facet[time.Time]{} }) }, ""},

	{"silence", "guard-digest-chain", Fail, status(func(s *trail.Status) { s.LatestDigestDeliveryTime = minutesAgo(500) }), ""},
	{"no status", "guard-digest-chain", Unknown, noStatus, ""},
	{"an error", "guard-digest-chain", Fail, status(func(s *trail.Status) { s.LatestDigestDeliveryError = "AccessDenied" }), ""},
	{"just started", "guard-digest-chain", Pass, status(func(s *trail.Status) { s.StartLoggingTime, s.LatestDigestDeliveryTime = minutesAgo(20), time.Time{} }), "not due"},
	{"validation is off", "guard-digest-chain", NotApplicable, config(func(c *trail.Config) { c.LogFileValidationEnabled = false }), ""},

	{"gone", "guard-resources", Fail, func(a *Account) {
		a.guardian(func(g *Guard) {
			g.Resources[0].State = trail.ResourceState{trail.Identity: trail.Gone[trail.Document]()}
		})
	}, "does not exist"},
	{"not read", "guard-resources", Unknown, func(a *Account) {
		a.guardian(func(g *Guard) { g.Resources[0].State = trail.ResourceState{trail.Identity: denied()} })
	}, ""},
	{"a schedule that is off", "guard-resources", Fail, func(a *Account) {
		a.guardian(func(g *Guard) {
			g.Resources = []Resource{{Type: trail.Schedule, ARN: "s", State: trail.ResourceState{trail.Identity: identity(own), "definition": doc(`{"State":"DISABLED"}`)}}}
		})
	}, "off"},
}

func (a *Account) guardian(change func(*Guard)) {
	g, _ := a.Guard.Get()
	change(&g)
	a.Guard = trail.Known(g)
}
