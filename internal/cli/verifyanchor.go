package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/keyring"
)

// maxAnchors bounds a file of anchors, in bytes: one takes half a kilobyte.
const maxAnchors = 64 << 20

// loadAnchors reads what an earlier run remembered. A file that is not there yet remembers nothing; one that cannot be read
// is an error, since going on without it would hide what it is there to show.
func loadAnchors(path string) (digest.Anchors, error) {
	none := digest.Anchors{Version: 1}
	if path == "" {
		return none, nil
	}
	text, err := readBounded(path, maxAnchors)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	var anchors digest.Anchors
	if err == nil {
		err = json.Unmarshal(text, &anchors)
	}
	if err == nil && anchors.Version != 1 {
		err = fmt.Errorf("it has version %d, and not 1", anchors.Version)
	}
	if err != nil {
		return none, fmt.Errorf("the anchor %s cannot be read: %w", path, err)
	}
	return anchors, nil
}

// saveAnchors remembers the newest digests: the new ones, and what was known of chains that were not looked at, or not up
// to their end.
func saveAnchors(path string, known, found digest.Anchors) error {
	if path == "" {
		return nil
	}
	merged := digest.Anchors{Version: 1, Chains: slices.Clone(found.Chains)}
	for _, old := range known.Chains {
		n := slices.IndexFunc(merged.Chains, func(a digest.Anchor) bool { return a.Chain == old.Chain })
		switch {
		case n < 0:
			merged.Chains = append(merged.Chains, old)
		case merged.Chains[n].EndTime.Before(old.EndTime):
			merged.Chains[n] = old
		}
	}
	text, err := json.MarshalIndent(merged, "", "  ")
	if err == nil {
		err = keyring.WriteWhole(path, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("the anchor %s could not be written: %w", path, err)
	}
	return nil
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > limit {
		err = fmt.Errorf("it has more than %d bytes", limit)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return text, err
}
