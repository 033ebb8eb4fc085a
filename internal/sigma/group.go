package sigma

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// groupTexts is a value as grouping and counting see it: the different members of an array count each for itself. It
// also returns how many were left out because they are too many.
func groupTexts(v Value) (texts []string, dropped int) {
	if v.kind != List {
		if v.present() {
			texts = []string{bounded(v.Text())}
		}
		return texts, 0
	}
	seen := map[string]bool{}
	for _, one := range v.members {
		text := bounded(one.Text())
		switch {
		case !one.present() || seen[text]:
		case len(texts) == maxMembers:
			dropped++
		default:
			seen[text] = true
			texts = append(texts, text)
		}
	}
	return texts, dropped
}

// maxMembers is how many members of an array take part in grouping and counting, and how many groups a record can
// belong to.
const maxMembers = 1000

// bounded replaces what is too long to keep by its beginning and its hash, so that equal values remain equal.
func bounded(s string) string {
	const limit = 512
	if len(s) <= limit {
		return strings.Clone(s)
	}
	sum := sha256.Sum256([]byte(s))
	return s[:64] + "…" + hex.EncodeToString(sum[:])
}

// keySeparator can't occur in valid UTF-8, so that no value can imitate two.
const keySeparator = "\xff"

// keys are the groups that a sighting belongs to: one for each combination of its values. It also returns how many
// were left out because they are too many.
func (t target) keys(s *sighting) (keys []string, dropped int) {
	keys = []string{""}
	for i, name := range t.to.GroupBy {
		texts := s.texts(t.field(name))
		var longer []string
		for _, key := range keys {
			if i > 0 {
				key += keySeparator
			}
			for _, text := range texts[:min(len(texts), maxMembers-len(longer))] {
				longer = append(longer, key+text)
			}
		}
		dropped += len(keys)*len(texts) - len(longer)
		keys = longer
	}
	return keys, dropped
}

func (s *sighting) texts(field string) []string {
	if slot, ok := s.feed.slots[field]; ok {
		return s.values[slot]
	}
	return nil
}
