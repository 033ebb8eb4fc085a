package drill

import (
	"context"
	"errors"
	"fmt"

	"github.com/trailhold/trailhold/internal/trail"
)

func stopByName(ctx context.Context, s Scene) error {
	return s.StopLogging(ctx, s.Target.HomeRegion, s.Target.Name)
}

func stopByARN(ctx context.Context, s Scene) error {
	return s.StopLogging(ctx, s.Target.HomeRegion, s.Target.ARN)
}

// A flood is several bursts of stops, each after the trail was restored. Of the rounds that look alike people are told
// of the first three and then whenever the count of stops has grown tenfold, which is in the fourth.
const (
	floodRounds = 5
	floodBurst  = 10
	floodAlerts = 4
)

func stopInBursts(ctx context.Context, s Scene) error {
	for range floodBurst {
		if err := stopByARN(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

var errSucceeded = errors.New("the call was to be refused, and succeeded")

// refused turns success into an error: an attack that is to fail has to.
func refused(err error) error {
	if err == nil {
		return errSucceeded
	}
	return nil
}

func tryWithoutRights(ctx context.Context, s Scene) error {
	return refused(s.Powerless.StopLogging(ctx, s.Target.HomeRegion, s.Target.ARN))
}

func stopElsewhere(ctx context.Context, s Scene) error {
	return refused(s.StopLogging(ctx, s.OtherRegion, s.Target.ARN))
}

func deleteTrail(ctx context.Context, s Scene) error {
	return s.DeleteTrail(ctx, s.Target.HomeRegion, s.Target.ARN)
}

// foreign is a trail that writes to the intruder's bucket.
func foreign(s Scene, name string, multiRegion bool) trail.Create {
	return trail.Create{Config: trail.Config{
		Name: name, S3BucketName: s.ForeignBucket, IsMultiRegionTrail: multiRegion, IncludeGlobalServiceEvents: true,
	}}
}

// squat deletes the trail and makes another of its name, which even logs.
func squat(ctx context.Context, s Scene, region string) error {
	if err := deleteTrail(ctx, s); err != nil {
		return err
	}
	if _, err := s.CreateTrail(ctx, region, foreign(s, s.Target.Name, true)); err != nil {
		return err
	}
	return s.StartLogging(ctx, region, s.Target.Name)
}

func squatAtHome(ctx context.Context, s Scene) error { return squat(ctx, s, s.Target.HomeRegion) }

func squatElsewhere(ctx context.Context, s Scene) error { return squat(ctx, s, s.OtherRegion) }

func leaveElsewhere(ctx context.Context, s Scene) error {
	return s.DeleteTrail(ctx, s.OtherRegion, s.Target.Name)
}

// fillers is how many trails fill the home region once the target is deleted: its quota is five, and one trail beside
// the target is there.
const fillers = 4

func filler(n int) string { return fmt.Sprintf("filler-%d", n) }

func fillQuota(ctx context.Context, s Scene) error {
	if err := deleteTrail(ctx, s); err != nil {
		return err
	}
	for n := range fillers {
		if _, err := s.CreateTrail(ctx, s.Target.HomeRegion, foreign(s, filler(n), false)); err != nil {
			return err
		}
	}
	_, err := s.CreateTrail(ctx, s.Target.HomeRegion, foreign(s, filler(fillers), false))
	return refused(err)
}

func emptyQuota(ctx context.Context, s Scene) error {
	var errs []error
	for n := range fillers + 1 {
		errs = append(errs, s.DeleteTrail(ctx, s.Target.HomeRegion, filler(n)))
	}
	return errors.Join(errs...)
}

const shadow = "replication-check" // sounds as if it belonged there

func shadowTrail(ctx context.Context, s Scene) error {
	if _, err := s.CreateTrail(ctx, s.Target.HomeRegion, foreign(s, shadow, true)); err != nil {
		return err
	}
	return nil
}

func removeShadow(ctx context.Context, s Scene) error {
	return s.DeleteTrail(ctx, s.Target.HomeRegion, shadow)
}
