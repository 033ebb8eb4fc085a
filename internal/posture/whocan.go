package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// whoCan asks the policies of an account who can impair its trails, what they rest on, and what it holds of other accounts' trails.
// open says what that leaves open.
func (s scope) whoCan() (all []WhoCan, open []string) {
	a, known := s.account.Principals.Get()
	switch {
	case s.account.Failure != "":
		return nil, []string{"the account could not be read: " + s.account.Failure}
	case !known:
		return nil, []string{notRead("the account's users and roles", s.account.Principals).detail}
	}
	targets, open := s.targets()
	if v, complete := s.complete(); !complete {
		open = append(open, v.detail)
	}
	if len(targets) == 0 {
		return nil, open
	}
	r := whocan.Evaluate(s.limited(a), targets)
	broad := map[granted]bool{}
	for _, g := range r.Broad {
		for _, principal := range g.Principals {
			broad[granted{principal, g.Policy, g.Statement}] = true
		}
	}
	for _, t := range r.Techniques {
		if t.Targets == 0 {
			continue
		}
		one := WhoCan{Account: a.ID, Technique: t.ID, Title: t.Title, Severity: t.Severity, Grants: []Grant{}, Denied: []string{}, Shielded: t.Shielded}
		for _, who := range t.Who {
			one.Grants = append(one.Grants, Grant{
				Principal: who.Principal, Action: who.Action, Resources: slices.Compact(who.Targets), Perhaps: slices.Compact(who.Perhaps),
				Policy: who.Policy, Statement: who.Statement, Broad: broad[granted{who.Principal, who.Policy, who.Statement}], Maybe: doubt(who),
			})
		}
		for _, shield := range t.Shields {
			one.Denied = append(one.Denied, shieldWords(shield))
		}
		all = append(all, one)
	}
	return all, append(open, r.Limits...)
}

// granted is a permission, by which a broad grant is found again.
type granted struct{ principal, policy, statement string }

// doubt is why an answer is not certain; empty if it is.
func doubt(who whocan.Ability) string {
	switch {
	case who.Answer == whocan.Yes:
		return ""
	case who.Doubt == "":
		return "it is not certain"
	}
	return who.Doubt
}

// shieldWords says which statement denies something, and to whom not.
func shieldWords(s whocan.Shield) string {
	text := s.Kind + " " + s.Policy
	if s.Statement != "" {
		text += ", statement " + s.Statement
	}
	if len(s.Except) > 0 {
		text += ", except to " + strings.Join(s.Except, ", ")
	}
	if s.Doubt != "" {
		text += " (perhaps: " + s.Doubt + ")"
	}
	return text
}

// limited adds the organization's policies to what is known of an account's principals.
func (s scope) limited(a whocan.Account) whocan.Account {
	o, known := s.account.Organization.Get()
	if !known {
		if s.account.Organization.Knowledge() != trail.Absent {
			a.Unread = []policy.Layer{policy.SCP, policy.RCP}
		}
		return a
	}
	a.OrganizationID, a.Management = o.ID, o.ManagementAccount == a.ID
	a.Unread = nil
	if a.SCPs, known = o.ServiceControls.Get(); !known {
		a.Unread = append(a.Unread, policy.SCP)
	}
	if a.RCPs, known = o.ResourceControls.Get(); !known {
		a.Unread = append(a.Unread, policy.RCP)
	}
	return a
}

// targets are the account's own trails with what they rest on, what else of it was read that records or watches, and what it owns of
// that on which the trails of other accounts rest, such as the bucket of an organization. open says what is not among them.
func (s scope) targets() (targets []whocan.Target, open []string) {
	for n := range s.inv.Accounts {
		of := scope{inv: s.inv, account: &s.inv.Accounts[n], options: s.options}
		for _, t := range of.account.Trails {
			c, known := t.Config.Get()
			if !known || !of.owns(t) {
				continue
			}
			rests, missing := of.restsOn(c)
			mine := of.account.ID == s.account.ID
			for _, one := range whocan.Targets([]trail.Guarded{{Config: c, Dependents: rests}}) {
				if mine || one.Account == s.account.ID {
					targets = append(targets, one)
				}
			}
			if mine {
				open = append(open, missing...)
			}
		}
	}
	return s.beside(targets), open
}

// beside adds the event data stores, rules, alarms and the like. Kinds whose policies an audit doesn't read are left to who-can.
func (s scope) beside(targets []whocan.Target) []whocan.Target {
	for _, arn := range sortedKeys(s.account.Resources) {
		r := s.account.Resources[arn]
		switch r.Type {
		case trail.Function, trail.Queue, trail.Table, trail.EventBus:
			continue
		}
		have := slices.ContainsFunc(targets, func(t whocan.Target) bool { return t.ARN == arn })
		if asked, ok := asTarget(r); ok && !have && r.Account == s.account.ID {
			targets = append(targets, whocan.Targets(nil, asked)...)
		}
	}
	return targets
}

// restsOn are the resources that a trail's configuration names, as far as they exist; missing says which could not be asked about.
func (s scope) restsOn(c trail.Config) (list []trail.Resource, missing []string) {
	for _, arn := range []string{bucketOf(c), keyOf(c), topicOf(c), logGroupOf(c), c.CloudWatchLogsRoleARN} {
		if arn == "" {
			continue
		}
		r, read := s.resource(arn)
		if read && r.Setting(trail.Identity).Knowledge() == trail.Absent {
			continue // which is a finding
		}
		if asked, ok := asTarget(r); ok {
			list = append(list, asked)
		} else {
			missing = append(missing, fmt.Sprintf("who can change %s is not known: it was not read, or nobody knows whose it is", arn))
		}
	}
	return list, missing
}

// asTarget is a resource with its policy; ok is false if it's gone, was not read or nobody knows whose it is.
func asTarget(r Resource) (asked trail.Resource, ok bool) {
	asked = trail.Resource{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account}
	if document, known := r.Setting("policy").Get(); known {
		asked.Settings = map[trail.Setting]trail.Document{"policy": document}
	}
	return asked, r.Account != "" && r.Setting(trail.Identity).Knowledge() != trail.Absent
}
