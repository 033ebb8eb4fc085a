package rulepack

import (
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
)

// pack is the pack's own files, which must be in order.
func pack(t testing.TB) []*File {
	t.Helper()
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("the pack is empty")
	}
	return files
}

func TestPackPassesItsOwnExamples(t *testing.T) {
	tally, err := Test(pack(t), Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tally.Failures {
		t.Error(f)
	}
	for _, m := range tally.Without {
		t.Errorf("%s: %s has no examples", m.Position, m.Title)
	}
	t.Logf("%d rules, %d examples", tally.Rules, tally.Examples)
}

func TestPackMakesOnePlan(t *testing.T) {
	set, err := sigma.Link(Sigma(pack(t))...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sigma.Compile(set.Rules, Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	// What the search passes over is not even parsed: the pack must leave it that much to do.
	ordinary := []byte(`{"eventVersion":"1.11","eventSource":"s3.amazonaws.com","eventName":"GetObject","readOnly":true,` +
		`"requestParameters":{"bucketName":"logs","key":"AWSLogs/111122223333/CloudTrail/x"},"userIdentity":{"type":"AWSService"}}`)
	if at := plan.Search(ordinary).Next(0); at < len(ordinary) {
		t.Errorf("an ordinary record has to be parsed, because of %s", ordinary[at:])
	}
}
