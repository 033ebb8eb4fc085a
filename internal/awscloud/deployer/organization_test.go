package deployer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/memberlist"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	second, third = "222233334444", "333344445555"
	stackSets     = "member.org.stacksets.cloudformation.amazonaws.com"
)

// newOrganization is the lab of an organization, whose management account or first member deploys.
func newOrganization(t *testing.T, key string) *account {
	a := &account{on: func(deployer.Progress) {}, Lab: lab.New(lab.Options{Regions: []string{home, "us-west-2", "eu-west-1"}, ManagementAccount: lab.DefaultAccount,
		Accounts: map[string]string{"AKIASECOND0000000001": second, "AKIATHIRD00000000001": third}})}
	t.Cleanup(a.Close)
	a.Deployer = deployer.New(awscloud.Isolated(home, key, "s", a.Client()), func(p deployer.Progress) {
		a.told = append(a.told, p)
		a.on(p)
	})
	return a
}

// memberBaseline is that of an account with a trail of its own, and a bucket beside it.
func memberBaseline(account string) trail.Baseline {
	var g trail.Guarded
	g.Name, g.ARN, g.HomeRegion, g.S3BucketName = "own", "arn:aws:cloudtrail:eu-west-1:"+account+":trail/own", "eu-west-1", "logs-"+account
	g.Restore = trail.RestoreAll
	g.Dependents = []trail.Resource{{Type: trail.Bucket, ARN: "arn:aws:s3:::logs-" + account, Region: "eu-west-1", Account: account}}
	return trail.Baseline{Account: account, Trails: []trail.Guarded{g}}
}

// ofOrganization are the options of a deployment for the lab's organization, with two members.
func (a *account) ofOrganization(t *testing.T) deployer.Options {
	t.Helper()
	o := options(t)
	org, err := a.Organization(t.Context(), home)
	must(t, err)
	for _, account := range []string{third, second} {
		org.Members = append(org.Members, deployer.Member{Baseline: memberBaseline(account), Content: []byte("the baseline of " + account)})
	}
	o.Organization = &org
	return o
}

// has says whether an account has a forwarder's rule in a region, and the role.
func (a *account) has(t *testing.T, key, region string) (rule, role bool) {
	t.Helper()
	config := awscloud.Isolated(region, key, "s", a.Client()).Config()
	out, err := eventbridge.NewFromConfig(config).DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: aws.String("trailhold-cloudtrail")})
	rule = err == nil && strings.Contains(aws.ToString(out.EventPattern), "StopLogging")
	_, err = iam.NewFromConfig(config).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("trailhold-restorer")})
	return rule, err == nil
}

// of is the plan of one stack.
func of(t *testing.T, p deployer.Plan, name string) deployer.StackPlan {
	t.Helper()
	n := slices.IndexFunc(p.Stacks, func(s deployer.StackPlan) bool { return s.Name == name })
	if n < 0 {
		t.Fatalf("no %s in %v", name, actions(p))
	}
	return p.Stacks[n]
}

func TestDesignOfOrganization(t *testing.T) {
	a := newOrganization(t, "AKIADEPLOYER00000001")
	o := a.ofOrganization(t)
	d := design(t, o)
	got := d.Stacks[len(d.Stacks)-1].Parameters
	for name, want := range map[string]string{
		"OrganizationalUnitIds": "r-labx", "CallAs": "SELF", "ForwarderRegions": "eu-west-1,us-east-1", "ForwarderBucketArns": "arn:aws:s3:::logs-222233334444,arn:aws:s3:::logs-333344445555",
		"TrailBucketArns": "arn:aws:s3:::logs-222233334444,arn:aws:s3:::logs-333344445555", "TrailKeyArns": "", "ForwardKeys": "false", "TrailName": "own", "TrailRegion": "eu-west-1",
		"GuardRoleArn": "arn:aws:iam::111122223333:role/trailhold-function-us-east-1", "EventBusArn": "arn:aws:events:us-east-1:111122223333:event-bus/trailhold",
		"ExternalId": "trailhold/o-labexample/111122223333/trailhold", "MembersBucket": "trailhold-store-111122223333-us-east-1", "Restore": "",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	if d.Stacks[0].Parameters["OrganizationId"] != "o-labexample" || !d.Trust {
		t.Errorf("the guard's parameters are %v, trust %v", d.Stacks[0].Parameters, d.Trust)
	}
	objects := map[string]string{}
	for _, object := range d.Objects {
		objects[object.Key] = string(object.Content)
	}
	key, _, _ := strings.Cut(d.Stacks[0].Parameters["Members"], "#")
	list, err := memberlist.Parse([]byte(objects[key]))
	if err != nil || len(list.Members) != 2 || list.ExternalID != got["ExternalId"] || list.Role != "trailhold-restorer" {
		t.Fatalf("%s holds %+v, %v", key, list, err)
	}
	theirs, _, _ := strings.Cut(list.Members[0].Baseline, "#")
	if list.Members[0].Account != second || objects[theirs] != "the baseline of "+second {
		t.Errorf("%+v, %q", list.Members[0], objects[theirs])
	}
	for _, url := range []string{got["ForwarderTemplateUrl"], got["MemberRoleTemplateUrl"]} {
		key, ok := strings.CutPrefix(url, "https://trailhold-store-111122223333-us-east-1.s3.us-east-1.amazonaws.com/")
		if !ok || !strings.Contains(objects[key], "AWSTemplateFormatVersion") {
			t.Errorf("%s is none of the objects", url)
		}
	}
}

func TestDesignOfOrganizationRefuses(t *testing.T) {
	a := newOrganization(t, "AKIADEPLOYER00000001")
	for want, change := range map[string]func(*trail.Baseline){
		"is the guard's own, and no member": func(b *trail.Baseline) { b.Account = lab.DefaultAccount },
		"the roles in members are for one":  func(b *trail.Baseline) { b.Trails = append(b.Trails, b.Trails[0]) },
		"for trails of one name and region": func(b *trail.Baseline) { b.Trails[0].Name = "other" },
		"take it out of that baseline": func(b *trail.Baseline) {
			b.Trails[0].Dependents = append(b.Trails[0].Dependents, trail.Resource{Type: trail.Topic, ARN: "arn:aws:sns:eu-west-1:222233334444:t"})
		},
		"account 333344445555 is there twice": func(b *trail.Baseline) { *b = memberBaseline(third) },
		"takes 4096: take some members": func(b *trail.Baseline) {
			b.Trails[0].Dependents[0].ARN += strings.Repeat("x", 4096)
		},
	} {
		o := a.ofOrganization(t)
		change(&o.Organization.Members[1].Baseline)
		if _, err := deployer.Design(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	o := a.ofOrganization(t)
	o.Parameters = map[string]string{"Members": ""}
	if _, err := deployer.Design(o); err == nil || !strings.Contains(err.Error(), "says to guard none") {
		t.Errorf("members, and none: %v", err)
	}
	o = a.ofOrganization(t)
	o.Parameters = map[string]string{"Restore": "false"}
	if d := design(t, o); d.Stacks[len(d.Stacks)-1].Parameters["Restore"] != "false" {
		t.Error("a guard that may restore nothing has roles that may")
	}
	o.Organization.Management = third
	if _, err := deployer.Design(o); err == nil || !strings.Contains(err.Error(), "give it a guard of its own") {
		t.Errorf("a member that manages the organization: %v", err)
	}
}

// TestOrganization deploys for an organization, once more, and takes all of it away.
func TestOrganization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newOrganization(t, "AKIADEPLOYER00000001")
		slow := a.Inject(lab.Fault{Service: "sqs", Operation: "CreateQueue", Account: third, Kind: lab.Slow, Delay: 3 * time.Second})
		o := a.ofOrganization(t)
		p := a.plan(t, design(t, o))
		if s := of(t, p, "trailhold-organization"); s.Action != deployer.Create || len(s.Changes) != 3 || !p.Deployment.Trust {
			t.Errorf("plan %+v", s)
		}
		if _, err := a.Apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		slow()
		for _, key := range []string{"AKIASECOND0000000001", "AKIATHIRD00000000001"} {
			for _, region := range []string{home, "eu-west-1"} {
				if rule, role := a.has(t, key, region); !rule || !role {
					t.Errorf("%s in %s: rule %v, role %v", key, region, rule, role)
				}
			}
		}
		if !slices.ContainsFunc(a.told, func(p deployer.Progress) bool {
			return p.Kind == deployer.SetType && p.Stack == "trailhold-forwarders" && strings.Contains(p.Because, " of 2 stacks in the accounts current")
		}) {
			t.Error("nobody told how far the stack sets are")
		}
		found := a.notFine(t)
		if len(found) != 3 { // as of any guard that was just deployed
			t.Errorf("a fresh deployment: %v", found)
		}

		// Again, with what is known of the organization by now.
		again := a.plan(t, design(t, a.ofOrganization(t)))
		if again.Changes() {
			t.Errorf("deployed again: %v", actions(again))
		}
		must(t, a.Discard(t.Context(), again))

		// Without the organization, nothing of it changes; and members are not forgotten.
		single := a.plan(t, design(t, options(t)))
		if single.Changes() {
			t.Errorf("without the organization: %v", actions(single))
		}
		bare := a.ofOrganization(t)
		bare.Organization.Members = nil
		if _, err := a.Plan(t.Context(), design(t, bare)); err == nil || !strings.Contains(err.Error(), "give them again with --member") {
			t.Errorf("without its members: %v", err)
		}
		bare.Parameters = map[string]string{"Members": ""}
		parted := a.plan(t, design(t, bare))
		if s := of(t, parted, "trailhold-organization"); s.Action != deployer.Update || !slices.ContainsFunc(s.Changes, func(c deployer.Change) bool { return c.Action == "Remove" && c.LogicalID == "MemberRoles" }) {
			t.Errorf("%+v", s)
		}
		must(t, a.Discard(t.Context(), parted))
		a.destroyed(t)
	})
}

// destroyed takes the guard away and looks whether anything is left in the accounts.
func (a *account) destroyed(t *testing.T) {
	t.Helper()
	standing, err := a.Standing(t.Context(), "trailhold", home, []string{home, "us-west-2", "eu-west-1"})
	must(t, err)
	if len(standing) == 0 || standing[0].Name != "trailhold-organization" || len(standing[0].Elsewhere) != 6 {
		t.Fatalf("%+v", standing)
	}
	must(t, a.Destroy(t.Context(), standing))
	for _, key := range []string{"AKIASECOND0000000001", "AKIATHIRD00000000001"} {
		for _, region := range []string{home, "eu-west-1"} {
			if rule, role := a.has(t, key, region); rule || role {
				t.Errorf("left for %s in %s: rule %v, role %v", key, region, rule, role)
			}
		}
	}
}

// TestAccountFails: what fails in one account is told with its reason, and tried again by the next deployment.
func TestAccountFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newOrganization(t, "AKIADEPLOYER00000001")
		mend := a.Inject(lab.Fault{Service: "sqs", Operation: "CreateQueue", Account: third, Region: "eu-west-1", Kind: lab.AccessDenied})
		o := a.ofOrganization(t)
		_, err := a.Apply(t.Context(), a.plan(t, design(t, o)))
		var incomplete *deployer.Incomplete
		if !errors.As(err, &incomplete) || len(incomplete.Failed) != 1 || incomplete.All != 6 || incomplete.Failed[0].Account != third ||
			!strings.Contains(err.Error(), "trailhold-forwarders in eu-west-1 of the account 333344445555: ResourceLogicalId:UndeliveredQueue") {
			t.Fatalf("applying ended with %v", err)
		}
		if got := a.notFine(t)["eu-west-1 trailhold-forwarders of 333344445555"]; !strings.HasPrefix(got, "wrong ResourceLogicalId:UndeliveredQueue") {
			t.Errorf("status tells %q", got)
		}
		mend()
		p := a.plan(t, design(t, a.ofOrganization(t)))
		if s := of(t, p, "trailhold-organization"); s.Action != deployer.Keep || len(s.Retry) != 1 || !p.Changes() {
			t.Errorf("plan %+v", s)
		}
		if _, err := a.Apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if found := a.notFine(t); len(found) != 3 {
			t.Errorf("after another try: %v", found)
		}

		// Somebody changes the set itself, and takes the trust away.
		sets := cloudformation.NewFromConfig(awscloud.Isolated(home, "AKIAINTRUDER00000001", "s", a.Client()).Config())
		_, err = sets.UpdateStackSet(t.Context(), &cloudformation.UpdateStackSetInput{StackSetName: aws.String("trailhold-roles"),
			TemplateBody: aws.String("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: nothing}}}")})
		must(t, err)
		_, err = organizations.NewFromConfig(awscloud.Isolated(home, "AKIAINTRUDER00000001", "s", a.Client()).Config()).DisableAWSServiceAccess(t.Context(), &organizations.DisableAWSServiceAccessInput{ServicePrincipal: aws.String(stackSets)})
		must(t, err)
		synctest.Wait()
		found := a.notFine(t)
		for name, want := range map[string]string{"us-east-1 trailhold-roles": "wrong has another template than what was deployed", "us-east-1 trusted access": "wrong the organization trusts stack sets no more"} {
			if !strings.HasPrefix(found[name], want) {
				t.Errorf("%s is %q, want %q", name, found[name], want)
			}
		}
	})
}

// TestInterruptedOrganization: a deployment that was interrupted while stack sets were at work waits for them, and goes on.
func TestInterruptedOrganization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newOrganization(t, "AKIADEPLOYER00000001")
		a.Inject(lab.Fault{Service: "sqs", Operation: "CreateQueue", Account: third, Kind: lab.Slow, Delay: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		a.on = func(p deployer.Progress) {
			if p.Kind == deployer.SetType && p.Resource == "" {
				cancel()
			}
		}
		if _, err := a.Apply(ctx, a.plan(t, design(t, a.ofOrganization(t)))); !errors.Is(err, context.Canceled) {
			t.Fatalf("applying ended with %v", err)
		}
		p := a.plan(t, design(t, a.ofOrganization(t)))
		if p.Changes() || of(t, p, "trailhold-organization").Status != "CREATE_COMPLETE" {
			t.Errorf("afterwards: %v", actions(p))
		}
		if rule, role := a.has(t, "AKIATHIRD00000000001", "eu-west-1"); !rule || !role {
			t.Errorf("rule %v, role %v", rule, role)
		}
	})
}

// TestDelegate deploys in a member that administers the organization's stack sets, which itself is left out of them.
func TestDelegate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newOrganization(t, "AKIASECOND0000000001")
		_, err := a.Organization(t.Context(), home)
		if err == nil || !strings.Contains(err.Error(), "the account 222233334444 neither manages the organization o-labexample nor administers its stack sets: deploy from the account 111122223333") {
			t.Errorf("a member that may not: %v", err)
		}
		manager := awscloud.Isolated(home, "AKIAMANAGER000000001", "s", a.Client()).Config()
		_, err = cloudformation.NewFromConfig(manager).ActivateOrganizationsAccess(t.Context(), &cloudformation.ActivateOrganizationsAccessInput{})
		must(t, err)
		_, err = organizations.NewFromConfig(manager).RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(second), ServicePrincipal: aws.String(stackSets)})
		must(t, err)
		org, err := a.Organization(t.Context(), home)
		must(t, err)
		if !org.Delegate || !org.Trusted || org.Management != lab.DefaultAccount {
			t.Errorf("%+v", org)
		}
		org.Members = []deployer.Member{{Baseline: memberBaseline(third), Content: []byte("theirs")}}
		o := options(t)
		o.Baseline, o.Organization, o.Home = memberBaseline(second), &org, "eu-west-1"
		o.Baseline.Trails[0].Name = "home"
		d := design(t, o)
		if len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "management account 111122223333") {
			t.Errorf("notes %q", d.Notes)
		}
		if _, err := a.Apply(t.Context(), a.plan(t, d)); err != nil {
			t.Fatal(err)
		}
		if rule, role := a.has(t, "AKIATHIRD00000000001", "eu-west-1"); !rule || !role {
			t.Errorf("the other member has rule %v, role %v", rule, role)
		}
		if _, role := a.has(t, "AKIASECOND0000000001", "eu-west-1"); role {
			t.Error("the guard's own account has a role for members")
		}
		checks, err := a.Health(t.Context(), "trailhold", "eu-west-1", []string{home, "eu-west-1"})
		must(t, err)
		for _, c := range checks {
			if c.Area == "organization" && c.Level != deployer.Fine {
				t.Errorf("%+v", c)
			}
		}
	})
}
