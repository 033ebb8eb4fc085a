package inventory

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	manager  = "999988887777"
	stranger = "777766665555"
)

// company is an organization: its management account with an organization trail, a healthy member that lets the role audit in,
// and one that does not.
func company(t *testing.T) (*estate, *awscloud.Cloud) {
	e := newEstate(t, lab.Options{ManagementAccount: manager, Accounts: map[string]string{"manager": manager, "stranger": stranger}})
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + manager + `"},"Action":"sts:AssumeRole"}]}`
	_, err := iam.NewFromConfig(e.config).CreateRole(e.ctx(), &iam.CreateRoleInput{RoleName: aws.String("audit"), AssumeRolePolicyDocument: &trust})
	e.must(err)
	other := awscloud.Isolated(home, "stranger", "secret", e.Client())
	closed := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`
	_, err = iam.NewFromConfig(other.Config()).CreateRole(e.ctx(), &iam.CreateRoleInput{RoleName: aws.String("audit"), AssumeRolePolicyDocument: &closed})
	e.must(err)

	cloud := awscloud.Isolated(home, "manager", "secret", e.Client())
	_, err = cloud.S3(home).CreateBucket(e.ctx(), &s3.CreateBucketInput{Bucket: aws.String("organization-logs")})
	e.must(err)
	policy := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::organization-logs"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::organization-logs/*"}]}`
	_, err = cloud.S3(home).PutBucketPolicy(e.ctx(), &s3.PutBucketPolicyInput{Bucket: aws.String("organization-logs"), Policy: &policy})
	e.must(err)
	client := cloud.CloudTrail(home)
	_, err = client.CreateTrail(e.ctx(), &cloudtrail.CreateTrailInput{Name: aws.String("company"), S3BucketName: aws.String("organization-logs"), IsOrganizationTrail: aws.Bool(true), IsMultiRegionTrail: aws.Bool(true)})
	e.must(err)
	_, err = client.StartLogging(e.ctx(), &cloudtrail.StartLoggingInput{Name: aws.String("company")})
	e.must(err)

	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["cloudtrail:StopLogging","cloudtrail:DeleteTrail","cloudtrail:UpdateTrail","cloudtrail:PutEventSelectors"],"Resource":"*"}]}`
	controls := organizations.NewFromConfig(cloud.Config())
	made, err := controls.CreatePolicy(e.ctx(), &organizations.CreatePolicyInput{Name: aws.String("protect"), Description: aws.String("x"), Content: &deny, Type: "SERVICE_CONTROL_POLICY"})
	e.must(err)
	_, err = controls.AttachPolicy(e.ctx(), &organizations.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: aws.String("r-labx")})
	e.must(err)
	return e, cloud
}

func TestOrganization(t *testing.T) {
	e, cloud := company(t)
	inv, err := Read(e.ctx(), cloud, time.Now(), Options{Organization: true, MemberRole: "audit"})
	e.must(err)
	var ids []string
	for _, a := range inv.Accounts {
		ids = append(ids, a.ID)
	}
	if !slices.Equal(ids, []string{own, stranger, manager}) {
		t.Fatalf("accounts %v", ids)
	}
	member, closed := inv.Accounts[0], inv.Accounts[1]
	if !strings.Contains(closed.Failure, "AssumeRole") {
		t.Errorf("the closed account: %q", closed.Failure)
	}
	if !strings.Contains(member.Caller, "assumed-role/audit/") || len(member.Trails) != 2 {
		t.Errorf("the member was read by %s and has %d trails", member.Caller, len(member.Trails))
	}
	o, _ := member.Organization.Get()
	levels, _ := o.ServiceControls.Get()
	var names []string
	for _, level := range levels {
		for _, p := range level {
			names = append(names, p.Name)
		}
	}
	if o.ManagementAccount != manager || len(levels) != 2 || !slices.Equal(names, []string{"FullAWSAccess", "protect", "FullAWSAccess"}) {
		t.Errorf("%+v", o)
	}
	r := posture.Audit(inv, posture.Options{})
	for _, f := range r.Findings {
		switch {
		case f.Account == stranger && f.Status != posture.Unknown:
			t.Errorf("%s of the closed account: %s", f.Check, f.Status)
		case f.Account == own && slices.Contains([]string{"ct-org-trail", "guard-scp", "ct-trail-exists"}, f.Check) && f.Status != posture.Pass:
			t.Errorf("%s of the member: %s %s", f.Check, f.Status, f.Detail)
		case f.Account == manager && f.Check == "guard-scp" && f.Status != posture.NotApplicable:
			t.Errorf("%s of the management account: %s %s", f.Check, f.Status, f.Detail)
		}
	}
}

// TestMember: a member alone sees the organization's trail, and neither trusted access nor control policies.
func TestMember(t *testing.T) {
	e, _ := company(t)
	r := e.audit(Options{})
	for _, line := range r.Unread {
		if strings.Contains(line, "organization-logs") {
			t.Errorf("a member need not read what is the management account's: %s", line)
		}
	}
	for check, want := range map[string]posture.Status{"ct-org-trail": posture.Pass, "guard-scp": posture.Unknown} {
		if not(r, want)[check] == "" {
			t.Errorf("%s is not %s", check, want)
		}
	}
}

// TestActivity: Event history tells who did what, for a role and not for each of its sessions.
func TestActivity(t *testing.T) {
	e := newEstate(t, lab.Options{})
	inv, err := Read(e.ctx(), e.cloud, time.Now(), Options{Regions: []string{home}, Activity: time.Now().Add(-time.Hour)})
	e.must(err)
	actors, known := inv.Accounts[0].Activity.Get()
	if !known || len(actors) != 1 || actors[0].Names["PutMetricAlarm"] != 15 || !strings.HasPrefix(actors[0].ARN, "arn:aws:iam::"+own+":user/") {
		t.Errorf("%v %+v", known, actors)
	}
}

// TestThrottled: calls that AWS throttles are made again, those that are signed by hand too.
func TestThrottled(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for retries")
	}
	e := newEstate(t, lab.Options{})
	for _, service := range []string{"cloudtrail", "guardduty", "config"} {
		e.Inject(lab.Fault{Service: service, Kind: lab.Throttle, Times: 1})
	}
	r := e.audit(Options{Regions: []string{home}})
	for check, text := range not(r, posture.Unknown) {
		t.Errorf("%s: %s", check, text)
	}
}

// TestBaseline: what the baseline says of the guard is read and judged.
func TestBaseline(t *testing.T) {
	e := newEstate(t, lab.Options{})
	rule := trail.Resource{Type: trail.Rule, ARN: "arn:aws:events:us-east-1:" + own + ":rule/guard", Region: home, Account: own}
	lost := trail.Resource{Type: trail.Rule, ARN: "arn:aws:events:us-east-1:" + own + ":rule/gone", Region: home, Account: own}
	b := trail.Baseline{Account: own, Guard: []trail.Resource{rule, lost}, Trails: []trail.Guarded{{Config: trail.Config{ARN: e.trailARN, S3BucketName: bucket}}}}
	r := e.audit(Options{Regions: []string{home}, Baseline: &b, AlertedAt: trail.Known(time.Now())})
	want := map[string]posture.Status{"guard-resources": posture.Fail, "guard-alert-path": posture.Pass, "ct-approved-bucket": posture.Pass}
	for check, status := range want {
		if not(r, status)[check] == "" {
			t.Errorf("%s is not %s", check, status)
		}
	}
	if text := not(r, posture.Fail)["guard-resources"]; !strings.Contains(text, "rule/gone") {
		t.Error(text)
	}
}

// TestProgress: what is told only grows, and ends at all.
func TestProgress(t *testing.T) {
	e := newEstate(t, lab.Options{})
	last := 0
	e.audit(Options{Progress: func(done, total int, what string) {
		if done != last+1 || done > total || what == "" {
			t.Errorf("%d of %d after %d: %q", done, total, last, what)
		}
		last = done
	}})
	if last < 3 {
		t.Errorf("ended at %d", last)
	}
}

// TestTags: what is tagged can be muted by that.
func TestTags(t *testing.T) {
	e := newEstate(t, lab.Options{})
	_, err := e.cloud.S3(home).PutBucketTagging(e.ctx(), &s3.PutBucketTaggingInput{Bucket: aws.String(bucket), Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("stage"), Value: aws.String("test")}}}})
	e.must(err)
	_, err = kms.NewFromConfig(e.config).TagResource(e.ctx(), &kms.TagResourceInput{KeyId: &e.keyARN, Tags: []kmstypes.Tag{{TagKey: aws.String("stage"), TagValue: aws.String("live")}}})
	e.must(err)
	_, err = sns.NewFromConfig(e.config).TagResource(e.ctx(), &sns.TagResourceInput{ResourceArn: &e.topicARN, Tags: []snstypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	e.must(err)
	inv, err := Read(e.ctx(), e.cloud, time.Now(), Options{Regions: []string{home}})
	e.must(err)
	have := inv.Accounts[0].Resources
	if have["arn:aws:s3:::"+bucket].Tags["stage"] != "test" || have[e.keyARN].Tags["stage"] != "live" || have[e.topicARN].Tags["a"] != "b" {
		t.Errorf("%v %v %v", have["arn:aws:s3:::"+bucket].Tags, have[e.keyARN].Tags, have[e.topicARN].Tags)
	}
	if group := have["arn:aws:logs:us-east-1:"+own+":log-group:trail"]; group.Tags == nil || len(group.Tags) > 0 {
		t.Errorf("the log group: %v", group.Tags)
	}
}

// TestOthers: an account that was named is read with its own cloud, as one of the organization too; one that cannot be entered says why.
func TestOthers(t *testing.T) {
	e, cloud := company(t)
	entering := func(id string) *awscloud.Cloud {
		return cloud.Assuming("arn:aws:iam::"+id+":role/audit", "")
	}
	for _, o := range []Options{{}, {Organization: true, MemberRole: "nobody"}} {
		o.Others = map[string]*awscloud.Cloud{own: entering(own), stranger: entering(stranger)}
		inv, err := Read(e.ctx(), cloud, time.Now(), o)
		e.must(err)
		if len(inv.Accounts) != 3 || inv.Accounts[0].ID != own || inv.Accounts[1].ID != stranger || inv.Accounts[2].ID != manager {
			t.Fatalf("%d accounts", len(inv.Accounts))
		}
		if a := inv.Accounts[0]; a.Failure != "" || !strings.Contains(a.Caller, "assumed-role/audit") || len(a.Trails) == 0 {
			t.Errorf("%+v: the named account: %q, %s, %d trails", o, a.Failure, a.Caller, len(a.Trails))
		}
		if !strings.Contains(inv.Accounts[1].Failure, "AssumeRole") {
			t.Errorf("the closed account: %q", inv.Accounts[1].Failure)
		}
	}
}
