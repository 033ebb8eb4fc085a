package cloudformation

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Organization is what stack sets need to know of the organization that a caller's account is a member of.
type Organization struct {
	Management string   // the account that manages it; empty: there is none
	Delegate   bool     // the caller's account administers stack sets for it
	Trusted    bool     // it trusts stack sets
	Root       string   // id of its root, the only unit that the lab has
	Members    []string // its accounts, without the one that manages it, where stack sets make nothing
}

// stackSet is a stack set with service-managed permissions. It belongs to the management account, whoever administers it.
type stackSet struct {
	id, name     string
	place        place
	description  string
	current      design
	auto, retain bool // accounts that join get stacks, and keep them when they leave: noted, and not done by the lab
	managed      bool
	units        []string
	instances    []*stackInstance
	operations   []*setOperation
}

// stackInstance is what a stack set has, or shall have, in one account and region.
type stackInstance struct {
	place            place
	unit             string
	stack            string // id; empty: it was never made
	status, detailed string
	reason           string
	operation        string // that last touched it
}

// setOperation is one thing that was done to the stacks of a set.
type setOperation struct {
	id, action, status string
	began, ended       time.Time
	failed             int
	done               chan struct{} // closed when status is final
}

// Statuses of what is done to instances.
const (
	instanceCurrent    = "CURRENT"
	instanceOutdated   = "OUTDATED"
	instanceInoperable = "INOPERABLE"
	operationRunning   = "RUNNING"
	operationSucceeded = "SUCCEEDED"
	operationFailed    = "FAILED"
)

// administers says whose stack sets the caller works with, if it may.
func (c Call) administers() (place, error) {
	o := c.Organization
	denied := func(why string) error {
		return &Error{Code: "ValidationError", Message: "Account used is not " + why}
	}
	switch as := c.Form.Get("CallAs"); {
	case as == "DELEGATED_ADMIN" && !o.Delegate:
		return place{}, denied("a delegated administrator")
	case (as == "SELF" || as == "") && (o.Management == "" || c.Account != o.Management):
		return place{}, denied("the organization's management account; the lab has no stack sets with permissions of one's own")
	case as != "" && as != "SELF" && as != "DELEGATED_ADMIN":
		return place{}, invalid("1 validation error detected: Value '%.100s' at 'callAs' failed to satisfy constraint", as)
	}
	return place{o.Management, c.Region}, nil
}

// findSet finds a stack set by name or id.
func (s *Service) findSet(c Call) (*stackSet, error) {
	at, err := c.administers()
	if err != nil {
		return nil, err
	}
	name := c.Form.Get("StackSetName")
	for _, set := range s.sets[at] {
		if set.id == name || set.name == name {
			return set, nil
		}
	}
	return nil, &Error{Code: "StackSetNotFoundException", Status: 404, Message: fmt.Sprintf("StackSet %.200s not found", name)}
}

// idle finds a stack set at which nothing is being done.
func (s *Service) idle(c Call) (*stackSet, error) {
	set, err := s.findSet(c)
	if err == nil && slices.ContainsFunc(set.operations, func(o *setOperation) bool { return o.status == operationRunning }) {
		err = &Error{Code: "OperationInProgressException", Status: 409, Message: "Another Operation on StackSet " + set.id + " is in progress"}
	}
	return set, err
}

func (s *Service) createStackSet(c Call) (any, error) {
	at, err := c.administers()
	name := c.Form.Get("StackSetName")
	switch {
	case err != nil:
		return nil, err
	case !stackName.MatchString(name):
		return nil, invalid("1 validation error detected: Value '%.200s' at 'stackSetName' failed to satisfy constraint", name)
	case c.Form.Get("PermissionModel") != "SERVICE_MANAGED":
		return nil, invalid("the lab only has stack sets with service-managed permissions")
	case c.Form.Get("AutoDeployment.Enabled") == "":
		return nil, invalid("Provide AutoDeployment when PermissionModel is set to SERVICE_MANAGED")
	case !c.Organization.Trusted:
		return nil, invalid("You must enable organizations access to operate a service managed stack set")
	case slices.ContainsFunc(s.sets[at], func(set *stackSet) bool { return set.name == name }):
		return nil, &Error{Code: "NameAlreadyExistsException", Status: 409, Message: fmt.Sprintf("StackSet %s already exists", name)}
	}
	set := &stackSet{id: name + ":" + s.uuid(), name: name, place: at}
	if err := set.take(c); err != nil {
		return nil, err
	}
	s.sets[at] = append(s.sets[at], set)
	return setAnswer(c, map[string]string{"StackSetId": set.id}), nil
}

// take gives a set what a request says of it.
func (set *stackSet) take(c Call) error {
	var before *design
	if set.current.template != nil {
		before = &set.current
	}
	next, err := c.design(before)
	if err != nil {
		return err
	}
	set.current, set.description = next, c.Form.Get("Description")
	set.auto, set.retain = c.Form.Get("AutoDeployment.Enabled") == "true", c.Form.Get("AutoDeployment.RetainStacksOnAccountRemoval") == "true"
	set.managed = c.Form.Get("ManagedExecution.Active") == "true"
	return nil
}

// updateStackSet changes the set, and all stacks that it has.
func (s *Service) updateStackSet(c Call) (any, error) {
	set, err := s.idle(c)
	if err != nil {
		return nil, err
	}
	if err := set.take(c); err != nil {
		return nil, err
	}
	for _, i := range set.instances {
		i.status = instanceOutdated
	}
	return s.operate(c, set, "UPDATE", slices.Clone(set.instances)), nil
}

func (s *Service) deleteStackSet(c Call) (any, error) {
	set, err := s.idle(c)
	if err != nil {
		return nil, err
	}
	if len(set.instances) > 0 {
		return nil, &Error{Code: "StackSetNotEmptyException", Status: 409, Message: "StackSet is not empty"}
	}
	s.sets[set.place] = slices.DeleteFunc(s.sets[set.place], func(one *stackSet) bool { return one == set })
	return setAnswer(c, nil), nil
}

// createStackInstances has the set make stacks where it has none. Where it has one that is not current, it tries again.
func (s *Service) createStackInstances(c Call) (any, error) {
	set, at, err := s.targets(c)
	if err != nil {
		return nil, err
	}
	var wanted []*stackInstance
	for _, p := range at {
		i := set.instance(p)
		if i == nil {
			i = &stackInstance{place: p, unit: c.Organization.Root, status: instanceOutdated}
			set.instances = append(set.instances, i)
		}
		if i.status != instanceCurrent {
			wanted = append(wanted, i)
		}
	}
	set.units = []string{c.Organization.Root}
	return s.operate(c, set, "CREATE", wanted), nil
}

func (s *Service) deleteStackInstances(c Call) (any, error) {
	set, at, err := s.targets(c)
	if err != nil {
		return nil, err
	}
	if retain := c.Form.Get("RetainStacks"); retain != "false" {
		return nil, invalid("the lab does not know RetainStacks %.100s", retain)
	}
	var wanted []*stackInstance
	for _, p := range at {
		if i := set.instance(p); i != nil {
			wanted = append(wanted, i)
		}
	}
	if len(wanted) == 0 {
		return nil, &Error{Code: "StackInstanceNotFoundException", Status: 404, Message: "No stack instances found in " + set.id}
	}
	return s.operate(c, set, "DELETE", wanted), nil
}

// targets are the accounts and regions that a request names: region by region, as operations go.
func (s *Service) targets(c Call) (*stackSet, []place, error) {
	set, err := s.idle(c)
	if err != nil {
		return nil, nil, err
	}
	if c.Form.Has("Accounts.member.1") {
		return nil, nil, invalid("OrganizationalUnitIds are required")
	}
	units, named := members(c.Form, "DeploymentTargets.OrganizationalUnitIds"), members(c.Form, "DeploymentTargets.Accounts")
	filter, regions := c.Form.Get("DeploymentTargets.AccountFilterType"), members(c.Form, "Regions")
	switch {
	case len(units) == 0 || len(regions) == 0:
		return nil, nil, invalid("OrganizationalUnitIds and Regions are required")
	case slices.ContainsFunc(units, func(id string) bool { return id != c.Organization.Root }):
		return nil, nil, invalid("OrganizationalUnitIds: %.200s not found: the lab has no unit but the root %s", strings.Join(units, ", "), c.Organization.Root)
	case filter == "" != (len(named) == 0) || !slices.Contains([]string{"", "NONE", "INTERSECTION", "DIFFERENCE"}, filter):
		return nil, nil, invalid("the lab does not know AccountFilterType %.100s with %d accounts", filter, len(named))
	}
	var at []place
	for _, region := range regions {
		for _, account := range c.Organization.Members {
			if filter == "" || filter == "NONE" || slices.Contains(named, account) == (filter == "INTERSECTION") {
				at = append(at, place{account, region})
			}
		}
	}
	return set, at, nil
}

// members are the texts of a list in a form.
func members(form url.Values, name string) (list []string) {
	for n := 1; form.Has(name + ".member." + strconv.Itoa(n)); n++ {
		list = append(list, form.Get(name+".member."+strconv.Itoa(n)))
	}
	return list
}

// instance finds what a set has in an account and region; nil: nothing.
func (set *stackSet) instance(at place) *stackInstance {
	n := slices.IndexFunc(set.instances, func(i *stackInstance) bool { return i.place == at })
	if n < 0 {
		return nil
	}
	return set.instances[n]
}
