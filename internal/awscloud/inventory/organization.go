package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

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
	found.ServiceControls, found.ResourceControls = trail.Known([][]*whocan.Policy(nil)), trail.Known([][]*whocan.Policy(nil))
	if found.ManagementAccount != r.account.ID { // which none limits
		read := asker.cloud.ControlPolicies(ctx, r.account.ID, r.account.Partition)
		found.ServiceControls, found.ResourceControls = controls(read.SCPs, read.SCPErr), controls(read.RCPs, read.RCPErr)
	}
	return trail.Known(found)
}

// controls are the policies of a kind, or why they could not be read.
func controls(levels [][]*whocan.Policy, err error) trail.Facet[[][]*whocan.Policy] {
	if err != nil {
		return trail.NotKnown[[][]*whocan.Policy](err.Error())
	}
	return trail.Known(levels)
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
