package whocan

import (
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/tamper"
)

// TestPermissions compares the table of permissions with that of techniques.
func TestPermissions(t *testing.T) {
	calls := tamper.Calls()
	for _, call := range calls {
		if asked, none := len(permissions[call]) > 0, slices.Contains(unaskable, call); asked == none {
			t.Errorf("%v has permissions: %v, needs none: %v", call, asked, none)
		}
	}
	for call := range permissions {
		if !slices.Contains(calls, call) {
			t.Errorf("%v is no call of any technique", call)
		}
	}
	for _, technique := range techniques() {
		for _, together := range technique.ways {
			if len(together) == 0 {
				t.Errorf("%s has a way without permissions", technique.ID)
			}
		}
		if len(technique.ways) == 0 {
			t.Errorf("%s has no way", technique.ID)
		}
	}
}
