package verification_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/verification"
)

var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// sample has something in every field.
func sample() verification.Outcome {
	chain := digest.Chain{Account: "111122223333", Region: "us-east-1", Trail: "audit", HomeRegion: "eu-west-1", Organization: "o-abc", Prefix: "p\x1b[2J", Backfill: true}
	return verification.Outcome{
		Source: "arn", From: day, To: day.Add(time.Hour), Ended: day, Complete: true,
		Result: digest.Result{
			Chains: []digest.ChainResult{
				{Chain: chain, Bucket: "logs", Intervals: []digest.Interval{{From: day, To: day.Add(time.Hour), State: digest.Broken}}, Logs: digest.Counts{Valid: 1, Missing: 1}},
				{Chain: digest.Chain{Account: "x", Region: "y"}},
			},
			Problems: []digest.Problem{
				{Kind: digest.LogMissing, Class: digest.Failure, Object: "s3://logs/\u202e", Chain: chain, Detail: "gone", Expected: "a", Found: "b", Time: day},
				{Kind: digest.ChainMissing, Class: digest.Failure, Detail: "nothing"},
			},
			Logs: digest.Counts{Valid: 1, Missing: 1},
		},
	}
}

func rendered(t *testing.T, v verification.Outcome) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := report.JSON(&out, v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestJSONFollowsItsSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(verification.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("verification.json", doc); err != nil {
		t.Fatal(err)
	}
	schema := c.MustCompile("verification.json")
	for name, v := range map[string]verification.Outcome{"sample": sample(), "nothing": {Ended: day}} {
		out := rendered(t, v)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
		if err == nil {
			err = schema.Validate(document)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%s: hostile text got through", name)
		}
		var back verification.Outcome
		if err := json.Unmarshal(out, &back); err != nil || len(back.Problems) != len(v.Problems) || len(back.Chains) != len(v.Chains) {
			t.Errorf("%s: it does not come back: %v", name, err)
		}
	}
	kinds := schemaKind(t)
	for _, k := range digest.Kinds() {
		if !kinds.MatchString(string(k.Kind)) {
			t.Errorf("the schema does not allow the kind %s", k.Kind)
		}
	}
}

func TestVerdict(t *testing.T) {
	problem := func(class digest.Class) digest.Problem {
		return digest.Problem{Kind: digest.LogMissing, Class: class, Detail: "x"}
	}
	whole := digest.Result{OK: true, Chains: make([]digest.ChainResult, 1), Digests: digest.Counts{Valid: 2}, Logs: digest.Counts{Valid: 1000}}
	with := func(problems ...digest.Problem) digest.Result {
		r := whole
		r.OK, r.Problems = false, problems
		return r
	}
	for want, r := range map[string]digest.Result{
		"WHOLE: 1 chain (2 digests, all valid; 1,000 logs, all valid).":                                                    whole,
		"NOT WHOLE: 1 failure in 1 chain (2 digests, all valid; 1,000 logs, all valid).":                                   with(problem(digest.Failure), problem(digest.Notice)),
		"NOT PROVED: 2 things could not be settled in 1 chain (2 digests, all valid; 1,000 logs, all valid).":              with(problem(digest.Unknown), problem(digest.Unknown)),
		"NOT WHOLE: 1 failure, and 1 that could not be settled, in 1 chain (2 digests, all valid; 1,000 logs, all valid).": with(problem(digest.Failure), problem(digest.Unknown)),
		"NOT WHOLE: there is no digest at all. Is log file validation on, and is this the right place?":                    {},
	} {
		got := verification.Outcome{Result: r}.Report(report.Tool{}).Verdict
		if got.Text != want || (got.State == report.Good) != r.OK {
			t.Errorf("got %s %q, want %q", got.State, got.Text, want)
		}
	}
}

func TestUnreadIsNeverComplete(t *testing.T) {
	for _, r := range []digest.Result{
		{Problems: []digest.Problem{{Class: digest.Unknown}}}, {Digests: digest.Counts{Unknown: 1}}, {Logs: digest.Counts{Unknown: 1}},
	} {
		if verification.Complete(r) {
			t.Errorf("%+v is said to be complete", r)
		}
	}
	if !verification.Complete(digest.Result{Problems: []digest.Problem{{Class: digest.Failure}}}) {
		t.Error("a failure is said to be incomplete")
	}
}

// schemaKind is the pattern that the schema has for kinds of problems.
func schemaKind(t *testing.T) *regexp.Regexp {
	t.Helper()
	var schema struct {
		Defs struct {
			Problem struct {
				Properties struct{ Kind struct{ Pattern string } }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(verification.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(schema.Defs.Problem.Properties.Kind.Pattern)
}
