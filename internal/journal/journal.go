// Package journal keeps incidents: in memory for as long as a process lives, or in a directory of files.
//
// Both keep the JSON form of an incident and nothing else, so that what comes back is the same whether or not the
// process was restarted in between. An incident is saved only on top of the version it was read at (compare and swap).
package journal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

// maxID is the longest id, in bytes: with the suffix of its file it is still a name on every file system.
const maxID = 128

// errID says what an id may be. Ids become file names, so nothing in them may mean anything to a file system.
var errID = errors.New("an incident id has 1 to 128 letters, digits, - and _, and begins with a letter or digit")

func validID(id string) error {
	if id == "" || len(id) > maxID {
		return fmt.Errorf("%w: this one has %d characters", errID, len(id))
	}
	for n := range len(id) {
		c := id[n]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && (n == 0 || c != '-' && c != '_') {
			return fmt.Errorf("%w: %q", errID, id)
		}
	}
	return nil
}

// head is what has to be known of an incident to find it.
type head struct {
	ID       string         `json:"id"`
	Version  int            `json:"version"`
	Stage    incident.Stage `json:"stage"`
	TrailARN string         `json:"trailArn"`
	Seen     time.Time      `json:"seen"`
}

func headOf(i incident.Incident) head {
	return head{ID: i.ID, Version: i.Version, Stage: i.Stage, TrailARN: i.TrailARN, Seen: i.Seen}
}

// wanted says whether Recent returns the incident.
func (h head) wanted(trailARN string, since time.Time) bool {
	if trailARN != "" && h.TrailARN != trailARN {
		return false
	}
	return !h.Stage.Ended() || !h.Seen.Before(since)
}

// older orders by the time seen, then by id so that the order is always the same.
func (h head) older(other head) int {
	return cmp.Or(h.Seen.Compare(other.Seen), cmp.Compare(h.ID, other.ID))
}

func newestFirst(found []incident.Incident) {
	slices.SortFunc(found, func(a, b incident.Incident) int { return headOf(b).older(headOf(a)) })
}

// next makes the JSON of the version that follows, and what a reader will get from it.
func next(i incident.Incident, stored int) ([]byte, incident.Incident, error) {
	if i.Version != stored {
		return nil, i, fmt.Errorf("journal: incident %s is at version %d, the one to be saved was read at %d: %w",
			i.ID, stored, i.Version, guard.ErrConflict)
	}
	i.Version++
	data, err := i.MarshalJSON() // not json.Marshal: it would escape <, > and & in records
	if err != nil {
		return nil, i, fmt.Errorf("journal: incident %s: %w", i.ID, err)
	}
	var saved incident.Incident
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, i, fmt.Errorf("journal: incident %s does not survive JSON: %w", i.ID, err)
	}
	return data, saved, nil
}
