package awscloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// plainLab is a lab without a trail.
func plainLab(t *testing.T) (*lab.Lab, *Cloud) {
	l := lab.New(lab.Options{})
	t.Cleanup(l.Close)
	return l, dial(t, l.Client())
}

func makeQueue(t *testing.T, c *Cloud, region string) string {
	t.Helper()
	out, err := c.sqs(region).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("events"), Attributes: map[string]string{"VisibilityTimeout": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.QueueUrl)
}

func TestQueueRoundTrip(t *testing.T) {
	inBubble(t, "queue", func(t *testing.T) {
		_, c := plainLab(t)
		url := makeQueue(t, c, "us-east-1")
		if _, err := c.sqs("us-east-1").SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("look here")}); err != nil {
			t.Fatal(err)
		}
		q := c.Queue(url)
		for count := 1; count <= 2; count++ { // what is not deleted comes again
			got, err := q.Receive(t.Context())
			if err != nil || len(got) != 1 || got[0].Body != "look here" || got[0].ReceiveCount != count || got[0].ID == "" {
				t.Fatalf("time %d: %+v, %v", count, got, err)
			}
			if count == 2 {
				if err := q.Delete(t.Context(), got[0]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, err := q.Receive(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("after deletion: %+v, %v", got, err)
		}
	})
}

func TestQueueWaitEndsWithItsContext(t *testing.T) {
	inBubble(t, "queue", func(t *testing.T) {
		_, c := plainLab(t)
		q := c.Queue(makeQueue(t, c, "us-east-1"))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := q.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestMissingQueue(t *testing.T) {
	_, c := plainLab(t)
	_, err := c.Queue("https://sqs.us-east-1.amazonaws.com/111122223333/none").Receive(t.Context())
	if guard.ClassOf(err) != guard.ClassNotFound {
		t.Errorf("got %v of class %s", err, guard.ClassOf(err))
	}
}

func TestQueueRegion(t *testing.T) {
	for url, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/1/q":          "eu-west-1",
		"https://sqs.cn-north-1.amazonaws.com.cn/1/q":      "cn-north-1",
		"https://sqs-fips.us-gov-west-1.amazonaws.com/1/q": "us-gov-west-1",
		"http://127.0.0.1:4599/111122223333/q":             "home",
		"https://queue.amazonaws.com/1/q":                  "home",
		"::":                                               "home",
	} {
		if got := queueRegion(url, "home"); got != want {
			t.Errorf("%s is in %s, want %s", url, got, want)
		}
	}
}

func TestTopicTellsEachProtocolItsOwn(t *testing.T) {
	l, c := plainLab(t)
	topic, err := c.sns("us-west-2").CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("alerts")})
	if err != nil {
		t.Fatal(err)
	}
	queue := makeQueue(t, c, "us-west-2")
	for protocol, endpoint := range map[string]string{"email": "audit@example.com", "sqs": "arn:aws:sqs:us-west-2:111122223333:events"} {
		if _, err := c.sns("us-west-2").Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: &protocol, Endpoint: &endpoint}); err != nil {
			t.Fatal(err)
		}
	}
	to := c.Topic(aws.ToString(topic.TopicArn)) // the default region is another
	if err := to.Publish(t.Context(), "Trail stopped", map[string]string{"default": "plain", "email": "readable"}); err != nil {
		t.Fatal(err)
	}
	mails := l.Outbox()
	if len(mails) == 0 || mails[len(mails)-1].Subject != "Trail stopped" || !strings.Contains(mails[len(mails)-1].Body, "readable") {
		t.Errorf("the mails are %+v", mails)
	}
	got, err := c.Queue(queue).Receive(t.Context())
	if err != nil || len(got) != 1 || !strings.Contains(got[0].Body, `"Message":"plain"`) && !strings.Contains(got[0].Body, `"Message": "plain"`) {
		t.Errorf("the queue got %+v, %v", got, err)
	}
}

func TestTopicErrorsAreToldApart(t *testing.T) {
	for kind, want := range map[lab.FaultKind]guard.Class{lab.Throttle: guard.ClassRetry, lab.AccessDenied: guard.ClassDenied, lab.LostAnswer: guard.ClassRetry} {
		l, c := plainLab(t)
		l.Inject(lab.Fault{Service: "sns", Operation: "Publish", Kind: kind})
		err := c.Topic("arn:aws:sns:us-east-1:111122223333:alerts").Publish(t.Context(), "s", map[string]string{"default": "d"})
		if guard.ClassOf(err) != want || l.Calls("sns", "Publish") != 1 {
			t.Errorf("%s: %v of class %s after %d calls", kind, err, guard.ClassOf(err), l.Calls("sns", "Publish"))
		}
	}
	_, c := plainLab(t)
	err := c.Topic("arn:aws:sns:us-east-1:111122223333:none").Publish(t.Context(), "s", map[string]string{"default": "d"})
	if guard.ClassOf(err) != guard.ClassNotFound {
		t.Errorf("a topic that is not there: %v", err)
	}
}

func TestObjectIsBounded(t *testing.T) {
	_, c := plainLab(t)
	client := c.S3("us-east-1")
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("config")}); err != nil {
		t.Fatal(err)
	}
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("config"), Key: aws.String("a/b.yaml"), Body: strings.NewReader("0123456789")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Object(t.Context(), "s3://config/a/b.yaml", 10); err != nil || string(got) != "0123456789" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := c.Object(t.Context(), "s3://config/a/b.yaml", 9); err == nil || !strings.Contains(err.Error(), "larger than 9 bytes") {
		t.Errorf("one byte too many: %v", err)
	}
	for _, missing := range []string{"s3://config/none", "s3://nobody/none"} {
		if _, err := c.Object(t.Context(), missing, 10); guard.ClassOf(err) != guard.ClassNotFound {
			t.Errorf("%s: %v", missing, err)
		}
	}
}

func TestObjectAddresses(t *testing.T) {
	c := connect(t, always(200, "x"))
	for _, bad := range []string{"", "s3://", "s3://bucket", "s3://bucket/", "s3:///key", "https://bucket/key", "bucket/key", "s3:bucket/key\n"} {
		if _, err := c.Object(t.Context(), bad, 10); err == nil || !strings.Contains(err.Error(), "s3://bucket/key") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestObjectFollowsTheBucketsRegion(t *testing.T) {
	w := &wire{answer: func(r *http.Request, _ string) (*http.Response, error) {
		if strings.Contains(r.URL.Host, "us-east-1") || !strings.Contains(r.URL.Host, "eu-west-1") {
			return answer(301, `<Error><Code>PermanentRedirect</Code></Error>`, "X-Amz-Bucket-Region", "eu-west-1")
		}
		return answer(200, "found")
	}}
	if got, err := connect(t, w).Object(t.Context(), "s3://config/key", 10); err != nil || string(got) != "found" {
		t.Errorf("got %q, %v", got, err)
	}
	w = &wire{answer: func(r *http.Request, _ string) (*http.Response, error) {
		return answer(301, `<Error><Code>PermanentRedirect</Code></Error>`, "X-Amz-Bucket-Region", "evil.example/")
	}}
	if _, err := connect(t, w).Object(t.Context(), "s3://config/key", 10); err == nil || strings.Contains(strings.Join(w.requests(), " "), "evil") {
		t.Errorf("got %v after %q", err, w.requests())
	}
}

func TestHistoryOfTheLab(t *testing.T) {
	w := newWorld(t)
	w.apply(t, trail.Step{Op: trail.OpAddTags, Tags: map[string]string{"x": "y"}})
	var seen []string
	err := w.cloud.History(w.context, "us-east-1", time.Now().Add(-time.Hour), func(r record.Record) error {
		if r.EventSource != "cloudtrail.amazonaws.com" {
			t.Errorf("a record of %s", r.EventSource)
		}
		seen = append(seen, r.EventName)
		return nil
	})
	want := "CreateTrail StartLogging PutEventSelectors PutInsightSelectors PutEventConfiguration AddTags"
	if got := strings.Join(seen, " "); err != nil || got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

// pages answers LookupEvents with so many pages of one record each.
func pages(count int) *wire {
	n := 0
	return &wire{answer: func(*http.Request, string) (*http.Response, error) {
		n++
		inner, _ := json.Marshal(fmt.Sprintf(`{"eventVersion":"1.08","eventID":"%08d-0000-4000-8000-000000000000","eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com","eventTime":"2024-01-01T00:00:00Z","awsRegion":"us-east-1","userIdentity":{"type":"Root"}}`, n))
		next := ""
		if n < count {
			next = `,"NextToken":"` + strconv.Itoa(n) + `"`
		}
		return answer(200, `{"Events":[{"EventId":"e","CloudTrailEvent":`+string(inner)+`}]`+next+`}`)
	}}
}

func TestHistoryKeepsItsPaceAndOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var ids []string
		err := connect(t, pages(5)).History(t.Context(), "us-east-1", began, func(r record.Record) error {
			ids = append(ids, r.EventID[7:8])
			return nil
		})
		if err != nil || strings.Join(ids, "") != "54321" {
			t.Errorf("got %v, %v", ids, err)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("five pages took %v, at two per second they take 2s", took)
		}
	})
}

func TestHistoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := 0
		err := connect(t, pages(1000)).History(t.Context(), "us-east-1", time.Now(), func(record.Record) error { seen++; return nil })
		if !errors.Is(err, ErrHistoryCut) || seen != maxLookupPages {
			t.Errorf("%d records, %v", seen, err)
		}
	})
}

func TestHistoryEndsWithItsContextAndItsCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		defer cancel()
		if err := connect(t, pages(9)).History(ctx, "us-east-1", time.Now(), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		stop := errors.New("enough")
		if err := connect(t, pages(1)).History(t.Context(), "us-east-1", time.Now(), func(record.Record) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
	})
}

func TestHistoryReportsWhatItCannotParse(t *testing.T) {
	c := connect(t, always(200, `{"Events":[{"EventId":"bad\u001b","CloudTrailEvent":"{"},{"EventId":"none"}]}`))
	err := c.History(t.Context(), "us-east-1", time.Now(), func(record.Record) error { t.Error("called"); return nil })
	if err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("got %q", err)
	}
}
