package guard_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/severity"
)

func TestFindingIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		f := guard.Finding{TrailARN: w.want.ARN, Region: home, ID: "verification-1", Broken: true, Summary: "1 log missing", Notes: []string{"log-missing: s3://logs/a: it is not there"}, Severity: severity.High}
		i, err := w.guard.Report(w.ctx(), f)
		w.must(err)
		if i == nil || i.Stage != incident.Observed || i.Severity != severity.High || !i.WasTold(incident.KindAlert) || i.Cause != incident.CauseVerification {
			t.Fatalf("reported %+v", i)
		}
		if broken, summary, details, ok := i.Verification(); !ok || !broken || summary != f.Summary || !slices.Equal(details, f.Notes) {
			t.Errorf("it says %v %q %q", broken, summary, details)
		}
		again, err := w.guard.Report(w.ctx(), f)
		w.must(err)
		if again != nil {
			t.Errorf("it was told again: %+v", again)
		}
		f.ID = "verification-2"
		if i, err := w.guard.Report(w.ctx(), f); err != nil || i == nil {
			t.Errorf("another finding: %+v, %v", i, err)
		}
	})
}
