package policy_test

import (
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
)

func TestWithout(t *testing.T) {
	bad := func(one string) bool { return strings.Contains(one, "bad") }
	for text, want := range map[string]struct {
		rest    string
		dropped int
	}{
		`{"Statement":[{"Sid":"bad"},{"Sid":"good"},{"Sid":"bad too"}],"Version":"2012-10-17"}`: {`{"Statement":[{"Sid":"good"}],"Version":"2012-10-17"}`, 2},
		`{"Statement":[{"Sid":"good"}]}`: {`{"Statement":[{"Sid":"good"}]}`, 0},
		`{"Statement":{"Sid":"bad"}}`:    {"", 1},
		`{"Statement":{"Sid":"good"}}`:   {`{"Statement":{"Sid":"good"}}`, 0},
		`no JSON bad`:                    {"no JSON bad", 0},
		``:                               {"", 0},
		`{"Version":"bad"}`:              {`{"Version":"bad"}`, 0},
	} {
		if rest, dropped := policy.Without(text, bad); rest != want.rest || dropped != want.dropped {
			t.Errorf("%s becomes %q without %d statements", text, rest, dropped)
		}
	}
}
