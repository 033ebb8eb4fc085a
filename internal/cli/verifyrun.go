package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/trailhold/trailhold/internal/digest"
)

// runVerification verifies one job after the other, each with all the requests in flight that are allowed, and puts the
// results together.
func (a *app) runVerification(ctx context.Context, f verifyFlags, s *verifyScope, anchors digest.Anchors, shown *progress) (digest.Result, error) {
	jobs, notes := s.jobs, (*notebook)(nil)
	if f.resume {
		var err error
		if jobs, notes, err = a.resumable(ctx, f, s); err != nil {
			return digest.Result{}, err
		}
	}
	var results []digest.Result
	for n, job := range jobs {
		if done, ok := notes.recall(job); ok {
			results = append(results, done)
			continue
		}
		shown.next(n, len(jobs))
		job.options.Progress, job.options.Anchors = shown.seen, anchorsOf(anchors, job.options)
		result, err := digest.Verify(ctx, job.options, job.store, s.ring)
		if err != nil {
			return result, stoppedShort(ctx, err, f.resume)
		}
		if err := notes.remember(job, result); err != nil {
			return result, err
		}
		results = append(results, result)
	}
	return joinResults(results), notes.forget(joinResults(results))
}

// stoppedShort says what became of a verification that did not come to its end.
func stoppedShort(ctx context.Context, err error, resumable bool) error {
	switch {
	case ctx.Err() != nil && resumable:
		return errors.New("interrupted: the same command goes on where it ended")
	case ctx.Err() != nil:
		return errors.New("interrupted, nothing is proved: with --resume the same command could go on where it ended")
	}
	return fmt.Errorf("the verification failed: %w", err)
}

// anchorsOf picks the anchors of what is verified: another trail's chains are not missing from this one's place.
func anchorsOf(all digest.Anchors, o digest.Options) digest.Anchors {
	fits := func(list []string, one string) bool { return len(list) == 0 || slices.Contains(list, one) }
	picked := digest.Anchors{Version: all.Version}
	for _, c := range all.Chains {
		if fits(o.Accounts, c.Account) && fits(o.Regions, c.Region) &&
			(o.Trail == "" || o.Trail == c.Trail) && (o.HomeRegion == "" || o.HomeRegion == c.HomeRegion) {
			picked.Chains = append(picked.Chains, c)
		}
	}
	return picked
}

// joinResults puts the results of several verifications together: all of them must be fine.
func joinResults(results []digest.Result) digest.Result {
	if len(results) == 1 {
		return results[0]
	}
	all := digest.Result{OK: len(results) > 0, Anchors: digest.Anchors{Version: 1}}
	for _, r := range results {
		all.Chains = append(all.Chains, r.Chains...)
		all.Problems = append(all.Problems, r.Problems...)
		all.Digests, all.Logs = addCounts(all.Digests, r.Digests), addCounts(all.Logs, r.Logs)
		all.OK = all.OK && r.OK
		all.Anchors.Chains = append(all.Anchors.Chains, r.Anchors.Chains...)
	}
	return all
}

func addCounts(a, b digest.Counts) digest.Counts {
	return digest.Counts{Valid: a.Valid + b.Valid, Invalid: a.Invalid + b.Invalid, Missing: a.Missing + b.Missing, Unknown: a.Unknown + b.Unknown}
}
