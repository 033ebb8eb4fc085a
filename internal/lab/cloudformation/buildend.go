package cloudformation

import (
	"fmt"
	"slices"
)

// rollback undoes what was done, newest first. What a creation leaves behind on purpose is left here too.
func (b *build) rollback() error {
	var failed error
	for _, s := range slices.Backward(b.done) {
		err := error(nil)
		if s.before != nil && s.before.physical == s.member.physical {
			err = b.restore(s)
		} else {
			err = b.remove(s.member, s.member.imported || s.member.deletion == "Retain" && s.before == nil)
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// restore gives a resource the properties back that it had.
func (b *build) restore(s step) error {
	b.mark(s.before, "UPDATE_IN_PROGRESS", "")
	j := b.job(s.before, s.member.properties)
	if err := types[s.before.kind].update(j); err != nil {
		b.mark(s.before, "UPDATE_FAILED", err.Error())
		return err
	}
	b.mark(s.before, "UPDATE_COMPLETE", "")
	return nil
}

// finish evaluates the outputs and makes the design the stack's own.
func (b *build) finish() error {
	outputs, err := b.outputs()
	if err != nil {
		return err
	}
	b.locked(func() {
		b.stack.current, b.stack.members, b.stack.outputs = b.next, b.members, outputs
		for _, m := range b.members {
			m.imported = false
		}
	})
	return nil
}

func (b *build) outputs() ([]outputValue, error) {
	scope := b.stack.scope(b.next, b.attribute)
	var values []outputValue
	for _, id := range sortedKeys(b.next.template.outputs) {
		o := b.next.template.outputs[id]
		if o.condition != "" {
			if wanted, err := scope.condition(o.condition); err != nil {
				return nil, err
			} else if !wanted {
				continue
			}
		}
		value, err := scope.resolve(o.value)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", id, err)
		}
		name, err := scope.resolve(o.exportName)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", id, err)
		}
		values = append(values, outputValue{id, asText(value), o.description, asText(name)})
	}
	return values, nil
}
