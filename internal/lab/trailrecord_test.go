package lab_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/trailhold/trailhold/internal/lab"
)

// written is a record as its reader sees it.
type written struct {
	EventVersion, EventTime, EventSource, EventName, AwsRegion, SourceIPAddress, UserAgent string
	ErrorCode, ErrorMessage, RequestID, EventID, EventType, RecipientAccountID             string
	EventCategory                                                                          string
	ReadOnly, ManagementEvent                                                              bool
	RequestParameters, ResponseElements                                                    map[string]any
	UserIdentity                                                                           struct {
		Type, ARN, AccessKeyID, UserName, AccountID string
		SessionContext                              struct{ SessionIssuer struct{ ARN string } }
	}
}

// find looks an event up by name and returns the newest record of it.
func (k *kit) find(region, event string) written {
	k.t.Helper()
	out, err := k.trail(region).LookupEvents(k.ctx, &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: "EventName", AttributeValue: &event}},
	})
	k.must(err)
	if len(out.Events) == 0 {
		k.t.Fatalf("no %s in Event history of %s", event, region)
	}
	var r written
	k.must(json.Unmarshal([]byte(*out.Events[0].CloudTrailEvent), &r))
	return r
}

// objects lists a bucket's keys.
func (k *kit) objects(bucket string) []string {
	k.t.Helper()
	out, err := k.s3().ListObjectsV2(k.ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	k.must(err)
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// delivered returns the records in all log files of a bucket whose key has a prefix.
func (k *kit) delivered(bucket, prefix string) []written {
	k.t.Helper()
	var all []written
	for _, key := range k.objects(bucket) {
		if !hasPrefix(key, prefix) {
			continue
		}
		out, err := k.s3().GetObject(k.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		k.must(err)
		z, err := gzip.NewReader(out.Body)
		k.must(err)
		text, err := io.ReadAll(z)
		k.must(err)
		var file struct{ Records []written }
		k.must(json.Unmarshal(text, &file))
		all = append(all, file.Records...)
	}
	return all
}

func hasPrefix(s, prefix string) bool { return strings.HasPrefix(s, prefix) }

func eventNames(records []written) []string {
	var all []string
	for _, r := range records {
		all = append(all, r.EventName)
	}
	return all
}

func hasEvent(records []written, name string) bool {
	for _, r := range records {
		if r.EventName == name {
			return true
		}
	}
	return false
}

func TestRecordOfSuccess(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	r := k.find(home, "CreateTrail")
	wantEqual(t, "version", r.EventVersion, "1.11")
	wantEqual(t, "source", r.EventSource, "cloudtrail.amazonaws.com")
	wantEqual(t, "region", r.AwsRegion, home)
	wantEqual(t, "type", r.EventType, "AwsApiCall")
	wantEqual(t, "category", r.EventCategory, "Management")
	wantEqual(t, "read-only", r.ReadOnly, false)
	wantEqual(t, "management", r.ManagementEvent, true)
	wantEqual(t, "account", r.RecipientAccountID, lab.DefaultAccount)
	wantEqual(t, "identity", r.UserIdentity.Type+" "+r.UserIdentity.ARN+" "+r.UserIdentity.AccessKeyID, "IAMUser arn:aws:iam::111122223333:user/alice ALICE")
	wantEqual(t, "request", r.RequestParameters["s3BucketName"], "logs")
	wantEqual(t, "request flag", r.RequestParameters["isMultiRegionTrail"], true)
	wantEqual(t, "response", r.ResponseElements["trailARN"], mainARN)
	if _, err := time.Parse(time.RFC3339, r.EventTime); err != nil || strings.Contains(r.EventTime, ".") {
		t.Errorf("event time %q", r.EventTime)
	}
	if !strings.Contains(r.UserAgent, "cloudtrail") || r.SourceIPAddress != "127.0.0.1" {
		t.Errorf("client %q from %q", r.UserAgent, r.SourceIPAddress)
	}

	r = k.find(home, "StartLogging")
	wantEqual(t, "name as typed", r.RequestParameters["name"], "main")
	if r.ResponseElements != nil {
		t.Errorf("StartLogging's response is %v", r.ResponseElements)
	}
	k.must(selectBasic(types.EventSelector{})(k))
	r = k.find(home, "PutEventSelectors")
	wantEqual(t, "trail name", r.RequestParameters["trailName"], "main")
	if _, ok := r.ResponseElements["eventSelectors"]; !ok {
		t.Errorf("PutEventSelectors' response is %v", r.ResponseElements)
	}
	k.status(home, "main")
	wantEqual(t, "a read", k.find(home, "GetTrailStatus").ReadOnly, true)
}

func TestRecordOfFailure(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	stop := func(name string) error {
		_, err := k.trail(home).StopLogging(k.ctx, &cloudtrail.StopLoggingInput{Name: &name})
		return err
	}
	remove := k.Inject(lab.Fault{Operation: "StopLogging", Kind: lab.AccessDenied})
	wantTrailError(t, stop("main"), "AccessDeniedException")
	remove()
	r := k.find(home, "StopLogging")
	wantEqual(t, "denied", r.ErrorCode, "AccessDenied")
	if r.RequestParameters != nil || r.ResponseElements != nil {
		t.Error("a denied call shows its parameters")
	}
	if !strings.Contains(r.ErrorMessage, mainARN) || !strings.Contains(r.ErrorMessage, "cloudtrail:StopLogging") {
		t.Errorf("message %q", r.ErrorMessage)
	}
	wantTrailError(t, stop("nobody"), "TrailNotFoundException")
	r = k.find(home, "StopLogging")
	wantEqual(t, "failed", r.ErrorCode, "TrailNotFoundException")
	wantEqual(t, "parameters of a failed call", r.RequestParameters["name"], "nobody")
}

func TestRecordOfOversizedParameters(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	name := strings.Repeat("a", 200<<10)
	_, err := k.trail(home).StopLogging(k.ctx, &cloudtrail.StopLoggingInput{Name: &name})
	wantTrailError(t, err, "InvalidTrailNameException")
	r := k.find(home, "StopLogging")
	wantEqual(t, "omitted", r.RequestParameters["omitted"], true)
	wantEqual(t, "reason", r.RequestParameters["reason"], "requestParameters too large")
}

func TestRecordOfSession(t *testing.T) {
	k := newKit(t, lab.Options{})
	out, err := sts.NewFromConfig(k.config(home, "ALICE")).AssumeRole(k.ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::444455556666:role/ops/admin"), RoleSessionName: aws.String("bob"), ExternalId: aws.String("x"),
	})
	k.must(err)
	key := *out.Credentials.AccessKeyId
	who, err := sts.NewFromConfig(k.config(abroad, key)).GetCallerIdentity(k.ctx, &sts.GetCallerIdentityInput{})
	k.must(err)
	wantEqual(t, "account", *who.Account, "444455556666")
	wantEqual(t, "ARN", *who.Arn, "arn:aws:sts::444455556666:assumed-role/admin/bob")
	wantEqual(t, "id", *who.UserId, *out.AssumedRoleUser.AssumedRoleId)
	_, err = k.trailAs(home, key).ListTrails(k.ctx, &cloudtrail.ListTrailsInput{})
	k.must(err)
	found, err := k.trailAs(home, key).LookupEvents(k.ctx, &cloudtrail.LookupEventsInput{})
	k.must(err)
	var r written
	k.must(json.Unmarshal([]byte(*found.Events[0].CloudTrailEvent), &r))
	wantEqual(t, "type", r.UserIdentity.Type, "AssumedRole")
	wantEqual(t, "record's ARN", r.UserIdentity.ARN, *who.Arn)
	wantEqual(t, "issuer", r.UserIdentity.SessionContext.SessionIssuer.ARN, "arn:aws:iam::444455556666:role/ops/admin")
	wantEqual(t, "event's user", *found.Events[0].Username, "bob")
}

func TestDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{DeliveryDelay: 5 * time.Minute})
		k.bucket("logs")
		k.create("main", true)
		topic := k.topic("alerts")
		_, err := k.trail(home).UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"), SnsTopicName: &topic})
		k.must(err)
		k.start("main")
		if at := k.status(home, "main").LatestDeliveryTime; at != nil {
			t.Errorf("delivered at %v, before anything was due", at)
		}
		time.Sleep(5 * time.Minute)
		status := k.status(home, "main")
		if status.LatestDeliveryTime == nil || !status.LatestDeliveryTime.Equal(time.Now()) || status.LatestNotificationTime == nil {
			t.Errorf("after the delay: delivered %v, notified %v", status.LatestDeliveryTime, status.LatestNotificationTime)
		}
		if abroad := k.status(abroad, mainARN); abroad.LatestDeliveryTime != nil {
			t.Error("a region in which nothing happened has a delivery time")
		}
		prefix := "AWSLogs/111122223333/CloudTrail/us-east-1/2000/01/01/111122223333_CloudTrail_us-east-1_20000101T0005Z_"
		if got := k.delivered("logs", prefix); !hasEvent(got, "StartLogging") || hasEvent(got, "CreateTrail") {
			t.Errorf("delivered %v", eventNames(got))
		}
		time.Sleep(5 * time.Minute)
		if k.status(abroad, mainARN).LatestDeliveryTime == nil {
			t.Error("the status call abroad was not delivered there")
		}
		k.Close()
	})
}

func TestUndeliverable(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	_, err := k.s3().DeleteBucketPolicy(k.ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String("logs")})
	k.must(err)
	k.status(home, "main")
	wantEqual(t, "policy gone", aws.ToString(k.status(home, "main").LatestDeliveryError), "AccessDenied")
	k.admit("logs")
	k.status(home, "main")
	status := k.status(home, "main")
	wantEqual(t, "repaired", aws.ToString(status.LatestDeliveryError), "")
	if got := k.delivered("logs", "AWSLogs/"); !hasEvent(got, "DeleteBucketPolicy") {
		t.Errorf("what happened meanwhile was lost: %v", eventNames(got))
	}
}

func TestBucketGone(t *testing.T) {
	k := newKit(t, lab.Options{DeliveryDelay: time.Nanosecond})
	k.bucket("logs")
	k.create("main", true)
	_, err := k.s3().DeleteBucket(k.ctx, &s3.DeleteBucketInput{Bucket: aws.String("logs")})
	k.must(err)
	k.start("main")
	k.status(home, "main")
	wantEqual(t, "bucket gone", aws.ToString(k.status(home, "main").LatestDeliveryError), "NoSuchBucket")
}

func TestSelectionOfLogFiles(t *testing.T) {
	advanced := func(fields ...types.AdvancedFieldSelector) func(*kit) error {
		return selectAdvanced(append([]types.AdvancedFieldSelector{selectorField("eventCategory", "Management")}, fields...)...)
	}
	with := func(name string, set func(*types.AdvancedFieldSelector)) types.AdvancedFieldSelector {
		f := types.AdvancedFieldSelector{Field: &name}
		set(&f)
		return f
	}
	tests := []struct {
		name        string
		put         func(*kit) error
		write, read bool
	}{
		{"default", func(*kit) error { return nil }, true, true},
		{"write only", selectBasic(types.EventSelector{ReadWriteType: "WriteOnly"}), true, false},
		{"read only", selectBasic(types.EventSelector{ReadWriteType: "ReadOnly"}), false, true},
		{"no management", selectBasic(types.EventSelector{IncludeManagementEvents: aws.Bool(false)}), false, false},
		{"advanced all", advanced(), true, true},
		{"advanced writes", advanced(selectorField("readOnly", "false")), true, false},
		{"advanced other source", advanced(selectorField("eventSource", "s3.amazonaws.com")), false, false},
		{"advanced not this source", advanced(with("eventSource", func(f *types.AdvancedFieldSelector) { f.NotEquals = []string{"cloudtrail.amazonaws.com"} })), false, false},
		{"advanced not this event", advanced(with("eventName", func(f *types.AdvancedFieldSelector) { f.NotStartsWith = []string{"Add"} })), false, true},
		{"advanced not this person", advanced(with("userIdentity.arn", func(f *types.AdvancedFieldSelector) { f.NotEndsWith = []string{"/alice"} })), false, false},
		{"advanced by start", advanced(with("eventName", func(f *types.AdvancedFieldSelector) { f.StartsWith = []string{"Get"} })), false, true},
		{"advanced by end", advanced(with("eventName", func(f *types.AdvancedFieldSelector) { f.EndsWith = []string{"Tags"} })), true, false},
		{"advanced data only", selectAdvanced(selectorField("eventCategory", "Data"), selectorField("resources.type", "AWS::S3::Object")), false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k := newKit(t, lab.Options{})
			k.main()
			k.must(test.put(k))
			k.must(addTags(mainARN, manyTags(1)...)(k))
			k.must(getTrail("main")(k))
			got := k.delivered("logs", "AWSLogs/")
			wantEqual(t, "AddTags delivered", hasEvent(got, "AddTags"), test.write)
			wantEqual(t, "GetTrail delivered", hasEvent(got, "GetTrail"), test.read)
		})
	}
}

func TestLookupPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{})
		k.bucket("logs")
		k.create("main", true)
		for range 120 {
			k.start("main")
			time.Sleep(time.Second)
		}
		middle := time.Now().Add(-60 * time.Second)
		count := func(in cloudtrail.LookupEventsInput) (pages, events int) {
			in.LookupAttributes = []types.LookupAttribute{{AttributeKey: "EventName", AttributeValue: aws.String("StartLogging")}}
			last := time.Now().Add(time.Hour)
			seen := map[string]bool{}
			p := cloudtrail.NewLookupEventsPaginator(k.trail(home), &in)
			for p.HasMorePages() {
				out, err := p.NextPage(k.ctx)
				k.must(err)
				pages++
				for _, e := range out.Events {
					if e.EventTime.After(last) || seen[*e.EventId] {
						t.Fatal("events are not newest first, or come twice")
					}
					last, seen[*e.EventId] = *e.EventTime, true
				}
			}
			return pages, len(seen)
		}
		pages, events := count(cloudtrail.LookupEventsInput{})
		wantEqual(t, "all", []int{pages, events}, []int{3, 120})
		_, events = count(cloudtrail.LookupEventsInput{StartTime: &middle})
		wantEqual(t, "since the middle", events, 60)
		_, events = count(cloudtrail.LookupEventsInput{EndTime: &middle})
		wantEqual(t, "until the middle", events, 61)
		pages, _ = count(cloudtrail.LookupEventsInput{MaxResults: aws.Int32(10)})
		wantEqual(t, "small pages", pages, 12)

		first, err := k.trail(home).LookupEvents(k.ctx, &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(1)})
		k.must(err)
		_, err = k.trail(home).LookupEvents(k.ctx, &cloudtrail.LookupEventsInput{NextToken: first.NextToken, EndTime: &middle})
		wantTrailError(t, err, "InvalidNextTokenException")
		abroad, err := k.trail(abroad).LookupEvents(k.ctx, &cloudtrail.LookupEventsInput{})
		k.must(err)
		wantEqual(t, "other regions' events", len(abroad.Events), 0)
		time.Sleep(90 * 24 * time.Hour)
		_, events = count(cloudtrail.LookupEventsInput{})
		wantEqual(t, "after 90 days", events, 0)
		k.Close()
	})
}

func TestPublicKeys(t *testing.T) {
	k := newKit(t, lab.Options{})
	list := func(region string, in cloudtrail.ListPublicKeysInput) []types.PublicKey {
		t.Helper()
		out, err := k.trail(region).ListPublicKeys(k.ctx, &in)
		k.must(err)
		return out.PublicKeyList
	}
	here, there := list(home, cloudtrail.ListPublicKeysInput{}), list(abroad, cloudtrail.ListPublicKeysInput{})
	if len(here) != 1 || len(there) != 1 || bytes.Equal(here[0].Value, there[0].Value) {
		t.Fatal("each region must have a key of its own")
	}
	checkKey(t, here[0])
	if again := list(home, cloudtrail.ListPublicKeysInput{}); !bytes.Equal(again[0].Value, here[0].Value) {
		t.Error("the key changed")
	}
	ring := new(lab.KeyRing)
	for range 2 {
		k = newKit(t, lab.Options{Keys: ring})
		here = append(here, list(home, cloudtrail.ListPublicKeysInput{})...)
	}
	if !bytes.Equal(here[1].Value, here[2].Value) || bytes.Equal(here[0].Value, here[1].Value) {
		t.Error("labs share keys, or don't, against their options")
	}
	if old := list(home, cloudtrail.ListPublicKeysInput{StartTime: aws.Time(time.Unix(0, 0)), EndTime: aws.Time(time.Unix(1, 0))}); len(old) != 0 {
		t.Error("a key from before the lab")
	}
}
