package privilege

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode"
)

// MaxManaged is how many characters a managed policy may have, white space not counted.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxManaged = 6144

// MaxAttached is how many managed policies a role may have, unless AWS grants more.
const MaxAttached = 10

// Policy is an identity policy.
type Policy struct {
	Version   string
	Statement []Statement
}

// Policies distributes statements over as many managed policies as they need, in their order. A statement that is too
// large for one is divided by its resources. It is an error if one resource alone is too much, or a condition is.
func Policies(list []Statement) ([]Policy, error) {
	var policies []Policy
	for len(list) > 0 {
		n := fitting(list)
		if n == 0 {
			first, rest, err := halves(list[0])
			if err != nil {
				return nil, err
			}
			list = append([]Statement{first, rest}, list[1:]...)
			continue
		}
		policies = append(policies, policyOf(list[:n]))
		list = list[n:]
	}
	return policies, nil
}

// fitting is how many of the first statements fit into one policy.
func fitting(list []Statement) int {
	n := 0
	for size := policyOf(nil).Size(); n < len(list); n++ {
		if size += sizeOf(list[n]) + len(`,99`); size > MaxManaged { // the comma, and what makes its Sid unique
			break
		}
	}
	return n
}

// halves divides a statement. A statement about no more than one resource is divided by its actions.
func halves(s Statement) (first, rest Statement, err error) {
	first, rest = s, s
	switch {
	case len(s.Resource) > 1:
		half := len(s.Resource) / 2
		first.Resource, rest.Resource = s.Resource[:half], s.Resource[half:]
	case len(s.Action) > 1:
		half := len(s.Action) / 2
		first.Action, rest.Action = s.Action[:half], s.Action[half:]
	default:
		return first, rest, errors.New("the permission " + s.Action[0] + " takes more characters than a policy may have")
	}
	return first, rest, nil
}

func policyOf(list []Statement) Policy {
	return Policy{Version: "2012-10-17", Statement: numbered(slices.Clone(list))}
}

// Size is how many characters AWS counts.
func (p Policy) Size() int { return sizeOf(p) }

func sizeOf(v any) int {
	n := 0
	for _, r := range string(compact(v)) {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// String is the policy as one line of JSON.
func (p Policy) String() string { return string(compact(p)) }

// compact encodes without escaping < > &, which no parser of policies needs.
func compact(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // of texts, lists and maps
	return bytes.TrimSpace(out.Bytes())
}

// Named is a policy with a name, which is unique among those of both roles.
type Named struct {
	Name       string `json:"name"`
	Characters int    `json:"characters"` // as AWS counts them, of at most MaxManaged
	Document   Policy `json:"document"`
}

// Name gives policies names: trailhold-read, or trailhold-read-1, -2, … if there are several.
func Name(role Role, policies []Policy) []Named {
	var list []Named
	for n, p := range policies {
		name := "trailhold-" + string(role)
		if len(policies) > 1 {
			name += fmt.Sprintf("-%d", n+1)
		}
		list = append(list, Named{Name: name, Characters: p.Size(), Document: p})
	}
	return list
}
