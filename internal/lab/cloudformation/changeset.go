package cloudformation

import (
	"encoding/xml"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// changeSet is what would become of a stack.
type changeSet struct {
	id, name       string
	kind           string // "CREATE" or "UPDATE"
	status, reason string
	execution      string
	next           design
	changes        []change
	created        time.Time
	description    string
}

// change is what would become of one resource.
type change struct {
	action            string // "Add", "Import", "Modify" or "Remove"
	logical, physical string
	kind              string
	replacement       string // "True" or "False" for "Modify"
	policy            string // what would become of a resource that goes: "Delete" or "Retain"
	details           []string
	properties        object // as they would be
}

const noChanges = "The submitted information didn't contain changes. Submit different information to create a change set."

var changeSetName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

func (s *Service) createChangeSet(c Call) (any, error) {
	name, kind := c.Form.Get("ChangeSetName"), c.Form.Get("ChangeSetType")
	if !changeSetName.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%.200s' at 'changeSetName' failed to satisfy constraint", name)
	}
	st, err := s.find(c)
	var before *design
	switch {
	case kind == "CREATE" && err == nil && st.status != statusReview:
		return nil, invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", st.name, name)
	case kind != "CREATE" && err != nil:
		return nil, err
	case kind != "CREATE" && (st.busy() || !updatable(st.status)):
		return nil, invalid("Stack:%s is in %s state and can not be updated.", st.id, st.status)
	case err == nil:
		before = &st.current
	}
	next, err := c.design(before)
	if err != nil {
		return nil, err
	}
	mode := c.Form.Get("DeploymentMode")
	if mode != "" && (mode != "REVERT_DRIFT" || kind != "UPDATE") {
		return nil, invalid("1 validation error detected: Value '%.200s' at 'deploymentMode' failed to satisfy constraint", mode)
	}
	if st == nil {
		if st, err = s.newStack(c); err != nil {
			return nil, err
		}
		s.enter(st, statusReview, "User Initiated", c.Now)
	}
	if st.changes[name] != nil {
		return nil, &Error{Code: "AlreadyExistsException", Message: "ChangeSet " + name + " cannot be created due to a mismatch with existing attribute Name"}
	}
	set := &changeSet{
		id: strings.Replace(st.id, ":stack/"+st.name, ":changeSet/"+name, 1), name: name, kind: kind, next: next, created: c.Now,
		status: "CREATE_IN_PROGRESS", execution: "UNAVAILABLE", description: c.Form.Get("Description"),
	}
	st.changes[name] = set
	imports := c.Form.Get("ImportExistingResources") == "true"
	b := s.newBuild(c, st, next)
	s.background(func() { b.compute(set, imports, mode != "") })
	type result struct {
		XMLName xml.Name `xml:"CreateChangeSetResult"`
		ID      string   `xml:"Id"`
		StackID string   `xml:"StackId"`
	}
	return result{ID: set.id, StackID: st.id}, nil
}

// compute finds out what a change set would change. What exists already under a name of its own and would be retained is taken
// over, if that is asked for.
func (b *build) compute(set *changeSet, imports, revertDrift bool) {
	b.service.mu.Lock()
	changes, err := b.stack.compare(set.next)
	b.service.mu.Unlock()
	found := map[string]bool{}
	for _, c := range changes {
		k, r := types[c.kind], set.next.template.resources[c.logical]
		if !imports || err != nil || c.action != "Add" || k.adopt == nil || c.properties[k.name] == nil || r.deletionPolicy == "Delete" {
			continue
		}
		m := &member{logical: c.logical, kind: c.kind, properties: c.properties}
		found[c.logical], err = k.adopt(b.job(m, nil))
	}
	var drift []change
	if revertDrift && err == nil {
		drift, err = b.drift(changes)
	}
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	set.next.imports, set.next.drifted = found, map[string][]string{}
	if err == nil {
		set.changes, err = b.stack.compare(set.next)
	}
	for _, c := range drift {
		set.next.drifted[c.logical], set.changes = c.details, append(set.changes, c)
	}
	if was := b.stack.current; err == nil && len(set.changes) == 0 && maps.Equal(was.tags, set.next.tags) && sameOutputs(was.template, set.next.template) {
		set.status, set.reason = "FAILED", noChanges
		return
	}
	if err != nil {
		set.status, set.reason = "FAILED", err.Error()
		return
	}
	set.status, set.execution = "CREATE_COMPLETE", "AVAILABLE"
}

// drift looks for resources that somebody has changed since the stack made them, besides those that the design changes anyway.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
func (b *build) drift(besides []change) ([]change, error) {
	var found []change
	for _, id := range b.stack.current.order() {
		m := b.stack.members[id]
		if m == nil || types[m.kind].drifted == nil || slices.ContainsFunc(besides, func(c change) bool { return c.logical == id }) {
			continue
		}
		names, err := types[m.kind].drifted(b.job(m, m.properties))
		if err != nil {
			return nil, fmt.Errorf("resource %s: %w", id, err)
		}
		if len(names) > 0 {
			found = append(found, change{action: "Modify", logical: id, physical: m.physical, kind: m.kind, replacement: "False", details: names, properties: m.properties})
		}
	}
	return found, nil
}

// sameOutputs says whether two templates tell the same; none tells nothing.
func sameOutputs(a, b *template) bool {
	if a == nil || b == nil {
		return a == b
	}
	return maps.EqualFunc(a.outputs, b.outputs, func(x, y output) bool {
		return x.condition == y.condition && compact([]any{x.value, x.exportName}) == compact([]any{y.value, y.exportName})
	})
}

// updatable says whether a stack in a status can be updated.
func updatable(status string) bool {
	return slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}, status)
}

// compare tells what a design would change. What a resource that does not exist yet would be called is not known, and a
// placeholder stands for it.
func (st *stack) compare(next design) ([]change, error) {
	fresh := map[string]bool{} // resources of which nothing is known yet
	attribute := func(id, name string) (any, error) {
		if m := st.members[id]; m != nil && !fresh[id] {
			return m.get(name)
		}
		return "{{" + id + "." + name + "}}", nil
	}
	scope := st.scope(next, attribute)
	var changes []change
	stays := map[string]bool{}
	for _, id := range next.order() {
		r := next.template.resources[id]
		if r.condition != "" {
			if wanted, err := scope.condition(r.condition); err != nil {
				return nil, err
			} else if !wanted {
				continue
			}
		}
		resolved, err := scope.resolveObject(r.properties)
		if err == nil {
			resolved, err = types[r.kind].check(resolved)
		}
		if err != nil {
			return nil, fmt.Errorf("resource %s: %w", id, err)
		}
		stays[id] = true
		if found, changed := st.compareOne(id, r, resolved); changed {
			found.properties = resolved
			if found.action == "Add" && next.imports[id] {
				found.action = "Import"
			}
			fresh[id] = found.action == "Add" || found.action == "Import" || found.replacement == "True"
			changes = append(changes, found)
		}
	}
	for _, id := range st.current.order() {
		if m := st.members[id]; m != nil && !stays[id] {
			changes = append(changes, change{action: "Remove", logical: id, physical: m.physical, kind: m.kind, policy: policyWord(m.deletion)})
		}
	}
	return changes, nil
}

// compareOne tells what would become of one resource.
func (st *stack) compareOne(id string, r resource, properties object) (change, bool) {
	m := st.members[id]
	if m == nil {
		return change{action: "Add", logical: id, kind: r.kind}, true
	}
	found := change{action: "Modify", logical: id, physical: m.physical, kind: r.kind, replacement: "False"}
	for _, name := range sortedKeys(properties, m.properties) {
		if compact(properties[name]) != compact(m.properties[name]) {
			found.details = append(found.details, name)
		}
	}
	if m.kind != r.kind || len(found.details) > 0 && types[r.kind].replaces(m.properties, properties) {
		found.replacement, found.policy = "True", policyWord(m.losing)
	}
	return found, len(found.details) > 0 || m.kind != r.kind
}

func policyWord(policy string) string {
	if policy == "Delete" {
		return "Delete"
	}
	return "Retain"
}

// sortedKeys are the keys of maps together, each once.
func sortedKeys[V any](all ...map[string]V) []string {
	var keys []string
	for _, m := range all {
		keys = slices.AppendSeq(keys, maps.Keys(m))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// changeSet finds the change set that a request means, by name together with a stack, or by its id.
func (s *Service) changeSet(c Call) (*stack, *changeSet, error) {
	name := c.Form.Get("ChangeSetName")
	for _, st := range s.stacks[place{c.Account, c.Region}] {
		if given := c.Form.Get("StackName"); given != "" && given != st.id && (given != st.name || st.status == statusDeleted) {
			continue
		}
		for _, set := range st.changes {
			if set.id == name || set.name == name && c.Form.Get("StackName") != "" {
				return st, set, nil
			}
		}
	}
	return nil, nil, &Error{Code: "ChangeSetNotFound", Status: 404, Message: fmt.Sprintf("ChangeSet [%.200s] does not exist", name)}
}

func (s *Service) deleteChangeSet(c Call) (any, error) {
	if _, err := s.find(c); c.Form.Get("StackName") != "" && err != nil {
		return nil, err
	}
	st, set, err := s.changeSet(c)
	if err == nil {
		delete(st.changes, set.name)
	} else if !strings.HasPrefix(err.Error(), "ChangeSetNotFound") {
		return nil, err
	}
	type result struct {
		XMLName xml.Name `xml:"DeleteChangeSetResult"`
	}
	return result{}, nil
}

func (s *Service) executeChangeSet(c Call) (any, error) {
	st, set, err := s.changeSet(c)
	switch {
	case err != nil:
		return nil, err
	case set.execution != "AVAILABLE" || st.busy():
		return nil, &Error{Code: "InvalidChangeSetStatus", Message: fmt.Sprintf("ChangeSet [%s] cannot be executed in its current status of [%s]", set.id, set.status)}
	}
	st.changes = map[string]*changeSet{} // the others were made for the stack as it was
	b := s.newBuild(c, st, set.next)
	if set.kind == "CREATE" {
		st.current = set.next // which is told from the start
		s.enter(st, "CREATE_IN_PROGRESS", "User Initiated", c.Now)
		s.background(b.create)
	} else {
		st.updated = c.Now
		s.enter(st, "UPDATE_IN_PROGRESS", "User Initiated", c.Now)
		s.background(b.update)
	}
	type result struct {
		XMLName xml.Name `xml:"ExecuteChangeSetResult"`
	}
	return result{}, nil
}
