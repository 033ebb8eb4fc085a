package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxDepth is how deep organizational units can lie: five below the root, and the account itself.
const maxDepth = 7

func (r *reader) organizations() *organizations.Client {
	return organizations.NewFromConfig(r.config, func(o *organizations.Options) { o.Region = r.global() })
}

// members are readers of the organization's other accounts. One that cannot be reached is among them, with the reason.
func (r *reader) members(ctx context.Context, o Options) (readers []*reader, notes []string) {
	accounts, err := awscloud.Listed("ListAccounts", 500, func(token *string) ([]orgtypes.Account, *string, error) {
		out, err := r.organizations().ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: token})
		if err != nil {
			return nil, nil, awscloud.Failure(ctx, "ListAccounts", err)
		}
		return out.Accounts, out.NextToken, nil
	})
	if err != nil {
		return nil, []string{"the organization's accounts could not be listed, so that only " + r.account.ID + " was read: " + err.Error()}
	}
	for _, a := range accounts {
		id := aws.ToString(a.Id)
		switch {
		case id == r.account.ID:
		case a.State != "" && a.State != orgtypes.AccountStateActive:
			notes = append(notes, fmt.Sprintf("account %s is %s and was not read", id, strings.ToLower(string(a.State))))
		default:
			readers = append(readers, r.member(id, o))
		}
	}
	awscloud.Each(readers, maxAccounts, func(m *reader) {
		caller, err := m.cloud.Caller(ctx)
		m.account.Caller = caller
		if err != nil {
			m.account.Failure = err.Error()
		}
	})
	return readers, notes
}

// member is a reader of one member, with the role that is named alike in all of them.
func (r *reader) member(id string, o Options) *reader {
	arn := "arn:" + r.account.Partition + ":iam::" + id + ":role/" + o.MemberRole
	m := newReader(r.cloud.Assuming(arn, o.ExternalID), id, r.account.Partition, "", o)
	m.manager = r
	return m
}

// organization reads which organization the account is in, and what limits the account there. What only the management
// account sees is asked of it, where it's being read.
func (r *reader) organization(ctx context.Context) trail.Facet[posture.Organization] {
	out, err := r.organizations().DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		var none *orgtypes.AWSOrganizationsNotInUseException
		if errors.As(err, &none) {
			return trail.Gone[posture.Organization]()
		}
		return trail.NotKnown[posture.Organization](awscloud.Failure(ctx, "DescribeOrganization", err).Error())
	}
	if out.Organization == nil || aws.ToString(out.Organization.Id) == "" {
		return trail.NotKnown[posture.Organization]("DescribeOrganization: the answer is about no organization")
	}
	found := posture.Organization{ID: aws.ToString(out.Organization.Id), ManagementAccount: aws.ToString(out.Organization.MasterAccountId)}
	asker := r
	if r.manager != nil {
		asker = r.manager
	}
	state := asker.cloud.ObserveResource(ctx, trail.Resource{Type: trail.Organization, ARN: aws.ToString(out.Organization.Arn), Region: r.global(), Account: asker.account.ID,
		Settings: map[trail.Setting]trail.Document{"trustedAccess": "", "delegatedAdministrators": ""}})
	found.TrustedServices = members(state["trustedAccess"])
	found.Administrators = administrators(state["delegatedAdministrators"])
	var wg sync.WaitGroup
	wg.Go(func() {
		found.ServiceControls = asker.controls(ctx, r.account.ID, orgtypes.PolicyTypeServiceControlPolicy)
	})
	found.ResourceControls = asker.controls(ctx, r.account.ID, orgtypes.PolicyTypeResourceControlPolicy)
	wg.Wait()
	return trail.Known(found)
}

// members are the names of a document's members.
func members(f trail.Facet[trail.Document]) trail.Facet[[]string] {
	document, known := f.Get()
	if !known {
		return trail.NotKnown[[]string](f.Why())
	}
	return trail.Known(slices.Sorted(maps.Keys(document.Members())))
}

// administrators are the accounts that administer CloudTrail; the document names account and service.
func administrators(f trail.Facet[trail.Document]) trail.Facet[[]string] {
	all, known := members(f).Get()
	if !known {
		return members(f)
	}
	accounts := []string{}
	for _, name := range all {
		if account, service, _ := strings.Cut(name, " "); service == "cloudtrail.amazonaws.com" {
			accounts = append(accounts, account)
		}
	}
	return trail.Known(accounts)
}

// controls reads the policies of a kind that are attached to an account and to everything above it, from the top.
func (r *reader) controls(ctx context.Context, account string, kind orgtypes.PolicyType) trail.Facet[[]posture.ControlLevel] {
	levels := []posture.ControlLevel{}
	client := r.organizations()
	for target, depth := account, 0; target != "" && depth < maxDepth; depth++ {
		policies, err := r.attached(ctx, client, target, kind)
		if err != nil {
			return trail.NotKnown[[]posture.ControlLevel](err.Error())
		}
		levels = slices.Insert(levels, 0, posture.ControlLevel{Target: target, Policies: policies})
		if strings.HasPrefix(target, "r-") {
			break
		}
		out, err := client.ListParents(ctx, &organizations.ListParentsInput{ChildId: aws.String(target)})
		if err != nil {
			return trail.NotKnown[[]posture.ControlLevel](awscloud.Failure(ctx, "ListParents", err).Error())
		}
		target = ""
		if len(out.Parents) == 1 {
			target = aws.ToString(out.Parents[0].Id)
		}
	}
	return trail.Known(levels)
}

// attached reads the policies of one target, with their texts. A kind that the organization has not turned on limits nothing.
func (r *reader) attached(ctx context.Context, client *organizations.Client, target string, kind orgtypes.PolicyType) ([]posture.Policy, error) {
	list, err := awscloud.Listed("ListPoliciesForTarget", maxPages, func(token *string) ([]orgtypes.PolicySummary, *string, error) {
		out, err := client.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: kind, NextToken: token})
		if err != nil {
			return nil, nil, awscloud.Failure(ctx, "ListPoliciesForTarget", err)
		}
		return out.Policies, out.NextToken, nil
	})
	if off(err, "PolicyTypeNotEnabledException", "PolicyTypeNotAvailableForOrganizationException") {
		return nil, nil
	}
	var policies []posture.Policy
	for _, p := range list {
		out, failed := client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
		if failed != nil {
			return nil, awscloud.Failure(ctx, "DescribePolicy", failed)
		}
		policies = append(policies, posture.Policy{Name: aws.ToString(p.Name), ARN: aws.ToString(p.Arn), Text: aws.ToString(out.Policy.Content)})
	}
	return policies, err
}
