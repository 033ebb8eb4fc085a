package hunt

import (
	"context"
	"io"
	"strings"

	"github.com/trailhold/trailhold/internal/digest"
)

// Bucket is what lies in an S3 bucket beneath a prefix.
type Bucket struct {
	Store        digest.Store
	Name, Prefix string
}

// Each implements Source. Where the filter narrows, folders that can't hold what is wanted are not listed.
func (b Bucket) Each(ctx context.Context, filter *Filter, each func(File) error) error {
	l := bucketListing{Bucket: b, ctx: ctx, filter: filter, each: each}
	if filter.anywhere() {
		return l.list(b.Prefix)
	}
	return l.descend(b.Prefix, 0)
}

type bucketListing struct {
	Bucket
	ctx    context.Context
	filter *Filter
	each   func(File) error
}

// maxLevels is how deep folders are looked through one by one: prefix, AWSLogs, organization, account, service, region,
// year, month, day.
const maxLevels = 14

// descend goes through the folders beneath a prefix, down to those of days, and lists those that may be wanted.
func (l *bucketListing) descend(prefix string, level int) error {
	place := placeOf(prefix)
	switch {
	case strings.HasSuffix(prefix, "/") && (place.digest || place.other || !l.filter.wants(place)):
		return nil
	case level == maxLevels, !place.from.IsZero() && place.to.Sub(place.from) <= late:
		return l.list(prefix)
	}
	var folders []string
	err := l.Store.Folders(l.ctx, l.Name, prefix, func(folder string) error {
		folders = append(folders, folder)
		return nil
	})
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		return l.list(prefix)
	}
	if err := l.between(prefix); err != nil {
		return err
	}
	for _, folder := range folders {
		if err := l.descend(folder, level+1); err != nil {
			return err
		}
	}
	return nil
}

// between lists the objects that lie directly beneath a prefix, beside its folders. CloudTrail puts none there, but who copies logs
// may. A listing has no way to leave out the folders, so it steps over each of them.
func (l *bucketListing) between(prefix string) error {
	after := ""
	for {
		over := ""
		err := l.Store.List(l.ctx, l.Name, prefix, after, func(o digest.Object) error {
			if folder, _, below := strings.Cut(o.Key[min(len(prefix), len(o.Key)):], "/"); below {
				over = prefix + folder + "/" + lastKey
				return errStep
			}
			return l.object(o)
		})
		if err != errStep { //nolint:errorlint // it is returned unchanged
			return err
		}
		after = over
	}
}

// lastKey sorts behind all that a folder holds.
const lastKey = "\U0010ffff"

type stepError struct{}

func (stepError) Error() string { return "step over a folder" }

var errStep = stepError{}

func (l *bucketListing) list(prefix string) error {
	return l.Store.List(l.ctx, l.Name, prefix, "", l.object)
}

func (l *bucketListing) object(o digest.Object) error {
	if strings.HasSuffix(o.Key, "/") || !l.filter.wants(placeOf(o.Key)) || !l.filter.mine(o.Key) {
		return nil
	}
	return l.each(File{
		Name: "s3://" + l.Name + "/" + o.Key, Path: o.Key, Size: o.Size, Remote: true,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			content, err := l.Store.Get(ctx, l.Name, o.Key)
			if err != nil {
				return nil, err
			}
			return content.Body, nil
		},
	})
}
