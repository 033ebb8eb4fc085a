package lab

import (
	"slices"
	"time"
)

// cloudtrailState is CloudTrail's part of one account's corner of a region: the trails at home here, and Event history.
type cloudtrailState struct {
	trails  []*trailEntry // in order of creation; the deleted ones stay while a stale read may still show them
	history history
}

// maxDeleted bounds how many deleted trails a region remembers for the sake of stale reads.
const maxDeleted = 100

// maxVersions bounds how many versions of a trail are kept while reads lag behind.
const maxVersions = 1_000

// trailEntry is everything there ever was under one name in one home region, as versions in order of time.
type trailEntry struct {
	name     string
	versions []trailVersion // the first says that there was none, so that there are always at least two
	leaving  []*trail       // deleted trails that still have records to deliver
	chains   map[place][]*digestChain
}

// trailVersion is a trail from some time on; nil: there is none.
type trailVersion struct {
	at    time.Time
	trail *trail
}

// trail is one version of a trail. A published version never changes: a write copies it first.
type trail struct {
	name, arn, account, home string

	bucket, prefix    string
	topicARN          string
	logGroup, logRole string
	kmsKey            string
	validation        bool
	multiRegion       bool
	global            bool
	organization      bool
	basic             []eventSelector
	advanced          []advancedSelector
	insights          []insightSelector
	maxEventSize      string
	contextKeys       []contextKeySelector
	aggregations      []aggregationConfiguration
	tags              []tag
	logging           bool
	started, stopped  time.Time
	delivery          *delivery // shared by all versions from creation to deletion
}

// newest is the trail as writes see it; nil if it does not exist.
func (e *trailEntry) newest() *trail { return e.versions[len(e.versions)-1].trail }

// seen is the trail as a read sees it: as it was delay ago, or before the last change if the read is stale.
func (e *trailEntry) seen(c *call) *trail {
	last := len(e.versions) - 1
	if c.stale {
		return e.versions[last-1].trail
	}
	horizon := c.now.Add(-c.lab.options.ConsistencyDelay)
	for i := last; i >= 0; i-- {
		if !e.versions[i].at.After(horizon) {
			return e.versions[i].trail
		}
	}
	return nil
}

// publish makes t the newest version (nil: deleted), and forgets versions that no read can see any more.
func (e *trailEntry) publish(c *call, t *trail) {
	horizon := c.now.Add(-c.lab.options.ConsistencyDelay)
	for len(e.versions) > 2 && (!e.versions[1].at.After(horizon) || len(e.versions) >= maxVersions) {
		e.versions = slices.Delete(e.versions, 0, 1)
	}
	if t == nil {
		e.leave()
	}
	e.versions = append(e.versions, trailVersion{c.now, t})
	e.follow(c.lab, c.now)
}

// leave notes what the trail that is being deleted has yet to deliver.
func (e *trailEntry) leave() {
	if len(e.leaving) >= maxDeleted {
		e.leaving = slices.Delete(e.leaving, 0, 1)
	}
	e.leaving = append(e.leaving, e.newest())
	e.part(e.newest())
}

// entry finds the trail of that name at home here, deleted ones included.
func (s *cloudtrailState) entry(name string) *trailEntry {
	for _, e := range s.trails {
		if e.name == name {
			return e
		}
	}
	return nil
}

// create publishes a new trail.
func (s *cloudtrailState) create(c *call, t *trail) {
	e := s.entry(t.name)
	if e == nil {
		e = &trailEntry{name: t.name, versions: []trailVersion{{}}}
		s.trails = append(s.trails, e)
	}
	e.publish(c, t)
	s.forget()
}

// forget drops the oldest of too many deleted trails.
func (s *cloudtrailState) forget() {
	deleted := 0
	for _, e := range s.trails {
		if e.newest() == nil {
			deleted++
		}
	}
	s.trails = slices.DeleteFunc(s.trails, func(e *trailEntry) bool {
		if deleted <= maxDeleted || e.newest() != nil {
			return false
		}
		deleted--
		return true
	})
}

// appearsIn says whether the trail is there in a region of an account: at home, as a shadow of a multi-region trail,
// or as the shadow of an organization's trail in a member account. All accounts of the lab are members, if there is an
// organization at all.
func (t *trail) appearsIn(account, region string) bool {
	return (t.account == account || t.organization) && (t.home == region || t.multiRegion)
}

// candidates are all entries that may appear in an account: its own and the management account's.
func (l *Lab) candidates(account string) []*trailEntry {
	owners := []string{account}
	if m := l.trailManager(account); m != "" && m != account {
		owners = append(owners, m)
	}
	var all []*trailEntry
	for _, owner := range owners {
		a := l.account(owner)
		for _, name := range l.regions {
			all = append(all, a.regions[name].trails.trails...)
		}
	}
	return all
}

// trailsIn lists the newest versions of the trails that appear in a region of an account.
func (l *Lab) trailsIn(account, region string) []*trail {
	var all []*trail
	for _, e := range l.candidates(account) {
		if t := e.newest(); t != nil && t.appearsIn(account, region) {
			all = append(all, t)
		}
	}
	return all
}
