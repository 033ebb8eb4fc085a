package huntreport_test

import (
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
)

// nothing are no rules at all.
func nothing(t *testing.T) *sigma.Set {
	t.Helper()
	set, err := sigma.Link()
	if err != nil {
		t.Fatal(err)
	}
	return set
}
