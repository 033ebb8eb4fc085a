package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Archivist finds out what became of log files that were deleted.
type Archivist interface {
	// Deleted looks for files in a bucket. It changes nothing.
	Deleted(ctx context.Context, bucket trail.Resource, search DeletedSearch) (DeletedFiles, error)
}

// DeletedSearch says which files to look for.
type DeletedSearch struct {
	Keys   []string  // these; none: all below Prefix that were deleted at or after Since
	Prefix string    // may be empty
	Since  time.Time // to the second
	Most   int       // files to find
}

// DeletedFiles are files that were deleted.
type DeletedFiles struct {
	Hidden []trail.Version // the delete markers that hide them: without those they are there again
	Gone   []string        // keys of which no version is left
	More   bool            // there are more than were wanted, or looked at
}

// Bounds on bringing back files in one reconcile. What is too much for one, the next event or people find.
const (
	maxUndeleted = 100 // files in a step
	maxUndeletes = 5   // steps
)

// undelete brings back log files that records say were deleted, where the bucket keeps versions. No state shows that they
// are gone, so that this is no part of any plan; and a file that is not brought back does not keep the trail from recording.
func (r *restoration) undelete(ctx context.Context, signals []tamper.Signal) {
	for _, s := range signals {
		if !slices.Contains(s.Techniques, tamper.LogDelete) || !tampers(s) {
			continue
		}
		for _, bucket := range r.full.Dependents {
			if bucket.Type == trail.Bucket && r.full.Restore == trail.RestoreAll && s.Concerns(trail.Guarded{Dependents: []trail.Resource{bucket}}) {
				r.undeleteIn(ctx, bucket, s)
			}
		}
	}
}

func (r *restoration) undeleteIn(ctx context.Context, bucket trail.Resource, s tamper.Signal) {
	if r.g.ports.Archivist == nil {
		r.notes = append(r.notes, "Whether the deleted files can be brought back was not looked at: this guard has no access to them.")
		return
	}
	search := DeletedSearch{Keys: s.Objects, Prefix: strings.TrimPrefix(r.full.S3KeyPrefix+"/AWSLogs/", "/"), Since: s.Record.EventTime.Add(-incident.ClockSkew), Most: maxUndeleted * maxUndeletes}
	found, err := r.g.ports.Archivist.Deleted(ctx, bucket, search)
	if err != nil {
		r.notes = append(r.notes, "Whether the deleted files can be brought back could not be found out: "+oneLine(err))
		return
	}
	for batch := range slices.Chunk(found.Hidden, maxUndeleted) {
		r.tryApart(ctx, undeletion(bucket, batch))
	}
	if len(found.Gone) > 0 {
		r.lost = append(r.lost, fmt.Sprintf("%d log files or digest files, of which no version is left: the first is %s.", len(found.Gone), plain.Text(found.Gone[0], 200)))
	}
	if found.More {
		r.notes = append(r.notes, "More files may have been deleted than were looked at: verify the logs, and remove the remaining delete markers.")
	}
}

// undeletion is the step that removes delete markers.
func undeletion(bucket trail.Resource, markers []trail.Version) trail.Step {
	document, _ := trail.NewDocument(map[string][]trail.Version{"Objects": markers}) // of texts
	return trail.Step{
		ID: "undelete:" + bucket.ARN + ":" + plain.Text(markers[0].Key+" "+markers[0].VersionID, 300), Op: trail.OpDeleteObjects,
		Region: bucket.Region, ARN: bucket.ARN, Account: bucket.Account, Resource: bucket.Type, Document: document, Mends: []trail.Field{},
	}
}

// tryApart tries a step that no plan contains, so that no later look can tell what became of it.
func (r *restoration) tryApart(ctx context.Context, s trail.Step) {
	r.intent.declare(ctx)
	a := r.begin(s)
	a.apart = true
	for tries := 1; !r.try(ctx, a) && !a.exhausted() && tries < maxHardTries && pause(ctx, backoff(tries)); tries++ {
	}
}
