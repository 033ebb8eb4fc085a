// Package keyring keeps the public keys that CloudTrail signs digest files with, so that logs can be verified without
// an AWS account: from what "aws cloudtrail list-public-keys" printed, or from a file of its own that it fills by itself.
//
// A file of keys decides what is genuine. It is never found by itself, but only read where somebody names it.
package keyring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// Ring is a file's keys, and where others are asked for. It implements digest.Keys and is safe for concurrent use.
type Ring struct {
	live digest.Keys // nil: nothing but the file

	mu      sync.Mutex // guards what follows
	regions map[string]*shelf
	shared  []digest.PublicKey // of no region: a printed answer does not say which one it is of
	changed bool
}

// shelf is the keys of a region.
type shelf struct {
	Known []period           `json:"known"` // the times of which all keys are here
	Keys  []digest.PublicKey `json:"keys"`
}

type period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// New makes an empty ring that asks live for keys, and remembers them. Without live it has none.
func New(live digest.Keys) *Ring { return &Ring{live: live, regions: map[string]*shelf{}} }

// ErrNoKeys means that no keys are at hand for a region and a time, and that there is nobody to ask.
var ErrNoKeys = errors.New("no public keys are at hand")

// Keys implements digest.Keys. Whatever the file cannot answer in full is asked for, once.
func (r *Ring) Keys(ctx context.Context, region string, from, to time.Time) ([]digest.PublicKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock() // while asking, too: the others wait for the same answer
	if keys, ok := r.have(region, from, to); ok {
		return keys, nil
	}
	if r.live == nil {
		return nil, fmt.Errorf("%w for %s between %s and %s: give a file of them with --keys", ErrNoKeys, region, minute(from), minute(to))
	}
	keys, err := r.live.Keys(ctx, region, from, to)
	if err != nil {
		return nil, err
	}
	r.add(region, []period{{from.UTC(), to.UTC()}}, keys)
	r.changed = true
	all, _ := r.have(region, from, to)
	return all, nil
}

// have answers from what is at hand; ok is false if that may not be all.
func (r *Ring) have(region string, from, to time.Time) (keys []digest.PublicKey, ok bool) {
	if s := r.regions[region]; s != nil {
		for _, p := range s.Known {
			ok = ok || !p.From.After(from) && !p.To.Before(to)
		}
		keys = slices.Clone(s.Keys)
	}
	keys = append(keys, r.shared...)
	return keys, ok || covered(keys, from, to)
}

// covered says whether the keys leave no moment of a time without one. Then they are, most likely, all there are.
func covered(keys []digest.PublicKey, from, to time.Time) bool {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b digest.PublicKey) int { return a.From.Compare(b.From) })
	for _, k := range keys {
		if k.From.After(from) {
			return false
		}
		if k.To.After(from) {
			from = k.To
		}
		if !from.Before(to) {
			return true
		}
	}
	return false
}

// add puts keys on a region's shelf, each once.
func (r *Ring) add(region string, known []period, keys []digest.PublicKey) {
	s := r.regions[region]
	if s == nil {
		s = &shelf{}
		r.regions[region] = s
	}
	for _, k := range keys {
		if !slices.ContainsFunc(s.Keys, func(have digest.PublicKey) bool { return have.Fingerprint == k.Fingerprint && have.From.Equal(k.From) }) {
			s.Keys = append(s.Keys, k)
		}
	}
	s.Known = joined(append(s.Known, known...))
}

// joined merges periods that touch.
func joined(periods []period) []period {
	slices.SortFunc(periods, func(a, b period) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var out []period
	for _, p := range periods {
		if last := len(out) - 1; last >= 0 && !p.From.After(out[last].To) {
			if p.To.After(out[last].To) {
				out[last].To = p.To
			}
			continue
		}
		out = append(out, p)
	}
	return out
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
