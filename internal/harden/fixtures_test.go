package harden

import (
	"fmt"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

const (
	own      = "111122223333"
	trailARN = "arn:aws:cloudtrail:us-east-1:" + own + ":trail/main"
	logsARN  = "arn:aws:s3:::logs"
	keyARN   = "arn:aws:kms:us-east-1:" + own + ":key/1111"
	topicARN = "arn:aws:sns:us-east-1:" + own + ":people"
	group    = "arn:aws:logs:us-east-1:" + own + ":log-group:trail"
	role     = "arn:aws:iam::" + own + ":role/delivery"
)

var now = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func doc(t testing.TB, format string, args ...any) trail.Document {
	t.Helper()
	d, err := trail.ParseDocument([]byte(fmt.Sprintf(format, args...)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// weak is an account with one trail that lacks everything, but can be read whole.
func weak(t testing.TB) posture.Inventory {
	c := trail.Config{
		Name: "main", ARN: trailARN, HomeRegion: "us-east-1", S3BucketName: "logs", KMSKeyID: keyARN, SnsTopicARN: topicARN,
		CloudWatchLogsLogGroupARN: group + ":*", CloudWatchLogsRoleARN: role,
	}
	known := func(text string) trail.Facet[trail.Document] { return trail.Known(doc(t, "%s", text)) }
	resources := map[string]posture.Resource{}
	add := func(kind trail.ResourceType, arn string, settings map[trail.Setting]string) {
		r := posture.Resource{Type: kind, ARN: arn, Region: "us-east-1", Account: own, State: trail.ResourceState{}}
		for _, s := range trail.SettingsOf(kind) {
			r.State[s] = trail.Known(trail.EmptyDocument)
		}
		r.State[trail.Identity] = known(`{"Owner":"` + own + `"}`)
		for s, text := range settings {
			r.State[s] = known(text)
		}
		resources[arn] = r
	}
	add(trail.Bucket, logsARN, map[trail.Setting]string{
		"requestPayment": `{"Payer":"Requester"}`,
		"acl":            `{"Grants":[{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"},{"Grantee":{"ID":"me"},"Permission":"FULL_CONTROL"}],"Owner":{"ID":"me"}}`,
		"lifecycle":      `{"Rules":[{"ID":"logs","Status":"Enabled","Expiration":{"Days":1},"NoncurrentVersionExpiration":{"NoncurrentDays":1}},{"ID":"other","Status":"Enabled","Filter":{"Prefix":"scratch/"},"Expiration":{"Days":1}}]}`,
	})
	add(trail.Key, keyARN, map[trail.Setting]string{
		"state":    `{"KeyState":"PendingDeletion"}`,
		"rotation": `{"KeyRotationEnabled":false}`,
		"policy":   `{"Version":"2012-10-17","Statement":{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + own + `:root"},"Action":"kms:*","Resource":"*"}}`,
	})
	add(trail.Topic, topicARN, map[trail.Setting]string{"subscriptions": `{"email a@example.com":{"RawMessageDelivery":false}}`})
	add(trail.LogGroup, group, map[trail.Setting]string{"retention": `{"RetentionInDays":30}`})
	add(trail.Role, role, nil)
	account := posture.Account{
		ID: own, Partition: "aws", Enabled: trail.Known([]string{"us-east-1"}),
		Regions: map[string]posture.Region{"us-east-1": {Trails: trail.Known([]string{trailARN}), Stores: trail.Known([]string{}), Alarms: trail.Known([]string{}), Rules: trail.Known([]string{}),
			Recorder: trail.Gone[posture.ConfigRecorder](), Detector: trail.Gone[posture.Detector](), Hub: trail.Gone[posture.Hub]()}},
		Trails: []trail.State{{
			ARN: trailARN, Config: trail.Known(c), Status: trail.Known(trail.Status{}), Insights: trail.Known([]trail.InsightSelector{}), Tags: trail.Known(map[string]string{}),
			Selectors: trail.Known(trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "ReadOnly", IncludeManagementEvents: true}}}),
		}},
		Resources: resources, PublicAccessBlock: trail.Known(trail.EmptyDocument), Principals: trail.Known(whocan.Account{}),
		Organization: trail.Gone[posture.Organization](), Activity: trail.Gone[[]posture.Actor](), Guard: trail.Gone[posture.Guard](),
	}
	inv := posture.Inventory{At: now, Accounts: []posture.Account{account}}
	for _, r := range Needs(inv, everything) {
		inv.Accounts[0].Resources[r.ARN] = posture.Resource{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account,
			State: trail.ResourceState{trail.Identity: trail.Gone[trail.Document]()}}
	}
	return inv
}

var everything = Options{Region: "us-east-1", TopicARN: topicARN, KeyARN: keyARN, Compliance: true}

func planOf(t testing.TB, inv posture.Inventory, o Options) Plan {
	t.Helper()
	p, err := Make(inv, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// find is the first step that makes a call.
func (p Plan) find(op trail.Op) (Step, bool) {
	for _, s := range p.Steps {
		if s.Call == op {
			return s, true
		}
	}
	return Step{}, false
}
