package guard_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// archive answers what became of files.
type archive struct {
	files  guard.DeletedFiles
	err    error
	search guard.DeletedSearch
}

func (a *archive) Deleted(_ context.Context, _ trail.Resource, s guard.DeletedSearch) (guard.DeletedFiles, error) {
	a.search = s
	return a.files, a.err
}

// remover takes delete markers away, or does not.
type remover struct {
	guard.Actuator
	removed []trail.Step
	err     error
}

func (r *remover) Apply(ctx context.Context, s trail.Step) (guard.Receipt, error) {
	if s.Op != trail.OpDeleteObjects {
		return r.Actuator.Apply(ctx, s)
	}
	r.removed = append(r.removed, s)
	return guard.Receipt{RequestID: "r-1"}, r.err
}

func TestDeletedFilesAreBroughtBack(t *testing.T) {
	hidden := make([]trail.Version, 250)
	for n := range hidden {
		hidden[n] = trail.Version{Key: strings.Repeat("k", n+1), VersionID: "marker"}
	}
	refused := &guard.APIError{Op: "DeleteObjects", Code: "AccessDenied", Class: guard.ClassDenied}
	for _, c := range []struct {
		name    string
		archive archive
		err     error // of removing the markers
		calls   int
		stage   incident.Stage
		says    string // in what is lost, the notes or the step's error
	}{
		{"hidden by markers", archive{files: guard.DeletedFiles{Hidden: hidden}}, nil, 3, incident.Restored, ""},
		{"too many", archive{files: guard.DeletedFiles{Hidden: hidden[:1], More: true}}, nil, 1, incident.Restored, "More files"},
		{"gone for good", archive{files: guard.DeletedFiles{Gone: []string{"AWSLogs/x"}}}, nil, 0, incident.Observed, "no version is left: the first is AWSLogs/x"},
		{"the bucket cannot be looked at", archive{err: refused}, nil, 0, incident.Observed, "AccessDenied"},
		{"markers cannot be removed", archive{files: guard.DeletedFiles{Hidden: hidden[:1]}}, refused, 2, incident.Failed, "AccessDenied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, lab.Options{})
				w.guardBucket()
				removed := &remover{Actuator: w.cloud, err: c.err}
				w.guard = guard.New(w.baseline, guard.Ports{Observer: sound{w.cloud}, Actuator: removed, Journal: w.journal, Teller: w.teller, Archivist: &c.archive}, guard.Options{})
				deletion := made("s3.amazonaws.com", "DeleteObjects", `{"bucketName":"audit-logs","delete":""}`)
				found, err := w.guard.Handle(w.ctx(), []record.Record{deletion})
				w.must(err)
				if len(found) != 1 || found[0].Stage != c.stage || len(removed.removed) != c.calls {
					t.Fatalf("%d calls, %+v", len(removed.removed), found)
				}
				said := strings.Join(append(found[0].Lost, found[0].Notes...), "\n")
				for _, s := range found[0].Steps {
					said += s.Error
				}
				if !strings.Contains(said, c.says) {
					t.Errorf("people hear %q", said)
				}
				if s := c.archive.search; !s.Since.Before(deletion.EventTime) || deletion.EventTime.Sub(s.Since) > time.Hour || !strings.HasSuffix(s.Prefix, "AWSLogs/") {
					t.Errorf("looked for %+v", s)
				}
				w.assertAlerts(incident.KindAlert)
			})
		})
	}
}

func TestFilesAreLeftWhereTheBaselineOnlyAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		w.baseline.Trails[0].Restore = trail.RestoreNone
		w.guardBucket()
		removed, files := &remover{Actuator: w.cloud}, &archive{files: guard.DeletedFiles{Hidden: []trail.Version{{Key: "k", VersionID: "v"}}}}
		w.guard = guard.New(w.baseline, guard.Ports{Observer: sound{w.cloud}, Actuator: removed, Journal: w.journal, Teller: w.teller, Archivist: files}, guard.Options{})
		_, err := w.guard.Handle(w.ctx(), []record.Record{made("s3.amazonaws.com", "DeleteObjects", `{"bucketName":"audit-logs","delete":""}`)})
		w.must(err)
		if len(removed.removed) > 0 {
			t.Errorf("%+v", removed.removed)
		}
		w.assertAlerts(incident.KindAlert)
	})
}
