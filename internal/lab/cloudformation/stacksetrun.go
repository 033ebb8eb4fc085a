package cloudformation

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// maxOperations is how many operations of a set the lab remembers.
const maxOperations = 1000

// operate starts an operation on instances of a set. The service is locked.
func (s *Service) operate(c Call, set *stackSet, action string, instances []*stackInstance) any {
	o := &setOperation{id: s.uuid(), action: action, status: operationRunning, began: c.Now, done: make(chan struct{})}
	set.operations = append(set.operations, o)
	if len(set.operations) > maxOperations {
		set.operations = set.operations[1:]
	}
	for _, i := range instances {
		i.detailed, i.reason, i.operation = "PENDING", "", o.id
	}
	s.background(func() { s.perform(c, set, o, instances) })
	return setAnswer(c, map[string]string{"OperationId": o.id})
}

// perform does what an operation is about, one instance after the other, as far as failures are tolerated.
func (s *Service) perform(c Call, set *stackSet, o *setOperation, instances []*stackInstance) {
	tolerated := 0
	if n, err := strconv.Atoi(c.Form.Get("OperationPreferences.FailureToleranceCount")); err == nil {
		tolerated = n
	} else if percent, err := strconv.Atoi(c.Form.Get("OperationPreferences.FailureTolerancePercentage")); err == nil {
		tolerated = len(instances) * percent / 100
	}
	failed := 0
	for _, i := range instances {
		if failed > tolerated {
			s.locked(func() { i.detailed, i.reason = "CANCELLED", "Cancelled since failure tolerance has exceeded" })
			continue
		}
		if !s.performOne(c, set, o, i) {
			failed++
		}
	}
	s.locked(func() {
		o.status, o.ended, o.failed = operationSucceeded, time.Now().UTC(), failed
		if failed > tolerated {
			o.status = operationFailed
		}
	})
	close(o.done)
}

// performOne makes, changes or deletes one stack, and says whether that went well.
func (s *Service) performOne(c Call, set *stackSet, o *setOperation, i *stackInstance) bool {
	call := Call{
		Form: url.Values{"StackName": {i.stack}}, Account: i.place.account, Region: i.place.region, AccessKey: s.enterAccount(i.place.account),
		Address: c.Address, Now: time.Now().UTC(), Object: c.Object,
	}
	var st *stack
	s.locked(func() {
		i.detailed = "RUNNING"
		if st, _ = s.find(call); st != nil && st.status == statusDeleted {
			st = nil
		}
	})
	if st != nil && (o.action == "DELETE" || !updatable(st.status)) {
		s.locked(func() { s.enter(st, "DELETE_IN_PROGRESS", "User Initiated", call.Now) })
		s.newBuild(call, st, design{}).delete()
	}
	if o.action == "DELETE" {
		return s.removed(set, i, st)
	}
	st, err := s.bring(call, set, i, st)
	s.locked(func() {
		switch {
		case err != nil:
			i.status, i.detailed, i.reason = instanceOutdated, operationFailed, err.Error()
		case st.status != "CREATE_COMPLETE" && st.status != "UPDATE_COMPLETE":
			i.status, i.detailed, i.reason = instanceOutdated, operationFailed, st.why()
		default:
			i.status, i.detailed, i.reason = instanceCurrent, operationSucceeded, ""
		}
	})
	return i.status == instanceCurrent
}

// bring makes or changes an instance's stack, by the set's own template and parameters.
func (s *Service) bring(call Call, set *stackSet, i *stackInstance, st *stack) (*stack, error) {
	if st != nil && updatable(st.status) {
		s.locked(func() { s.enter(st, "UPDATE_IN_PROGRESS", "User Initiated", call.Now) })
		s.newBuild(call, st, set.current).update()
		return st, nil
	}
	var err error
	s.locked(func() {
		call.Form.Set("StackName", "StackSet-"+set.name+"-"+s.uuid())
		if st, err = s.newStack(call); err != nil {
			return
		}
		st.current = set.current
		i.stack = st.id
		s.enter(st, "CREATE_IN_PROGRESS", "User Initiated", call.Now)
	})
	if err == nil {
		s.newBuild(call, st, set.current).create()
	}
	return st, err
}

// removed takes an instance out of its set, unless its stack could not be deleted.
func (s *Service) removed(set *stackSet, i *stackInstance, st *stack) bool {
	gone := true
	s.locked(func() {
		if st != nil && st.status != statusDeleted {
			i.status, i.detailed, i.reason, gone = instanceInoperable, operationFailed, st.why(), false
			return
		}
		set.instances = slices.DeleteFunc(set.instances, func(one *stackInstance) bool { return one == i })
	})
	return gone
}

// why is the first reason for which one of a stack's resources failed in what was last done, or else what its status says.
func (st *stack) why() string {
	why := st.reason
	for _, e := range slices.Backward(st.events) {
		if e.reason == "User Initiated" {
			break
		}
		if e.logical != st.name && e.reason != "" {
			why = fmt.Sprintf("ResourceLogicalId:%s, ResourceType:%s, ResourceStatusReason:%s.", e.logical, e.kind, e.reason)
		}
	}
	return why
}

func (s *Service) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// await waits until an operation has ended, and returns an error if it failed.
func (s *Service) await(id string) error {
	var found *setOperation
	s.locked(func() {
		for _, sets := range s.sets {
			for _, set := range sets {
				for _, o := range set.operations {
					if o.id == id {
						found = o
					}
				}
			}
		}
	})
	if found == nil {
		return fmt.Errorf("stack set operation [%s] is not known", id)
	}
	<-found.done
	if found.status != operationSucceeded { // which is final by now
		return fmt.Errorf("stack set operation [%s] was unexpectedly stopped or failed", id)
	}
	return nil
}
