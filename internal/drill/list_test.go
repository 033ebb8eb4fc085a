package drill_test

import (
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/tamper"
)

func TestEveryTechniqueIsDrilled(t *testing.T) {
	var drilled []string
	names := map[string]bool{}
	for _, technique := range drill.All() {
		drilled = append(drilled, technique.ID)
		if names[technique.Name()] {
			t.Errorf("%s is listed twice", technique.Name())
		}
		names[technique.Name()] = true
		if technique.Outcome == "" || technique.Title() == "" {
			t.Errorf("%s is incomplete", technique.Name())
		}
	}
	var known []string
	for _, technique := range tamper.Techniques() {
		// Calls without ATT&CK ids are harmless: nobody need be protected from them.
		if _, not := drill.Unhosted()[technique.ID]; !not && len(technique.ATTCKv18) > 0 {
			known = append(known, technique.ID)
		}
	}
	slices.Sort(known)
	slices.Sort(drilled)
	if drilled = slices.Compact(drilled); !slices.Equal(drilled, known) {
		t.Errorf("drilled are\n%v\nknown are\n%v", drilled, known)
	}
}
