package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/keyring"
	"github.com/trailhold/trailhold/internal/logdir"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/verifyjob"
)

// usualSpan is how far back live logs are verified unless --from says something else.
const usualSpan = 30 * 24 * time.Hour

// verifyScope is what is to be verified: a place, or the places of trails.
type verifyScope struct {
	source   string
	from, to time.Time // of the time verified; zero: no bound
	jobs     []verifyJob
	ring     *keyring.Ring
	keyFile  string // that takes the keys that had to be asked for; empty: none
	dir      *logdir.Dir
}

// verifyJob is one call of digest.Verify.
type verifyJob struct {
	store   digest.Store
	options digest.Options
}

func (s *verifyScope) close() {
	if s.dir != nil {
		_ = s.dir.Close() // only read from
	}
}

// keep saves what was learnt about keys.
func (s *verifyScope) keep() error {
	if s.keyFile == "" {
		return nil
	}
	return s.ring.Save(s.keyFile)
}

// verifyScope finds out where to look, and for what.
func (a *app) verifyScope(ctx context.Context, f verifyFlags, from, to time.Time) (*verifyScope, error) {
	s := &verifyScope{source: cmp.Or(f.trail, f.baseline, f.place), from: from, to: to}
	if f.place != "" && !isBucket(f.place) {
		return s, a.copyScope(f, s)
	}
	now := time.Now().UTC()
	if s.from.IsZero() {
		s.from = cmp.Or(s.to, now).Add(-usualSpan)
	}
	preferred, trails, err := a.verifyTrails(ctx, f)
	if err != nil {
		return nil, err
	}
	cloud, err := a.verifyCloud(ctx, f, preferred)
	if err != nil {
		return nil, err
	}
	if err := s.useKeys(f.keys, cloud.PublicKeys()); err != nil {
		return nil, err
	}
	store, options := cloud.LogStore(f.concurrency), f.options(s.from, s.to, now)
	if f.place != "" {
		bucket, prefix, _ := strings.Cut(strings.TrimPrefix(f.place, "s3://"), "/")
		if bucket == "" {
			return nil, usagef("%q names no bucket", f.place)
		}
		options.Bucket, options.Prefix = bucket, prefix
		s.jobs = []verifyJob{{store, options}}
		return s, nil
	}
	for _, t := range trails {
		options, err := verifyjob.TrailOptions(ctx, cloud, t, f.organization, options, a.verifyLog())
		if err != nil {
			return nil, err
		}
		s.jobs = append(s.jobs, verifyJob{store, options})
	}
	return s, nil
}

// options are what holds for every place.
func (f verifyFlags) options(from, to, now time.Time) digest.Options {
	return digest.Options{Accounts: f.accounts, Regions: f.regions, From: from, To: to, Now: now, Concurrency: f.concurrency}
}

// copyScope is a directory. Its end is not checked against the clock: nobody knows when the copy was made.
func (a *app) copyScope(f verifyFlags, s *verifyScope) (err error) {
	if s.dir, err = logdir.Open(f.place, f.metadata); err != nil {
		return err
	}
	s.jobs = []verifyJob{{s.dir, f.options(s.from, s.to, time.Time{})}}
	return s.useKeys(f.keys, &lazyKeys{app: a, flags: f})
}

// useKeys loads the files of keys. The first may be new, or one of ours: it is filled.
func (s *verifyScope) useKeys(files []string, live digest.Keys) error {
	s.ring = keyring.New(live)
	for n, file := range files {
		own, err := s.ring.Load(file)
		switch {
		case n == 0 && errors.Is(err, fs.ErrNotExist):
			s.keyFile = file
		case err != nil:
			return err
		case n == 0 && own:
			s.keyFile = file
		}
	}
	return nil
}

// lazyKeys asks for keys only when a file of them was not enough, since a copy can be verified without any account.
type lazyKeys struct {
	app   *app
	flags verifyFlags
	cloud *awscloud.Cloud // once it is needed
}

// Keys implements digest.Keys. The ring calls it once at a time.
func (l *lazyKeys) Keys(ctx context.Context, region string, from, to time.Time) ([]digest.PublicKey, error) {
	if l.cloud == nil {
		cloud, err := l.app.verifyCloud(ctx, l.flags, region)
		if err != nil {
			return nil, err
		}
		l.cloud = cloud
	}
	return l.cloud.PublicKeys().Keys(ctx, region, from, to)
}

// verifyCloud reaches AWS even where no region is configured: the region of the trail or the keys does as well, and
// buckets are followed to theirs. The flag --region narrows what is verified and does not mean the SDK's region.
func (a *app) verifyCloud(ctx context.Context, f verifyFlags, preferred string) (*awscloud.Cloud, error) {
	cloud, err := a.cloud(ctx)
	if err == nil || a.flags.region != "" {
		return cloud, err
	}
	for _, region := range append(f.regions, preferred) {
		a.flags.region = region
		if cloud, again := a.cloud(ctx); again == nil {
			return cloud, nil
		}
	}
	return nil, err
}

// verifyTrails lists the trails that are verified, none for a place, and a region to begin in. Of a trail that is only
// named, nothing but the name is known yet.
func (a *app) verifyTrails(ctx context.Context, f verifyFlags) (region string, trails []trail.Guarded, err error) {
	switch {
	case f.trail != "":
		arn, err := trail.ParseARN(f.trail)
		if err != nil {
			return "", nil, usagef("--trail: %v", err)
		}
		return arn.Region, []trail.Guarded{{Config: trail.Config{Name: arn.Name, ARN: f.trail, HomeRegion: arn.Region}}}, nil
	case f.baseline != "":
		b, err := a.baseline(ctx, f.baseline)
		if err == nil && len(b.Trails) == 0 {
			err = fmt.Errorf("the baseline %s has no trail", f.baseline)
		}
		if err != nil {
			return "", nil, err
		}
		return b.Trails[0].HomeRegion, b.Trails, nil
	}
	return "us-east-1", nil, nil
}
