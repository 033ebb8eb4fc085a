package record

import (
	"errors"
	"testing"
)

func TestUnreadableLeavesOutWhatIsForeign(t *testing.T) {
	foreign, broken := &ParseError{Reason: "a schedule", Err: ErrNotCloudTrail}, &ParseError{Reason: "no eventName"}
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"nothing", nil, false},
		{"foreign", foreign, false},
		{"broken", broken, true},
		{"only foreign", errors.Join(foreign, foreign), false},
		{"a broken one beside a foreign one", errors.Join(foreign, broken), true},
		{"nested", errors.Join(foreign, errors.Join(foreign, broken)), true},
	}
	for _, test := range tests {
		if got := Unreadable(test.err); (got != nil) != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}
