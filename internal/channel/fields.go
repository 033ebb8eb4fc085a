package channel

import (
	"strings"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
)

const maxShort = 200

// short makes a field of an incident plain that no page of the message did.
func short(s string) string { return plain.Text(strings.TrimSpace(s), maxShort) }

// technique is the id of the most severe technique, empty if there is none.
func technique(m notify.Message) string {
	if len(m.Incident.Techniques) == 0 {
		return ""
	}
	return m.Incident.Techniques[0]
}

// field is a named part of a brief.
type field struct{ name, text string }

// fields are what a brief says, without what is empty.
func fields(b notify.Brief) []field {
	var out []field
	for _, f := range []field{
		{"what", b.What}, {"who", b.Who}, {"from", b.From}, {"changed", b.Changed}, {"done", b.Done}, {"proof", b.Proof}, {"lost", b.Lost}, {"next", b.Next},
	} {
		if f.text != "" {
			out = append(out, f)
		}
	}
	return out
}
