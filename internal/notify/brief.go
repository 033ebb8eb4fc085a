package notify

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// Brief is a message in a few words, for media that have named fields and little room: each is one plain line of at most
// 600 characters, empty if there is nothing to say.
type Brief struct {
	What    string `json:"what"`
	Who     string `json:"who,omitempty"`
	From    string `json:"from,omitempty"`
	Changed string `json:"changed,omitempty"` // before → after
	Done    string `json:"done,omitempty"`
	Proof   string `json:"proof,omitempty"`
	Lost    string `json:"lost,omitempty"`
	Next    string `json:"next,omitempty"`
}

// How much of a list a brief has; the text has more.
const (
	briefItems = 5
	briefValue = 120 // characters of a value before or after
)

func (a account) brief() Brief {
	b := Brief{What: upperFirst(a.unit()) + ": " + a.what + "; " + a.outcome(), Who: a.who, From: a.Actor.SourceIPAddress}
	if a.Actor.ARN != "" {
		b.Who = a.Actor.ARN
	}
	b.Changed = briefly(a.Drifts, func(d trail.Drift) string {
		before, after := d.Apart()
		return a.field(string(d.Field), d.Resource) + ": " + plain.Text(value(before), briefValue) + " → " + plain.Text(value(after), briefValue)
	})
	b.Done = briefly(a.Steps, a.step)
	b.Proof = briefly(a.Proof, func(r incident.RegionProof) string {
		return plain.Text(r.Region, maxName) + " " + string(r.State) + prefixed(": ", r.Detail)
	})
	b.Lost = briefly(a.Lost, func(s string) string { return s })
	b.Next = nextOf(a.advice())
	return b.bounded()
}

func (u unreadable) brief() Brief {
	return Brief{What: upperFirst(u.what()) + " (" + u.source + ")" + prefixed(": ", u.reason), Next: nextOf(u.advice())}.bounded()
}

func (v verified) brief() Brief {
	found := briefly(v.findings, func(f finding) string { return f.kind + prefixed(" ", f.object) + prefixed(" ", f.detail) })
	return Brief{What: v.flag() + ": trail " + v.trail + ": " + v.summary, Changed: found, Next: nextOf(v.advice())}.bounded()
}

func (w windowed) brief() Brief {
	return Brief{What: w.headline(), Who: w.who, Changed: listed(w.Window.Fields, maxItems), Next: nextOf(w.advice())}.bounded()
}

// nextOf is what to do next, with the commands.
func nextOf(todos []todo) string {
	var words []string
	for n, t := range todos {
		words = append(words, fmt.Sprintf("%d. %s", n+1, t.text))
		words = append(words, t.command...)
	}
	return strings.Join(words, " ")
}

// briefly tells the first of a list on one line.
func briefly[T any](list []T, tell func(T) string) string {
	var parts []string
	for _, item := range list[:min(len(list), briefItems)] {
		parts = append(parts, tell(item))
	}
	if more := len(list) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %s more", thousands(more)))
	}
	return strings.Join(parts, "; ")
}

// bounded makes every field plain once more, so that none can be forgotten.
func (b Brief) bounded() Brief {
	for _, s := range []*string{&b.What, &b.Who, &b.From, &b.Changed, &b.Done, &b.Proof, &b.Lost, &b.Next} {
		*s = plain.Text(*s, maxValue)
	}
	return b
}
