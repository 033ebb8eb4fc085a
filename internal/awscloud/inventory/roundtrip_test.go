package inventory

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/posture"
)

// trips is how many answers one after the other the reading takes. On the virtual clock of a bubble only answers take time.
func trips(t *testing.T, transport http.RoundTripper, key string, o Options) (posture.Inventory, int) {
	t.Helper()
	line := &far{RoundTripper: transport, delay: time.Second}
	began := time.Now()
	inv, err := Read(t.Context(), awscloud.Isolated(home, key, "secret", &http.Client{Transport: line}), began, o)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	for _, a := range inv.Accounts {
		if len(a.Trails) == 0 && a.Failure == "" {
			t.Errorf("account %s has no trails", a.ID)
		}
	}
	t.Logf("%d calls", line.calls.Load())
	return inv, int(took / line.delay)
}

// everything is an account in which every chain is as long as it gets: topics to which only an alarm or a rule leads, and a rule that
// mutes an alarm.
func everything(t *testing.T) *lab.Lab {
	e := newEstate(t, lab.Options{Regions: thirty()})
	topics := sns.NewFromConfig(e.config)
	subscribed := func(name string) string {
		topic, err := topics.CreateTopic(e.ctx(), &sns.CreateTopicInput{Name: &name, Attributes: map[string]string{"KmsMasterKeyId": "alias/alerts"}})
		e.must(err)
		_, err = topics.Subscribe(e.ctx(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:" + own + ":pager")})
		e.must(err)
		return *topic.TopicArn
	}
	alarms := cloudwatch.NewFromConfig(e.config)
	id := metricfilter.Controls()[0].ID
	_, err := alarms.PutMetricAlarm(e.ctx(), &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("second"), MetricName: &id, Namespace: aws.String("CloudTrail"), Statistic: "Sum",
		Period: aws.Int32(300), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanOrEqualToThreshold", AlarmActions: []string{subscribed("only-alarms")}})
	e.must(err)
	_, err = alarms.PutAlarmMuteRule(e.ctx(), &cloudwatch.PutAlarmMuteRuleInput{Name: aws.String("night"), MuteTargets: &cwtypes.MuteTargets{AlarmNames: []string{"second"}},
		Rule: &cwtypes.Rule{Schedule: &cwtypes.Schedule{Expression: aws.String("cron(0 22 * * *)"), Duration: aws.String("PT8H")}}})
	e.must(err)
	_, err = eventbridge.NewFromConfig(e.config).PutTargets(e.ctx(), &eventbridge.PutTargetsInput{Rule: aws.String("guard"), Targets: []ebtypes.Target{{Id: aws.String("people"), Arn: aws.String(subscribed("only-rules"))}}})
	e.must(err)
	return e.Lab
}

// TestRoundTrips counts how many answers an audit waits for, one after the other. One more in any chain fails it.
func TestRoundTrips(t *testing.T) {
	tests := []struct {
		name string
		want int
		lab  func(*testing.T) *lab.Lab
		key  string
		o    Options
	}{
		{name: "many trails in many regions", want: 2, lab: func(t *testing.T) *lab.Lab { return populated(t) }},
		{name: "a trail with all that there can be", want: 3, lab: everything},
		{name: "one region that the caller names", want: 3, lab: func(t *testing.T) *lab.Lab { return newEstate(t, lab.Options{}).Lab }, o: Options{Regions: []string{home}}},
		{name: "a region that nobody could guess", want: 3, lab: func(t *testing.T) *lab.Lab {
			return newEstate(t, lab.Options{Regions: []string{home, "us-west-2", "eu-west-1", "eu-void-1"}}).Lab
		}},
		{name: "an organization", want: 5, lab: func(t *testing.T) *lab.Lab { e, _ := company(t); return e.Lab }, key: "manager", o: Options{Organization: true, MemberRole: "audit"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if _, got := trips(t, test.lab(t).Client().Transport, cmp.Or(test.key, "key"), test.o); got != test.want {
					t.Errorf("it takes %d answers one after the other, not %d", got, test.want)
				}
			})
		})
	}
}

// mute is a way on which the calls of a region get no answer, as where a firewall swallows them.
type mute struct {
	http.RoundTripper
	region string
}

func (m mute) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Host, m.region) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return m.RoundTripper.RoundTrip(r)
}

// TestWrongGuess: a region that is not enabled is not waited for, and nothing is told of it.
func TestWrongGuess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t, lab.Options{})
		inv, got := trips(t, mute{e.Client().Transport, "ap-south-1"}, "key", Options{})
		if got != 3 {
			t.Errorf("it takes %d answers one after the other, not 3", got)
		}
		if have := slices.Sorted(maps.Keys(inv.Accounts[0].Regions)); !slices.Equal(have, []string{"eu-west-1", home, "us-west-2"}) {
			t.Errorf("the inventory has the regions %q", have)
		}
		for _, line := range posture.Audit(inv, posture.Options{}).Unread {
			t.Error(line)
		}
	})
}
