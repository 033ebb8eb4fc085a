package backfill

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// ManifestName is the manifest's name in the store.
const ManifestName = "manifest.json"

const (
	manifestKind    = "trailhold-backfill"
	manifestVersion = 1
	maxManifest     = 64 << 20 // bytes
	maxNamed        = 20       // ids of unreadable events that are kept, per file
)

// Manifest says what was recovered: it lists every file with its hash, what was read and what was not. Files that are not in
// it are leftovers of an interrupted run, and superseded.
type Manifest struct {
	Kind     string    `json:"kind"`
	Version  int       `json:"version"`
	Tool     string    `json:"tool"`
	Account  string    `json:"account"`
	Incident string    `json:"incident,omitempty"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Started  time.Time `json:"started"`
	Updated  time.Time `json:"updated"`

	// Complete says that all that Event history can have of the time was read, after Event history had time to settle.
	Complete bool `json:"complete"`
	// NotContained lists what Event history does not have, whatever is asked.
	NotContained []string `json:"notContained"`

	Regions []Region `json:"regions"`
}

// Region is what was recovered of one region.
type Region struct {
	Region  string `json:"region"`
	Records int    `json:"records"`

	Settled     []Span   `json:"settled"`               // read, for good
	Provisional []Span   `json:"provisional,omitempty"` // read too early: Event history may have had more to come
	Gaps        []Gap    `json:"gaps,omitempty"`        // not read
	Files       []File   `json:"files"`
	Superseded  []string `json:"superseded,omitempty"` // keys of files that a later reading took the place of
}

// Gap is a time that could not be read, and why.
type Gap struct {
	Span
	Why string `json:"why"`
}

// File is one file of records.
type File struct {
	Key     string `json:"key"` // relative to the manifest
	SHA256  string `json:"sha256"`
	Bytes   int    `json:"bytes"`
	Records int    `json:"records"`
	Span           // that was asked for

	Unreadable    int      `json:"unreadable,omitempty"` // events whose record is no JSON object: they are left out
	UnreadableIDs []string `json:"unreadableIds,omitempty"`
}

// notContained is what nobody will find in Event history.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
var notContained = []string{
	"data events and network activity events: Event history has management events only, reads and writes",
	"Insights events: CloudTrail made none while they were off",
	"events older than 90 days",
	"events of other accounts, the members of an organization among them: each account and region has its own Event history",
	"events that reached Event history later than 15 minutes after they happened, and after they were read here",
}

// Load reads the manifest of a store; the zero manifest if there is none.
func Load(ctx context.Context, store Store) (Manifest, error) {
	data, err := store.Get(ctx, ManifestName, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, nil
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("the manifest of %s cannot be read: %w", store.Location(), err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err == nil && m.valid() {
		return m, nil
	}
	return Manifest{}, fmt.Errorf("%s in %s is no manifest of a backfill: move it away, or choose another place", ManifestName, store.Location())
}

// valid keeps a planted manifest from leading anywhere else, or from claiming what this program would not.
func (m Manifest) valid() bool {
	if m.Kind != manifestKind || m.Version != manifestVersion || !trail.ValidAccount(m.Account) || !m.From.Before(m.To) {
		return false
	}
	for _, r := range m.Regions {
		ordered := slices.IsSortedFunc(r.Settled, func(a, b Span) int { return a.From.Compare(b.From) })
		if !trail.ValidRegion(r.Region) || !ordered {
			return false
		}
		for _, f := range r.Files {
			if f.Key != keyOf(m.Account, r.Region, f.Span) {
				return false
			}
		}
	}
	return true
}

// extend makes the manifest one of what is wanted, which may be more than was wanted before.
func (m Manifest) extend(want Request, now time.Time) (Manifest, error) {
	switch {
	case !want.From.Before(want.To):
		return m, fmt.Errorf("the time to backfill is empty: it is from %s to %s", want.From.Format(time.RFC3339), want.To.Format(time.RFC3339))
	case !trail.ValidAccount(want.Account):
		return m, fmt.Errorf("%q is not an account's id, which has twelve digits", plain.Text(want.Account, 40))
	case len(want.Regions) == 0:
		return m, errors.New("there is no region to read the Event history of")
	case m.Kind != "" && m.Account != want.Account:
		return m, fmt.Errorf("the evidence is of account %s, and not of %s: choose another place", m.Account, want.Account)
	case m.Kind != "" && m.Incident != want.Incident:
		return m, fmt.Errorf("the evidence is of incident %q, and not of %q: choose another place", plain.Text(m.Incident, 100), plain.Text(want.Incident, 100))
	case m.Kind == "":
		m = Manifest{Kind: manifestKind, Version: manifestVersion, Account: want.Account, Incident: want.Incident, From: want.From, To: want.To, Started: now}
	}
	m.NotContained = notContained
	m.From, m.To = earliest(m.From, want.From), latest(m.To, want.To)
	for _, name := range want.Regions {
		if !trail.ValidRegion(name) {
			return m, fmt.Errorf("%q is not the name of a region", plain.Text(name, 40))
		}
		if !slices.ContainsFunc(m.Regions, func(r Region) bool { return r.Region == name }) {
			m.Regions = append(m.Regions, Region{Region: name, Settled: []Span{}, Files: []File{}})
		}
	}
	return m, nil
}

// window is the whole time.
func (m Manifest) window() Span { return Span{m.From, m.To} }

// settlesAt is when what was read too early can be read for good; the zero time if nothing was.
func (m Manifest) settlesAt(lag time.Duration) (at time.Time) {
	for _, r := range m.Regions {
		for _, s := range r.Provisional {
			at = latest(at, s.To.Add(lag))
		}
	}
	return at
}

// finished says whether nothing is left to read.
func (m Manifest) finished() bool {
	return !slices.ContainsFunc(m.Regions, func(r Region) bool { return len(without(m.window(), r.Settled)) > 0 || r.unreadable() > 0 })
}

func (r Region) unreadable() (count int) {
	for _, f := range r.Files {
		count += f.Unreadable
	}
	return count
}

// Hash is the hex digest of the manifest as it is stored.
func (m Manifest) Hash() string {
	data, err := encode(m)
	if err != nil {
		return "" // cannot be: it has been stored
	}
	return digestOf(data)
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// GapWords tells what is missing, in sentences.
func (m Manifest) GapWords() (words []string) {
	for _, r := range m.Regions {
		for _, g := range r.Gaps {
			words = append(words, fmt.Sprintf("%s, %s: %s", r.Region, g.words(), plain.Text(g.Why, maxWhy)))
		}
		for _, s := range r.Provisional {
			words = append(words, fmt.Sprintf("%s, %s: may be incomplete: it was read before Event history had settled", r.Region, s.words()))
		}
		if count := r.unreadable(); count > 0 {
			words = append(words, fmt.Sprintf("%s: %d events could not be read as records", r.Region, count))
		}
	}
	return words
}

func (s Span) words() string {
	return s.From.UTC().Format(time.DateTime) + " to " + s.To.UTC().Format(time.DateTime) + " UTC"
}
