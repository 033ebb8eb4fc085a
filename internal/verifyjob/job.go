// Package verifyjob verifies the logs that were delivered lately, again and again, and makes incidents of what is wrong:
// the wiring between AWS, the proof by digests and the guard, for the daemon and the function.
package verifyjob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/keyring"
	"github.com/trailhold/trailhold/internal/trail"
)

// Least is the shortest time between two verifications that makes sense: digests come once an hour.
const Least = time.Hour

const (
	day     = 24 * time.Hour
	overlap = time.Hour // between two verifications: digests come late
	flights = 16        // the guard's own calls must not wait behind a verification
)

// Reporter is what a job needs of guard.Guard.
type Reporter interface {
	Report(ctx context.Context, f guard.Finding) (*incident.Incident, error)
}

// Options shape a Job.
type Options struct {
	Span time.Duration // how far back to verify; never less than a day
	Log  *slog.Logger
}

// Job verifies the trails of a baseline. Its Run must not be called twice at once.
type Job struct {
	cloud    *awscloud.Cloud
	reporter Reporter
	trails   []trail.Guarded
	options  Options
	ring     *keyring.Ring
	told     map[string]map[string]bool // by trail and problem: what its last verification found
}

// New makes a job. Nothing is asked of AWS before it runs.
func New(cloud *awscloud.Cloud, reporter Reporter, trails []trail.Guarded, options Options) *Job {
	options.Span = max(options.Span, day) + overlap
	return &Job{
		cloud: cloud, reporter: reporter, trails: trails, options: options,
		ring: keyring.New(cloud.PublicKeys()), told: map[string]map[string]bool{},
	}
}

// Summary is what one run came to.
type Summary struct {
	Trails            int           `json:"trails"`            // verified to the end
	Unfinished        int           `json:"unfinished"`        // trails that were not: nothing proves them whole
	WithoutValidation int           `json:"withoutValidation"` // trails that write no digests, by the baseline
	Digests           digest.Counts `json:"digests"`
	Logs              digest.Counts `json:"logs"`
	Failures          int           `json:"failures"` // problems that are evidence of tampering or loss
	Unknown           int           `json:"unknown"`  // problems that could not be settled

	Incidents []incident.Incident `json:"-"` // those that are new
}

// Run verifies every trail that has validation by the baseline, one after the other. What is wrong and was not wrong the
// last time becomes an incident of its trail; so does, once a day, what could not be verified, and that includes a trail
// for which the time did not suffice. The error says which trails those are, or that people could not be told.
func (j *Job) Run(ctx context.Context) (s Summary, err error) {
	var due []trail.Guarded
	for _, t := range j.trails {
		if t.LogFileValidationEnabled {
			due = append(due, t)
		}
	}
	s.WithoutValidation = len(j.trails) - len(due)
	for n, t := range due {
		failed := j.one(ctx, t, len(due)-n, &s)
		if errors.Is(ctx.Err(), context.Canceled) {
			return s, errors.Join(err, ctx.Err()) // somebody stops us, which is nobody's news
		}
		err = errors.Join(err, failed)
	}
	return s, err
}

// one verifies a trail, after which so many are left, itself included, and reports what is wrong.
func (j *Job) one(ctx context.Context, t trail.Guarded, left int, s *Summary) error {
	limited, cancel := share(ctx, left)
	result, err := j.verify(limited, t)
	cancel()
	if errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	now, seen := time.Now().UTC(), map[string]bool{}
	found := findings(t, result.Problems, now, j.told[t.ARN], seen)
	s.add(result)
	if err != nil {
		s.Unfinished++
		found = append(found, unfinished(t, err, now))
		err = fmt.Errorf("the logs of trail %s could not all be verified: %w", t.ARN, err)
	} else {
		s.Trails++
		j.options.Log.Info("verified", "trail", t.ARN, "ok", result.OK, "digests", result.Digests.Valid, "logs", result.Logs.Valid, "problems", len(result.Problems))
	}
	reportErr := j.report(ctx, found, s)
	if reportErr == nil && errors.Is(err, context.DeadlineExceeded) {
		err = &Unfinished{err}
	}
	if err = errors.Join(err, reportErr); err == nil {
		j.told[t.ARN] = seen
	}
	return err
}

// Unfinished says which trail's logs could not all be verified in the time that there was, of which people have been told. To try
// again at once would take as long.
type Unfinished struct{ Err error }

// Error names the trail.
func (u *Unfinished) Error() string { return u.Err.Error() }

// Unwrap returns the cause.
func (u *Unfinished) Unwrap() error { return u.Err }

// OnlyUnfinished says whether an error of Run's consists of nothing else.
func OnlyUnfinished(err error) bool {
	switch e := err.(type) {
	case *Unfinished:
		return true
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(one error) bool { return !OnlyUnfinished(one) })
	}
	return false
}

// share leaves a trail its part of the time that ctx leaves, so that one with many logs does not take that of the others.
func share(ctx context.Context, left int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(left))
}

// report makes incidents of findings. That the time for verifying is over must not keep people from hearing; the guard
// bounds how long telling takes.
func (j *Job) report(ctx context.Context, found []guard.Finding, s *Summary) (err error) {
	for _, f := range found {
		i, failed := j.reporter.Report(context.WithoutCancel(ctx), f)
		err = errors.Join(err, failed)
		if i != nil {
			s.Incidents = append(s.Incidents, *i)
		}
	}
	return err
}

// verify verifies one trail. One that has only just begun to log has no digest yet, which is no news.
func (j *Job) verify(ctx context.Context, t trail.Guarded) (digest.Result, error) {
	now := time.Now().UTC()
	options, err := TrailOptions(ctx, j.cloud, t, t.IsOrganizationTrail, digest.Options{
		From: now.Add(-j.options.Span), Now: now, Concurrency: flights,
	}, j.options.Log)
	if err != nil {
		return digest.Result{}, err
	}
	result, err := digest.Verify(ctx, options, j.cloud.LogStore(flights), j.ring)
	if len(options.Expect) == 0 {
		result.Problems = slices.DeleteFunc(result.Problems, func(p digest.Problem) bool { return p.Kind == digest.ChainMissing })
	}
	return result, err
}

func (s *Summary) add(r digest.Result) {
	s.Digests, s.Logs = sum(s.Digests, r.Digests), sum(s.Logs, r.Logs)
	for _, p := range r.Problems {
		switch p.Class {
		case digest.Failure:
			s.Failures++
		case digest.Unknown:
			s.Unknown++
		}
	}
}

func sum(a, b digest.Counts) digest.Counts {
	return digest.Counts{Valid: a.Valid + b.Valid, Invalid: a.Invalid + b.Invalid, Missing: a.Missing + b.Missing, Unknown: a.Unknown + b.Unknown}
}
