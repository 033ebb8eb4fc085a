package lab_test

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/trailhold/trailhold/internal/lab"
)

func TestDigestsFollowTheBucket(t *testing.T) {
	inBubble(t, lab.Options{}, func(k *kit) {
		k.validated()
		time.Sleep(90 * time.Minute)
		k.bucket("other")
		k.update(cloudtrail.UpdateTrailInput{S3BucketName: aws.String("other"), S3KeyPrefix: aws.String("audit")})
		time.Sleep(60 * time.Minute)
		k.status(home, "main")
		chains := k.chains(atHome, "logs", "other")
		if len(chains) != 1 {
			k.t.Fatalf("%d chains", len(chains))
		}
		wantEqual(k.t, "chain", spans(chains[0]), []string{"0-60:0", "60-120:3"})
		moved := chains[0][1]
		wantEqual(k.t, "buckets", []string{*moved.PreviousDigestS3Bucket, moved.DigestS3Bucket, moved.LogFiles[0].S3Bucket}, []string{"logs", "other", "logs"})
		if !strings.HasPrefix(moved.DigestS3Object, "audit/AWSLogs/111122223333/CloudTrail-Digest/") {
			k.t.Errorf("the digest is %s", moved.DigestS3Object)
		}
	})
}

func TestDigestsOfOrganization(t *testing.T) {
	accounts := map[string]string{"MEMBER": "444455556666", "QUIET": "777788889999"}
	inBubble(t, lab.Options{ManagementAccount: lab.DefaultAccount, Accounts: accounts}, func(k *kit) {
		k.validated()
		k.update(cloudtrail.UpdateTrailInput{IsOrganizationTrail: aws.Bool(true)})
		_, err := k.trailAs(abroad, "MEMBER").ListTrails(k.ctx, &cloudtrail.ListTrailsInput{})
		k.must(err)
		time.Sleep(30 * time.Minute)
		k.status(home, "main") // delivers
		time.Sleep(40 * time.Minute)
		of := func(key string) *cloudtrail.GetTrailStatusOutput {
			out, err := k.trailAs(abroad, key).GetTrailStatus(k.ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(mainARN)})
			k.must(err)
			return out
		}
		for key, id := range map[string]string{"MEMBER": "444455556666", "QUIET": "777788889999", "ALICE": lab.DefaultAccount} {
			chains := k.chains(source{"AWSLogs/o-labexample/", id, abroad}, "logs")
			want := map[string]string{"MEMBER": "0-60:1"}[key]
			if want == "" {
				want = "0-60:0"
			}
			wantEqual(k.t, key, spans(chains[0]), []string{want})
			if of(key).LatestDigestDeliveryTime == nil {
				k.t.Errorf("%s sees no digest delivered", key)
			}
		}
		k.update(cloudtrail.UpdateTrailInput{IsOrganizationTrail: aws.Bool(false)})
		time.Sleep(3 * time.Hour)
		k.status(home, "main")
		quiet := k.chains(source{"AWSLogs/o-labexample/", "777788889999", home}, "logs")
		wantEqual(k.t, "once it is no member's trail", spans(quiet[0]), []string{"0-60:0", "60-70:0"})
	})
}

// TestDigestsOfNewMember: a member account's chain begins when the account appears.
func TestDigestsOfNewMember(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}, ManagementAccount: lab.DefaultAccount}, func(k *kit) {
		k.validated()
		k.update(cloudtrail.UpdateTrailInput{IsOrganizationTrail: aws.Bool(true)})
		time.Sleep(30 * time.Minute)
		out, err := sts.NewFromConfig(k.config(home, "ALICE")).AssumeRole(k.ctx, &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::444455556666:role/admin"), RoleSessionName: aws.String("bob"),
		})
		k.must(err)
		_, err = k.trailAs(home, *out.Credentials.AccessKeyId).ListTrails(k.ctx, &cloudtrail.ListTrailsInput{})
		k.must(err)
		time.Sleep(2 * time.Hour)
		k.status(home, "main")
		chain := k.chains(source{"AWSLogs/o-labexample/", "444455556666", home}, "logs")[0]
		wantEqual(k.t, "chain", spans(chain), []string{"30-90:0", "90-150:0"})
	})
}

// TestDigestCatchUp lets more time pass at once than the lab writes digests for at once.
func TestDigestCatchUp(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}, DigestInterval: time.Minute}, func(k *kit) {
		k.validated()
		time.Sleep(350*time.Minute + 30*time.Second)
		k.stop("main")
		wantEqual(k.t, "written by two calls", k.status(home, "main").LatestDigestDeliveryTime.Format("15:04"), "03:20")
		k.start("main") // while the first chain still waits
		for range 3 {
			k.status(home, "main")
		}
		time.Sleep(2 * time.Minute)
		k.status(home, "main")
		chains := k.chains(atHome, "logs")
		first := spans(chains[0])
		wantEqual(k.t, "first chain", len(first), 351)
		wantEqual(k.t, "its end", first[349:], []string{"349-350:0", "350-350.5:2"})
		wantEqual(k.t, "second chain", spans(chains[1]), []string{"350.5-351.5:3", "351.5-352.5:0"})
	})
}

func TestUndeliverableDigests(t *testing.T) {
	inBubble(t, lab.Options{}, func(k *kit) {
		k.validated()
		time.Sleep(90 * time.Minute)
		k.denyDigests()
		time.Sleep(3 * time.Hour)
		status := k.status(home, "main")
		wantEqual(k.t, "errors", []string{aws.ToString(status.LatestDigestDeliveryError), aws.ToString(status.LatestDeliveryError)}, []string{"AccessDenied", ""})
		wantEqual(k.t, "last delivered", status.LatestDigestDeliveryTime.Format("15:04"), "01:00")
		k.admit("logs")
		status = k.status(home, "main")
		wantEqual(k.t, "error after the repair", aws.ToString(status.LatestDigestDeliveryError), "")
		wantEqual(k.t, "delivered after the repair", *status.LatestDigestDeliveryTime, time.Date(2000, 1, 1, 4, 0, 0, 0, time.UTC))
		chain := k.chains(atHome, "logs")[0]
		wantEqual(k.t, "what was late", len(chain), 4)
		wantEqual(k.t, "when it was written", chain[1].modified.Format("15:04"), "04:30")
	})
}

// TestDigestSeconds breaks the chain again and again within the same second, of which digests tell no fraction.
func TestDigestSeconds(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}, DigestInterval: 5 * time.Second}, func(k *kit) {
		k.validated()
		for range 20 {
			time.Sleep(300 * time.Millisecond)
			k.stop("main")
			time.Sleep(100 * time.Millisecond)
			k.start("main")
		}
		time.Sleep(time.Minute)
		k.status(home, "main")
		objects := k.objects("logs")
		wantEqual(k.t, "in no digest", undigested(atHome, objects, k.chains(atHome, "logs"), "T0001Z"), []string{})
	})
}

func TestDigestKeysChange(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}, DigestInterval: 100 * 24 * time.Hour}, func(k *kit) {
		k.validated()
		time.Sleep(800 * 24 * time.Hour)
		k.status(home, "main")
		chain := k.chains(atHome, "logs")[0]
		keys := map[string]bool{}
		for _, d := range chain {
			keys[d.DigestPublicKeyFingerprint] = true
		}
		wantEqual(k.t, "digests and keys", fmt.Sprint(len(chain), len(keys)), "8 3")
	})
}

// TestStockValidator has the AWS command line verify a chain of three hours, whole and then tampered with.
func TestStockValidator(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS command line is not installed")
	}
	var l *lab.Lab
	var logs []string
	inBubble(t, lab.Options{Regions: []string{home}}, func(k *kit) {
		k.validated()
		for range 3 {
			time.Sleep(59 * time.Minute)
			k.status(home, "main")
		}
		k.stop("main")
		time.Sleep(time.Hour)
		k.status(home, "main")
		for _, d := range k.chains(atHome, "logs")[0] {
			for _, log := range d.LogFiles {
				logs = append(logs, log.S3Object)
			}
		}
		l = k.Lab
	})
	k := &kit{t, l, t.Context()}
	server := httptest.NewServer(k)
	defer server.Close()
	validate := func() (string, error) {
		command := exec.CommandContext(k.ctx, "aws", "cloudtrail", "validate-logs", "--trail-arn", mainARN, "--verbose",
			"--start-time", "2000-01-01T00:00:00Z", "--end-time", "2000-01-02T00:00:00Z")
		command.Env = append(command.Environ(), k.Environment(server.URL)...)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	want := func(what, text string) {
		t.Helper()
		out, err := validate()
		if !strings.Contains(out, text) || (err != nil) != strings.Contains(out, "INVALID") {
			t.Errorf("%s: want %q in:\n%s\n%v", what, text, out, err)
		}
	}
	if len(logs) != 5 {
		t.Fatalf("%d log files", len(logs))
	}
	want("a whole chain", "4/4 digest files valid\n5/5 log files valid")
	_, err := k.s3().PutObject(k.ctx, &s3.PutObjectInput{Bucket: aws.String("logs"), Key: &logs[0], Body: strings.NewReader("nothing happened")})
	k.must(err)
	want("an altered log file", logs[0]+"\tINVALID")
	_, err = k.s3().DeleteObject(k.ctx, &s3.DeleteObjectInput{Bucket: aws.String("logs"), Key: &logs[1]})
	k.must(err)
	want("a deleted log file", logs[1]+"\tINVALID: not found")
}

// denyDigests lets CloudTrail deliver log files to the bucket "logs", but no digests.
func (k *kit) denyDigests() {
	k.t.Helper()
	k.policy("logs", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]},
		{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*/CloudTrail-Digest/*"}]}`)
}

// TestManyWaitingChains breaks the chain more often than the lab keeps chains while none can be written.
func TestManyWaitingChains(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}}, func(k *kit) {
		k.validated()
		k.denyDigests()
		for range 130 {
			time.Sleep(time.Second)
			k.stop("main")
			time.Sleep(time.Second)
			k.start("main")
		}
		k.admit("logs")
		time.Sleep(2 * time.Hour)
		k.status(home, "main")
		k.status(home, "main")
		objects := k.objects("logs")
		chains := k.chains(atHome, "logs")
		wantEqual(k.t, "chains", len(chains), 100)
		wantEqual(k.t, "in no digest", undigested(atHome, objects, chains, "T0204Z"), []string{})
	})
}

// TestAbandonedDigests deletes a trail whose last digests the bucket does not take for longer than AWS tries.
func TestAbandonedDigests(t *testing.T) {
	inBubble(t, lab.Options{Regions: []string{home}}, func(k *kit) {
		k.validated()
		k.denyDigests()
		time.Sleep(time.Minute)
		k.delete("main")
		time.Sleep(31 * 24 * time.Hour)
		k.objects("logs")
		k.admit("logs")
		time.Sleep(time.Hour)
		wantEqual(k.t, "chains", len(k.chains(atHome, "logs")), 0)
	})
}
