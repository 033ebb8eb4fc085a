package awscloud

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// maxDetailPages bounds the pages of GetAccountAuthorizationDetails, each of up to 1,000 entities: IAM's quotas allow an account
// 5,000 users and roles each, 500 groups and 5,000 managed policies.
const maxDetailPages = 100

// Principals reads who there is in the account and what each may do: users, groups and roles with their policies and
// boundaries, and the organization's policies as far as the caller may read them. What it could not read is in the result, not
// an error; that is only if the principals themselves can't be read.
func (c *Cloud) Principals(ctx context.Context) (whocan.Account, error) {
	caller, err := c.Caller(ctx)
	if err != nil {
		return whocan.Account{}, err
	}
	a, err := c.PrincipalsOf(ctx, accountOf(caller), arnPart(caller, 1))
	if err != nil {
		return whocan.Account{}, err
	}
	c.organizationPolicies(ctx, &a)
	return a, nil
}

// PrincipalsOf reads the users, groups and roles of the cloud's account, whose id and partition the caller knows; nothing of its
// organization.
func (c *Cloud) PrincipalsOf(ctx context.Context, id, partition string) (whocan.Account, error) {
	a := whocan.Account{ID: id, Partition: partition}
	all, err := c.accountDetails(ctx, c.globalRegion(partition))
	if err != nil {
		return whocan.Account{}, err
	}
	all.fill(&a)
	return a, nil
}

// globalRegion is where services that belong to no region are called.
func (c *Cloud) globalRegion(partition string) string {
	return cmp.Or(trail.GlobalRegion(partition), c.Region())
}

// accountDetails are all pages of GetAccountAuthorizationDetails.
type accountDetails struct {
	iam.GetAccountAuthorizationDetailsOutput
	managed map[string]*whocan.Policy // by ARN
	unread  map[string]string         // why a managed policy can't be used, by ARN
}

// accountDetails reads each kind of entity in a chain of pages of its own, all at the same time: the next page is only to be had with
// the answer before, and IAM may make pages smaller than asked for.
func (c *Cloud) accountDetails(ctx context.Context, region string) (*accountDetails, error) {
	all := &accountDetails{managed: map[string]*whocan.Policy{}, unread: map[string]string{}}
	var failed error
	var mu sync.Mutex
	kinds := iamtypes.EntityType("").Values()
	each(kinds, len(kinds), func(kind iamtypes.EntityType) {
		pages, err := c.detailPages(ctx, region, kind)
		mu.Lock()
		defer mu.Unlock()
		failed = cmp.Or(failed, err)
		for _, page := range pages {
			all.UserDetailList = append(all.UserDetailList, page.UserDetailList...)
			all.GroupDetailList = append(all.GroupDetailList, page.GroupDetailList...)
			all.RoleDetailList = append(all.RoleDetailList, page.RoleDetailList...)
			all.Policies = append(all.Policies, page.Policies...)
		}
	})
	return all, failed
}

func (c *Cloud) detailPages(ctx context.Context, region string, kind iamtypes.EntityType) ([]*iam.GetAccountAuthorizationDetailsOutput, error) {
	return listed("GetAccountAuthorizationDetails", maxDetailPages, func(token *string) ([]*iam.GetAccountAuthorizationDetailsOutput, *string, error) {
		out, err := c.iam(region).GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []iamtypes.EntityType{kind}, MaxItems: aws.Int32(1000), Marker: token})
		if err != nil {
			return nil, nil, failure(ctx, "GetAccountAuthorizationDetails", err)
		}
		return []*iam.GetAccountAuthorizationDetailsOutput{out}, out.Marker, nil
	})
}

// fill translates. Policies that several principals share become one value.
func (d *accountDetails) fill(a *whocan.Account) {
	for _, p := range d.Policies {
		d.manage(p)
	}
	a.Groups = map[string][]*whocan.Policy{}
	groups := map[string]*bearer{}
	for _, g := range d.GroupDetailList {
		b := &bearer{arn: aws.ToString(g.Arn)}
		b.own("group "+aws.ToString(g.GroupName)+"'s inline policy", g.GroupPolicyList)
		b.attached(d, "group "+aws.ToString(g.GroupName)+"'s managed policy", g.AttachedManagedPolicies)
		a.Groups[b.arn], groups[aws.ToString(g.GroupName)] = b.policies, b
	}
	for _, u := range d.UserDetailList {
		b := &bearer{arn: aws.ToString(u.Arn)}
		b.own("inline policy", u.UserPolicyList)
		b.attached(d, "managed policy", u.AttachedManagedPolicies)
		for _, name := range u.GroupList {
			b.join(name, groups[name])
		}
		p := b.principal(d, u.PermissionsBoundary, u.Tags)
		a.Principals = append(a.Principals, p)
	}
	for _, r := range d.RoleDetailList {
		b := &bearer{arn: aws.ToString(r.Arn)}
		b.own("inline policy", r.RolePolicyList)
		b.attached(d, "managed policy", r.AttachedManagedPolicies)
		p := b.principal(d, r.PermissionsBoundary, r.Tags)
		if trust, err := documentOf(r.AssumeRolePolicyDocument); err == nil {
			p.Trust = &trust
		} else {
			a.Notes = append(a.Notes, fmt.Sprintf("the trust policy of %s could not be read: who may assume it is not known (%v)", plain.Text(p.ARN, 200), err))
		}
		a.Principals = append(a.Principals, p)
	}
}

// manage keeps the version of a managed policy that is in force.
func (d *accountDetails) manage(p iamtypes.ManagedPolicyDetail) {
	arn := aws.ToString(p.Arn)
	for _, v := range p.PolicyVersionList {
		if !v.IsDefaultVersion {
			continue
		}
		document, err := documentOf(v.Document)
		if err != nil {
			d.unread[arn] = err.Error()
			return
		}
		d.managed[arn] = &whocan.Policy{Name: "managed policy " + aws.ToString(p.PolicyName), ARN: arn, Document: document}
	}
}

// documentOf reads a policy as IAM hands it out, percent-encoded.
func documentOf(encoded *string) (policy.Document, error) {
	text, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		return policy.Document{}, fmt.Errorf("it is not percent-encoded as IAM's policies are")
	}
	return policy.Parse(text)
}

// bearer collects what somebody has.
type bearer struct {
	arn      string
	policies []*whocan.Policy
	groups   []string
	unread   []string
}

// own adds inline policies. what says whose they are.
func (b *bearer) own(what string, list []iamtypes.PolicyDetail) {
	for _, p := range list {
		name := what + " " + aws.ToString(p.PolicyName)
		document, err := documentOf(p.PolicyDocument)
		if err != nil {
			b.unread = append(b.unread, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		text, _ := url.PathUnescape(aws.ToString(p.PolicyDocument)) // it was read above
		b.policies = append(b.policies, &whocan.Policy{Name: name, Document: document, Holder: b.arn, Inline: aws.ToString(p.PolicyName), Text: text})
	}
}

// attached adds managed policies.
func (b *bearer) attached(d *accountDetails, what string, list []iamtypes.AttachedPolicy) {
	for _, p := range list {
		arn := aws.ToString(p.PolicyArn)
		if known := d.managed[arn]; known != nil {
			b.policies = append(b.policies, known)
			continue
		}
		b.unread = append(b.unread, fmt.Sprintf("%s %s: %s", what, aws.ToString(p.PolicyName), cmp.Or(d.unread[arn], "IAM did not tell what is in it")))
	}
}

// join adds what the members of a group have.
func (b *bearer) join(name string, group *bearer) {
	if group == nil {
		b.unread = append(b.unread, "group "+name+": IAM did not tell of it")
		return
	}
	b.groups = append(b.groups, group.arn)
	b.policies = append(b.policies, group.policies...)
	b.unread = append(b.unread, group.unread...)
}

func (b *bearer) principal(d *accountDetails, boundary *iamtypes.AttachedPermissionsBoundary, tags []iamtypes.Tag) whocan.Principal {
	p := whocan.Principal{ARN: b.arn, Policies: b.policies, Groups: b.groups, Unread: b.unread, Tags: map[string]string{}}
	for _, t := range tags {
		p.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if boundary != nil {
		p.Boundary = d.managed[aws.ToString(boundary.PermissionsBoundaryArn)]
		p.UnreadBoundary = p.Boundary == nil
	}
	slices.SortStableFunc(p.Policies, func(x, y *whocan.Policy) int { return cmp.Compare(x.Name, y.Name) })
	return p
}
