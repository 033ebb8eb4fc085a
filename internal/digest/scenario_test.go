package digest_test

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
)

// signers are made once: keys take long.
var signers = sync.OnceValue(func() [2]*digesttest.Signer {
	var made [2]*digesttest.Signer
	for i := range made {
		signer, err := digesttest.NewSigner(2048)
		if err != nil {
			panic(err)
		}
		made[i] = signer
	}
	return made
})

func newStage() *digesttest.Stage { return digesttest.NewStage(signers()[0], signers()[1]) }

func verify(t *testing.T, s *digesttest.Stage) digest.Result {
	t.Helper()
	result, err := digest.Verify(t.Context(), s.Options, s.World, s.World)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// found brings problems into the form of expectations.
func found(problems []digest.Problem) []digesttest.Expected {
	var all []digesttest.Expected
	for _, p := range problems {
		object := p.Object
		if rest, ok := strings.CutPrefix(object, "s3://"); ok {
			_, object, _ = strings.Cut(rest, "/")
		}
		all = append(all, digesttest.Expected{Kind: p.Kind, Object: object})
	}
	return sorted(all)
}

func sorted(all []digesttest.Expected) []digesttest.Expected {
	slices.SortFunc(all, func(a, b digesttest.Expected) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

func TestScenarios(t *testing.T) {
	seen := map[string]bool{}
	for _, scenario := range digesttest.Scenarios() {
		if seen[scenario.Name] {
			t.Errorf("two scenarios are named %s", scenario.Name)
		}
		seen[scenario.Name] = true
		t.Run(scenario.Name, func(t *testing.T) {
			s := newStage()
			scenario.Play(s)
			result := verify(t, s)
			if got, want := found(result.Problems), sorted(s.Problems); !slices.Equal(got, want) {
				t.Errorf("problems:\n got %s\nwant %s", list(got), list(want))
			}
			if result.Digests != s.Digests {
				t.Errorf("digests are %+v, want %+v", result.Digests, s.Digests)
			}
			if result.Logs != s.Logs {
				t.Errorf("logs are %+v, want %+v", result.Logs, s.Logs)
			}
			if result.OK != s.OK {
				t.Errorf("ok is %v", result.OK)
			}
			if s.Options.Stops == nil {
				checkIntervals(t, result)
			}
		})
	}
}

func list(all []digesttest.Expected) string {
	var out strings.Builder
	for _, e := range all {
		out.WriteString("\n  " + string(e.Kind) + " " + e.Object)
	}
	return out.String()
}

// checkIntervals holds the intervals of any result to what they promise.
func checkIntervals(t *testing.T, r digest.Result) {
	t.Helper()
	for _, chain := range r.Chains {
		var end time.Time
		for _, i := range chain.Intervals {
			if i.From.Before(end) || !i.From.Before(i.To) {
				t.Errorf("%s: the intervals are out of order: %+v", chain.Trail, chain.Intervals)
			}
			end = i.To
			if i.State != digest.Proven && chain.Digests.Invalid+chain.Digests.Missing+chain.Digests.Unknown+chain.Logs.Invalid+
				chain.Logs.Missing+chain.Logs.Unknown == 0 && len(r.Problems) == 0 {
				t.Errorf("%s: nothing is wrong, yet %+v", chain.Trail, i)
			}
		}
	}
}
