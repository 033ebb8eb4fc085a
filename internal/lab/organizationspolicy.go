package lab

import (
	"maps"
	"slices"
	"strings"
)

// orgPolicy is a service control policy.
type orgPolicy struct {
	id, arn, name, description, content string
	awsManaged                          bool
}

// denies says whether service control policies keep the caller's account from what the call wants: on each level, the root
// and the account, some policy has to allow it and none may deny it. The management account is bound by none.
func (o *organization) denies(c *call) bool {
	manager := c.lab.manager(c.account.id)
	if manager == "" || manager == c.account.id || o.unbounded {
		return false
	}
	wanted := c.wanted()
	for _, target := range []string{organizationRoot, c.account.id} {
		allowed := false
		for _, id := range o.on(target) {
			switch judgeOwn(o.policies[id].content, wanted) {
			case policyDenies:
				return true
			case policyAllows:
				allowed = true
			}
		}
		if !allowed {
			return true
		}
	}
	return false
}

// on lists the policies that are attached to a target.
func (o *organization) on(target string) []string {
	if ids, ok := o.attached[target]; ok {
		return ids
	}
	return []string{fullAccess}
}

func (p *orgPolicy) summary() map[string]any {
	return map[string]any{"Id": p.id, "Arn": p.arn, "Name": p.name, "Description": p.description, "Type": controlPolicy, "AwsManaged": p.awsManaged}
}

func (p *orgPolicy) show() map[string]any {
	return map[string]any{"Policy": map[string]any{"PolicySummary": p.summary(), "Content": p.content}}
}

type orgPolicyInput struct {
	PolicyID, TargetID, Type, Filter, RootID string
	PolicyType                               string
	Name, Description, Content               *string
}

// policyInput decodes a call about policies and finds the policy that it names, if it names one.
func (c *call) policyInput() (in orgPolicyInput, p *orgPolicy, err error) {
	if err := c.decode(&in); err != nil {
		return in, nil, err
	}
	for _, kind := range []string{in.Type, in.Filter, in.PolicyType} {
		if kind != "" && kind != controlPolicy {
			return in, nil, errorf("PolicyTypeNotAvailableForOrganizationException", "the lab has no policies but %s", controlPolicy)
		}
	}
	if in.PolicyID == "" {
		return in, nil, nil
	}
	if p = c.lab.org.policies[in.PolicyID]; p == nil {
		return in, nil, errorf("PolicyNotFoundException", "You specified a policy that doesn't exist.")
	}
	return in, p, nil
}

func createOrgPolicy(c *call) (any, error) {
	in, _, err := c.policyInput()
	if err != nil {
		return nil, err
	}
	o := &c.lab.org
	if in.Name == nil || in.Content == nil || in.Type == "" {
		return nil, errorf("InvalidInputException", "Name, Content and Type are required.")
	}
	if len(o.policies) >= maxOrgPolicies {
		return nil, errorf("ConstraintViolationException", "You have exceeded the number of policies that you can have in an organization.")
	}
	id := "p-" + strings.ToLower(c.lab.token(8))
	p := &orgPolicy{id: id, arn: c.lab.orgARN("policy/" + organizationID + "/service_control_policy/" + id)}
	if err := p.set(o, in); err != nil {
		return nil, err
	}
	o.policies[id] = p
	return c.answered(p.show()), nil
}

// set checks and takes over what is given, all or nothing.
func (p *orgPolicy) set(o *organization, in orgPolicyInput) error {
	changed := *p
	setIfGiven(&changed.name, in.Name)
	setIfGiven(&changed.description, in.Description)
	setIfGiven(&changed.content, in.Content)
	for _, other := range o.policies {
		if other.id != p.id && other.name == changed.name {
			return errorf("DuplicatePolicyException", "A policy with the same name already exists.")
		}
	}
	if len(changed.content) > maxPolicyText {
		return errorf("ConstraintViolationException", "You have exceeded the maximum policy size.")
	}
	if err := checkIdentityPolicy(changed.content); err != nil {
		return errorf("MalformedPolicyDocumentException", "The provided policy document does not meet the requirements of the specified policy type: %v", err)
	}
	*p = changed
	return nil
}

// changeablePolicy is the named policy, if it is not AWS's own.
func (c *call) changeablePolicy() (orgPolicyInput, *orgPolicy, error) {
	in, p, err := c.policyInput()
	switch {
	case err != nil:
		return in, nil, err
	case p == nil:
		return in, nil, errorf("InvalidInputException", "PolicyId is required.")
	case p.awsManaged:
		return in, nil, errorf("AccessDeniedException", "You can't change a policy that AWS manages.")
	}
	return in, p, nil
}

func describeOrgPolicy(c *call) (any, error) {
	_, p, err := c.policyInput()
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errorf("InvalidInputException", "PolicyId is required.")
	}
	return p.show(), nil
}

func updateOrgPolicy(c *call) (any, error) {
	in, p, err := c.changeablePolicy()
	if err != nil {
		return nil, err
	}
	if err := p.set(&c.lab.org, in); err != nil {
		return nil, err
	}
	return c.answered(p.show()), nil
}

func deleteOrgPolicy(c *call) (any, error) {
	_, p, err := c.changeablePolicy()
	if err != nil {
		return nil, err
	}
	if len(c.lab.org.targets(p.id)) > 0 {
		return nil, errorf("PolicyInUseException", "The policy is attached to one or more entities. You must detach it from all roots, organizational units (OUs), and accounts before performing this operation.")
	}
	delete(c.lab.org.policies, p.id)
	return nil, nil
}

// targets lists where a policy is attached.
func (o *organization) targets(id string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(o.attached)), func(target string) bool { return !slices.Contains(o.attached[target], id) })
}

func listOrgPolicies(c *call) (any, error) {
	if _, _, err := c.policyInput(); err != nil {
		return nil, err
	}
	return map[string]any{"Policies": c.lab.org.summaries(slices.Sorted(maps.Keys(c.lab.org.policies)))}, nil
}

func (o *organization) summaries(ids []string) []any {
	list := []any{}
	for _, id := range ids {
		list = append(list, o.policies[id].summary())
	}
	return list
}

// target finds the policy and the target of a call: the root or a member.
func (c *call) target() (*orgPolicy, string, error) {
	in, p, err := c.policyInput()
	switch {
	case err != nil:
		return nil, "", err
	case in.TargetID != organizationRoot && !slices.Contains(c.lab.members(), in.TargetID):
		return nil, "", errorf("TargetNotFoundException", "You specified a target that doesn't exist.")
	}
	return p, in.TargetID, nil
}

func attachOrgPolicy(c *call) (any, error) {
	p, target, err := c.target()
	if err != nil {
		return nil, err
	}
	o := &c.lab.org
	switch {
	case p == nil:
		return nil, errorf("InvalidInputException", "PolicyId is required.")
	case o.unbounded:
		return nil, errorf("PolicyTypeNotEnabledException", "The specified policy type is not enabled on the root.")
	case slices.Contains(o.on(target), p.id):
		return nil, errorf("DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target.")
	case len(o.on(target)) >= maxPolicyTargets:
		return nil, errorf("ConstraintViolationException", "You have reached the limit of policies that can be attached to a target.")
	}
	o.attached[target] = append(slices.Clone(o.on(target)), p.id)
	return nil, nil
}

// detachOrgPolicy refuses to detach the last policy of a target.
func detachOrgPolicy(c *call) (any, error) {
	p, target, err := c.target()
	if err != nil {
		return nil, err
	}
	o := &c.lab.org
	switch {
	case p == nil || !slices.Contains(o.on(target), p.id):
		return nil, errorf("PolicyNotAttachedException", "The policy isn't attached to the specified target in the specified root.")
	case len(o.on(target)) == 1:
		return nil, errorf("ConstraintViolationException", "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.")
	}
	o.attached[target] = slices.DeleteFunc(slices.Clone(o.on(target)), func(id string) bool { return id == p.id })
	return nil, nil
}

func listPoliciesForTarget(c *call) (any, error) {
	_, target, err := c.target()
	if err != nil {
		return nil, err
	}
	return map[string]any{"Policies": c.lab.org.summaries(c.lab.org.on(target))}, nil
}

func listTargetsForPolicy(c *call) (any, error) {
	_, p, err := c.policyInput()
	if err != nil || p == nil {
		return nil, err
	}
	targets, list := c.lab.org.targets(p.id), []any{}
	if p.id == fullAccess { // which is where nothing was changed, too
		targets = slices.DeleteFunc(append([]string{organizationRoot}, c.lab.members()...), func(target string) bool {
			return !slices.Contains(c.lab.org.on(target), fullAccess)
		})
	}
	for _, target := range targets {
		shown := map[string]any{"TargetId": target, "Type": "ACCOUNT", "Name": "account-" + target, "Arn": c.lab.orgARN("account/" + organizationID + "/" + target)}
		if target == organizationRoot {
			root := c.lab.showRoot()
			shown = map[string]any{"TargetId": target, "Type": "ROOT", "Name": root["Name"], "Arn": root["Arn"]}
		}
		list = append(list, shown)
	}
	return map[string]any{"Targets": list}, nil
}

func enablePolicyType(c *call) (any, error)  { return c.bound(true) }
func disablePolicyType(c *call) (any, error) { return c.bound(false) }

// bound turns service control policies on or off. Turning them off detaches them all: turned on again, everything has full
// access.
func (c *call) bound(on bool) (any, error) {
	in, _, err := c.policyInput()
	o := &c.lab.org
	switch {
	case err != nil:
		return nil, err
	case in.RootID != organizationRoot:
		return nil, errorf("RootNotFoundException", "You specified a root that doesn't exist.")
	case on && !o.unbounded:
		return nil, errorf("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
	case !on && o.unbounded:
		return nil, errorf("PolicyTypeNotEnabledException", "The specified policy type is not enabled.")
	}
	o.unbounded, o.attached = !on, map[string][]string{}
	return c.answered(map[string]any{"Root": c.lab.showRoot()}), nil
}
