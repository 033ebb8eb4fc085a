package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

// Equal says whether two policy texts mean the same. AWS doesn't give policies back as they were put: it writes an
// account's id as the ARN of its root, lists of one as one value, and so on. Neither the order of statements and lists
// nor Id and Sid matter for what is in force. A principal that AWS shows by its unique id (AIDA…, AROA…) is different
// from the ARN that stood there: the user or role has been deleted, and a new one of that name is somebody else.
//
// Texts that aren't policies are equal only if they're identical.
func Equal(a, b string) bool {
	if a == b {
		return true
	}
	x, err := Parse(a)
	if err != nil {
		return false
	}
	y, err := Parse(b)
	return err == nil && x.Canonical() == y.Canonical()
}

// canonical is what a statement means, in an order that depends on nothing else.
type canonical struct {
	Effect, Who, What, Where       string
	Principals, Actions, Resources []string
	Conditions                     [][]string
}

// Canonical is a text that is the same for all documents of the same meaning; see [Equal].
func (d Document) Canonical() string {
	var statements []string
	variables := false
	for _, s := range d.Statements {
		variables = variables || s.mentionsVariable()
		text, _ := json.Marshal(s.canonical()) // strings and lists of strings can always be marshalled
		statements = append(statements, string(text))
	}
	version := "any"
	if variables {
		version = map[bool]string{true: "2012-10-17", false: "2008-10-17"}[d.hasVariables()]
	}
	return version + "\n" + strings.Join(sorted(statements), "\n")
}

func (s Statement) canonical() canonical {
	c := canonical{
		Effect: map[bool]string{true: "Deny", false: "Allow"}[s.Deny],
		Who:    element("Principal", s.Principals != nil, s.NotPrincipal),
		What:   element("Action", true, s.NotAction),
		Where:  element("Resource", s.HasResource, s.NotResource),
	}
	for _, action := range s.Actions {
		c.Actions = append(c.Actions, strings.ToLower(action))
	}
	c.Actions, c.Resources = sorted(c.Actions), sorted(s.Resources)
	if s.Principals != nil {
		c.Principals = s.Principals.canonical()
	}
	for _, condition := range s.Conditions {
		c.Conditions = append(c.Conditions, condition.canonical())
	}
	slices.SortFunc(c.Conditions, slices.Compare[[]string])
	return c
}

func element(name string, present, negated bool) string {
	switch {
	case !present:
		return ""
	case negated:
		return "Not" + name
	}
	return name
}

func (p Principals) canonical() []string {
	if p.Anyone {
		return []string{"*"}
	}
	var names []string
	for _, name := range p.AWS {
		if id, ok := accountOf(name); ok {
			name = id
		}
		names = append(names, "AWS "+name)
	}
	for kind, list := range map[string][]string{"Service": p.Service, "Federated": p.Federated, "CanonicalUser": p.CanonicalUser} {
		for _, name := range list {
			names = append(names, kind+" "+name)
		}
	}
	return sorted(names)
}

// canonical begins with operator and key. ArnEquals and ArnLike are documented to behave identically; key names are
// not case-sensitive.
func (c Condition) canonical() []string {
	operator := strings.Replace(c.Operator, "ArnEquals", "ArnLike", 1)
	operator = strings.Replace(operator, "ArnNotEquals", "ArnNotLike", 1)
	return append([]string{operator, strings.ToLower(c.Key)}, sorted(c.Values)...)
}

func (s Statement) mentionsVariable() bool {
	mentions := func(values []string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "${") })
	}
	return mentions(s.Resources) || slices.ContainsFunc(s.Conditions, func(c Condition) bool { return mentions(c.Values) })
}

// sorted is a sorted copy without duplicates.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
