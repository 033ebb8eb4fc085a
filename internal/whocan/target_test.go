package whocan

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestTargets(t *testing.T) {
	document := func(text string) trail.Document {
		d, err := trail.ParseDocument([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	bucketOf := func(settings map[trail.Setting]trail.Document) []trail.Resource {
		return []trail.Resource{{Type: trail.Bucket, ARN: bucket, Region: "eu-west-1", Account: account, Settings: settings}}
	}
	trails := []trail.Guarded{
		{Config: trail.Config{ARN: trailA, HomeRegion: "eu-west-1"}, Dependents: bucketOf(map[trail.Setting]trail.Document{"policy": document(`{"Version":"2012-10-17","Statement":[` + open + `]}`)})},
		{Config: trail.Config{ARN: trailB, HomeRegion: "eu-west-1", S3KeyPrefix: "p/", IsOrganizationTrail: true}, Dependents: bucketOf(map[trail.Setting]trail.Document{"policy": trail.EmptyDocument})},
		{Config: trail.Config{ARN: trailB, HomeRegion: "eu-west-1"}, Dependents: bucketOf(nil)},
		{Config: trail.Config{ARN: trailB, HomeRegion: "eu-west-1"}, Dependents: bucketOf(map[trail.Setting]trail.Document{"policy": document(`{"no":"policy"}`)})},
	}
	got := Targets(trails, trail.Resource{Type: trail.Table, ARN: "arn:aws:dynamodb:eu-west-1:111122223333:table/t", Account: account})
	if len(got) != 9 || got[0] != (Target{Type: Trail, ARN: trailA, Region: "eu-west-1", Account: account}) || got[8].Type != trail.Table || got[8].Unread {
		t.Fatalf("%+v", got)
	}
	name := string(policy.AnyName)
	for i, want := range []Target{
		{Objects: "/AWSLogs/111122223333/CloudTrail/" + name, Policy: &policy.Document{}},
		{Objects: "/p/AWSLogs/" + name + "/111122223333/CloudTrail/" + name},
		{Objects: "/AWSLogs/111122223333/CloudTrail/" + name, Unread: true},
		{Objects: "/AWSLogs/111122223333/CloudTrail/" + name, Unread: true},
	} {
		have := got[2*i+1]
		if strings.TrimPrefix(have.Objects, bucket) != want.Objects || (have.Policy == nil) != (want.Policy == nil) || have.Unread != want.Unread {
			t.Errorf("%d: %+v", i, have)
		}
	}
}
