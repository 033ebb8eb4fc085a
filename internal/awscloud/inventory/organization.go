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
	"github.com/trailhold/trailhold/internal/whocan"
)

func (r *reader) organizations() *organizations.Client {
	return organizations.NewFromConfig(r.config, func(o *organizations.Options) { o.Region = r.global() })
}

// accounts lists the accounts of the organization.
func (r *reader) accounts(ctx context.Context) ([]orgtypes.Account, error) {
	return awscloud.Listed("ListAccounts", 500, func(token *string) ([]orgtypes.Account, *string, error) {
		out, err := r.organizations().ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: token})
		if err != nil {
			return nil, nil, awscloud.Failure(ctx, "ListAccounts", err)
		}
		return out.Accounts, out.NextToken, nil
	})
}

// members are readers of the organization's other accounts. One that cannot be entered is among them, with the reason.
func (r *reader) members(ctx context.Context, accounts told[[]orgtypes.Account]) (readers []*reader, notes []string) {
	if accounts.err != nil {
		return nil, []string{"the organization's accounts could not be listed, so that only " + r.account.ID + " was read: " + accounts.err.Error()}
	}
	for _, a := range accounts.value {
		id := aws.ToString(a.Id)
		switch {
		case id == r.account.ID, r.options.Others[id] != nil:
		case a.State != "" && a.State != orgtypes.AccountStateActive:
			notes = append(notes, fmt.Sprintf("account %s is %s and was not read", id, strings.ToLower(string(a.State))))
		default:
			readers = append(readers, r.member(ctx, id))
		}
	}
	enter(ctx, readers)
	return readers, notes
}

// enter assumes the role of each account. Why it cannot be, is remembered.
func enter(ctx context.Context, readers []*reader) {
	awscloud.Each(readers, maxEntered, func(m *reader) {
		if _, err := m.config.Credentials.Retrieve(ctx); err != nil {
			m.account.Failure = awscloud.Failure(ctx, "AssumeRole", err).Error()
		}
	})
}

// named are readers of the other accounts that were named.
func (r *reader) named(ctx context.Context) (readers []*reader) {
	for _, id := range slices.Sorted(maps.Keys(r.options.Others)) {
		if id == r.account.ID {
			continue
		}
		other := newReader(ctx, r.options.Others[id].Patient(), r.account.Partition, r.options)
		other.account.ID = id
		readers = append(readers, other)
	}
	enter(ctx, readers)
	return readers
}

// member is a reader of one member, with the role that is named alike in all of them.
func (r *reader) member(ctx context.Context, id string) *reader {
	arn := "arn:" + r.account.Partition + ":iam::" + id + ":role/" + r.options.MemberRole
	m := newReader(ctx, r.cloud.Assuming(arn, r.options.ExternalID), r.account.Partition, r.options)
	m.account.ID, m.manager = id, r
	return m
}

// describe asks which organization the account is in; nil for none.
func (r *reader) describe(ctx context.Context) (*orgtypes.Organization, error) {
	out, err := r.organizations().DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	var none *orgtypes.AWSOrganizationsNotInUseException
	switch {
	case errors.As(err, &none):
		return nil, nil
	case err != nil:
		return nil, awscloud.Failure(ctx, "DescribeOrganization", err)
	case out.Organization == nil || aws.ToString(out.Organization.Id) == "":
		return nil, errors.New("DescribeOrganization: the answer is about no organization")
	}
	return out.Organization, nil
}

// asker is the reader with whose credentials to ask what only the management account and delegated administrators see.
func (r *reader) asker() *reader {
	if r.manager != nil {
		return r.manager
	}
	return r
}

// organization reads which organization the account is in, and what limits the account there.
func (r *reader) organization(ctx context.Context) trail.Facet[posture.Organization] {
	described := r.described.answer()
	switch {
	case described.err != nil:
		return trail.NotKnown[posture.Organization](described.err.Error())
	case described.value == nil:
		return trail.Gone[posture.Organization]()
	}
	one := described.value
	found := posture.Organization{ID: aws.ToString(one.Id), ManagementAccount: aws.ToString(one.MasterAccountId)}
	var wg sync.WaitGroup
	wg.Go(func() {
		asker := r.asker()
		state := asker.cloud.ObserveResource(ctx, trail.Resource{Type: trail.Organization, ARN: aws.ToString(one.Arn), Region: r.global(), Account: asker.account.ID,
			Settings: map[trail.Setting]trail.Document{"trustedAccess": "", "delegatedAdministrators": ""}})
		found.TrustedServices = members(state["trustedAccess"])
		found.Administrators = administrators(state["delegatedAdministrators"])
	})
	found.ServiceControls, found.ResourceControls = trail.Known([][]*whocan.Policy(nil)), trail.Known([][]*whocan.Policy(nil))
	if found.ManagementAccount != r.account.ID { // which none limits
		read := r.limits.answer()
		found.ServiceControls, found.ResourceControls = controls(read.SCPs, read.SCPErr), controls(read.RCPs, read.RCPErr)
	}
	wg.Wait()
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
