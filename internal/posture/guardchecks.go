package posture

import (
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// guardChecks ask whether anything notices and undoes tampering, and whether that itself is well.
var guardChecks = []check{
	{Check{ID: "guard-rule-on", Group: GroupGuard, Severity: severity.High,
		Title:      "Where trails are at home, a rule of EventBridge passes on every call that tampers with them",
		Rationale:  "A rule acts within seconds, when log files are still minutes away. One that is disabled, lets half of the calls pass or leads nowhere is no guard.",
		Remedy:     "aws events put-rule --region {region} --name trailhold --state ENABLED --event-pattern '{\"source\": [\"aws.cloudtrail\"], \"detail-type\": [\"AWS API Call via CloudTrail\"], \"detail\": {\"eventSource\": [\"cloudtrail.amazonaws.com\"]}}' && aws events put-targets --region {region} --rule trailhold --targets Id=guard,Arn=" + shell.Ask("FUNCTION", "ARN of the function that guards") + ",DeadLetterConfig={Arn=" + shell.Ask("QUEUE", "ARN of a queue") + "}",
		References: nobodyElse,
	}, tamperRules},
	{Check{ID: "guard-second-recorder", Group: GroupGuard, Severity: severity.Medium,
		Title:      "There are two recorders that do not depend on each other",
		Rationale:  "Whoever stops one of them is recorded by the other.",
		Remedy:     "aws guardduty create-detector --region {region} --enable\n# or an organization trail, or an event data store",
		References: nobodyElse,
	}, perAccount(secondRecorder)},
	{Check{ID: "guard-scp", Group: GroupGuard, Severity: severity.Medium,
		Title:      "A service control policy denies tampering with trails",
		Rationale:  "What an administrator of the account may not do, an intruder who became one may not do either.",
		Remedy:     attachPolicies,
		References: nobodyElse,
	}, perAccount(controlPolicy)},
	{Check{ID: "guard-alert-path", Group: GroupGuard, Severity: severity.Medium,
		Title:      "An alert has reached people lately",
		Rationale:  "A path that nobody has tried is broken when it's needed.",
		Remedy:     "aws sns publish --region {region} --topic-arn " + shell.Ask("TOPIC", "ARN of the topic for alerts") + " --subject test --message 'Does this arrive?'\n# or let the guard tell: stop a trail that may be stopped for a minute",
		References: nobodyElse,
	}, perAccount(alertPath)},
	{Check{ID: "guard-digest-chain", Group: GroupGuard, Severity: severity.Medium,
		Title:      "The chain of digests goes on",
		Rationale:  "CloudTrail writes a digest every hour, even if nothing happened. Hours without one cannot be proven later.",
		Remedy:     "trailhold verify --trail {arn} --from 7d",
		References: nobodyElse,
	}, perTrail(digestChain)},
	{Check{ID: "guard-resources", Group: GroupGuard, Severity: severity.High,
		Title:      "What the guard runs on is there, is on, and may run",
		Rationale:  "An intruder who knows the guard disables it first.",
		Remedy:     sweep,
		References: nobodyElse,
	}, guardResources},
}

// sweep puts back what the baseline says.
var sweep = "trailhold sweep --baseline " + shell.Ask("BASELINE", "the baseline: a file, or s3://bucket/key")

var breakGlass = shell.Ask("BREAK_GLASS", "ARN of the role with which trails can still be changed")

// attachPolicies writes the control policies that deny tampering, and attaches each to the account. The management account
// alone may do that.
var attachPolicies = ": " + breakGlass + " && trailhold harden --scp --break-glass " + breakGlass +
	` | while IFS= read -r POLICY; do ID=$(aws organizations create-policy --type SERVICE_CONTROL_POLICY --name "protect-cloudtrail-$(date +%s)" --description 'Trails are not touched' --content "$POLICY" --query Policy.PolicySummary.Id --output text) && ` +
	`aws organizations attach-policy --policy-id "$ID" --target-id {account}; sleep 1; done`

// tamperCalls are the calls of CloudTrail that narrow what is recorded. A rule that passes these on passes on the rest.
var tamperCalls = []string{"StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "PutInsightSelectors", "CreateTrail"}

// deniable are the calls that a control policy has to deny.
var deniable = []string{"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"}

// secondRecorder counts recorders of different kinds, since one call or one role stops all of a kind.
func secondRecorder(s scope) verdict {
	found, doubts := s.kindsOfTrails()
	note := func(kind string, is truth, doubt verdict) {
		switch {
		case is == yes && !contains(found, kind):
			found = append(found, kind)
		case is == maybe:
			doubts = append(doubts, doubt)
		}
	}
	for _, arn := range s.stores() {
		r, _ := s.resource(arn)
		made := storeRecorder(r)
		note("event data store", made.recording, unknown("%s", made.doubt))
	}
	for _, name := range s.regions() {
		region := s.account.Regions[name]
		if region.Stores.Knowledge() != trail.Present {
			doubts = append(doubts, notRead("the list of event data stores in "+name, region.Stores))
		}
		detector, known := region.Detector.Get()
		if known && detector.Enabled {
			note("GuardDuty", yes, verdict{})
		} else if region.Detector.Knowledge() == trail.Unknown {
			note("GuardDuty", maybe, notRead("GuardDuty in "+name, region.Detector))
		}
	}
	switch {
	case len(found) > 1:
		return pass("there are %s", strings.Join(found, " and ")).with("recorders", strings.Join(found, ", "))
	case len(doubts) > 0:
		return doubts[0]
	case len(found) == 1:
		return fail("there is one recorder only: %s", found[0]).with("recorders", found[0])
	}
	return fail("nothing records the account")
}

// kindsOfTrails are the kinds of trails that are logging, and why there may be another.
func (s scope) kindsOfTrails() (found []string, doubts []verdict) {
	for _, t := range s.account.Trails {
		c, _ := t.Config.Get()
		kind := "trail of the account"
		if c.IsOrganizationTrail {
			kind = "organization trail"
		}
		switch is, why := logging(t); {
		case is == yes && !contains(found, kind):
			found = append(found, kind)
		case is == maybe:
			doubts = append(doubts, unknown("%s", why))
		}
	}
	if v, complete := s.complete(); !complete {
		doubts = append(doubts, v)
	}
	return found, doubts
}

// controlPolicy asks for each call. The management account is above all control policies.
func controlPolicy(s scope) verdict {
	o, v, ok := s.organization()
	switch {
	case !ok:
		return v
	case o.ManagementAccount == s.account.ID:
		return notApplicable("control policies do not limit the management account")
	}
	arn := "arn:" + s.account.Partition + ":cloudtrail:us-east-1:" + s.account.ID + ":trail/any"
	if t, known := s.account.PrincipalTrail(); known {
		arn = t.ARN
	}
	levels, known := o.ServiceControls.Get()
	if !known {
		return notRead("the service control policies", o.ServiceControls)
	}
	account := whocan.Account{ID: s.account.ID, Partition: s.account.Partition, OrganizationID: o.ID, SCPs: levels}
	on := whocan.Target{Type: whocan.Trail, ARN: arn, Region: regionIn(arn), Account: s.account.ID}
	parts := []verdict{}
	for _, action := range deniable {
		parts = append(parts, deniedBy(account, action, on))
	}
	return all(parts...)
}

// deniedBy is the verdict on one call.
func deniedBy(a whocan.Account, action string, on whocan.Target) verdict {
	shields := whocan.DeniedBy(a, action, on)
	for _, shield := range shields {
		if shield.Doubt == "" {
			return pass("%s denies tampering with trails", shield.Policy).with(action, shield.Policy)
		}
	}
	if len(shields) > 0 {
		return unknown("whether a control policy denies %s is not known: %s", action, shields[0].Doubt)
	}
	return fail("no control policy denies %s", action).with(action, "not denied")
}

// longAgo is after how long a proof no longer counts.
const longAgo = 30 * 24 * time.Hour

func alertPath(s scope) verdict {
	g, known := s.account.Guard.Get()
	if !known {
		return notApplicable("no journal was given that knows of alerts")
	}
	at, proven := g.AlertedAt.Get()
	switch {
	case g.AlertedAt.Knowledge() == trail.Unknown && g.AlertedAt.Why() != "":
		return notRead("when an alert last reached people", g.AlertedAt)
	case g.AlertedAt.Knowledge() == trail.Unknown:
		return notApplicable("no journal was given that knows of alerts")
	case !proven:
		return fail("the journal knows of no alert that reached people")
	case s.now().Sub(at) > longAgo:
		return fail("the last alert that reached people was at %s", stamp(at)).with("alerted", stamp(at))
	}
	return pass("an alert reached people at %s", stamp(at)).with("alerted", stamp(at))
}

// late is how old the newest digest may be: one is written every hour.
const late = 3 * time.Hour

// digestChain looks at the newest digest, as the trail's status tells it. What is in the digests, verification says.
func digestChain(s scope, t trail.State, c trail.Config) verdict {
	status, known := t.Status.Get()
	switch last := status.LatestDigestDeliveryTime; {
	case !c.LogFileValidationEnabled:
		return notApplicable("log file validation is off, which is a finding of its own")
	case !known:
		return notRead("its status", t.Status)
	case !status.IsLogging:
		return notApplicable("the trail is not logging, which is a finding of its own")
	case status.LatestDigestDeliveryError != "":
		return fail("digests are not delivered: %s", status.LatestDigestDeliveryError).with("LatestDigestDeliveryError", status.LatestDigestDeliveryError)
	case s.now().Sub(last) > late && s.now().Sub(status.StartLoggingTime) > late:
		return fail("no digest has been delivered since %s", stamp(last)).with("LatestDigestDeliveryTime", stamp(last))
	case last.IsZero():
		return pass("the trail was started at %s, and the first digest is not due yet", stamp(status.StartLoggingTime))
	default:
		return pass("the newest digest is of %s", stamp(last)).with("LatestDigestDeliveryTime", stamp(last))
	}
}

// guardResources asks for everything that the baseline says the guard runs on.
func guardResources(s scope) []judged {
	g, known := s.account.Guard.Get()
	if !known {
		if s.account.Guard.Knowledge() == trail.Absent {
			return []judged{{verdict: notApplicable("no baseline was given that says what the guard runs on")}}
		}
		return []judged{{verdict: notRead("what the guard runs on", s.account.Guard)}}
	}
	var found []judged
	for _, r := range g.Resources {
		found = append(found, judged{verdict: s.healthy(r), region: r.Region, resource: r.ARN})
	}
	return found
}

func (s scope) healthy(r Resource) verdict {
	identity := r.Setting(trail.Identity)
	if identity.Knowledge() == trail.Absent {
		return fail("the %s does not exist", r.Type)
	}
	if identity.Knowledge() == trail.Unknown {
		return notRead("the "+string(r.Type), identity)
	}
	definition, known := r.Setting("definition").Get()
	switch {
	case (r.Type == trail.Rule || r.Type == trail.Schedule) && !known:
		return notRead("whether it is on", r.Setting("definition"))
	case (r.Type == trail.Rule || r.Type == trail.Schedule) && !strings.HasPrefix(definition.Text("State"), "ENABLED"):
		return fail("the %s is off", r.Type).with("State", definition.Text("State"))
	case r.Type == trail.Function && zeroConcurrency(r):
		return fail("the function may not run: its concurrency is 0").with("ReservedConcurrentExecutions", 0)
	case r.Type == trail.Alarm:
		return actionsOn(s, r)
	case r.Type == trail.Topic:
		return subscribed(r)
	}
	return pass("the %s is there", r.Type)
}
