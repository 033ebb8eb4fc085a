package digest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Bounds of the search for AWSLogs/ folders in a bucket that holds other things, too.
const (
	maxSearchDepth   = 5
	maxSearchFolders = 2000
)

// errEnough ends a listing early.
var errEnough = errors.New("enough")

// discoverer finds the places that hold logs or digests.
type discoverer struct {
	store   Store
	opts    Options
	visited int
	places  map[place]bool
	failed  []*FetchError // folders that could not be listed
	omitted bool
}

// discover finds every place within the options, in a fixed order. What could not be listed comes back beside it.
func discover(ctx context.Context, store Store, opts Options) ([]place, *discoverer) {
	d := &discoverer{store: store, opts: opts, places: map[place]bool{}}
	if opts.Exact {
		d.root(ctx, folderOf(opts.Prefix))
	} else if root, _, ok := cutFolder(opts.Prefix+"/", logsFolder); ok && opts.Prefix != "" {
		d.root(ctx, root)
	} else {
		d.search(ctx, folderOf(opts.Prefix), 0)
	}
	return slices.SortedFunc(maps.Keys(d.places), func(a, b place) int { return strings.Compare(a.digests(), b.digests()) }), d
}

// folderOf is a prefix as a folder: with its slash, or empty.
func folderOf(prefix string) string {
	prefix = strings.TrimSuffix(prefix, "/")
	if prefix == "" {
		return ""
	}
	return prefix + "/"
}

// search looks for AWSLogs/ beneath a folder: a trail's prefix may have folders of its own.
func (d *discoverer) search(ctx context.Context, folder string, depth int) {
	folders := d.folders(ctx, folder)
	if slices.Contains(folders, folder+logsFolder) {
		d.root(ctx, folder)
	}
	for _, sub := range folders {
		if sub != folder+logsFolder && depth < maxSearchDepth {
			d.search(ctx, sub, depth+1)
		}
	}
}

// folders lists the folders beneath one, within the bound.
func (d *discoverer) folders(ctx context.Context, folder string) []string {
	if d.visited++; d.visited > maxSearchFolders {
		d.omitted = true
		return nil
	}
	return d.list(ctx, folder, func(string) bool { return true })
}

// list returns the wanted folders beneath one.
func (d *discoverer) list(ctx context.Context, folder string, want func(name string) bool) []string {
	var found []string
	err := d.store.Folders(ctx, d.opts.Bucket, folder, func(sub string) error {
		if len(found) >= 100*maxSearchFolders {
			d.omitted = true
			return errEnough
		}
		if name := strings.TrimSuffix(strings.TrimPrefix(sub, folder), "/"); strings.HasPrefix(sub, folder) && want(name) {
			found = append(found, sub)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		d.failed = append(d.failed, &FetchError{fetchKind(err), objectURL(d.opts.Bucket, folder), err})
	}
	return found
}

// root finds the accounts beneath an AWSLogs/ folder, those of organizations included.
func (d *discoverer) root(ctx context.Context, root string) {
	top := root + logsFolder
	for _, folder := range d.list(ctx, top, func(name string) bool { return isAccount(name) || isOrganization(name) }) {
		name := strings.TrimSuffix(strings.TrimPrefix(folder, top), "/")
		if isAccount(name) {
			d.account(ctx, place{bucket: d.opts.Bucket, root: root, account: name})
			continue
		}
		for _, member := range d.list(ctx, folder, isAccount) {
			account := strings.TrimSuffix(strings.TrimPrefix(member, folder), "/")
			d.account(ctx, place{bucket: d.opts.Bucket, root: root, organization: name, account: account})
		}
	}
}

// account finds an account's regions: those with digests, and those with logs only, whose digests may be gone.
func (d *discoverer) account(ctx context.Context, p place) {
	if len(d.opts.Accounts) > 0 && !slices.Contains(d.opts.Accounts, p.account) {
		return
	}
	if under := folderOf(d.opts.Prefix); !strings.HasPrefix(p.accountFolder(), under) && !strings.HasPrefix(under, p.accountFolder()) {
		return
	}
	for _, kind := range []string{digestFolder, trailFolder} {
		folder := p.accountFolder() + kind
		for _, sub := range d.list(ctx, folder, func(string) bool { return true }) {
			p.region = strings.TrimSuffix(strings.TrimPrefix(sub, folder), "/")
			if len(d.opts.Regions) == 0 || slices.Contains(d.opts.Regions, p.region) {
				d.places[p] = true
			}
		}
	}
}
