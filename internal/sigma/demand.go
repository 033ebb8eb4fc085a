package sigma

import (
	"slices"
	"strings"
)

// eventName is the field that nearly every rule for CloudTrail names.
const eventName = "eventName"

// demand is something that every record has that a rule matches: at least one of several alternatives.
type demand []alternative

// alternative is a field that is not missing.
type alternative struct {
	path  string
	texts []string // its value is one of these, folded; nil if it may be anything
}

// maxDemanded is how many texts a demand may have. More of them would rather tell records that are not meant.
const maxDemanded = 5000

func (n allNode) demands() []demand {
	var all []demand
	for _, part := range n {
		all = append(all, part.demands()...)
	}
	return all
}

func (n anyNode) demands() []demand   { return either(n) }
func (n leastNode) demands() []demand { return either(n.nodes) }
func (n notNode) demands() []demand   { return nil }

// A keyword may be in any field, or in the name of one.
func (n keywordNode) demands() []demand { return nil }
func (n existsNode) demands() []demand  { return []demand{{{path: n.path}}} }
func (n sameNode) demands() []demand {
	return []demand{{{path: n.field.path}}, {{path: n.other.path}}}
}

func (n fieldNode) demands() []demand {
	var each []demand
	var joined []string
	anything := false
	for _, t := range n.tests {
		texts, present := t.demands()
		switch {
		case n.all && present:
			each = append(each, demand{{n.path, texts}})
		case !n.all && !present:
			return nil
		}
		anything = anything || texts == nil
		joined = append(joined, texts...)
	}
	switch {
	case n.all:
		return each
	case anything || len(joined) > maxDemanded:
		joined = nil
	}
	return []demand{{{n.path, joined}}}
}

// either joins the best demand of each of several nodes, of which one has to match.
func either(nodes []node) []demand {
	var joined demand
	size := 0
	for _, part := range nodes {
		best := best(part.demands())
		for _, a := range best {
			size += len(a.texts) + 1
		}
		if best == nil || size > maxDemanded {
			return nil
		}
		joined = append(joined, best...)
	}
	if joined == nil {
		return nil
	}
	return []demand{joined}
}

// best returns the demand that the fewest records are likely to meet, or nil if there is none.
func best(demands []demand) demand {
	if len(demands) == 0 {
		return nil
	}
	return slices.MaxFunc(demands, func(a, b demand) int { return a.worth() - b.worth() })
}

// worth ranks demands: those for an event name first, then those for other texts, then those for a field that few
// records have.
func (d demand) worth() int {
	worth := 1000
	for _, a := range d {
		worth = min(worth, a.worth())
	}
	return worth
}

func (a alternative) worth() int {
	switch {
	case a.path == eventName && a.texts != nil:
		return 900
	case !anchorable(a.path):
		return 0
	case slices.Contains(everywhere, a.path):
		return 1
	case a.texts != nil:
		return 400 + min(len(key(a.path)), 99)
	}
	return 200 + min(len(a.path), 99)
}

// everywhere are fields of which neither presence nor any single value is rare.
var everywhere = []string{
	"eventSource", "eventType", "awsRegion", "eventCategory", "eventVersion", "readOnly", "managementEvent",
	"userIdentity.type", "recipientAccountId", "userIdentity.accountId",
}

// eventNames returns the event names that one of the demands leaves, each once, and nil if none of them leaves only
// names.
func eventNames(demands []demand) []string {
	var fewest []string
	for _, d := range demands {
		names := d.eventNames()
		if names != nil && (fewest == nil || len(names) < len(fewest)) {
			fewest = names
		}
	}
	return fewest
}

func (d demand) eventNames() []string {
	var names []string
	for _, a := range d {
		if a.path != eventName || a.texts == nil {
			return nil
		}
		names = append(names, a.texts...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// key returns what the key at the end of a path ends with, however the path is split into keys.
func key(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func (nullTest) demands() ([]string, bool)    { return nil, false }
func (regexpTest) demands() ([]string, bool)  { return nil, true }
func (networkTest) demands() ([]string, bool) { return nil, true }
func (numberTest) demands() ([]string, bool)  { return nil, true }
func (timeTest) demands() ([]string, bool)    { return nil, true }

// demands of text is the text. Numbers have several forms, and what is no ASCII folds in more ways than one.
func (t textTest) demands() ([]string, bool) {
	if t.numeric || t.pattern.shape != exactly {
		return nil, true
	}
	return []string{strings.Map(fold, t.pattern.literal)}, true
}

func (t anyTest) demands() ([]string, bool) {
	var all []string
	anything := false
	for _, one := range t {
		texts, present := one.demands()
		if !present {
			return nil, false
		}
		anything = anything || texts == nil
		all = append(all, texts...)
	}
	if anything || len(all) > maxDemanded {
		return nil, true
	}
	return all, true
}

func (n allNode) cost() int   { return costOf(n) }
func (n anyNode) cost() int   { return costOf(n) }
func (n leastNode) cost() int { return costOf(n.nodes) }
func (n notNode) cost() int   { return n.node.cost() }

// costOf is what evaluating several nodes costs if the first does not decide.
func costOf(nodes []node) int {
	sum := 0
	for _, part := range nodes {
		sum = min(sum+part.cost(), 1_000_000)
	}
	return sum
}

func (n existsNode) cost() int { return n.field.cost() }
func (n sameNode) cost() int   { return n.field.cost() + n.other.cost() }

func (n fieldNode) cost() int {
	cost := n.field.cost()
	for _, t := range n.tests {
		if text, ok := t.(textTest); ok && text.pattern.shape < contained {
			cost++
		} else {
			cost += 10
		}
	}
	return cost
}

// cost of a field is higher the more objects have to be searched for it, and if it is likely to be a whole object.
func (f *field) cost() int {
	switch f.path {
	case "requestParameters", "responseElements", "additionalEventData":
		return 1000
	}
	return 5 + 20*strings.Count(f.path, ".")
}

func (n keywordNode) cost() int { return 10_000 * len(n.tests) }
