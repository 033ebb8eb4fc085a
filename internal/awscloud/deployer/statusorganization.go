package deployer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	templates "github.com/trailhold/trailhold/deploy/cloudformation"
	"github.com/trailhold/trailhold/internal/awscloud"
)

// setTemplates are, by the logical ids of an organization's stack sets, the parameter that says where each one's template lies and
// the template of this release.
var setTemplates = map[string]struct{ parameter, template string }{
	"Forwarders":  {"ForwarderTemplateUrl", templates.Forwarder},
	"MemberRoles": {"MemberRoleTemplateUrl", templates.MemberRole},
}

// accounts looks at what a stack's stack sets have in the organization's accounts.
func (d *Deployer) accounts(ctx context.Context, p *deployed) {
	some := false
	for _, r := range p.resources {
		if r.Type == SetType {
			some = true
			d.set(ctx, p, r)
		}
	}
	if !some {
		return
	}
	switch trusted, err := d.trusted(ctx, p.region, callAsOf(&p.stack)); {
	case err != nil:
		p.found(Unknown, "organization", "trusted access", "%s", reason(err))
	case !trusted:
		p.found(Wrong, "organization", "trusted access", "the organization trusts stack sets no more, and accounts that join get nothing: run \"trailhold deploy --organization\"")
	default:
		p.found(Fine, "organization", "trusted access", "the organization trusts stack sets")
	}
}

// set looks at one stack set: its template, and the stack in each account and region.
func (d *Deployer) set(ctx context.Context, p *deployed, r Resource) {
	name, as := setName(r.PhysicalID), callAsOf(&p.stack)
	out, err := d.stacks(p.region).DescribeStackSet(ctx, &cloudformation.DescribeStackSetInput{StackSetName: &name, CallAs: as})
	var gone *types.StackSetNotFoundException
	switch {
	case errors.As(err, &gone):
		p.found(Wrong, "organization", name, "is gone")
		return
	case err != nil:
		p.found(Unknown, "organization", name, "cannot be read: %s", reason(awscloud.Failure(ctx, "DescribeStackSet", err)))
		return
	}
	if out.StackSet != nil {
		p.setTemplate(name, r.LogicalID, aws.ToString(out.StackSet.TemplateBody))
	}
	all, err := d.instances(ctx, p.region, name, as)
	if err != nil {
		p.found(Unknown, "organization", name, "which stacks it has cannot be read: %s", reason(err))
	}
	if len(all) == 0 && err == nil {
		p.found(Wrong, "organization", name, "has no stack in any account: no unit that was chosen has an account, or all were deleted")
	}
	for _, i := range all {
		where := *p
		where.region, where.checks = i.Region, nil
		switch {
		case i.failed():
			where.found(Wrong, "organization", name+" of "+i.Account, "%s: run \"trailhold deploy --organization\" to try again", i.because())
		case i.current():
			where.found(Fine, "organization", name+" of "+i.Account, "current")
		default:
			where.found(Note, "organization", name+" of "+i.Account, "is being changed (%s)", strings.ToLower(i.Detail))
		}
		p.checks = append(p.checks, where.checks...)
	}
}

// setTemplate compares a stack set's template with what was deployed, by the sum in that one's name, and with this release's.
func (p *deployed) setTemplate(name, logicalID, body string) {
	want := setTemplates[logicalID]
	sum := sha256.Sum256([]byte(body))
	switch {
	case body == want.template:
		p.found(Fine, "organization", name, "has this release's template")
	case strings.HasSuffix(p.parameters[want.parameter], "/organization/"+hex.EncodeToString(sum[:])+".yaml"):
		p.found(Note, "organization", name, "has another release's template: run \"trailhold deploy --organization\"")
	default:
		p.found(Wrong, "organization", name, "has another template than what was deployed: run \"trailhold deploy --organization\"")
	}
}

// setName is a stack set's name in its id, which is the name, a colon and a random part.
func setName(id string) string {
	name, _, _ := strings.Cut(id, ":")
	return name
}
