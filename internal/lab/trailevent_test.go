package lab_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/trailhold/trailhold/internal/lab"
)

// listener collects what EventBridge delivers in a region.
type listener struct {
	mu     sync.Mutex
	events []arrival
}

type arrival struct {
	Source, Account, Region string
	DetailType              string `json:"detail-type"`
	Detail                  written
	at                      time.Time
}

// listen makes a rule for CloudTrail's own calls, with a function as target.
func (k *kit) listen(region string) *listener {
	k.t.Helper()
	into := &listener{}
	arn := "arn:aws:lambda:" + region + ":111122223333:function:listener"
	k.RegisterFunction(arn, func(event []byte) {
		into.mu.Lock()
		defer into.mu.Unlock()
		a := arrival{at: time.Now()}
		if err := json.Unmarshal(event, &a); err != nil {
			k.t.Error(err)
		}
		into.events = append(into.events, a)
	})
	bus := eventbridge.NewFromConfig(k.config(region, "ALICE"))
	_, err := bus.PutRule(k.ctx, &eventbridge.PutRuleInput{Name: aws.String("listen"), EventPattern: aws.String(`{"source":["aws.cloudtrail"]}`)})
	k.must(err)
	_, err = bus.PutTargets(k.ctx, &eventbridge.PutTargetsInput{Rule: aws.String("listen"), Targets: []eventtypes.Target{{Id: aws.String("f"), Arn: &arn}}})
	k.must(err)
	return into
}

// arrived waits until nothing is under way any more, and returns what arrived.
func (l *listener) arrived() []arrival {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// take waits until nothing is under way any more, and returns and forgets what arrived, sorted by name.
func (l *listener) take() []string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, e := range l.events {
		all = append(all, e.Detail.EventName)
	}
	l.events = nil
	slices.Sort(all)
	return all
}

func TestEventBridgeCoverage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{})
		here, there := k.listen(home), k.listen(abroad)
		k.bucket("logs")
		k.create("main", true)
		wantEqual(t, "before logging", here.take(), []string{})
		k.start("main")
		wantEqual(t, "the start itself", here.take(), []string{"StartLogging"})
		k.status(home, "main")
		wantEqual(t, "a read", here.take(), []string{})
		wantTrailError(t, addTags(mainARN+"2", manyTags(1)...)(k), "ResourceNotFoundException")
		wantEqual(t, "a failed call", here.take(), []string{"AddTags"})
		untag := func(region string) {
			t.Helper()
			_, err := k.trail(region).RemoveTags(k.ctx, &cloudtrail.RemoveTagsInput{ResourceId: aws.String(mainARN), TagsList: manyTags(1)})
			wantTrailError(t, err, "ResourceNotFoundException") // and it is recorded all the same
		}
		untag(abroad)
		wantEqual(t, "abroad", there.take(), []string{"RemoveTags"})
		wantEqual(t, "not at home", here.take(), []string{})

		k.stop("main")
		wantEqual(t, "the stop itself", here.take(), []string{"StopLogging"})
		k.stop("main")
		untag(abroad)
		wantEqual(t, "while stopped", append(here.take(), there.take()...), []string{})

		k.start("main")
		k.must(selectBasic(types.EventSelector{ReadWriteType: "ReadOnly"})(k))
		wantEqual(t, "the blinding itself", here.take(), []string{"PutEventSelectors", "StartLogging"})
		k.must(addTags(mainARN, manyTags(1)...)(k))
		wantEqual(t, "reads only", here.take(), []string{})
		k.must(selectAdvanced(selectorField("eventCategory", "Management"), selectorField("readOnly", "false"))(k))
		here.take()

		_, err := k.trail(home).UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"), IsMultiRegionTrail: aws.Bool(false)})
		k.must(err)
		untag(abroad)
		wantEqual(t, "abroad, single-region", there.take(), []string{})
		wantEqual(t, "at home, single-region", here.take(), []string{"UpdateTrail"})
		_, err = k.trail(home).DeleteTrail(k.ctx, &cloudtrail.DeleteTrailInput{Name: aws.String("main")})
		k.must(err)
		wantEqual(t, "the deletion itself", here.take(), []string{"DeleteTrail"})
		k.Close()
	})
}

func TestEventBridgeReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{})
		here := k.listen(home)
		_, err := eventbridge.NewFromConfig(k.config(home, "ALICE")).PutRule(k.ctx, &eventbridge.PutRuleInput{
			Name: aws.String("listen"), EventPattern: aws.String(`{"detail":{"eventName":["GetTrailStatus"]}}`),
			State: eventtypes.RuleStateEnabledWithAllCloudtrailManagementEvents,
		})
		k.must(err)
		k.main()
		k.status(home, "main")
		wantEqual(t, "a read that the trail records", here.take(), []string{"GetTrailStatus"})
		k.must(selectBasic(types.EventSelector{ReadWriteType: "WriteOnly"})(k))
		k.status(home, "main")
		wantEqual(t, "a read that it does not record", here.take(), []string{})
		k.Close()
	})
}

func TestEventDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{EventDelay: 30 * time.Second})
		here := k.listen(home)
		k.main()
		began := time.Now()
		time.Sleep(29 * time.Second)
		if len(here.arrived()) != 0 {
			t.Fatal("the event came too early")
		}
		time.Sleep(time.Second)
		events := here.arrived()
		if len(events) != 1 {
			t.Fatalf("%d events", len(events))
		}
		e := events[0]
		wantEqual(t, "arrival", e.at.Sub(began), 30*time.Second)
		wantEqual(t, "envelope", []string{e.Source, e.DetailType, e.Account, e.Region}, []string{"aws.cloudtrail", "AWS API Call via CloudTrail", "111122223333", home})
		wantEqual(t, "record", e.Detail.EventName, "StartLogging")
		k.Close()
	})
}
