package guard

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

// quietAfter is how long a region other than the home region may go without delivery before it counts as quiet: it
// has no delivery error, and nothing to deliver. CloudTrail delivers within about 5 minutes on average
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html).
const quietAfter = 30 * time.Minute

// proofDue is how long fresh delivery may take before people are told that it does not come. CloudTrail delivers within
// about 5 minutes; and the guard's own calls give the home region something to deliver.
const proofDue = time.Hour

// Prove looks for fresh delivery of all trails that were restored and are not proved yet, and tells what could not be told.
func (g *Guard) Prove(ctx context.Context) ([]incident.Incident, error) {
	return g.each(ctx, g.units, func(ctx context.Context, t trail.Guarded) (*incident.Incident, error) {
		return nil, g.prove(ctx, t)
	})
}

// prove closes the trail's restored incidents whose delivery is fresh. AWS accepting a call proves nothing; a log file does.
func (g *Guard) prove(ctx context.Context, want trail.Guarded) error {
	known, err := g.recall(ctx, want.ARN, time.Now())
	if err != nil {
		return err
	}
	known = slices.DeleteFunc(known, func(i incident.Incident) bool {
		_, due := g.due(i, joins)
		return i.Stage != incident.Restored && !due
	})
	if len(known) == 0 {
		return nil
	}
	if !want.IsTrail() {
		return g.readBack(ctx, known)
	}
	var proof map[string]trail.Facet[trail.Status]
	if slices.ContainsFunc(known, func(i incident.Incident) bool { return i.Stage == incident.Restored }) {
		proof = g.statuses(ctx, want)
	}
	var errs []error
	for _, i := range known {
		if i.Stage == incident.Restored {
			i.Proof = proofs(want, proof, i.Restored)
			if proved(want, i.Proof, time.Since(i.Restored)) {
				i.Stage, i.Proved = incident.Proved, time.Now().UTC()
			} else if time.Since(i.Restored) > proofDue {
				i.MarkUnproved()
			}
		}
		_, err := g.record(ctx, i, joins, whoSaves)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// readBack ends the restored incidents of a resource that is guarded by itself: having been read back twice is all the
// proof that there can be, since it delivers nothing.
func (g *Guard) readBack(ctx context.Context, known []incident.Incident) error {
	var errs []error
	for _, i := range known {
		if i.Stage == incident.Restored {
			i.Stage, i.Proved = incident.Proved, time.Now().UTC()
		}
		_, err := g.record(ctx, i, joins, whoSaves)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// statuses reads the trail's status in all its regions at once.
func (g *Guard) statuses(ctx context.Context, want trail.Guarded) map[string]trail.Facet[trail.Status] {
	var mu sync.Mutex
	var reading sync.WaitGroup
	out := map[string]trail.Facet[trail.Status]{}
	for _, region := range append([]string{want.HomeRegion}, want.Regions...) {
		reading.Go(func() {
			status := g.ports.Observer.Status(ctx, want.ARN, region)
			mu.Lock()
			defer mu.Unlock()
			out[region] = status
		})
	}
	reading.Wait()
	return out
}

// proofs judges each region's status: the home region first.
func proofs(want trail.Guarded, statuses map[string]trail.Facet[trail.Status], restored time.Time) []incident.RegionProof {
	var out []incident.RegionProof
	for _, region := range append([]string{want.HomeRegion}, want.Regions...) {
		out = append(out, proofOf(want, region, statuses[region], restored))
	}
	return out
}

func proofOf(want trail.Guarded, region string, facet trail.Facet[trail.Status], restored time.Time) incident.RegionProof {
	status, known := facet.Get()
	proof := incident.RegionProof{Region: region, LatestDeliveryTime: status.LatestDeliveryTime}
	switch {
	case !known:
		proof.State, proof.Detail = incident.ProofUnknown, facet.Why()
	case !status.IsLogging:
		proof.State, proof.Detail = incident.ProofFailing, "the trail is not logging"
	case status.LatestDeliveryError != "":
		proof.State, proof.Detail = incident.ProofFailing, status.LatestDeliveryError
	case want.SnsTopicARN != "" && status.LatestNotificationError != "":
		proof.State, proof.Detail = incident.ProofFailing, "notifications fail: "+status.LatestNotificationError
	case want.CloudWatchLogsLogGroupARN != "" && status.LatestCloudWatchLogsDeliveryError != "":
		proof.State, proof.Detail = incident.ProofFailing, "delivery to CloudWatch Logs fails: "+status.LatestCloudWatchLogsDeliveryError
	case status.LatestDeliveryTime.After(restored.Truncate(time.Second)):
		proof.State = incident.ProofFresh
	default:
		proof.State, proof.Detail = incident.ProofPending, "nothing delivered since the restoration"
	}
	return proof
}

// proved says whether the proof suffices: fresh delivery in the home region, and in every other region fresh delivery
// or, after a while, no sign of trouble.
func proved(want trail.Guarded, proofs []incident.RegionProof, since time.Duration) bool {
	return !slices.ContainsFunc(proofs, func(p incident.RegionProof) bool {
		quiet := p.State == incident.ProofPending && p.Region != want.HomeRegion && since > quietAfter
		return p.State != incident.ProofFresh && !quiet
	})
}
