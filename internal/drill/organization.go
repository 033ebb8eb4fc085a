package drill

import (
	"context"
	"strings"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// organizationTechniques are attacks that take accounts or regions out of the reach of the organization's trails, from its
// management account.
func organizationTechniques() []Technique {
	return []Technique{
		{ID: tamper.TrustedAccessOff, On: trail.Organization, Outcome: Restored, calls: func(Scene, trail.Resource) []request {
			return []request{{"organizations:DisableAWSServiceAccess", object{"ServicePrincipal": "cloudtrail.amazonaws.com"}}}
		}},
		{ID: tamper.DelegatedAdminRemoved, On: trail.Organization, calls: withoutDelegates, Outcome: Restored},
		{ID: tamper.SCPDenyGuard, On: trail.Organization, Attack: denyGuard, Clean: detachPolicies, Outcome: Alerted},
		{ID: tamper.OrgLeave, On: trail.Organization, Outcome: Reported, calls: func(s Scene, _ trail.Resource) []request {
			return []request{{"organizations:RemoveAccountFromOrganization", object{"AccountId": s.Member}}}
		}},
		{ID: tamper.RegionToggle, On: trail.Organization, Outcome: Reported, calls: func(Scene, trail.Resource) []request {
			return []request{{"account:EnableRegion", object{"RegionName": newRegion}}}
		}, Clean: func(ctx context.Context, s Scene) error {
			return s.Owner.Call(ctx, s.Target.HomeRegion, "account:DisableRegion", object{"RegionName": newRegion}, nil)
		}},
	}
}

// newRegion is one that has to be enabled before it can be used.
const newRegion = "af-south-1"

func withoutDelegates(_ Scene, r trail.Resource) []request {
	var requests []request
	for member := range r.Settings["delegatedAdministrators"].Members() {
		account, service, _ := strings.Cut(member, " ")
		requests = append(requests, request{"organizations:DeregisterDelegatedAdministrator", object{"AccountId": account, "ServicePrincipal": service}})
	}
	return requests
}

// denyGuard lays a policy on the account that keeps everybody in it from starting trails.
func denyGuard(ctx context.Context, s Scene) error {
	r, err := s.resource(trail.Organization, nil)
	if err != nil {
		return err
	}
	var made struct {
		Policy struct{ PolicySummary struct{ ID string } }
	}
	if err := s.Call(ctx, r.Region, "organizations:CreatePolicy", object{
		"Name": "cost-control", "Description": "", "Type": "SERVICE_CONTROL_POLICY",
		"Content": policy(object{"Effect": "Deny", "Action": []string{"cloudtrail:StartLogging", "cloudtrail:UpdateTrail"}, "Resource": "*"}),
	}, &made); err != nil {
		return err
	}
	return s.Call(ctx, r.Region, "organizations:AttachPolicy", object{"PolicyId": made.Policy.PolicySummary.ID, "TargetId": r.Account}, nil)
}

// detachPolicies takes away what the baseline does not know.
func detachPolicies(ctx context.Context, s Scene) error {
	r, err := s.resource(trail.Organization, nil)
	if err != nil {
		return err
	}
	var list struct{ Policies []struct{ ID string } }
	if err := s.Owner.Call(ctx, r.Region, "organizations:ListPoliciesForTarget", object{"TargetId": r.Account, "Filter": "SERVICE_CONTROL_POLICY"}, &list); err != nil {
		return err
	}
	known := r.Settings["serviceControlPolicies"].Members()
	for _, p := range list.Policies {
		if _, ok := known[p.ID]; ok {
			continue
		}
		if err := s.Owner.Call(ctx, r.Region, "organizations:DetachPolicy", object{"PolicyId": p.ID, "TargetId": r.Account}, nil); err != nil {
			return err
		}
	}
	return nil
}

// lakeTechniques are attacks on CloudTrail Lake.
func lakeTechniques() []Technique {
	on, channel, either := naming("EventDataStore", arnOf), naming("Channel", arnOf), naming("ResourceArn", arnOf)
	events := having("Management")
	unprotect := on("cloudtrail:UpdateEventDataStore", object{"TerminationProtectionEnabled": false})
	return []Technique{
		{ID: tamper.LakeStop, On: trail.EventDataStore, Where: events, calls: on("cloudtrail:StopEventDataStoreIngestion", nil), Outcome: Restored},
		{ID: tamper.LakeDelete, On: trail.EventDataStore, Where: events, calls: then(unprotect, on("cloudtrail:DeleteEventDataStore", nil)), Outcome: Restored},
		{ID: tamper.LakeUpdate, Variant: "retention", On: trail.EventDataStore, Where: events, calls: on("cloudtrail:UpdateEventDataStore", object{"RetentionPeriod": 7}), Outcome: Restored},
		{ID: tamper.LakeUpdate, Variant: "protection", On: trail.EventDataStore, Where: events, calls: unprotect, Outcome: Restored},
		{ID: tamper.LakeUpdate, Variant: "selection", On: trail.EventDataStore, Where: events, Outcome: Restored, calls: on("cloudtrail:UpdateEventDataStore", object{
			"AdvancedEventSelectors": []object{{"Name": "reads", "FieldSelectors": []object{
				{"Field": "eventCategory", "Equals": []string{"Management"}}, {"Field": "readOnly", "Equals": []string{"true"}},
			}}},
		})},
		{ID: tamper.LakeChannel, Variant: "renamed", On: trail.Channel, calls: channel("cloudtrail:UpdateChannel", object{"Name": "elsewhere"}), Outcome: Restored},
		{ID: tamper.LakeResourcePolicy, Variant: "store", On: trail.EventDataStore, Where: events, calls: either("cloudtrail:DeleteResourcePolicy", nil), Outcome: Restored},
		{ID: tamper.LakeResourcePolicy, Variant: "channel", On: trail.Channel, calls: either("cloudtrail:DeleteResourcePolicy", nil), Outcome: Restored},
		{ID: tamper.LakeChannel, Variant: "deleted", On: trail.Channel, calls: channel("cloudtrail:DeleteChannel", nil), Ruins: true, Outcome: Alerted},
	}
}
