package whocan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// policyUnasked are the kinds of resources that can have a policy which targets don't bring.
var policyUnasked = []trail.ResourceType{trail.Function, trail.LogGroup, trail.Table}

// limits are what a report can't know, besides what single answers leave open.
func (a Account) limits(targets []Target) []string {
	limits := []string{
		"session policies, which a session is made with, can only take away from what is said here",
		"a yes is about what policies allow: service quotas, locks such as Object Lock, and termination protection are not looked at",
		"whether the root user has a password or access keys was not read",
	}
	for _, layer := range a.Unread {
		if !a.Management {
			limits = append(limits, fmt.Sprintf("the %s could not be read: a yes holds as far as they don't deny it", layer))
		}
	}
	if a.Management {
		limits = append(limits, "the account manages its organization, so that no service or resource control policy binds it")
	}
	linked, federated, unread := 0, 0, 0
	for _, p := range a.Principals {
		switch {
		case p.serviceLinked():
			linked++
		case strings.Contains(p.ARN, ":role/aws-reserved/sso.amazonaws.com/"):
			federated++
		}
		unread += min(len(p.Unread), 1)
	}
	limits = append(limits, counted(linked, "service-linked roles were left out: only their services can use them"),
		counted(federated, "roles belong to permission sets: whom IAM Identity Center assigns them to is not known"),
		counted(unread, "principals have policies that could not be read; of them nothing is certain"))
	foreign, silent := 0, 0
	for _, t := range targets {
		if slices.Contains(policyUnasked, t.Type) {
			silent++
		}
		if t.Account != "" && t.Account != a.ID {
			foreign++
		}
	}
	limits = append(limits, counted(foreign, "resources belong to other accounts, whose principals were not read"))
	limits = append(limits, counted(silent, "resources are functions, log groups or tables, whose own policies were not read and may allow more"))
	if !a.Management && a.OrganizationID != "" {
		limits = append(limits, "the management account's principals, who can change what binds this account, were not read")
	}
	limits = append(limits, a.Notes...)
	return slices.DeleteFunc(limits, func(text string) bool { return text == "" })
}

func counted(n int, text string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, text)
}
