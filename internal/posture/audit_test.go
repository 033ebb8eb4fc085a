package posture

import "testing"

// TestHealthy: of an account that has everything, every check says that it passes, and the score is full.
func TestHealthy(t *testing.T) {
	r := Audit(healthy(), Options{})
	for _, f := range r.Findings {
		if f.Status != Pass {
			t.Errorf("%s %s %s %s: %s", f.Check, f.Status, f.Region, f.Resource, f.Detail)
		}
	}
	if r.Score.Value != 10 {
		t.Errorf("the score is %v: %+v", r.Score.Value, r.Score)
	}
}
