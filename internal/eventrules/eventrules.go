// Package eventrules says which EventBridge rules have to be where, so that events wake the guard: those of one baseline, as
// few as will do, and those of the deployment templates, which know no baseline.
package eventrules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Region is an event bus of AWS's (the default one of an account and region), with the rules that are needed on it.
type Region struct {
	Account string
	Region  string
	Rules   []Rule
}

// Rule is what one rule lets through.
type Rule struct {
	Name    string // what the rule's name ends in, unique in its region: "s3", "s3-2"
	Source  string // the service that is listened to, as CloudTrail names it: s3.amazonaws.com
	Pattern string // the event pattern in JSON, of at most 2,048 bytes
}

// Regions lists where rules are needed for a baseline, sorted by account and region: where its trails are at home, where the
// bucket, key, topic and all else that is guarded is, and where the events of services without regions come to (us-east-1).
//
// In the other regions of a multi-region trail nothing can be changed: calls that try are refused with
// InvalidHomeRegionException. tamper.EventPatterns would hear of these attempts; a rule in every region only for them is
// not worth its upkeep, and the sweep reads those regions anyway.
func Regions(b trail.Baseline) []Region {
	homes := homesOf(b)
	var regions []Region
	for _, p := range tamper.EventPatterns(b) {
		if p.Source == cloudTrail && !slices.Contains(homes, p.Region) {
			continue
		}
		n := slices.IndexFunc(regions, func(r Region) bool { return r.Account == p.Account && r.Region == p.Region })
		if n < 0 {
			n = len(regions)
			regions = append(regions, Region{Account: p.Account, Region: p.Region})
		}
		regions[n].Rules = append(regions[n].Rules, Rule{Name: regions[n].free(p.Source), Source: p.Source, Pattern: p.Text})
	}
	return regions
}

// cloudTrail is the source of CloudTrail's own calls.
const cloudTrail = "cloudtrail.amazonaws.com"

// homesOf lists the regions in which calls of CloudTrail can change something that is guarded.
func homesOf(b trail.Baseline) []string {
	var homes []string
	for _, g := range b.Units() {
		if g.IsTrail() || service(g.ARN) == "cloudtrail" {
			homes = append(homes, g.HomeRegion)
		}
	}
	slices.Sort(homes)
	return slices.Compact(homes)
}

// service is the third part of an ARN.
func service(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

// free is a name that no rule of the region has yet: a service may need several rules.
func (r Region) free(source string) string {
	base := short(source)
	n := 1
	for _, rule := range r.Rules {
		if rule.Source == source {
			n++
		}
	}
	if n == 1 {
		return base
	}
	return base + "-" + strconv.Itoa(n)
}

// short is the name of a service before the dot.
func short(source string) string {
	name, _, _ := strings.Cut(source, ".")
	return name
}

// Listens says whether any rule of the region is for a service, named without its dot: "s3".
func (r Region) Listens(name string) bool {
	return slices.ContainsFunc(r.Rules, func(rule Rule) bool { return short(rule.Source) == name })
}
