package awscloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const member = "444455556666"

// organized is a lab with an organization that the default account manages, and a cloud for the member's account.
func organized(t *testing.T) (w *world, theirs *Cloud, r trail.Resource) {
	t.Helper()
	l := lab.New(lab.Options{ManagementAccount: lab.DefaultAccount, Accounts: map[string]string{"member": member}})
	t.Cleanup(l.Close)
	w = &world{Lab: l, cloud: dial(t, l.Client()), context: t.Context()}
	theirs, err := New(t.Context(), Options{Region: "us-east-1", HTTPClient: l.Client(), AccessKeyID: "member", SecretAccessKey: "x"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.cloud.organizations("us-east-1").DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})
	if err != nil {
		t.Fatal(err)
	}
	return w, theirs, trail.Resource{Type: trail.Organization, ARN: *out.Organization.Arn, Region: "us-east-1", Account: lab.DefaultAccount}
}

func TestOrganizationWithstandsTampering(t *testing.T) {
	w, _, r := organized(t)
	c, trusted := w.cloud.organizations("us-east-1"), aws.String("cloudtrail.amazonaws.com")
	must[organizations.EnableAWSServiceAccessOutput](t)(c.EnableAWSServiceAccess(w.context, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: trusted}))
	must[organizations.RegisterDelegatedAdministratorOutput](t)(c.RegisterDelegatedAdministrator(w.context, &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(member), ServicePrincipal: trusted}))
	tamperings := []tampering{
		{"not trusted", "trustedAccess", func(t *testing.T) {
			must[organizations.DisableAWSServiceAccessOutput](t)(c.DisableAWSServiceAccess(w.context, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: trusted}))
		}, []trail.Op{trail.OpEnableAWSServiceAccess}},
		{"not delegated", "delegatedAdministrators", func(t *testing.T) {
			must[organizations.DeregisterDelegatedAdministratorOutput](t)(c.DeregisterDelegatedAdministrator(w.context, &organizations.DeregisterDelegatedAdministratorInput{AccountId: aws.String(member), ServicePrincipal: trusted}))
		}, []trail.Op{trail.OpRegisterDelegatedAdministrator}},
	}
	w.withstands(t, r, tamperings)
	w.neverMistakes(t, r, "organizations", "DescribeOrganization", "ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators",
		"ListDelegatedServicesForAccount", "ListPoliciesForTarget", "DescribePolicy")
}

// Policies that keep the guard from acting are told of; lifting them is not for the account that they bind.
func TestServiceControlPoliciesAreTold(t *testing.T) {
	w, _, r := organized(t)
	r.Account = member
	c := w.cloud.organizations("us-east-1")
	content := func(action string) *string {
		return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"` + action + `","Resource":"*"}]}`)
	}
	out, err := c.CreatePolicy(w.context, &organizations.CreatePolicyInput{Name: aws.String("quiet"), Description: aws.String(""), Type: "SERVICE_CONTROL_POLICY", Content: content("iam:*")})
	if err != nil {
		t.Fatal(err)
	}
	id := out.Policy.PolicySummary.Id
	for _, tampering := range []tampering{
		{"attached", "serviceControlPolicies", func(t *testing.T) {
			must[organizations.AttachPolicyOutput](t)(c.AttachPolicy(w.context, &organizations.AttachPolicyInput{PolicyId: id, TargetId: aws.String(member)}))
		}, nil},
		{"changed", "serviceControlPolicies", func(t *testing.T) {
			must[organizations.UpdatePolicyOutput](t)(c.UpdatePolicy(w.context, &organizations.UpdatePolicyInput{PolicyId: id, Content: content("cloudtrail:StartLogging")}))
		}, nil},
		{"detached", "serviceControlPolicies", func(t *testing.T) {
			must[organizations.DetachPolicyOutput](t)(c.DetachPolicy(w.context, &organizations.DetachPolicyInput{PolicyId: id, TargetId: aws.String(member)}))
		}, nil},
	} {
		baseline := w.captured(t, r)
		tampering.do(t)
		g, state, fields := w.drifts(t, baseline)
		if len(fields) != 1 || fields[0] != "organization.serviceControlPolicies" || trail.Diff(g, state).Drifts[0].Direction != trail.Narrowing {
			t.Errorf("%s: drifts %v", tampering.name, fields)
		}
		if steps := trail.Plan(trail.Baseline{}, g, state); len(steps) > 0 {
			t.Errorf("%s: steps %v", tampering.name, steps)
		}
	}
}

// A member that leaves is in no organization any more; what it may not read is unknown to it.
func TestAccountThatLeavesItsOrganization(t *testing.T) {
	_, theirs, r := organized(t)
	r.Account = member
	state := theirs.ObserveResource(t.Context(), everything(r))
	for setting, f := range state {
		if known := f.Knowledge() == trail.Present; known != (setting == trail.Identity) {
			t.Errorf("to a member %s is %s", setting, text(f))
		}
	}
	other := r
	other.ARN += "2"
	if f := theirs.ObserveResource(t.Context(), other)[trail.Identity]; f.Knowledge() != trail.Absent {
		t.Errorf("as a member of another organization: %s", text(f))
	}
	must[organizations.LeaveOrganizationOutput](t)(theirs.organizations("us-east-1").LeaveOrganization(t.Context(), &organizations.LeaveOrganizationInput{}))
	if f := theirs.ObserveResource(t.Context(), r)[trail.Identity]; f.Knowledge() != trail.Absent {
		t.Errorf("after leaving: %s", text(f))
	}
}
