package eventrules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/eventrules"
	"github.com/trailhold/trailhold/internal/trail"
)

const account = "111122223333"

func resource(kind trail.ResourceType, arn, region string) trail.Resource {
	return trail.Resource{Type: kind, ARN: arn, Region: region, Account: account}
}

// guarded is a trail of all regions at home in eu-west-1, with what it rests on.
func guarded(dependents ...trail.Resource) trail.Baseline {
	g := trail.Guarded{Restore: trail.RestoreAll, Dependents: dependents, Regions: []string{"us-east-1", "us-west-2", "ap-south-1"}}
	g.Name, g.ARN, g.HomeRegion = "main", "arn:aws:cloudtrail:eu-west-1:"+account+":trail/main", "eu-west-1"
	return trail.Baseline{Account: account, Trails: []trail.Guarded{g}}
}

// told writes regions with their rules' names.
func told(regions []eventrules.Region) string {
	var lines []string
	for _, r := range regions {
		var names []string
		for _, rule := range r.Rules {
			names = append(names, rule.Name)
		}
		slices.Sort(names)
		lines = append(lines, r.Account+" "+r.Region+": "+strings.Join(names, " "))
	}
	return strings.Join(lines, "\n")
}

func TestRegions(t *testing.T) {
	bucket := resource(trail.Bucket, "arn:aws:s3:::logs", "eu-central-1")
	archive := resource(trail.Bucket, "arn:aws:s3:::archive", "eu-central-1")
	archive.Account = "444455556666"
	store := guarded()
	store.Resources = []trail.Resource{resource(trail.EventDataStore, "arn:aws:cloudtrail:us-west-2:"+account+":eventdatastore/0a1b2c3d-0000-4000-8000-000000000000", "us-west-2")}
	for _, test := range []struct {
		name     string
		baseline trail.Baseline
		want     string
	}{
		{"nothing is guarded", trail.Baseline{Account: account}, ""},
		{"a trail alone: its home, and where organizations and accounts are told of", guarded(),
			account + " eu-west-1: cloudtrail\n" + account + " us-east-1: account organizations"},
		{"what it rests on, where that is", guarded(bucket,
			resource(trail.Key, "arn:aws:kms:eu-central-1:"+account+":key/1234abcd-12ab-34cd-56ef-1234567890ab", "eu-central-1"),
			resource(trail.Topic, "arn:aws:sns:eu-west-1:"+account+":trail", "eu-west-1"),
			resource(trail.Role, "arn:aws:iam::"+account+":role/deliver", "us-east-1")),
			account + " eu-central-1: kms s3\n" + account + " eu-west-1: cloudtrail sns\n" + account + " us-east-1: account iam organizations"},
		{"a bucket of another account", guarded(archive),
			account + " eu-west-1: cloudtrail\n" + account + " us-east-1: account organizations\n444455556666 eu-central-1: s3"},
		{"an event data store elsewhere", store,
			account + " eu-west-1: cloudtrail\n" + account + " us-east-1: account organizations\n" + account + " us-west-2: cloudtrail"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := told(eventrules.Regions(test.baseline)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// TestNamesDiffer: a service with more resources than one pattern can name gets several rules.
func TestNamesDiffer(t *testing.T) {
	var buckets []trail.Resource
	for n := range 60 {
		buckets = append(buckets, resource(trail.Bucket, fmt.Sprintf("arn:aws:s3:::%s-%d", strings.Repeat("b", 50), n), "eu-west-1"))
	}
	for _, r := range eventrules.Regions(guarded(buckets...)) {
		names := map[string]bool{}
		for _, rule := range r.Rules {
			if names[rule.Name] {
				t.Errorf("%s has two rules %s", r.Region, rule.Name)
			}
			if names[rule.Name] = true; len(rule.Pattern) > 2048 {
				t.Errorf("the pattern of %s has %d bytes", rule.Name, len(rule.Pattern))
			}
		}
		if r.Region == "eu-west-1" && (!names["s3"] || !names["s3-2"]) {
			t.Errorf("sixty buckets fit into %v", names)
		}
	}
}

func TestListens(t *testing.T) {
	home := eventrules.Regions(guarded())[0]
	if !home.Listens("cloudtrail") || home.Listens("s3") || home.Listens("cloud") {
		t.Errorf("%+v", home)
	}
}
