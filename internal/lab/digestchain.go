package lab

import (
	"maps"
	"slices"
	"time"
)

// Bounds on digests.
const (
	// maxCatchUp is how many digests of one place are written at once when much time has passed since the last call. The
	// rest follows with the next calls, so that a chain is late but has no gap.
	maxCatchUp = 100

	// maxChains is how many chains of one place wait while the first catches up.
	maxChains = 100

	// maxUndigested is how many log files of one place wait for their digest.
	maxUndigested = 10_000
)

// digestChain is a chain of digests of one place: the time in which a trail was logging with validation, without a
// break. Its times are whole seconds, because names and contents of digests tell no more.
type digestChain struct {
	start    time.Time     // of what the next digest will cover
	previous *signedDigest // nil until the starting digest is written
	logs     []digestedLog // delivered and in no digest yet, in order of delivery

	// ended is when the chain broke; zero: it goes on. While it drains, log files of earlier events are still awaited.
	ended  time.Time
	drains bool

	// parted is the trail as it was when it was deleted, or left the place; nil: the trail is as it is now.
	parted *trail
}

// accepts says whether log files that are delivered now belong to the chain.
func (c *digestChain) accepts() bool { return c.ended.IsZero() || c.drains }

// final is the end of the last digest: when the chain broke, or when the last log file that it waited for arrived. It
// is the chain's start when there is nothing left to digest.
func (c *digestChain) final() time.Time {
	end := c.ended.Truncate(time.Second)
	if n := len(c.logs); n > 0 {
		if last := c.logs[n-1].delivered.Truncate(time.Second); last.After(end) {
			end = last
		}
	}
	switch {
	case end.After(c.start):
		return end
	case len(c.logs) > 0:
		return c.start.Add(time.Second) // no digest is shorter
	}
	return c.start
}

// due is how many of the log files belong into a digest up to end; the last digest takes them all.
func (c *digestChain) due(end time.Time, last bool) int {
	if last {
		return len(c.logs)
	}
	later := slices.IndexFunc(c.logs, func(log digestedLog) bool { return !log.delivered.Before(end) })
	if later < 0 {
		return len(c.logs)
	}
	return later
}

// active is the chain of a place that log files are added to, nil if there is none.
func (e *trailEntry) active(p place) *digestChain {
	if all := e.chains[p]; len(all) > 0 && all[len(all)-1].accepts() {
		return all[len(all)-1]
	}
	return nil
}

// digested adds a delivered log file to the chain of its place. What is delivered while validation is off is in no digest.
func (e *trailEntry) digested(p place, log digestedLog) {
	c := e.active(p)
	if c == nil {
		return
	}
	if len(c.logs) >= maxUndigested {
		c.logs = slices.Delete(c.logs, 0, 1)
	}
	c.logs = append(c.logs, log)
}

// follow begins and ends chains as the trail's configuration wants, now that it may have changed.
func (e *trailEntry) follow(l *Lab, now time.Time) {
	t := e.newest()
	wanted := l.digestPlaces(t)
	for p, all := range e.chains {
		// After a stop or a deletion, the final digest still lists what covers the events up to it. When validation is
		// switched off, log files are not digested from then on.
		if c := all[len(all)-1]; !wanted[p] && c.ended.IsZero() {
			c.ended, c.drains = now, t == nil || t.validation
			if t != nil && !t.appearsIn(p.account, p.region) {
				c.parted = e.versions[len(e.versions)-2].trail
			}
		}
	}
	for p := range wanted {
		if c := e.active(p); c == nil || !c.ended.IsZero() {
			e.begin(p, now)
		}
	}
}

// digestPlaces are where a trail writes digests: in each region and, for an organization's trail, for each account.
func (l *Lab) digestPlaces(t *trail) map[place]bool {
	if t == nil || !t.logging || !t.validation {
		return nil
	}
	places := map[place]bool{}
	for _, account := range l.accountIDs() {
		for _, region := range l.regions {
			if l.reaches(t, account, region) {
				places[place{account, region}] = true
			}
		}
	}
	return places
}

// reaches says whether a trail is there in an account's region, as long as the region is enabled and, for an organization's
// trail, the account is a member.
func (l *Lab) reaches(t *trail, account, region string) bool {
	enabled := slices.Contains(l.options.Regions, region)
	if a := l.accounts[account]; a != nil {
		enabled = a.enabled(region)
	}
	return enabled && t.appearsIn(account, region) && (t.account == account || l.trailManager(account) == t.account)
}

// accountIDs are all accounts that the lab knows of, some more than once.
func (l *Lab) accountIDs() []string {
	ids := slices.Collect(maps.Values(l.options.Accounts))
	for id := range l.accounts {
		ids = append(ids, id)
	}
	return ids
}

// begin starts a chain with its starting digest. The chain before it waits for nothing any more: log files that are late
// go into the new one (a guess), so that each is in a digest exactly once.
func (e *trailEntry) begin(p place, now time.Time) {
	c := &digestChain{start: now.Truncate(time.Second)}
	all := e.chains[p]
	if n := len(all); n > 0 {
		last := all[n-1]
		if last.drains {
			last.ended, last.drains = now, false
		}
		if !last.ended.Truncate(time.Second).After(last.start) { // nothing but this second is left to digest
			c.logs, all = last.logs, all[:n-1]
		} else if n >= maxChains {
			last.ended, last.parted = time.Time{}, nil // as if there had been no break
			return
		}
	}
	if e.chains == nil {
		e.chains = map[place][]*digestChain{}
	}
	e.chains[p] = append(all, c)
}

// part notes that the chains' trail is deleted, so that their last digests go where it delivered to.
func (e *trailEntry) part(t *trail) {
	for _, all := range e.chains {
		for _, c := range all {
			if c.parted == nil {
				c.parted = t
			}
		}
	}
}

// digest writes the digests that are due. Chains of one place follow each other.
func (l *Lab) digest(e *trailEntry, now time.Time) {
	for _, p := range slices.SortedFunc(maps.Keys(e.chains), comparePlaces) {
		budget := maxCatchUp
		for len(e.chains[p]) > 0 && l.digestChain(e, e.chains[p][0], p, now, &budget) {
			e.chains[p] = e.chains[p][1:]
		}
		if len(e.chains[p]) == 0 {
			delete(e.chains, p)
		}
	}
}

// digestChain writes the digests of one chain; true means that it is complete.
func (l *Lab) digestChain(e *trailEntry, c *digestChain, p place, now time.Time, budget *int) (complete bool) {
	t := c.parted
	if t == nil {
		t = e.newest()
	}
	for {
		end, last := c.start.Add(l.options.DigestInterval), false
		if !c.ended.IsZero() && !(c.drains && t.delivery.awaits(p, c.ended)) && !c.final().After(end) {
			end, last = c.final(), true
		}
		switch {
		case last && !end.After(c.start):
			return true
		case end.After(now) || *budget == 0:
			return false
		}
		*budget--
		if !l.deliverDigest(c, t, p, end, last, now) {
			return !c.ended.IsZero() && now.Sub(c.ended) > retryFor
		}
		if last {
			return true
		}
	}
}

// awaits says whether records of events up to a time are not delivered yet in a place.
func (d *delivery) awaits(p place, until time.Time) bool {
	return slices.ContainsFunc(d.pending, func(r pendingRecord) bool {
		return r.account == p.account && r.region == p.region && !r.at.After(until)
	})
}

// deliverDigest writes a digest and notes how that went. Calls are rare and digests hourly, so a digest counts as
// delivered right at its end, unless the bucket did not take it then.
func (l *Lab) deliverDigest(c *digestChain, t *trail, p place, end time.Time, last bool, now time.Time) bool {
	status, at := t.delivery.at(p), end
	if status.digestError != "" {
		at = now
	}
	due := c.due(end, last)
	status.digestError = errorCode(l.putDigest(c, t, p, end, c.logs[:due], at))
	if status.digestError != "" {
		return false
	}
	c.logs = slices.Delete(c.logs, 0, due)
	status.digested = at
	return true
}
