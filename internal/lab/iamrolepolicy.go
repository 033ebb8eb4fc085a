package lab

import (
	"maps"
	"slices"
)

// checkIdentityPolicy checks a policy that says what its holder may do, which therefore names no principal.
func checkIdentityPolicy(text string) error {
	p, err := parseStatements(text)
	if err != nil {
		return errorf("MalformedPolicyDocument", "%v", err)
	}
	for _, s := range p.Statements {
		switch {
		case s.Principals != nil:
			return errorf("MalformedPolicyDocument", "Policy document should not specify a principal.")
		case len(s.Resources) == 0:
			return errorf("MalformedPolicyDocument", "Policy statement must contain resources.")
		}
	}
	return nil
}

func putRolePolicy(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	name, document := c.form.Get("PolicyName"), c.form.Get("PolicyDocument")
	path := ""
	if err := checkIAMName("policyName", name, &path); err != nil {
		return nil, err
	}
	if err := checkIdentityPolicy(document); err != nil {
		return nil, err
	}
	total := len(document)
	for other, text := range r.inline {
		if other != name {
			total += len(text)
		}
	}
	if total > maxInlinePolicies {
		return nil, iamConflict("LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", maxInlinePolicies, r.name)
	}
	r.inline[name] = document
	return nil, nil
}

// inlinePolicy finds the inline policy that a call means.
func (c *call) inlinePolicy() (r *iamRole, name string, err error) {
	if r, err = c.namedRole(); err != nil {
		return nil, "", err
	}
	name = c.form.Get("PolicyName")
	if _, ok := r.inline[name]; !ok {
		return nil, "", noSuchEntity("The role policy with name %.128s cannot be found.", name)
	}
	return r, name, nil
}

func getRolePolicy(c *call) (any, error) {
	r, name, err := c.inlinePolicy()
	if err != nil {
		return nil, err
	}
	return iamAnswer{RoleName: r.name, PolicyName: name, PolicyDocument: percentEncoded(r.inline[name])}.named(c), nil
}

func listRolePolicies(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	answer := iamAnswer{}.named(c)
	answer.PolicyNames = c.iamPageOf(slices.Sorted(maps.Keys(r.inline)), &answer)
	return answer, nil
}

func deleteRolePolicy(c *call) (any, error) {
	r, name, err := c.inlinePolicy()
	if err != nil {
		return nil, err
	}
	delete(r.inline, name)
	return nil, nil
}

// attachRolePolicy attaches a managed policy; attaching it again changes nothing.
func attachRolePolicy(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	arn := c.form.Get("PolicyArn")
	switch {
	case !c.account.iam.attachable(arn):
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	case slices.Contains(r.attached, arn):
		return nil, nil
	case len(r.attached) >= maxAttached:
		return nil, iamConflict("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	r.attached = append(r.attached, arn)
	return nil, nil
}

func detachRolePolicy(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	arn := c.form.Get("PolicyArn")
	at := slices.Index(r.attached, arn)
	if at < 0 {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	r.attached = slices.Delete(slices.Clone(r.attached), at, at+1)
	return nil, nil
}

func listAttachedRolePolicies(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	return iamAnswer{AttachedPolicies: attachedTo(r.attached)}.named(c), nil
}

func putRolePermissionsBoundary(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	arn := c.form.Get("PermissionsBoundary")
	if !c.account.iam.attachable(arn) {
		return nil, noSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	r.boundary = arn
	return nil, nil
}

func deleteRolePermissionsBoundary(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	if r.boundary == "" {
		return nil, noSuchEntity("Role with name %s does not have a permissions boundary.", r.name)
	}
	r.boundary = ""
	return nil, nil
}
