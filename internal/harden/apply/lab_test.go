package apply_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/inventory"
	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/harden/apply"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	own       = lab.DefaultAccount
	home      = "us-east-1"
	bucket    = "bare-logs"
	bucketARN = "arn:aws:s3:::" + bucket
	trailARN  = "arn:aws:cloudtrail:" + home + ":" + own + ":trail/worst"
	topicARN  = "arn:aws:sns:" + home + ":" + own + ":people"
)

// estate is an account of the lab.
type estate struct {
	*lab.Lab
	t      *testing.T
	cloud  *awscloud.Cloud
	config aws.Config
	keyARN string
}

func newEstate(t *testing.T) *estate {
	l := lab.New(lab.Options{DeliveryDelay: time.Hour}) // which no test waits for
	t.Cleanup(l.Close)
	cloud := awscloud.Isolated(home, "key", "secret", l.Client())
	e := &estate{Lab: l, t: t, cloud: cloud, config: cloud.Config()}
	made, err := kms.NewFromConfig(e.config).CreateKey(e.ctx(), &kms.CreateKeyInput{})
	e.must(err)
	e.keyARN = aws.ToString(made.KeyMetadata.Arn)
	topics := sns.NewFromConfig(e.config)
	_, err = topics.CreateTopic(e.ctx(), &sns.CreateTopicInput{Name: aws.String("people")})
	e.must(err)
	_, err = sqs.NewFromConfig(e.config).CreateQueue(e.ctx(), &sqs.CreateQueueInput{QueueName: aws.String("pager")})
	e.must(err)
	_, err = topics.Subscribe(e.ctx(), &sns.SubscribeInput{TopicArn: aws.String(topicARN), Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:" + home + ":" + own + ":pager")})
	e.must(err)
	return e
}

func (e *estate) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *estate) ctx() context.Context { return e.t.Context() }

// worst is a trail with everything wrong, beside what somebody has chosen: selectors, statements, a lifecycle rule.
func (e *estate) worst() {
	client := e.cloud.S3(home)
	name := aws.String(bucket)
	_, err := client.CreateBucket(e.ctx(), &s3.CreateBucketInput{Bucket: name, ObjectOwnership: s3types.ObjectOwnershipObjectWriter})
	e.must(err)
	_, err = client.DeletePublicAccessBlock(e.ctx(), &s3.DeletePublicAccessBlockInput{Bucket: name})
	e.must(err)
	policy := `{"Version":"2012-10-17","Statement":[
		{"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"` + bucketARN + `"},
		{"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"` + bucketARN + `/AWSLogs/` + own + `/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}},
		{"Sid":"Auditors","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + own + `:root"},"Action":"s3:GetObject","Resource":"` + bucketARN + `/*"}]}`
	_, err = client.PutBucketPolicy(e.ctx(), &s3.PutBucketPolicyInput{Bucket: name, Policy: &policy})
	e.must(err)
	_, err = client.PutBucketAcl(e.ctx(), &s3.PutBucketAclInput{Bucket: name, ACL: s3types.BucketCannedACLPublicRead})
	e.must(err)
	rule := func(id, prefix string, days int32) s3types.LifecycleRule {
		return s3types.LifecycleRule{ID: &id, Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: &prefix}, Expiration: &s3types.LifecycleExpiration{Days: &days}}
	}
	_, err = client.PutBucketLifecycleConfiguration(e.ctx(), &s3.PutBucketLifecycleConfigurationInput{Bucket: name,
		LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: []s3types.LifecycleRule{rule("logs", "AWSLogs/", 1), rule("scratch", "scratch/", 2)}}})
	e.must(err)
	trails := e.cloud.CloudTrail(home)
	_, err = trails.CreateTrail(e.ctx(), &cloudtrail.CreateTrailInput{Name: aws.String("worst"), S3BucketName: name, IncludeGlobalServiceEvents: aws.Bool(false)})
	e.must(err)
	_, err = trails.PutEventSelectors(e.ctx(), &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("worst"), EventSelectors: []cttypes.EventSelector{{
		ReadWriteType: cttypes.ReadWriteTypeWriteOnly, IncludeManagementEvents: aws.Bool(true), ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
		DataResources: []cttypes.DataResource{{Type: aws.String("AWS::DynamoDB::Table"), Values: []string{"arn:aws:dynamodb:" + home + ":" + own + ":table/orders"}}}}}})
	e.must(err)
}

// plan reads the account and plans, as the command does.
func (e *estate) plan(o harden.Options) harden.Plan {
	e.t.Helper()
	inv := e.inventory()
	for _, r := range harden.Needs(inv, o) {
		inv.Accounts[0].Resources[r.ARN] = posture.Resource{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account, State: e.cloud.ObserveResource(e.ctx(), awscloud.Everything(r))}
	}
	p, err := harden.Make(inv, o)
	e.must(err)
	return p
}

func (e *estate) inventory() posture.Inventory {
	e.t.Helper()
	inv, err := inventory.Read(e.ctx(), e.cloud, time.Now(), inventory.Options{})
	e.must(err)
	return inv
}

func (e *estate) apply(p harden.Plan) []apply.Result {
	return apply.Run(e.ctx(), e.cloud, p, func(apply.Result) {})
}

// writes counts the calls that change something, by name.
func (e *estate) writes() map[string]int {
	count := map[string]int{}
	for _, op := range strings.Fields(`StartLogging CreateTrail UpdateTrail PutEventSelectors PutInsightSelectors AddTags CreateBucket PutBucketVersioning
		PutObjectLockConfiguration PutBucketOwnershipControls PutPublicAccessBlock PutBucketPolicy PutBucketAcl PutBucketEncryption
		PutBucketLifecycleConfiguration PutBucketNotificationConfiguration PutBucketRequestPayment DeleteBucketPolicy EnableKey PutKeyPolicy EnableKeyRotation
		CreateTopic SetTopicAttributes Subscribe CreateRole UpdateAssumeRolePolicy PutRolePolicy CreateLogGroup PutRetentionPolicy AssociateKmsKey
		PutMetricFilter PutMetricAlarm EnableAlarmActions`) {
		for _, service := range []string{"cloudtrail", "s3", "kms", "sns", "iam", "logs", "monitoring"} {
			if n := e.Calls(service, op); n > 0 {
				count[op] = n
			}
		}
	}
	return count
}

// failing lists the checks of a report that do not pass, each once.
func failing(r posture.Report) []string {
	var checks []string
	for _, f := range r.Findings {
		if (f.Status == posture.Fail || f.Status == posture.Unknown) && !slices.Contains(checks, f.Check) {
			checks = append(checks, f.Check)
		}
	}
	slices.Sort(checks)
	return checks
}

// allDone carries a plan out, and demands that every step succeeds.
func (e *estate) allDone(p harden.Plan) {
	e.t.Helper()
	for _, r := range e.apply(p) {
		if !r.Outcome.Good() {
			e.t.Errorf("step %d, %s of %s: %s: %s", r.Number, r.Call, r.Resource, r.Outcome, r.Detail)
		}
	}
}

// TestWorst hardens the worst account. What is left are the checks that only people can mend, each with a reason; nothing that
// somebody chose is lost; and a second run makes no call that changes anything.
func TestWorst(t *testing.T) {
	e := newEstate(t)
	e.worst()
	o := harden.Options{Region: home, TopicARN: topicARN, KeyARN: e.keyARN, Compliance: true}
	p := e.plan(o)
	for _, s := range p.Steps {
		if s.Cost == "" || s.Undo == "" || len(s.Checks) == 0 || len(s.Changes) == 0 {
			t.Errorf("step %d, %s, has no price, undoing, check or change: %+v", s.Number, s.Call, s)
		}
	}
	e.allDone(p)
	after := posture.Audit(e.inventory(), posture.Options{})
	left := []string{
		"ct-account-pab", "ct-bucket-replication", "ct-config", "ct-copy-elsewhere", "ct-guardduty", "ct-securityhub", "ct-sns", "ct-tagged",
		"guard-rule-on", "guard-second-recorder",
	}
	if got := failing(after); !slices.Equal(got, left) {
		t.Errorf("left are %q, not %q", got, left)
	}
	if after.Score.Value != p.Expected || after.Score.Value <= p.Before {
		t.Errorf("the score was %v, was expected to be %v, and is %v", p.Before, p.Expected, after.Score.Value)
	}
	for _, check := range left {
		n := slices.IndexFunc(p.Left, func(l harden.Left) bool { return l.Check == check })
		if n < 0 || p.Left[n].Why == "" {
			t.Errorf("the plan does not say why %s is left", check)
		}
	}
	e.survives()

	before := e.writes()
	again := e.plan(o)
	if len(again.Steps) > 0 {
		t.Errorf("the second plan has %d steps, such as %+v", len(again.Steps), again.Steps[0])
	}
	e.apply(again)
	if now := e.writes(); !maps.Equal(before, now) {
		t.Errorf("the second run changed something: %v, then %v", before, now)
	}
}

// survives looks for what somebody had chosen in the worst account.
func (e *estate) survives() {
	e.t.Helper()
	inv := e.inventory()
	for _, t := range inv.Accounts[0].Trails {
		was := trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "WriteOnly", IncludeManagementEvents: true, ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
			DataResources: []trail.DataResource{{Type: "AWS::DynamoDB::Table", Values: []string{"arn:aws:dynamodb:" + home + ":" + own + ":table/orders"}}}}}}
		is, _ := t.Selectors.Get()
		if lost := was.Missing(is, t.ARN); len(lost) > 0 {
			e.t.Errorf("the trail lost %v", lost)
		}
		text, _ := json.Marshal(is)
		if !strings.Contains(string(text), "table/orders") {
			e.t.Errorf("the selector of one table is gone: %s", text)
		}
	}
	b := inv.Accounts[0].Resources[bucketARN]
	policy, _ := b.Setting("policy").Get()
	for _, sid := range []string{"Auditors", "AWSCloudTrailAclCheck20150319", "AWSCloudTrailWrite20150319", "TrailholdTlsOnly"} {
		if !strings.Contains(string(policy), `"`+sid+`"`) {
			e.t.Errorf("the policy has no statement %s: %s", sid, policy)
		}
	}
	lifecycle, _ := b.Setting("lifecycle").Get()
	for _, rule := range []string{`{"Expiration":{"Days":365},"Filter":{"Prefix":"AWSLogs/"},"ID":"logs","Status":"Enabled"}`, `{"Expiration":{"Days":2},"Filter":{"Prefix":"scratch/"},"ID":"scratch","Status":"Enabled"}`} {
		if !strings.Contains(string(lifecycle), rule) {
			e.t.Errorf("the lifecycle has no rule %s: %s", rule, lifecycle)
		}
	}
}

// TestTen: where everything that takes a person is as it should be, hardening leads to the highest score.
func TestTen(t *testing.T) {
	e := newEstate(t)
	e.worst()
	e.people()
	o := harden.Options{Region: home, TopicARN: topicARN, KeyARN: e.keyARN, Compliance: true}
	p := e.plan(o)
	if p.Expected != 10 {
		t.Errorf("expected is a score of %v; left are %+v", p.Expected, p.Left)
	}
	e.allDone(p)
	if r := posture.Audit(e.inventory(), posture.Options{}); r.Score.Value != 10 {
		t.Errorf("the score is %v; %q fail", r.Score.Value, failing(r))
	}
}

// people does what the audit asks of people: other services, a copy elsewhere, a rule, tags.
func (e *estate) people() {
	for _, region := range []string{"us-east-1", "us-west-2", "eu-west-1"} {
		e.signed("config", region, http.MethodPost, "/", `{"ConfigurationRecorder":{"name":"default","roleARN":"arn:aws:iam::`+own+`:role/config","recordingGroup":{"allSupported":true}}}`, "X-Amz-Target", "StarlingDoveService.PutConfigurationRecorder")
		e.signed("config", region, http.MethodPost, "/", `{"ConfigurationRecorderName":"default"}`, "X-Amz-Target", "StarlingDoveService.StartConfigurationRecorder")
		e.signed("guardduty", region, http.MethodPost, "/detector", `{"enable":true}`, "Accept", "application/json")
		e.signed("securityhub", region, http.MethodPost, "/accounts", "{}", "Accept", "application/json")
	}
	e.signed("s3", home, http.MethodPut, "/v20180820/configuration/publicAccessBlock", `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`, "X-Amz-Account-Id", own)
	client := e.cloud.S3(home)
	_, err := client.PutBucketVersioning(e.ctx(), &s3.PutBucketVersioningInput{Bucket: aws.String(bucket), VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}})
	e.must(err)
	_, err = client.PutBucketReplication(e.ctx(), &s3.PutBucketReplicationInput{Bucket: aws.String(bucket), ReplicationConfiguration: &s3types.ReplicationConfiguration{
		Role: aws.String("arn:aws:iam::" + own + ":role/replication"), Rules: []s3types.ReplicationRule{{Status: s3types.ReplicationRuleStatusEnabled, Priority: aws.Int32(1), Filter: &s3types.ReplicationRuleFilter{Prefix: aws.String("")},
			DeleteMarkerReplication: &s3types.DeleteMarkerReplication{Status: s3types.DeleteMarkerReplicationStatusDisabled},
			Destination:             &s3types.Destination{Bucket: aws.String("arn:aws:s3:::copies"), Account: aws.String("444455556666")}}}}})
	e.must(err)
	events := eventbridge.NewFromConfig(e.config)
	pattern := `{"source":["aws.cloudtrail"],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["cloudtrail.amazonaws.com"]}}`
	_, err = events.PutRule(e.ctx(), &eventbridge.PutRuleInput{Name: aws.String("guard"), EventPattern: &pattern})
	e.must(err)
	queue := aws.String("arn:aws:sqs:" + home + ":" + own + ":pager")
	_, err = events.PutTargets(e.ctx(), &eventbridge.PutTargetsInput{Rule: aws.String("guard"), Targets: []ebtypes.Target{{Id: aws.String("guard"), Arn: queue, DeadLetterConfig: &ebtypes.DeadLetterConfig{Arn: queue}}}})
	e.must(err)
}

// signed makes a call of a service for which there is no client.
func (e *estate) signed(service, region, method, path, body, header, value string) {
	e.t.Helper()
	request, err := http.NewRequestWithContext(e.ctx(), method, "https://"+service+"."+region+".amazonaws.com"+path, strings.NewReader(body))
	e.must(err)
	request.Header.Set(header, value)
	sum := sha256.Sum256([]byte(body))
	credentials, err := e.config.Credentials.Retrieve(e.ctx())
	e.must(err)
	e.must(v4.NewSigner().SignHTTP(e.ctx(), credentials, request, hex.EncodeToString(sum[:]), service, region, time.Now()))
	answer, err := e.Client().Do(request)
	e.must(err)
	defer func() { _ = answer.Body.Close() }() // nothing of it is wanted
	if answer.StatusCode >= 300 {
		e.t.Fatalf("%s %s: %s", service, path, answer.Status)
	}
}

// TestNoTrail: an account without a trail gets one that is as it should be at once, and nothing more the second time.
func TestNoTrail(t *testing.T) {
	e := newEstate(t)
	o := harden.Options{Region: home, TopicARN: topicARN, KeyARN: e.keyARN, SecondTrail: "eu-west-1"}
	p := e.plan(o)
	e.allDone(p)
	inv := e.inventory()
	if len(inv.Accounts[0].Trails) != 2 {
		t.Fatalf("there are %d trails", len(inv.Accounts[0].Trails))
	}
	for _, s := range inv.Accounts[0].Trails {
		c, _ := s.Config.Get()
		status, _ := s.Status.Get()
		if !status.IsLogging || !c.IsMultiRegionTrail || !c.LogFileValidationEnabled {
			t.Errorf("%s: logging %v, %+v", s.ARN, status.IsLogging, c)
		}
	}
	r := posture.Audit(inv, posture.Options{})
	for _, check := range []string{"ct-trail-exists", "ct-logging", "ct-multi-region", "ct-mgmt-events", "ct-bucket-exists", "ct-bucket-policy-delivery", "ct-bucket-versioning", "ct-cwl", "mf-root-usage"} {
		if slices.Contains(failing(r), check) {
			t.Errorf("%s fails", check)
		}
	}
	if again := e.plan(o); len(again.Steps) > 0 {
		t.Errorf("the second plan has %d steps, such as %+v", len(again.Steps), again.Steps[0])
	}
}

// TestOnlyThese: only what was asked for is changed.
func TestOnlyThese(t *testing.T) {
	e := newEstate(t)
	e.worst()
	p := e.plan(harden.Options{Region: home, Checks: []string{"ct-validation", "ct-bucket-private"}})
	for _, s := range p.Steps {
		for _, check := range s.Checks {
			if check != "ct-validation" && check != "ct-bucket-private" {
				t.Errorf("step %d is for %s", s.Number, check)
			}
		}
	}
	e.allDone(p)
	if got := failing(posture.Audit(e.inventory(), posture.Options{Checks: []string{"ct-validation", "ct-bucket-private"}})); len(got) > 0 {
		t.Errorf("%q still fail", got)
	}
}

// TestChangedMeanwhile: what somebody changed after the plan was made is not written over, and everything else is done.
func TestChangedMeanwhile(t *testing.T) {
	e := newEstate(t)
	e.worst()
	p := e.plan(harden.Options{Region: home, Checks: []string{"ct-bucket-tls", "ct-bucket-lifecycle", "ct-mgmt-events", "ct-bucket-versioning"}})
	client := e.cloud.S3(home)
	policy := `{"Version":"2012-10-17","Statement":[{"Sid":"New","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:*","Resource":["` + bucketARN + `","` + bucketARN + `/*"],"Condition":{"StringEquals":{"aws:SourceAccount":"` + own + `"}}}]}`
	_, err := client.PutBucketPolicy(e.ctx(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: &policy})
	e.must(err)
	_, err = e.cloud.CloudTrail(home).PutEventSelectors(e.ctx(), &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("worst"), EventSelectors: []cttypes.EventSelector{{
		ReadWriteType: cttypes.ReadWriteTypeReadOnly, IncludeManagementEvents: aws.Bool(true)}}})
	e.must(err)
	_, err = client.PutBucketVersioning(e.ctx(), &s3.PutBucketVersioningInput{Bucket: aws.String(bucket), VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}})
	e.must(err)
	want := map[trail.Op]apply.Outcome{trail.OpPutBucketPolicy: apply.Changed, trail.OpPutEventSelectors: apply.Changed, trail.OpPutBucketVersioning: apply.Already, trail.OpPutBucketLifecycleConfiguration: apply.Done}
	for _, r := range e.apply(p) {
		if want[r.Call] != r.Outcome {
			t.Errorf("%s: %s %s, not %s", r.Call, r.Outcome, r.Detail, want[r.Call])
		}
	}
	b := e.inventory().Accounts[0].Resources[bucketARN]
	if document, _ := b.Setting("policy").Get(); !strings.Contains(string(document), `"New"`) {
		t.Errorf("the new policy was written over: %s", document)
	}
}

// TestFaults: a call that is refused holds up only what rests on it; one whose answer was lost is not made twice.
func TestFaults(t *testing.T) {
	e := newEstate(t)
	e.worst()
	defer e.Inject(lab.Fault{Service: "iam", Operation: "CreateRole", Kind: lab.AccessDenied})()
	defer e.Inject(lab.Fault{Service: "s3", Operation: "PutBucketVersioning", Kind: lab.LostAnswer, Times: 1})()
	p := e.plan(harden.Options{Region: home, Checks: []string{"ct-cwl", "ct-bucket-versioning", "ct-validation"}})
	got := map[trail.Op]apply.Outcome{}
	for _, r := range e.apply(p) {
		got[r.Call] = r.Outcome
	}
	for op, want := range map[trail.Op]apply.Outcome{
		trail.OpCreateRole: apply.Failed, trail.OpPutRolePolicy: apply.Skipped, trail.OpCreateLogGroup: apply.Done, trail.OpPutBucketVersioning: apply.Done,
	} {
		if got[op] != want {
			t.Errorf("%s: %s, not %s", op, got[op], want)
		}
	}
	if n := e.Calls("s3", "PutBucketVersioning"); n != 1 {
		t.Errorf("versioning was turned on %d times", n)
	}
	r := posture.Audit(e.inventory(), posture.Options{Checks: []string{"ct-validation"}})
	if len(failing(r)) > 0 {
		t.Error("validation waited for a role that it does not need")
	}
}
