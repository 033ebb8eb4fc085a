package awscloud

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

const (
	stopPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"Stop","Effect":"Allow","Action":"cloudtrail:StopLogging","Resource":"*"}]}`
	admin      = "arn:aws:iam::aws:policy/AdministratorAccess"
)

// people makes a user in a group, one within a boundary, and a role.
func (w *world) people(t *testing.T) {
	t.Helper()
	c := w.cloud.iam("us-east-1")
	boundary, err := c.CreatePolicy(w.context, &iam.CreatePolicyInput{PolicyName: aws.String("limit"), PolicyDocument: aws.String(inlinePolicy)})
	if err != nil {
		t.Fatal(err)
	}
	eve, dev, deliver := aws.String("eve"), aws.String("dev"), aws.String("deliver")
	must[iam.CreateUserOutput](t)(c.CreateUser(w.context, &iam.CreateUserInput{UserName: eve, Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("red")}}}))
	must[iam.CreateUserOutput](t)(c.CreateUser(w.context, &iam.CreateUserInput{UserName: aws.String("kept"), PermissionsBoundary: boundary.Policy.Arn}))
	must[iam.CreateUserOutput](t)(c.CreateUser(w.context, &iam.CreateUserInput{UserName: aws.String("odd")}))
	must[iam.CreateGroupOutput](t)(c.CreateGroup(w.context, &iam.CreateGroupInput{GroupName: dev}))
	must[iam.AddUserToGroupOutput](t)(c.AddUserToGroup(w.context, &iam.AddUserToGroupInput{UserName: eve, GroupName: dev}))
	must[iam.PutGroupPolicyOutput](t)(c.PutGroupPolicy(w.context, &iam.PutGroupPolicyInput{GroupName: dev, PolicyName: aws.String("stop"), PolicyDocument: aws.String(stopPolicy)}))
	must[iam.AttachUserPolicyOutput](t)(c.AttachUserPolicy(w.context, &iam.AttachUserPolicyInput{UserName: aws.String("kept"), PolicyArn: aws.String(admin)}))
	must[iam.AttachUserPolicyOutput](t)(c.AttachUserPolicy(w.context, &iam.AttachUserPolicyInput{UserName: aws.String("odd"), PolicyArn: aws.String("arn:aws:iam::aws:policy/SecretSauce")}))
	must[iam.CreateRoleOutput](t)(c.CreateRole(w.context, &iam.CreateRoleInput{RoleName: deliver, AssumeRolePolicyDocument: aws.String(trustPolicy)}))
	must[iam.PutRolePolicyOutput](t)(c.PutRolePolicy(w.context, &iam.PutRolePolicyInput{RoleName: deliver, PolicyName: aws.String("write"), PolicyDocument: aws.String(inlinePolicy)}))
}

func TestPrincipals(t *testing.T) {
	w := newWorld(t)
	w.people(t)
	a, err := w.cloud.Principals(w.context)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range a.Principals {
		line := p.ARN[strings.LastIndexByte(p.ARN, ':')+1:]
		for _, one := range p.Policies {
			line += ", " + one.Name
		}
		if p.Boundary != nil {
			line += " within " + p.Boundary.Name
		}
		if p.Trust != nil {
			line += ", trusted"
		}
		line += strings.Join(p.Unread, "") + strings.Join(p.Groups, "") + p.Tags["team"]
		got = append(got, line)
	}
	want := []string{
		"user/eve, group dev's inline policy stoparn:aws:iam::111122223333:group/devred",
		"user/kept, managed policy AdministratorAccess within managed policy limit",
		"user/oddmanaged policy SecretSauce: IAM did not tell what is in it",
		"role/deliver, inline policy write, trusted",
	}
	if !slices.Equal(got, want) || a.ID != guardedARN[len("arn:aws:cloudtrail:us-east-1:"):][:12] || len(a.Groups) != 1 {
		t.Errorf("%q", got)
	}

	base, _, err := w.cloud.Capture(w.context, CaptureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := whocan.Evaluate(a, whocan.Targets(base.Trails))
	var stop []string
	for _, one := range r.Techniques[0].Who {
		stop = append(stop, fmt.Sprint(one.Answer, " ", one.Principal[strings.LastIndexByte(one.Principal, ':')+1:], " ", one.Policy, " ", one.Statement))
	}
	want = []string{"yes root the root user may do everything ", `yes user/eve group dev's inline policy stop "Stop"`, "maybe user/odd  "}
	if r.Techniques[0].ID != tamper.StopLogging || !slices.Equal(stop, want) {
		t.Errorf("%q", stop)
	}
}

// TestPrincipalsOfAnOrganization reads the policies that bind a member, as a delegated administrator and as nobody.
func TestPrincipalsOfAnOrganization(t *testing.T) {
	w, theirs, _ := organized(t)
	c := w.cloud.organizations("us-east-1")
	mine, err := w.cloud.Principals(w.context)
	if err != nil || !mine.Management || len(mine.SCPs)+len(mine.Unread) > 0 {
		t.Errorf("the management account: %+v %v", mine, err)
	}
	out, err := c.CreatePolicy(w.context, &organizations.CreatePolicyInput{Name: aws.String("protect"), Description: aws.String(""), Type: "SERVICE_CONTROL_POLICY",
		Content: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:Stop*","Resource":"*"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	must[organizations.AttachPolicyOutput](t)(c.AttachPolicy(w.context, &organizations.AttachPolicyInput{PolicyId: out.Policy.PolicySummary.Id, TargetId: aws.String(member)}))

	blind, err := theirs.Principals(w.context)
	if err != nil || !slices.Equal(blind.Unread, []policy.Layer{policy.SCP, policy.RCP}) || len(blind.Notes) != 1 {
		t.Errorf("as nobody: %+v %v", blind, err)
	}
	must[organizations.RegisterDelegatedAdministratorOutput](t)(c.RegisterDelegatedAdministrator(w.context, &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(member), ServicePrincipal: aws.String("cloudtrail.amazonaws.com")}))
	seen, err := theirs.Principals(w.context)
	if err != nil || seen.Management || seen.OrganizationID == "" || len(seen.Unread) > 0 || len(seen.SCPs) != 2 || len(seen.RCPs) != 0 {
		t.Fatalf("as an administrator: %+v %v", seen, err)
	}
	if got := []int{len(seen.SCPs[0]), len(seen.SCPs[1])}; !slices.Equal(got, []int{1, 2}) || seen.SCPs[1][1].Name != "protect" || seen.SCPs[0][0] != seen.SCPs[1][0] {
		t.Errorf("policies on the levels: %v", got)
	}
	seen.Principals = nil
	r := whocan.Evaluate(seen, whocan.Targets([]trail.Guarded{{Config: trail.Config{ARN: strings.ReplaceAll(guardedARN, "111122223333", member), HomeRegion: "us-east-1"}}}))
	if stop := r.Techniques[0]; !stop.Shielded || len(stop.Who) > 0 {
		t.Errorf("%+v", stop)
	}
}
