package harden

import (
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

// TestNeedsKeyOfTopic: alarms reach nobody by a topic whose key keeps CloudWatch out, so that the key has to be known before an alarm is
// planned.
func TestNeedsKeyOfTopic(t *testing.T) {
	const other = "arn:aws:kms:us-east-1:" + own + ":key/11112222-3333-4444-5555-666677778888"
	for id, want := range map[string]string{
		"":                                     "",
		"alias/aws/sns":                        "",
		"11112222-3333-4444-5555-666677778888": other,
		other:                                  other,
		keyARN:                                 "", // it was read
	} {
		inv := weak(t)
		inv.Accounts[0].Resources[topicARN].State["encryption"] = trail.Known(trail.Document(`{"KmsMasterKeyId":"` + id + `"}`))
		got := ""
		for _, r := range Needs(inv, everything) {
			if r.Type == trail.Key {
				got = r.ARN
			}
		}
		if got != want {
			t.Errorf("of a topic with the key %q, %q is needed, not %q", id, got, want)
		}
	}
	inv := weak(t)
	delete(inv.Accounts[0].Resources, topicARN)
	if needs := Needs(inv, everything); !slices.ContainsFunc(needs, func(r trail.Resource) bool { return r.ARN == topicARN }) {
		t.Errorf("the topic is not needed: %v", needs)
	}
}
