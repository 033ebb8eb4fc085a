// Package memberlist is the list of the member accounts that a function guards beside its own: a JSON document that "trailhold
// deploy" writes into the store's bucket and the function reads.
package memberlist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// Max is how many members a list may have. Each sweep looks at all of them, within one run of the function.
const Max = 1000

// List is which accounts are guarded, and how to be somebody there.
type List struct {
	Role       string   `json:"role"` // name of the role that the function assumes in each account
	ExternalID string   `json:"externalId"`
	Members    []Member `json:"members"`
}

// Member is one account.
type Member struct {
	Account  string `json:"account"`
	Baseline string `json:"baseline"` // key of its baseline beside the list, with #sha256= and the sum of its content
}

var (
	roleName    = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]{2,1000}$`) // which AWS would let be somewhat longer
	baselineKey = regexp.MustCompile(`^[^#\x00-\x1f]{1,512}#sha256=[0-9a-f]{64}$`)
)

// Check says what is wrong with a list.
func (l List) Check() error {
	switch {
	case !roleName.MatchString(l.Role):
		return fmt.Errorf("role %q is no name of a role", plain.Text(l.Role, 100))
	case !externalID.MatchString(l.ExternalID):
		return errors.New("externalId is none that AWS takes")
	case len(l.Members) > Max:
		return fmt.Errorf("%d members: one function guards %d at most", len(l.Members), Max)
	}
	seen := map[string]bool{}
	for _, m := range l.Members {
		switch {
		case !trail.ValidAccount(m.Account):
			return fmt.Errorf("account %q is not 12 digits", plain.Text(m.Account, 100))
		case seen[m.Account]:
			return fmt.Errorf("account %s is there twice", m.Account)
		case !baselineKey.MatchString(m.Baseline):
			return fmt.Errorf("account %s: its baseline needs a key and #sha256= with 64 hex digits", m.Account)
		}
		seen[m.Account] = true
	}
	return nil
}

// Of finds the member with an account.
func (l List) Of(account string) (Member, bool) {
	n := slices.IndexFunc(l.Members, func(m Member) bool { return m.Account == account })
	if n < 0 {
		return Member{}, false
	}
	return l.Members[n], true
}

// RoleARN is the role to assume in a member's account.
func (l List) RoleARN(partition, account string) string {
	return "arn:" + partition + ":iam::" + account + ":role/" + l.Role
}

// Write writes a list. The same list always makes the same bytes, whatever the order of its members.
func Write(l List) ([]byte, error) {
	l.Members = slices.Clone(l.Members)
	slices.SortFunc(l.Members, func(a, b Member) int { return strings.Compare(a.Account, b.Account) })
	if err := l.Check(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(l, "", " ")
	return append(text, '\n'), err
}

// Parse reads a list, and refuses what it does not know.
func Parse(text []byte) (List, error) {
	var l List
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return List{}, fmt.Errorf("the list of members: %s", plain.Text(err.Error(), 300))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return List{}, errors.New("the list of members: there is something behind it")
	}
	if err := l.Check(); err != nil {
		return List{}, fmt.Errorf("the list of members: %w", err)
	}
	return l, nil
}

// Load reads a list from a location that baselinefile.Load would take a baseline from, its pin included.
func Load(ctx context.Context, location string, object baselinefile.Fetch) (List, error) {
	_, text, err := baselinefile.Pinned(ctx, location, object)
	if err != nil {
		return List{}, fmt.Errorf("the list of members cannot be read: %w", err)
	}
	return Parse(text)
}
