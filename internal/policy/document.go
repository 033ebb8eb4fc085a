package policy

import "strconv"

// Document is one policy. All its lists are as written; single values have become lists of one.
type Document struct {
	Version    string // "2012-10-17", "2008-10-17", or empty, which means the latter
	ID         string
	Statements []Statement
}

// Statement is one statement of a policy. A list together with its Not… field stands for everything except the list.
type Statement struct {
	Sid          string
	Number       int // 1 for the first statement of the document
	Line         int // where it begins in the text, from 1
	Deny         bool
	Principals   *Principals // nil in a policy of an identity, where the principal goes without saying
	NotPrincipal bool
	Actions      []string
	NotAction    bool
	Resources    []string
	HasResource  bool // some policies, such as a role's trust policy, name no resource
	NotResource  bool
	Conditions   []Condition
}

// Principals is the Principal or NotPrincipal element.
type Principals struct {
	Anyone        bool // written "*" or {"AWS": "*"}
	AWS           []string
	Service       []string
	Federated     []string
	CanonicalUser []string
}

// Condition is one key under one operator. All conditions of a statement must be met.
type Condition struct {
	Operator string
	Key      string
	Values   []string
}

// Name is how people find the statement in the policy: its Sid, or its number if it has none.
func (s Statement) Name() string {
	if s.Sid != "" {
		return shown(s.Sid)
	}
	return "number " + strconv.Itoa(s.Number)
}

// hasVariables says whether ${…} stands for something. Before version 2012-10-17 it was plain text.
func (d Document) hasVariables() bool { return d.Version == "2012-10-17" }
