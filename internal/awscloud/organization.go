package awscloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	maxOrganizationPages = 20 // of what Organizations lists, usually 20 on each page

	// otherOrganization is the code that stands for an answer about another organization than the one wanted.
	otherOrganization = "MemberOfOtherOrganization"
)

// organizationProbes read an organization, of which the resource's account is a member. Members that administer nothing may
// read its identity only; the rest is then unknown to them.
var organizationProbes = []probe{
	{settings: []trail.Setting{trail.Identity}, gone: []string{"AWSOrganizationsNotInUseException", otherOrganization}, read: organizationItself},
	{settings: []trail.Setting{"trustedAccess"}, read: trustedAccess},
	{settings: []trail.Setting{"delegatedAdministrators"}, read: delegatedAdministrators},
	{settings: []trail.Setting{"serviceControlPolicies"}, read: controlPolicies},
}

// organizationItself asks which organization the caller's account is a member of.
func organizationItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.organizations(r.Region).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return nil, failure(ctx, "DescribeOrganization", err)
	}
	if out.Organization == nil || aws.ToString(out.Organization.Id) == "" {
		return nil, strange("DescribeOrganization", "the answer is about no organization")
	}
	if id := aws.ToString(out.Organization.Id); id != r.Name() {
		return nil, &guard.APIError{Op: "DescribeOrganization", Code: otherOrganization, Message: "the account is a member of " + plain.Text(id, 50), Class: guard.ClassNotFound}
	}
	return map[trail.Setting]any{trail.Identity: map[string]*string{"Id": out.Organization.Id, "MasterAccountId": out.Organization.MasterAccountId}}, nil
}

// present is what is said of members of which there is nothing to say but that they are there.
func present(how string) any { return map[string]bool{how: true} }

func trustedAccess(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	list, err := listed("ListAWSServiceAccessForOrganization", maxOrganizationPages, func(token *string) ([]orgtypes.EnabledServicePrincipal, *string, error) {
		out, err := c.organizations(r.Region).ListAWSServiceAccessForOrganization(ctx, &organizations.ListAWSServiceAccessForOrganizationInput{NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListAWSServiceAccessForOrganization", err)
		}
		return out.EnabledServicePrincipals, out.NextToken, nil
	})
	members := map[string]any{}
	for _, s := range list {
		members[aws.ToString(s.ServicePrincipal)] = present("Enabled")
	}
	return map[trail.Setting]any{"trustedAccess": members}, err
}

// delegatedAdministrators are named by account and service.
func delegatedAdministrators(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	client := c.organizations(r.Region)
	accounts, err := listed("ListDelegatedAdministrators", maxOrganizationPages, func(token *string) ([]orgtypes.DelegatedAdministrator, *string, error) {
		out, err := client.ListDelegatedAdministrators(ctx, &organizations.ListDelegatedAdministratorsInput{NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListDelegatedAdministrators", err)
		}
		return out.DelegatedAdministrators, out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	err = gathered(accounts, members, func(a orgtypes.DelegatedAdministrator) (map[string]any, error) {
		services, err := listed("ListDelegatedServicesForAccount", maxOrganizationPages, func(token *string) ([]orgtypes.DelegatedService, *string, error) {
			out, err := client.ListDelegatedServicesForAccount(ctx, &organizations.ListDelegatedServicesForAccountInput{AccountId: a.Id, NextToken: token})
			if err != nil {
				return nil, nil, failure(ctx, "ListDelegatedServicesForAccount", err)
			}
			return out.DelegatedServices, out.NextToken, nil
		})
		found := map[string]any{}
		for _, s := range services {
			found[aws.ToString(a.Id)+" "+aws.ToString(s.ServicePrincipal)] = present("Registered")
		}
		return found, err
	})
	return map[trail.Setting]any{"delegatedAdministrators": members}, err
}

// controlPolicies are the service control policies that are attached to the account itself, by their ids, which stay the same
// when a policy is renamed. Of their text a hash is kept: it may be long, and it is not the account's to restore.
func controlPolicies(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	client := c.organizations(r.Region)
	policies, err := c.policySummaries(ctx, r.Region, orgtypes.PolicyTypeServiceControlPolicy, r.Account)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	err = gathered(policies, members, func(p orgtypes.PolicySummary) (map[string]any, error) {
		out, err := client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
		if err != nil {
			return nil, failure(ctx, "DescribePolicy", err)
		}
		if out.Policy == nil || out.Policy.Content == nil {
			return nil, strange("DescribePolicy", "the policy has no content")
		}
		sum := sha256.Sum256([]byte(*out.Policy.Content))
		return map[string]any{aws.ToString(p.Id): map[string]string{"Name": aws.ToString(p.Name), "Content": "sha256:" + hex.EncodeToString(sum[:])}}, nil
	})
	return map[trail.Setting]any{"serviceControlPolicies": members}, err
}

// gathered reads each of a list, several at the same time, and puts what was found into one map. It returns the first error.
func gathered[T any](list []T, all map[string]any, read func(T) (map[string]any, error)) error {
	var failed error
	var mu sync.Mutex
	each(list, maxAtOnce, func(member T) {
		found, err := read(member)
		mu.Lock()
		defer mu.Unlock()
		for name, value := range found {
			all[name] = value
		}
		if failed == nil {
			failed = err
		}
	})
	return failed
}

// organizationWrites put back what the management account may. Joining an organization takes an invitation.
var organizationWrites = map[trail.Op]write{
	trail.OpEnableAWSServiceAccess: organizationWrite((*organizations.Client).EnableAWSServiceAccess, func(s trail.Step, in *organizations.EnableAWSServiceAccessInput) error {
		in.ServicePrincipal = &s.Member
		return nil
	}),
	trail.OpRegisterDelegatedAdministrator: organizationWrite((*organizations.Client).RegisterDelegatedAdministrator, func(s trail.Step, in *organizations.RegisterDelegatedAdministratorInput) error {
		account, service, ok := strings.Cut(s.Member, " ")
		if !ok {
			return unusable(s, "does not name an account and a service")
		}
		in.AccountId, in.ServicePrincipal = &account, &service
		return nil
	}),
}

func organizationWrite[I, O any](call operation[*organizations.Client, I, O, organizations.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).organizations, func(o *organizations.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}
