package lab_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/trailhold/trailhold/internal/lab"
)

// validated makes the multi-region trail "main" with validation on the bucket "logs", logging.
func (k *kit) validated() {
	k.t.Helper()
	k.bucket("logs")
	k.createValidated()
	k.start("main")
}

func (k *kit) createValidated() {
	k.t.Helper()
	_, err := k.trail(home).CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{
		Name: aws.String("main"), S3BucketName: aws.String("logs"), IsMultiRegionTrail: aws.Bool(true), EnableLogFileValidation: aws.Bool(true),
	})
	k.must(err)
}

func (k *kit) update(in cloudtrail.UpdateTrailInput) {
	k.t.Helper()
	in.Name = aws.String("main")
	_, err := k.trail(home).UpdateTrail(k.ctx, &in)
	k.must(err)
}

func (k *kit) delete(name string) {
	k.t.Helper()
	_, err := k.trail(home).DeleteTrail(k.ctx, &cloudtrail.DeleteTrailInput{Name: &name})
	k.must(err)
}

// undigested lists those of a bucket's objects that are log files of a source, and in no digest of some chains. Those of
// the last minute, such as T0400Z, don't count.
func undigested(s source, objects []string, chains [][]digest, lastMinute string) []string {
	listed := map[string]bool{}
	for _, chain := range chains {
		for _, d := range chain {
			for _, log := range d.LogFiles {
				listed[log.S3Object] = true
			}
		}
	}
	var all []string
	for _, key := range objects {
		if strings.Contains(key, s.account+"/CloudTrail/"+s.region+"/") && !strings.Contains(key, lastMinute) && !listed[key] {
			all = append(all, key)
		}
	}
	return all
}

// inBubble runs a test with a clock of its own.
func inBubble(t *testing.T, o lab.Options, test func(*kit)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, o)
		test(k)
		k.Close()
	})
}

func TestDigestChain(t *testing.T) {
	inBubble(t, lab.Options{}, func(k *kit) {
		k.validated()
		time.Sleep(30 * time.Minute)
		k.status(home, "main")
		if at := k.status(home, "main").LatestDigestDeliveryTime; at != nil {
			k.t.Errorf("a digest at %v, before an hour was over", at)
		}
		time.Sleep(4 * time.Hour) // of which three are quiet
		status := k.status(home, "main")
		chains := k.chains(atHome, "logs")
		wantEqual(k.t, "at home", spans(chains[0]), []string{"0-60:2", "60-120:0", "120-180:0", "180-240:0"})
		wantEqual(k.t, "last delivered", *status.LatestDigestDeliveryTime, chains[0][3].DigestEndTime)
		wantEqual(k.t, "when it was written", chains[0][3].modified, chains[0][3].DigestEndTime)
		there := source{"AWSLogs/", lab.DefaultAccount, abroad}
		wantEqual(k.t, "abroad", spans(k.chains(there, "logs")[0]), []string{"0-60:0", "60-120:0", "120-180:0", "180-240:0"})
		if k.status(abroad, mainARN).LatestDigestDeliveryTime == nil {
			k.t.Error("no digest time abroad")
		}
		if first, other := chains[0][0], k.chains(there, "logs")[0][0]; first.DigestPublicKeyFingerprint == other.DigestPublicKeyFingerprint {
			k.t.Error("two regions share a key")
		}
	})
}

func TestNoDigests(t *testing.T) {
	inBubble(t, lab.Options{}, func(k *kit) {
		k.main() // without validation
		time.Sleep(3 * time.Hour)
		k.delete("main")
		k.createValidated() // but not started
		time.Sleep(3 * time.Hour)
		k.status(home, "main")
		wantEqual(k.t, "chains", len(k.chains(atHome, "logs")), 0)
	})
}

// TestDigestBreaks breaks a chain after 90 minutes, in the hour that began at 60, and resumes it later.
func TestDigestBreaks(t *testing.T) {
	tests := []struct {
		name       string
		delay      time.Duration
		end, begin func(*kit)
		pause      time.Duration
		want       []string // spans of the first chain
		wantNext   []string
		lastEvent  string // that the first chain still tells
		undigested int    // log files between the chains
	}{
		{
			name: "stop", end: func(k *kit) { k.stop("main") }, begin: func(k *kit) { k.start("main") }, pause: 30 * time.Minute,
			want: []string{"0-60:1", "60-120:2"}, wantNext: []string{"120-180:0", "180-240:1"}, lastEvent: "StopLogging",
		},
		{
			name: "stop, delayed", delay: 5 * time.Minute, end: func(k *kit) { k.stop("main") }, pause: 30 * time.Minute,
			begin: func(k *kit) { k.start("main") },
			want:  []string{"0-60:1", "60-120:2"}, wantNext: []string{"120-180:0", "180-240:1"}, lastEvent: "StopLogging",
		},
		{
			name: "stop and start at once", delay: 5 * time.Minute, end: func(k *kit) { k.stop("main") }, begin: func(k *kit) { k.start("main") },
			want: []string{"0-60:1", "60-90:1"}, wantNext: []string{"90-150:0", "150-210:1"}, lastEvent: "GetTrailStatus",
		},
		{
			name: "validation off", end: func(k *kit) { k.update(cloudtrail.UpdateTrailInput{EnableLogFileValidation: aws.Bool(false)}) },
			begin: func(k *kit) { k.update(cloudtrail.UpdateTrailInput{EnableLogFileValidation: aws.Bool(true)}) }, pause: 30 * time.Minute,
			want: []string{"0-60:1", "60-90:1"}, wantNext: []string{"120-180:0", "180-240:1"}, lastEvent: "GetTrailStatus", undigested: 1,
		},
		{
			name: "deletion", end: func(k *kit) { k.delete("main") }, pause: 30 * time.Minute,
			begin: func(k *kit) { k.createValidated(); k.start("main") },
			want:  []string{"0-60:1", "60-120:2"}, wantNext: []string{"120-180:0", "180-240:1"}, lastEvent: "DeleteTrail",
		},
		{
			name: "deletion and creation at once", delay: 5 * time.Minute, end: func(k *kit) { k.delete("main") },
			begin: func(k *kit) { k.createValidated(); k.start("main") },
			want:  []string{"0-60:1", "60-90:1"}, wantNext: []string{"90-150:0", "150-210:2"}, lastEvent: "GetTrailStatus",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, lab.Options{DeliveryDelay: test.delay}, func(k *kit) {
				k.validated()
				time.Sleep(50 * time.Minute)
				k.status(home, "main")
				time.Sleep(40 * time.Minute)
				test.end(k)
				time.Sleep(test.pause)
				test.begin(k)
				time.Sleep(70 * time.Minute)
				k.status(home, "main")
				time.Sleep(50 * time.Minute)
				k.status(home, "main")
				end := time.Now().UTC().Format("T1504Z")
				objects := k.objects("logs") // before the reading itself is logged
				chains := k.chains(atHome, "logs")
				if len(chains) != 2 {
					k.t.Fatalf("%d chains", len(chains))
				}
				wantEqual(k.t, "before", spans(chains[0]), test.want)
				wantEqual(k.t, "after", spans(chains[1]), test.wantNext)
				if events := k.events(chains[0]); events[len(events)-1] != test.lastEvent {
					k.t.Errorf("the first chain tells %v", events)
				}
				wantEqual(k.t, "log files in no digest", len(undigested(atHome, objects, chains, end)), test.undigested)
			})
		})
	}
}

// TestDigestsWaitForLogFiles: the final digest comes once the log files of the time before the stop are delivered.
func TestDigestsWaitForLogFiles(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}, DeliveryDelay: 5 * time.Minute}, func(k *kit) {
		k.validated()
		time.Sleep(90 * time.Minute)
		k.stop("main")
		time.Sleep(2 * time.Minute)
		k.status(home, "main")
		time.Sleep(10 * time.Minute)
		chains := k.chains(atHome, "logs")
		wantEqual(k.t, "chain", spans(chains[0]), []string{"0-60:0", "60-102:2"})
		wantEqual(k.t, "events", k.events(chains[0]), []string{"StartLogging", "StopLogging"})
	})
}

// TestDigestsOfSlowDelivery: a new chain does not overlap the one whose last log files are still to come.
func TestDigestsOfSlowDelivery(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}, DeliveryDelay: 3 * time.Hour}, func(k *kit) {
		k.validated()
		time.Sleep(90 * time.Minute)
		k.stop("main")
		time.Sleep(time.Minute)
		k.start("main")
		for range 6 {
			time.Sleep(time.Hour)
			k.status(home, "main")
		}
		chains := k.chains(atHome, "logs")
		wantEqual(k.t, "before", spans(chains[0]), []string{"0-60:0", "60-91:0"})
		if events := k.events(chains[1]); len(events) < 3 || events[0] != "StartLogging" || events[1] != "StopLogging" {
			k.t.Errorf("the second chain tells %v", events)
		}
	})
}
