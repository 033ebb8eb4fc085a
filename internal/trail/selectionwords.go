package trail

import (
	"slices"
	"strings"
)

// Bounds of a drift's detail.
const (
	maxSentences = 5  // kinds of events that are named
	maxBoxes     = 64 // boxes that are put into words, and joined before
)

// describe names the events in boxes, each kind once.
func (s space) describe(boxes []box) []string {
	var result []string
	for _, b := range boxes[:min(len(boxes), maxBoxes)] {
		if words := s.words(b); !slices.Contains(result, words) {
			result = append(result, words)
		}
	}
	if len(result) > maxSentences || len(boxes) > maxBoxes {
		result = append(result[:min(len(result), maxSentences)], "others")
	}
	return result
}

// words names the events in one box, such as "management write events of kms.amazonaws.com".
func (s space) words(b box) string {
	kind, details := "events", ""
	for i, a := range s {
		values := a.words(b[i])
		if values == "" {
			continue
		}
		switch a.field {
		case eventCategory:
			kind = categoryWords(values) + " events"
		case readOnly:
			kind = strings.TrimSuffix(kind, "events") + map[string]string{"true": "read", "false": "write"}[values] + " events"
		case eventSource, resourceType:
			details += " of " + values
		case resourceARN:
			details += " on " + values
		case eventName:
			details += " named " + values
		case userARN:
			details += " of user " + values
		default:
			details += " whose " + show(a.field) + " is " + values
		}
	}
	return kind + details
}

func categoryWords(category string) string {
	if words := map[string]string{management: "management", data: "data", networkActivity: "network activity"}[category]; words != "" {
		return words
	}
	return category
}

// words names a set of values of the axis; empty if it is all of them.
func (a axis) words(set bits) string {
	var in, out []string
	others := false
	for i, sample := range a.samples {
		switch {
		case set.has(i):
			in = append(in, sample.words())
			others = others || sample.others()
		default:
			out = append(out, sample.words())
		}
	}
	switch {
	case len(out) == 0:
		return ""
	case others:
		return "anything but " + list(out)
	default:
		return list(in)
	}
}

func (s sample) words() string {
	if s.exact {
		return s.text
	}
	return s.prefix + "*" + s.suffix
}

// onlyManagementReads says whether the box holds nothing but read-only management events.
func (s space) onlyManagementReads(b box) bool {
	category, read := false, false
	for i, a := range s {
		category = category || a.field == eventCategory && a.words(b[i]) == management
		read = read || a.field == readOnly && a.words(b[i]) == "true"
	}
	return category && read
}

// merge drops boxes that others hold and joins those that differ on one axis only, so that people read fewer of them.
func merge(boxes []box) []box {
	if len(boxes) > maxBoxes { // not worth the time: only a few are named
		return boxes
	}
	boxes = slices.Clone(boxes)
	for i := 0; i < len(boxes); i++ {
		for j := 0; j < len(boxes); j++ {
			if i == j {
				continue
			}
			if joined, ok := boxes[i].join(boxes[j]); ok {
				boxes[i] = joined
				boxes = slices.Delete(boxes, j, j+1)
				i = -1 // the larger box may join others that were looked at before
				break
			}
		}
	}
	return boxes
}

// join returns the union of two boxes if it is a box.
func (b box) join(c box) (box, bool) {
	differ, inside := -1, true
	count := 0
	for i := range b {
		if !b[i].equal(c[i]) {
			differ = i
			count++
			inside = inside && c[i].andNot(b[i]).empty()
		}
	}
	switch {
	case count == 0 || inside:
		return b, true
	case count == 1:
		joined := slices.Clone(b)
		joined[differ] = b[differ].or(c[differ])
		return joined, true
	default:
		return nil, false
	}
}
