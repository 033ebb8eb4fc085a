package lab_test

import (
	"context"
	"crypto/md5"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/trailhold/trailhold/internal/lab"
)

func checkKey(t *testing.T, key types.PublicKey) {
	t.Helper()
	if _, err := x509.ParsePKCS1PublicKey(key.Value); err != nil {
		t.Error(err)
	}
	sum := md5.Sum(key.Value)
	wantEqual(t, "fingerprint", *key.Fingerprint, hex.EncodeToString(sum[:]))
	if now := time.Now(); now.Before(*key.ValidityStartTime) || now.After(*key.ValidityEndTime) {
		t.Error("the key is not valid now")
	}
}

func TestListRegions(t *testing.T) {
	k := newKit(t, lab.Options{Regions: []string{"us-east-1", "af-south-1", "eu-west-1"}})
	api := account.NewFromConfig(k.config(home, "ALICE"))
	list := func(size int32, status ...accounttypes.RegionOptStatus) []string {
		t.Helper()
		var all []string
		p := account.NewListRegionsPaginator(api, &account.ListRegionsInput{MaxResults: &size, RegionOptStatusContains: status})
		for p.HasMorePages() {
			out, err := p.NextPage(k.ctx)
			k.must(err)
			for _, r := range out.Regions {
				all = append(all, *r.RegionName)
			}
		}
		return all
	}
	wantEqual(t, "enabled", list(1, "ENABLED", "ENABLED_BY_DEFAULT"), []string{"af-south-1", "eu-west-1", "us-east-1"})
	if all := list(50); !slices.Contains(all, "me-south-1") {
		t.Errorf("disabled regions are missing from %v", all)
	}
	out, err := api.GetRegionOptStatus(k.ctx, &account.GetRegionOptStatusInput{RegionName: aws.String("af-south-1")})
	k.must(err)
	wantEqual(t, "opted in", out.RegionOptStatus, "ENABLED")
	_, err = api.GetRegionOptStatus(k.ctx, &account.GetRegionOptStatusInput{RegionName: aws.String("mars-1")})
	wantTrailError(t, err, "ValidationException")
	_, err = k.trail("me-south-1").ListTrails(k.ctx, &cloudtrail.ListTrailsInput{})
	wantTrailError(t, err, "UnrecognizedClientException")
}

func TestAssumeRoleRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{})
		api := sts.NewFromConfig(k.config(home, "ALICE"))
		_, err := api.AssumeRole(k.ctx, &sts.AssumeRoleInput{RoleArn: aws.String("admin"), RoleSessionName: aws.String("bob")})
		wantTrailError(t, err, "ValidationError")
		_, err = api.AssumeRole(k.ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::444455556666:role/admin"), RoleSessionName: aws.String("b b")})
		wantTrailError(t, err, "ValidationError")
		out, err := api.AssumeRole(k.ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::444455556666:role/admin"), RoleSessionName: aws.String("bob"), DurationSeconds: aws.Int32(900)})
		k.must(err)
		session := k.trailAs(home, *out.Credentials.AccessKeyId)
		_, err = session.ListTrails(k.ctx, &cloudtrail.ListTrailsInput{})
		k.must(err)
		time.Sleep(901 * time.Second)
		_, err = session.ListTrails(k.ctx, &cloudtrail.ListTrailsInput{})
		wantTrailError(t, err, "ExpiredTokenException")
		k.Close()
	})
}

func TestFaults(t *testing.T) {
	tests := []struct {
		kind    lab.FaultKind
		code    string // of the error; empty: not an API error
		applied bool
	}{
		{lab.Throttle, "ThrottlingException", false},
		{lab.ServerError, "InternalFailure", false},
		{lab.AccessDenied, "AccessDeniedException", false},
		{lab.Conflict, "ConflictException", false},
		{lab.Timeout, "", false},
		{lab.LostAnswer, "", true},
	}
	for _, test := range tests {
		t.Run(string(test.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKit(t, lab.Options{})
				k.bucket("logs")
				k.create("main", true)
				k.Inject(lab.Fault{Service: "cloudtrail", Operation: "StartLogging", Region: home, Account: lab.DefaultAccount, Kind: test.kind, Times: 1})
				ctx, cancel := context.WithTimeout(k.ctx, time.Minute)
				defer cancel()
				_, err := k.trail(home).StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("main")})
				if test.code != "" {
					wantTrailError(t, err, test.code)
				} else if err == nil {
					t.Error("the call got its answer")
				}
				wantEqual(t, "applied", *k.status(home, "main").IsLogging, test.applied)
				k.start("main") // the fault is used up
				wantEqual(t, "calls", k.Calls("cloudtrail", "StartLogging"), 2)
				k.Close()
			})
		})
	}
}

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{})
		k.main()
		defer k.Inject(lab.Fault{Operation: "GetTrailStatus", Kind: lab.Slow, Delay: time.Minute})()
		began := time.Now()
		k.status(home, "main")
		wantEqual(t, "time", time.Since(began), time.Minute)
		k.Close()
	})
}

// raw sends a request that no SDK would.
func (k *kit) raw(region, operation, body string) (int, string) {
	return k.send(region, "cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."+operation, body)
}

// post sends a request to another service.
func (k *kit) post(service, target, body string) (int, string) {
	return k.send(home, service, target, body)
}

func (k *kit) send(region, service, target, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "http://lab.test/", strings.NewReader(body))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=ALICE/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	r.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestHostileRequests(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	tests := []struct {
		operation, body string
		status          int
		want            string
	}{
		{"StopLogging", `{`, 400, "SerializationException"},
		{"StopLogging", `[]`, 400, "SerializationException"},
		{"StopLogging", `{"Name":7}`, 400, "SerializationException"},
		{"StopLogging", ``, 400, "InvalidTrailNameException"},
		{"StopLogging", `null`, 400, "InvalidTrailNameException"},
		{"StopLogging", `{"Name":"` + strings.Repeat("[", 100000) + `"}`, 400, "InvalidTrailNameException"},
		{"StopLogging", strings.Repeat("[", 100000), 400, "SerializationException"},
		{"CreateTrail", `{"Name":"abc"}`, 400, "InvalidS3BucketNameException"},
		{"PutEventSelectors", `{"TrailName":"main","EventSelectors":[null]}`, 200, "EventSelectors"},
		{"PutEventSelectors", `{"TrailName":"main","AdvancedEventSelectors":[null]}`, 400, "InvalidEventSelectorsException"},
		{"LookupEvents", `{"StartTime":"yesterday"}`, 400, "SerializationException"},
		{"LookupEvents", `{"StartTime":1e300}`, 400, "SerializationException"},
		{"LookupEvents", `{"NextToken":"LTE"}`, 400, "InvalidNextTokenException"},
		{"PutInsightSelectors", `{"TrailName":"main"}`, 400, "InvalidParameterException"},
		{"MakeCoffee", `{}`, 501, "cloudtrail:MakeCoffee"},
	}
	for _, test := range tests {
		status, answer := k.raw(home, test.operation, test.body)
		if status != test.status || !strings.Contains(answer, test.want) {
			t.Errorf("%s %.40s: got %d %.200s, want %d %s", test.operation, test.body, status, answer, test.status, test.want)
		}
	}
	wantEqual(t, "logging", *k.status(home, "main").IsLogging, true)
}

func FuzzCloudTrail(f *testing.F) {
	operations := []string{
		"CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging", "GetTrail", "DescribeTrails", "GetTrailStatus",
		"PutEventSelectors", "GetEventSelectors", "PutInsightSelectors", "PutEventConfiguration", "AddTags", "RemoveTags",
		"ListTags", "LookupEvents",
	}
	f.Add(uint8(0), `{"Name":"other","S3BucketName":"logs","KmsKeyId":"alias/x"}`)
	f.Add(uint8(1), `{"Name":"main","SnsTopicName":"","S3KeyPrefix":"p"}`)
	f.Add(uint8(8), `{"TrailName":"main","AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]}`)
	f.Add(uint8(10), `{"TrailName":"main","InsightSelectors":[{"InsightType":"ApiCallRateInsight"}]}`)
	f.Add(uint8(11), `{"TrailName":"main","MaxEventSize":"Large"}`)
	f.Add(uint8(15), `{"StartTime":1.5,"NextToken":"MQ"}`)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		k := newKit(t, lab.Options{})
		k.main()
		status, answer := k.raw(home, operations[int(which)%len(operations)], body)
		if status != http.StatusOK && status != http.StatusBadRequest || !json.Valid([]byte(answer)) {
			t.Errorf("%d %s", status, answer)
		}
		k.raw(home, "GetTrailStatus", `{"Name":"main"}`)
	})
}

func TestConcurrency(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 10 {
				_, err := k.trail(home).StopLogging(k.ctx, &cloudtrail.StopLoggingInput{Name: aws.String("main")})
				_, err2 := k.trail(home).StartLogging(k.ctx, &cloudtrail.StartLoggingInput{Name: aws.String("main")})
				_, err3 := k.trail(abroad).GetTrailStatus(k.ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(mainARN)})
				if err := errors.Join(err, err2, err3); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantEqual(t, "stops", k.Calls("cloudtrail", "StopLogging"), 200)
	wantEqual(t, "delivered starts", strings.Count(strings.Join(eventNames(k.delivered("logs", "")), " "), "StartLogging"), 201)
}

// unsigned calls SNS as the links in messages do.
func (k *kit) unsigned(query string) int {
	w := httptest.NewRecorder()
	k.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://lab.test/?"+query, nil))
	return w.Code
}

// TestUnsignedUnsubscribe: whoever has the link can end a subscription, and CloudTrail never tells.
func TestUnsignedUnsubscribe(t *testing.T) {
	for _, region := range []string{home, abroad} {
		k := newKit(t, lab.Options{Regions: []string{region}})
		api := sns.NewFromConfig(k.config(region, "ALICE"))
		topic, err := api.CreateTopic(k.ctx, &sns.CreateTopicInput{Name: aws.String("alerts")})
		k.must(err)
		subscribe := func() string {
			t.Helper()
			out, err := api.Subscribe(k.ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("a@example.com")})
			k.must(err)
			return *out.SubscriptionArn
		}
		events := func() int {
			t.Helper()
			out, err := k.trail(region).LookupEvents(k.ctx, &cloudtrail.LookupEventsInput{
				LookupAttributes: []types.LookupAttribute{{AttributeKey: "EventName", AttributeValue: aws.String("Unsubscribe")}},
			})
			k.must(err)
			return len(out.Events)
		}
		wantEqual(t, "status", k.unsigned("Action=Unsubscribe&SubscriptionArn="+subscribe()), http.StatusOK)
		left, err := api.ListSubscriptions(k.ctx, &sns.ListSubscriptionsInput{})
		k.must(err)
		wantEqual(t, "subscriptions left", len(left.Subscriptions), 0)
		wantEqual(t, "records of the unsigned call", events(), 0)
		arn := subscribe()
		_, err = api.Unsubscribe(k.ctx, &sns.UnsubscribeInput{SubscriptionArn: &arn})
		k.must(err)
		wantEqual(t, "records of the signed call", events(), 1)
	}
}

func TestEnvironment(t *testing.T) {
	k := newKit(t, lab.Options{Regions: []string{"eu-west-1"}})
	got := k.Environment("http://127.0.0.1:4599")
	for _, want := range []string{"AWS_ENDPOINT_URL=http://127.0.0.1:4599", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing from %v", want, got)
		}
	}
}

// TestSocket drives the lab over a real connection, lost answers included.
func TestSocket(t *testing.T) {
	k := newKit(t, lab.Options{})
	server := httptest.NewServer(k.Lab)
	defer server.Close()
	c := k.config(home, "ALICE")
	c.BaseEndpoint, c.HTTPClient = &server.URL, server.Client()
	api := cloudtrail.NewFromConfig(c)
	_, err := api.DescribeTrails(k.ctx, &cloudtrail.DescribeTrailsInput{})
	k.must(err)
	k.Inject(lab.Fault{Operation: "DescribeTrails", Kind: lab.LostAnswer})
	if _, err := api.DescribeTrails(k.ctx, &cloudtrail.DescribeTrailsInput{}); err == nil {
		t.Error("the answer was not lost")
	}
}
