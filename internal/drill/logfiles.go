package drill

import (
	"context"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// logFileTechniques are attacks on log files that have been delivered.
func logFileTechniques() []Technique {
	return []Technique{
		{ID: tamper.LogDelete, Variant: "one file", On: trail.Bucket, Attack: deleteOne, Look: stillDeleted, Outcome: Restored},
		{ID: tamper.LogDelete, Variant: "many at once", On: trail.Bucket, Attack: deleteMany, Look: stillDeleted, Outcome: Restored},
		{ID: tamper.LogDelete, Variant: "for good", On: trail.Bucket, Attack: deleteVersion, Outcome: Reported},
	}
}

func deleteOne(ctx context.Context, s Scene) error {
	r, files, err := logFiles(ctx, s, 1)
	if err != nil {
		return err
	}
	return perform(ctx, s, r.Region, []request{{"s3:DeleteObject", object{"Bucket": r.Name(), "Key": files[0].Key}}})
}

func deleteMany(ctx context.Context, s Scene) error {
	r, files, err := logFiles(ctx, s, 20)
	if err != nil {
		return err
	}
	var names []object
	for _, f := range files {
		names = append(names, object{"Key": f.Key})
	}
	return perform(ctx, s, r.Region, []request{{"s3:DeleteObjects", object{"Bucket": r.Name(), "Delete": object{"Objects": names}}}})
}

// deleteVersion deletes a file in such a way that no marker remains.
func deleteVersion(ctx context.Context, s Scene) error {
	r, files, err := logFiles(ctx, s, 1)
	if err != nil {
		return err
	}
	return perform(ctx, s, r.Region, []request{{"s3:DeleteObject", object{
		"Bucket": r.Name(), "Key": files[0].Key, "VersionId": files[0].VersionID, "BypassGovernanceRetention": true,
	}}})
}

// stillDeleted lists the files that a delete marker hides.
func stillDeleted(ctx context.Context, s Scene) ([]string, error) {
	r, err := s.resource(trail.Bucket, nil)
	if err != nil {
		return nil, err
	}
	_, markers, err := listVersions(ctx, s.Owner, r)
	var hidden []string
	for _, m := range markers {
		if m.IsLatest {
			hidden = append(hidden, m.Key+" is deleted")
		}
	}
	return hidden, err
}
