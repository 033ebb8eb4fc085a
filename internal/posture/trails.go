package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// trailChecks ask whether there is a trail that records what matters, and whether it does.
var trailChecks = []check{
	{Check{ID: "ct-trail-exists", Group: GroupTrail, Severity: severity.Critical,
		Title:      "There is a trail",
		Rationale:  "Without a trail nothing is kept but 90 days of management events in each region, which nobody is told about and which cannot be searched together.",
		Remedy:     "aws cloudtrail create-trail --region {region} --name trailhold --s3-bucket-name " + shell.Ask("BUCKET", "name of a bucket whose policy lets CloudTrail write") + " --is-multi-region-trail --enable-log-file-validation",
		References: refs(noCIS, "CloudTrail.3", "cloudtrail-enabled", pciRecords, ""),
	}, perAccount(trailExists)},
	{Check{ID: "ct-logging", Group: GroupTrail, Severity: severity.Critical,
		Title:      "Trails are logging",
		Rationale:  "StopLogging is what intruders call first: the trail looks as before and records nothing.",
		Remedy:     startLogging,
		References: refs(noCIS, "CloudTrail.3", "cloudtrail-enabled", pciRecords, ""),
	}, trailsLog},
	{Check{ID: "ct-multi-region", Group: GroupTrail, Severity: severity.High,
		Title:      "A trail that is logging records management events of all regions, reads and writes",
		Rationale:  "Intruders work in the regions that nobody uses and nobody records.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name {trail} --is-multi-region-trail --include-global-service-events",
		References: refs("3.1 3.1 3.1 3.1 4.1", "CloudTrail.1", "multi-region-cloudtrail-enabled", "", nistRecords),
	}, perAccount(multiRegion)},
	{Check{ID: "ct-global-events", Group: GroupTrail, Severity: severity.High,
		Title:      "A trail that is logging records the events of global services",
		Rationale:  "IAM, the global endpoint of STS and CloudFront are recorded as global services. Without them nobody sees keys and roles being made.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name {trail} --include-global-service-events",
		References: refs(noCIS, "", "cloudtrail-security-trail-enabled", "", ""),
	}, perAccount(globalEvents)},
	{Check{ID: "ct-global-dup", Group: GroupTrail, Severity: severity.Info,
		Title:      "No more trails than needed record the events of global services",
		Rationale:  "Each copy of management events after the first costs money. A second recorder is worth it; a forgotten one is not.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name " + shell.Ask("TRAIL", "name of the trail that is not needed") + " --no-include-global-service-events",
		References: nobodyElse,
	}, perAccount(globalDuplicates)},
	{Check{ID: "ct-mgmt-events", Group: GroupTrail, Severity: severity.High,
		Title:      "A trail that is logging records all management events",
		Rationale:  "Selectors that leave out a service, an event or a user make a trail blind while its status stays green.",
		Remedy:     addSelectors,
		References: refs("3.1 3.1 3.1 3.1 4.1", "CloudTrail.1", "cloudtrail-security-trail-enabled", "", nistRecords),
	}, perAccount(managementEvents)},
	{Check{ID: "ct-security-trail", Group: GroupTrail, Severity: severity.Medium,
		Title:      "One trail has everything: all regions, global services, all management events, validation and a key",
		Rationale:  "Demands that are met by several trails together leave each of them with a gap.",
		Remedy:     "aws cloudtrail update-trail --region {region} --name {trail} --is-multi-region-trail --include-global-service-events --enable-log-file-validation --kms-key-id " + shell.Ask("KEY", "ARN of a key whose policy lets CloudTrail use it"),
		References: refs(noCIS, "", "cloudtrail-security-trail-enabled", "", ""),
	}, perAccount(securityTrail)},
	{Check{ID: "ct-org-trail", Group: GroupTrail, Severity: severity.Medium,
		Title:      "An organization trail records the account, and the organization still trusts CloudTrail",
		Rationale:  "Members cannot stop an organization trail. Where trusted access is taken away, it silently records the management account only.",
		Remedy:     "aws organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com && aws cloudtrail create-trail --region {region} --name organization --s3-bucket-name " + shell.Ask("BUCKET", "name of a bucket whose policy lets CloudTrail write for the organization") + " --is-organization-trail --is-multi-region-trail --enable-log-file-validation",
		References: nobodyElse,
	}, perAccount(organizationTrail)},
}

// startLogging is what mends most where a trail is stopped.
const startLogging = "aws cloudtrail start-logging --region {region} --name {trail}"

// trailExists: trails of the organization count, since they record the account as well.
func trailExists(s scope) verdict {
	for _, t := range s.account.Trails {
		if t.Config.Knowledge() != trail.Absent {
			return pass("the account has %s", count(len(s.account.Trails), "trail")).with("trail", t.ARN)
		}
	}
	if v, complete := s.complete(); !complete {
		return v
	}
	return fail("the account has no trail in any region that was read")
}

// trailsLog asks each own trail, and whether any trail at all is logging. That one of several is stopped is less than that
// none is logging.
func trailsLog(s scope) []judged {
	any := some(fail("no trail is logging"), s.eachTrail(func(t trail.State, c trail.Config) verdict {
		is, doubt := logging(t)
		return is.verdict(doubt, "%s is logging", "%s is not logging", c.Name)
	})...)
	if len(s.account.Trails) == 0 {
		any = trailExists(s)
	}
	each := perTrail(func(s scope, t trail.State, c trail.Config) verdict {
		is, doubt := logging(t)
		v := is.verdict(doubt, "%s is logging", "%s is not logging", c.Name)
		status, known := t.Status.Get()
		if !known {
			return v
		}
		v = v.with("IsLogging", status.IsLogging)
		if is == no {
			v = v.with("StopLoggingTime", stamp(status.StopLoggingTime))
			if any.status == Pass {
				v = v.rated(severity.Medium)
			}
		}
		return v
	})(s)
	return append([]judged{{verdict: any, fill: s.fill()}}, each...)
}

// verdict turns an answer into one.
func (t truth) verdict(doubt, passing, failing string, args ...any) verdict {
	switch t {
	case yes:
		return pass(passing, args...)
	case no:
		return fail(failing, args...)
	}
	return unknown("%s", doubt)
}

// eachTrail asks all trails that the account sees, those of the organization among them. One whose configuration is unknown
// leaves the answer open.
func (s scope) eachTrail(ask func(trail.State, trail.Config) verdict) []verdict {
	var all []verdict
	for _, t := range s.account.Trails {
		if t.Config.Knowledge() == trail.Absent {
			continue
		}
		c, known := t.Config.Get()
		if !known {
			all = append(all, notRead("the trail "+t.ARN, t.Config))
			continue
		}
		all = append(all, ask(t, c).with("trail", t.ARN))
	}
	if v, complete := s.complete(); !complete {
		all = append(all, v)
	}
	return all
}

// anyTrail passes if one trail that is logging does. Otherwise it says what is wrong with one of them, a trail that is
// logging if there is one.
func (s scope) anyTrail(none string, ask func(trail.State, trail.Config) verdict) verdict {
	failed, nearest := fail("%s", none), no
	verdicts := s.eachTrail(func(t trail.State, c trail.Config) verdict {
		is, doubt := logging(t)
		v := all(is.verdict(doubt, "%s is logging", "%s is not logging", c.Name), ask(t, c))
		if v.status == Fail && (failed.evidence == nil || is > nearest) {
			failed, nearest = fail("%s: %s", none, v.detail).with("trail", t.ARN).by(v.command, v.fill...), is
			failed.evidence = append(failed.evidence, v.evidence...)
			if is == no && s.owns(t) {
				failed = failed.by(startLogging)
			}
		}
		return v
	})
	return some(failed, verdicts...)
}

func multiRegion(s scope) verdict {
	return s.anyTrail("no trail records the management events of all regions", func(t trail.State, c trail.Config) verdict {
		if !c.IsMultiRegionTrail {
			return fail("%s is for one region only", c.Name).with("IsMultiRegionTrail", false)
		}
		return all(pass("%s records all regions", c.Name).with("IsMultiRegionTrail", true), selects(t, c, managementWrite), selects(t, c, managementRead))
	})
}

// selects says whether a trail's selectors select all events of a category.
func selects(t trail.State, c trail.Config, name string) verdict {
	selectors, known := t.Selectors.Get()
	if !known {
		return notRead("the event selectors of "+c.Name, t.Selectors)
	}
	switch how, missing := share(category(name), selectors, partitionOf(t.ARN)); how {
	case Whole:
		return pass("%s selects all %s events", c.Name, name)
	case Uncertain:
		return unknown("%s: %s", c.Name, missing)
	case Partly:
		return fail("%s does not record %s", c.Name, missing)
	}
	return fail("%s records no %s events", c.Name, name)
}

func globalEvents(s scope) verdict {
	return s.anyTrail("no trail records the events of global services", func(_ trail.State, c trail.Config) verdict {
		if c.IncludeGlobalServiceEvents {
			return pass("%s records the events of global services", c.Name).with("IncludeGlobalServiceEvents", true)
		}
		return fail("%s leaves them out", c.Name).with("IncludeGlobalServiceEvents", false)
	})
}

// globalDuplicates counts the trails that are logging and record management events of global services.
func globalDuplicates(s scope) verdict {
	var names []string
	for _, t := range s.account.Trails {
		c, known := t.Config.Get()
		is, _ := logging(t)
		selectors, read := t.Selectors.Get()
		if !known || is == maybe || !read {
			return unknown("what %s records is not known", t.ARN)
		}
		if how, _ := share(category(managementWrite), selectors, partitionOf(t.ARN)); is == yes && c.IncludeGlobalServiceEvents && how != None {
			names = append(names, c.Name)
		}
	}
	if v, complete := s.complete(); !complete && len(names) < 2 {
		return v
	}
	if len(names) > 1 {
		return fail("%s record them: %s", count(len(names), "trail"), strings.Join(names, ", "))
	}
	return pass("%s records them", count(len(names), "trail"))
}

func managementEvents(s scope) verdict {
	return s.anyTrail("no trail records all management events", func(t trail.State, c trail.Config) verdict {
		return all(selects(t, c, managementWrite), selects(t, c, managementRead))
	})
}

func securityTrail(s scope) verdict {
	return s.anyTrail("no trail has everything", func(t trail.State, c trail.Config) verdict {
		demand := func(met bool, name, lacking string) verdict {
			if met {
				return pass("%s: %s", c.Name, name).with(name, true)
			}
			return fail("%s %s", c.Name, lacking).with(name, false)
		}
		return all(demand(c.IsMultiRegionTrail, "IsMultiRegionTrail", "is for one region only"),
			demand(c.IncludeGlobalServiceEvents, "IncludeGlobalServiceEvents", "leaves global services out"),
			demand(c.LogFileValidationEnabled, "LogFileValidationEnabled", "has no log file validation"),
			demand(c.KMSKeyID != "", "KmsKeyId", "has no key"),
			selects(t, c, managementWrite), selects(t, c, managementRead))
	})
}

// organizationTrail asks for the organization's trail, and where the account may see it, for the trust that the trail
// rests on.
func organizationTrail(s scope) verdict {
	if s.account.Organization.Knowledge() == trail.Absent {
		return notApplicable("the account is in no organization")
	}
	o, known := s.account.Organization.Get()
	if !known {
		return notRead("the organization", s.account.Organization)
	}
	found := s.anyTrail("no organization trail records the account", func(_ trail.State, c trail.Config) verdict {
		if c.IsOrganizationTrail {
			return pass("the organization trail %s records the account", c.Name).with("IsOrganizationTrail", true)
		}
		return fail("%s is no organization trail", c.Name)
	})
	services, seen := o.TrustedServices.Get()
	switch {
	case !seen:
		return found.with("trusted access", "only the management account can see it")
	case !contains(services, "cloudtrail.amazonaws.com"):
		return all(found, fail("the organization does not trust CloudTrail: its trail records the management account only"))
	}
	return found.with("trusted access", "cloudtrail.amazonaws.com")
}
