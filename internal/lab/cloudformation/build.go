package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// build is the making of a design's resources. It runs without the service's lock and takes it for each change of the stack.
type build struct {
	service *Service
	stack   *stack
	next    design
	aws     caller
	now     func() time.Time

	members map[string]*member // that the stack will have
	done    []step             // newest last
	doomed  []*member          // that go once all is well
}

// step is something that was done, and how to undo it.
type step struct {
	member *member
	before *member // nil: it was created
}

// newBuild prepares the making of a design with the caller's credentials.
func (s *Service) newBuild(c Call, st *stack, next design) *build {
	return &build{
		service: s, stack: st, next: next, aws: caller{s.handler, c.Address, c.Region, c.AccessKey}, members: map[string]*member{},
		now: func() time.Time { return time.Now().UTC() },
	}
}

// locked changes the stack.
func (b *build) locked(f func()) {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	f()
}

// status gives the stack a status.
func (b *build) status(status, reason string) {
	b.locked(func() { b.service.enter(b.stack, status, reason, b.now()) })
}

// mark gives a resource a status.
func (b *build) mark(m *member, status, reason string) {
	b.locked(func() {
		m.status, m.reason, m.at = status, reason, b.now()
		b.service.note(b.stack, m.logical, m.physical, m.kind, status, reason, m.at)
	})
}

// create makes a new stack's resources, or takes all of them back.
func (b *build) create() {
	err := b.apply()
	if err == nil {
		err = b.finish()
	}
	switch {
	case err == nil:
		b.status("CREATE_COMPLETE", "")
	case b.stack.onFailure == "DO_NOTHING":
		b.locked(func() { b.stack.members = b.members })
		b.status("CREATE_FAILED", err.Error())
	default:
		b.status("ROLLBACK_IN_PROGRESS", err.Error())
		if err := b.rollback(); err != nil {
			b.status("ROLLBACK_FAILED", err.Error())
			return
		}
		b.status(statusRollback, "")
	}
}

// update changes a stack's resources, or brings all of them back to what they were.
func (b *build) update() {
	err := b.apply()
	if err == nil {
		err = b.finish()
	}
	if err != nil {
		b.status("UPDATE_ROLLBACK_IN_PROGRESS", err.Error())
		if err := b.rollback(); err != nil {
			b.status("UPDATE_ROLLBACK_FAILED", err.Error())
			return
		}
		b.status("UPDATE_ROLLBACK_COMPLETE", "")
		return
	}
	b.status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
	for _, m := range slices.Backward(b.doomed) {
		_ = b.remove(m, m.losing == "Retain") // what cannot be deleted is left, and its event says so
	}
	b.status("UPDATE_COMPLETE", "")
}

// delete takes all resources of the stack away, but for those that are to be retained.
func (b *build) delete() {
	order, err := b.stack.current.template.sorted()
	if err != nil { // cannot be: it was sorted before
		b.status("DELETE_FAILED", err.Error())
		return
	}
	var failed []string
	for _, id := range slices.Backward(order) {
		m := b.stack.members[id]
		if m == nil {
			continue
		}
		if b.remove(m, m.deletion != "Delete") != nil {
			failed = append(failed, id)
			continue
		}
		b.locked(func() { delete(b.stack.members, id) })
	}
	if len(failed) > 0 {
		b.status("DELETE_FAILED", fmt.Sprintf("The following resource(s) failed to delete: %v. ", failed))
		return
	}
	b.locked(func() { b.stack.deleted = b.now() })
	b.status(statusDeleted, "")
}

// attribute gives what functions ask of the resources made so far.
func (b *build) attribute(id, name string) (any, error) {
	m := b.members[id]
	if m == nil {
		return nil, fmt.Errorf("unresolved resource dependencies [%s]", id)
	}
	return m.get(name)
}

// apply makes or changes every resource of the design, in order, up to the first failure.
func (b *build) apply() error {
	scope := b.stack.scope(b.next, b.attribute)
	order, err := b.next.template.sorted()
	if err != nil {
		return err
	}
	for _, id := range order {
		r := b.next.template.resources[id]
		if r.condition != "" {
			if wanted, err := scope.condition(r.condition); err != nil {
				return err
			} else if !wanted {
				continue
			}
		}
		if err := b.make(id, r, scope); err != nil {
			return fmt.Errorf("the following resource(s) failed: [%s]: %w", id, err)
		}
	}
	for _, id := range b.stack.current.order() {
		if m := b.stack.members[id]; m != nil && b.members[id] == nil {
			gone := *m
			gone.losing = m.deletion
			b.doomed = append(b.doomed, &gone)
		}
	}
	return nil
}

// order are a design's logical ids in the order in which they are made; none of an empty design.
func (d design) order() []string {
	if d.template == nil {
		return nil
	}
	order, _ := d.template.sorted() // was sorted when it was read
	return order
}

// make makes one resource what the design says.
func (b *build) make(id string, r resource, scope *scope) error {
	k := types[r.kind]
	resolved, err := scope.resolveObject(r.properties)
	m := &member{logical: id, kind: r.kind, deletion: r.deletionPolicy, losing: r.replacePolicy}
	var properties object
	if err == nil {
		properties, err = k.check(resolved)
	}
	if err != nil {
		b.mark(m, "CREATE_FAILED", err.Error())
		return err
	}
	m.properties = properties
	before := b.stack.members[id]
	switch {
	case before == nil && b.next.imports[id]:
		return b.adopt(k, m)
	case before == nil:
		return b.add(k, m, nil)
	case before.kind != r.kind || compact(before.properties) != compact(properties) && k.replaces(before.properties, properties):
		return b.add(k, m, before)
	}
	m.physical, m.ref, m.attributes, m.status, m.at = before.physical, before.ref, before.attributes, before.status, before.at
	drifted := b.next.drifted[id]
	if compact(before.properties) == compact(properties) && len(drifted) == 0 {
		b.members[id] = m
		return nil
	}
	return b.change(k, m, before, drifted)
}

// add creates a resource, which may take another one's place.
func (b *build) add(k *kind, m, before *member) error {
	verb := "CREATE"
	if before != nil {
		verb = "UPDATE"
	}
	b.mark(m, verb+"_IN_PROGRESS", "")
	j := b.job(m, nil)
	err := k.create(j)
	m.take(j)
	if err != nil && m.physical == "" {
		b.mark(m, verb+"_FAILED", err.Error())
		return err
	}
	b.members[m.logical] = m
	b.done = append(b.done, step{m, before}) // even if half of it failed: it has to be taken back
	if err != nil {
		b.mark(m, verb+"_FAILED", err.Error())
		return err
	}
	if before != nil {
		b.doomed = append(b.doomed, before)
	}
	b.mark(m, verb+"_COMPLETE", "")
	return nil
}

// adopt takes a resource over that exists already. Like CloudFormation, it leaves its properties as they are.
func (b *build) adopt(k *kind, m *member) error {
	b.mark(m, "IMPORT_IN_PROGRESS", "")
	j := b.job(m, nil)
	found, err := k.adopt(j)
	if err == nil && !found {
		err = fmt.Errorf("resource %s is gone since the change set was made", m.logical)
	}
	if err != nil {
		b.mark(m, "IMPORT_FAILED", err.Error())
		return err
	}
	m.take(j)
	m.imported = true
	b.members[m.logical] = m
	b.done = append(b.done, step{m, nil})
	b.mark(m, "IMPORT_COMPLETE", "")
	return nil
}

// change updates a resource in place. What has drifted is not what it was made, and so is taken for changed.
func (b *build) change(k *kind, m, before *member, drifted []string) error {
	b.mark(m, "UPDATE_IN_PROGRESS", "")
	old := maps.Clone(before.properties)
	maps.DeleteFunc(old, func(name string, _ any) bool { return slices.Contains(drifted, name) })
	j := b.job(m, old)
	err := k.update(j)
	m.take(j)
	b.members[m.logical] = m
	b.done = append(b.done, step{m, before})
	if err != nil {
		b.mark(m, "UPDATE_FAILED", err.Error())
		return err
	}
	b.mark(m, "UPDATE_COMPLETE", "")
	return nil
}

// remove deletes a resource, or leaves it.
func (b *build) remove(m *member, retain bool) error {
	if retain {
		b.mark(m, "DELETE_SKIPPED", "")
	} else {
		b.mark(m, "DELETE_IN_PROGRESS", "")
		j := b.job(m, m.properties)
		if err := types[m.kind].remove(j); err != nil {
			b.mark(m, "DELETE_FAILED", err.Error())
			return err
		}
		b.mark(m, "DELETE_COMPLETE", "")
	}
	b.locked(func() { b.stack.retired = append(b.stack.retired, m) })
	return nil
}

// job is what a resource type needs to act on a member.
func (b *build) job(m *member, old object) *job {
	var token string
	b.locked(func() { token = b.service.unique() })
	return &job{
		aws: b.aws, account: b.stack.place.account, stack: b.stack.name, logical: m.logical, token: token,
		await: b.service.await, p: m.properties, old: old, id: m.physical, ref: m.ref, attributes: m.attributes,
	}
}

// take notes what a job has found out about the resource.
func (m *member) take(j *job) {
	m.physical, m.ref, m.attributes = j.id, j.ref, j.attributes
	if m.ref == "" {
		m.ref = j.id
	}
}
