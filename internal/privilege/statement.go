package privilege

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Statement is one statement of an identity policy.
type Statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition Condition `json:",omitempty"`
}

// Statements are what one role needs for a baseline and some uses: each action on exactly the resources it is needed for, with
// what limits it further. They are always the same for the same baseline, in the same order, and their Sids are unique.
func Statements(b trail.Baseline, role Role, uses Uses) []Statement {
	return statements(subjects(b, uses), role)
}

func statements(subjects []subject, role Role) []Statement {
	var needed []need
	called(subjects, role, func(s subject, row Row) { needed = append(needed, s.needs(row)...) })
	return numbered(slices.Concat(grouped(needed), protected(subjects, role)))
}

// Operations lists the calls that one role makes for a baseline and some uses, in alphabetical order.
func Operations(b trail.Baseline, role Role, uses Uses) []string {
	var operations []string
	called(subjects(b, uses), role, func(_ subject, row Row) { operations = append(operations, row.Operation) })
	slices.Sort(operations)
	return slices.Compact(operations)
}

// called finds the rows that subjects call for.
func called(subjects []subject, role Role, each func(subject, Row)) {
	table := Table()
	for _, s := range subjects {
		for _, row := range table {
			if (row.Role == Read || role == Restore) && s.calls(row) {
				each(s, row)
			}
		}
	}
}

// need is one action on one resource.
type need struct {
	topic, action, resource, condition string
}

// needs are the actions that a row asks for.
func (s subject) needs(row Row) (list []need) {
	for _, g := range row.Grants {
		condition := ""
		if g.Only.condition != nil {
			condition = encoded(g.Only.condition(s))
		}
		for _, arn := range g.On.arns(s) {
			list = append(list, need{topic: topicOf(row, g), action: g.Action, resource: arn, condition: condition})
		}
	}
	return list
}

// topicOf names what a statement is about, for its Sid: "RestoreBucket", say. Roles that are passed stand by themselves.
func topicOf(row Row, g Grant) string {
	if g.Action == "iam:PassRole" {
		return "PassRoles"
	}
	name := ""
	for _, word := range strings.FieldsFunc(string(row.Role)+" "+row.Of, func(r rune) bool { return r == ' ' || r == '-' }) {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}

// encoded is a condition as a text that is the same for the same condition.
func encoded(c Condition) string {
	if len(c) == 0 {
		return ""
	}
	for _, keys := range c {
		for key, values := range keys {
			keys[key] = slices.Compact(slices.Sorted(slices.Values(values)))
		}
	}
	text, _ := json.Marshal(c) // of texts, lists and maps, whose keys it sorts
	return string(text)
}

// grouped makes as few statements as possible: actions that are needed on the same resources under the same condition share one.
// Whatever is needed without a condition is not repeated under one.
func grouped(needed []need) []Statement {
	type same struct{ topic, action, condition string }
	resources, free := map[same][]string{}, map[string]bool{}
	for _, n := range needed {
		if n.condition == "" {
			free[n.action+" "+n.resource] = true
		}
	}
	var order []same
	for _, n := range needed {
		if n.condition != "" && free[n.action+" "+n.resource] {
			continue
		}
		key := same{n.topic, n.action, n.condition}
		if _, seen := resources[key]; !seen {
			order = append(order, key)
		}
		resources[key] = append(resources[key], n.resource)
	}
	at := map[string]int{}
	var list []Statement
	for _, key := range order {
		on := slices.Compact(slices.Sorted(slices.Values(resources[key])))
		group := strings.Join(append([]string{key.topic, key.condition}, on...), "\n")
		n, seen := at[group]
		if !seen {
			n = len(list)
			at[group] = n
			list = append(list, Statement{Sid: key.topic, Effect: "Allow", Resource: on, Condition: decoded(key.condition)})
		}
		list[n].Action = append(list[n].Action, key.action)
	}
	for n := range list {
		slices.Sort(list[n].Action)
	}
	return list
}

func decoded(condition string) (c Condition) {
	_ = json.Unmarshal([]byte(condition), &c) // what encoded wrote, or nothing
	return c
}

// protected denies the deletion of the baseline's own trails to a role that may delete others.
func protected(subjects []subject, role Role) []Statement {
	var trails []string
	deletes := false
	for _, s := range subjects {
		if s.kind == "trail" {
			trails = append(trails, s.arn)
		}
		deletes = deletes || s.kind == "impostors" && role == Restore
	}
	if !deletes {
		return nil
	}
	slices.Sort(trails)
	return []Statement{{Sid: "NeverDeleteGuardedTrails", Effect: "Deny", Action: []string{"cloudtrail:DeleteTrail"}, Resource: trails}}
}

// numbered makes the Sids unique.
func numbered(list []Statement) []Statement {
	taken := map[string]bool{}
	for n := range list {
		base := list[n].Sid
		for count := 2; taken[list[n].Sid]; count++ {
			list[n].Sid = base + strconv.Itoa(count)
		}
		taken[list[n].Sid] = true
	}
	return list
}

// Actions lists all actions that some statements allow, in the order of their names.
func Actions(list []Statement) []string {
	found := map[string]bool{}
	for _, s := range list {
		for _, action := range s.Action {
			found[action] = found[action] || s.Effect == "Allow"
		}
	}
	return slices.SortedFunc(maps.Keys(found), cmp.Compare[string])
}
