package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// activityChecks look through Event history for identities that do what intruders do. They are hints, not proof, and are put
// only where Event history was asked for.
var activityChecks = []check{
	activityCheck("ct-threat-enumeration", "Nobody has been looking around", enumeration,
		"The first thing that intruders do with a stolen key is to find out what it may do and what there is."),
	activityCheck("ct-threat-privilege-escalation", "Nobody has been making themselves permissions", escalation,
		"Keys, policies and trusts that are made within minutes of each other are somebody who wants to stay."),
	activityCheck("ct-threat-llm-jacking", "Nobody has been trying out models", llmJacking,
		"Stolen keys are sold to people who run models on somebody else's bill."),
}

func activityCheck(id, title string, names []string, rationale string) check {
	return check{Check{ID: id, Group: GroupActivity, Severity: severity.Medium, Title: title, Rationale: rationale,
		Remedy:     "aws cloudtrail lookup-events --region {region} --lookup-attributes AttributeKey=ResourceName,AttributeValue={arn}\n# or search the log files: trailhold hunt",
		References: nobodyElse,
	}, func(s scope) []judged { return s.suspects(names) }}
}

// share of a list of events that an identity may call before it is a suspect. Few tools of administrators come near it.
const suspicious = 0.25

// suspects are the identities that called a large share of the events.
func (s scope) suspects(names []string) []judged {
	actors, known := s.account.Activity.Get()
	switch {
	case s.account.Activity.Knowledge() == trail.Absent:
		return []judged{{verdict: notApplicable("Event history was not asked for")}}
	case !known:
		return []judged{{verdict: notRead("Event history", s.account.Activity)}}
	}
	var found []judged
	for _, a := range actors {
		var called []string
		for _, name := range names {
			if a.Names[name] > 0 {
				called = append(called, name)
			}
		}
		part := float64(len(called)) / float64(len(names))
		if part < suspicious {
			continue
		}
		found = append(found, judged{verdict: fail("%s called %d of %d such operations since %s", a.ARN, len(called), len(names), stamp(a.Since)).
			with("events", strings.Join(called, ", ")).with("share", fmt.Sprintf("%.0f %%", 100*part)), resource: a.ARN, fill: s.fill()})
	}
	if len(found) == 0 {
		return []judged{{verdict: pass("none of %d identities called many of these operations", len(actors))}}
	}
	slices.SortFunc(found, func(x, y judged) int { return strings.Compare(x.resource, y.resource) })
	return found
}

// enumeration are calls that tell what there is and what one may do.
var enumeration = strings.Fields(`GetCallerIdentity GetAccountAuthorizationDetails GetAccountSummary GetAccountPasswordPolicy ListUsers ListRoles
	ListGroups ListPolicies ListAttachedUserPolicies ListUserPolicies ListGroupsForUser ListAccessKeys ListMFADevices ListInstanceProfiles
	GetUser GetRole GetPolicyVersion ListBuckets GetBucketAcl GetBucketPolicy DescribeInstances DescribeSecurityGroups DescribeVpcs
	DescribeSnapshots DescribeRegions ListFunctions20150331 ListSecrets ListKeys DescribeDBInstances DescribeTrails ListDetectors DescribeOrganization`)

// escalation are calls by which one gives oneself more than one has.
var escalation = strings.Fields(`CreateAccessKey CreateLoginProfile UpdateLoginProfile AttachUserPolicy AttachRolePolicy AttachGroupPolicy
	PutUserPolicy PutRolePolicy PutGroupPolicy CreatePolicyVersion SetDefaultPolicyVersion AddUserToGroup UpdateAssumeRolePolicy
	CreateUser DeactivateMFADevice PassRole AddRoleToInstanceProfile`)

// llmJacking are calls by which one finds and opens models.
var llmJacking = strings.Fields(`InvokeModel InvokeModelWithResponseStream Converse ConverseStream ListFoundationModels GetFoundationModelAvailability
	PutUseCaseForModelAccess PutFoundationModelEntitlement CreateFoundationModelAgreement ListFoundationModelAgreementOffers
	GetUseCaseForModelAccess GetModelInvocationLoggingConfiguration DeleteModelInvocationLoggingConfiguration`)
