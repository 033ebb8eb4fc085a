package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	memberAccount, memberKey = "222233334444", "AKIAMEMBER0000000001"
	otherAccount, otherKey   = "333344445555", "AKIAOTHER00000000001"
)

// TestDeployedForOrganization stops a member's own trail where CloudFormation's stack sets have made forwarders and roles: the
// record goes by the rule in the member's account, which is in another region than the guard, and the guard's event bus to the
// function, which restores the trail with the member's role. What is done in an account that has no baseline is told.
func TestDeployedForOrganization(t *testing.T) {
	if testing.Short() {
		t.Skip("the function runs in a process of its own")
	}
	d := newDeployed(t, lab.Options{ManagementAccount: lab.DefaultAccount, Accounts: map[string]string{memberKey: memberAccount, otherKey: otherAccount}})
	member, other := cloudOf(t, memberKey), cloudOf(t, otherKey)
	theirs, file := makeTrail(t, member, memberAccount, "member-logs")
	makeTrail(t, other, otherAccount, "other-logs")
	organization, err := deployer.New(d.cloud, nil).Organization(t.Context(), guardRegion)
	must(t, err)
	organization.Members = []deployer.Member{{Baseline: theirs, Content: file}}
	d.deploy(t, &organization)

	began := time.Now().Add(-time.Second)
	must(t, intruder.New(member).StopLogging(t.Context(), trailRegion, "audit"))
	if alert := d.subscriber.next(t); !strings.Contains(alert.Subject+alert.Message, memberAccount) || !strings.Contains(alert.Message, "StopLogging") {
		t.Errorf("the alert is %q:\n%s", alert.Subject, alert.Message)
	}
	assertAs(t, member, theirs.Trails[0])
	if who := starters(t, member, began); !slices.ContainsFunc(who, func(arn string) bool {
		return strings.HasPrefix(arn, "arn:aws:sts::"+memberAccount+":assumed-role/trailhold-restorer/")
	}) {
		t.Errorf("started by %q", who)
	}
	found := d.incidents(t)
	if len(found) != 1 || found[0].Stage != incident.Restored || found[0].Account != memberAccount || found[0].TrailARN != theirs.Trails[0].ARN {
		t.Errorf("the journal has %+v", found)
	}

	// The member's bucket is guarded as well, and the trail of the guard's own account as ever.
	must(t, intruder.New(member).PutBucketPolicy(t.Context(), trailRegion, "member-logs", `{"Version":"2012-10-17","Statement":[{"Sid":"Gone","Effect":"Deny","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::member-logs/*"}]}`))
	d.subscriber.next(t)
	assertAs(t, member, theirs.Trails[0])
	must(t, d.intruder.StopLogging(t.Context(), trailRegion, "audit"))
	d.subscriber.next(t)
	d.assertRestored(t)

	// Nobody gave a baseline of the other account: people hear of it, and nothing is done there.
	must(t, intruder.New(other).StopLogging(t.Context(), trailRegion, "audit"))
	if alert := d.subscriber.next(t); !strings.Contains(alert.Subject+alert.Message, otherAccount) {
		t.Errorf("the alert is %q:\n%s", alert.Subject, alert.Message)
	}
	if who := starters(t, other, began); len(who) > 0 {
		t.Errorf("started by %q", who)
	}

	d.lab.RunSchedules() // a sweep, which looks everywhere
	d.assertSaid(t, `"Heartbeat":1`, `"Canary":1`)
	d.assertNothingLost(t)
	d.assertHealthy(t)
}

// assertAs reads a trail of an account back.
func assertAs(t *testing.T, cloud *awscloud.Cloud, want trail.Guarded) {
	t.Helper()
	if diff := trail.Diff(want, cloud.Observe(t.Context(), want)); len(diff.Drifts)+len(diff.Unknown) > 0 {
		t.Errorf("not restored: %+v", diff)
	}
}

// starters are those who started a trail of an account since a time.
func starters(t *testing.T, cloud *awscloud.Cloud, since time.Time) (arns []string) {
	t.Helper()
	must(t, cloud.History(t.Context(), trailRegion, since, func(r record.Record) error {
		var who struct{ UserIdentity struct{ ARN string } }
		if r.EventName == "StartLogging" && !strings.Contains(string(r.Raw), strings.ToLower(memberKey)) && !strings.Contains(string(r.Raw), strings.ToLower(otherKey)) {
			if err := json.Unmarshal(r.Raw, &who); err != nil {
				return err
			}
			arns = append(arns, who.UserIdentity.ARN)
		}
		return nil
	}))
	return arns
}
