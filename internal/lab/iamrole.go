package lab

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// iamRole is a role with everything that it may do.
type iamRole struct {
	name, path, arn, id string
	description         string
	trust               string // policy
	maxSession          int    // seconds
	created             time.Time
	inline              map[string]string // policy documents by name
	attached            []string          // ARNs of managed policies, in order of attachment
	boundary            string            // ARN of a managed policy
	tags                map[string]string
	deleted             bool // which ends its sessions
}

func (s *iamState) roleByARN(arn string) *iamRole {
	if r := s.roles[arn[strings.LastIndexByte(arn, '/')+1:]]; r != nil && r.arn == arn {
		return r
	}
	return nil
}

// namedRole finds the role that a call's RoleName means.
func (c *call) namedRole() (*iamRole, error) {
	name := c.form.Get("RoleName")
	if r := c.account.iam.roles[name]; r != nil {
		return r, nil
	}
	return nil, noSuchEntity("The role with name %.64s cannot be found.", name)
}

func createRole(c *call) (any, error) {
	name, path, trust := c.form.Get("RoleName"), c.form.Get("Path"), c.form.Get("AssumeRolePolicyDocument")
	if err := checkIAMName("roleName", name, &path); err != nil {
		return nil, err
	}
	if err := checkTrust(trust); err != nil {
		return nil, err
	}
	duration, err := c.maxSession(3600)
	if err != nil {
		return nil, err
	}
	iam := &c.account.iam
	boundary := c.form.Get("PermissionsBoundary")
	switch {
	case iam.roles[name] != nil:
		return nil, iamConflict("EntityAlreadyExists", "Role with name %s already exists.", name)
	case len(iam.roles) >= maxRoles:
		return nil, iamConflict("LimitExceeded", "Cannot exceed quota for RolesPerAccount: %d", maxRoles)
	case boundary != "" && !iam.attachable(boundary):
		return nil, noSuchEntity("Scope ARN: %s does not exist or is not attachable.", boundary)
	}
	r := &iamRole{
		name: name, path: path, arn: "arn:aws:iam::" + c.account.id + ":role" + path + name,
		description: c.form.Get("Description"), trust: trust, maxSession: duration, boundary: boundary,
		created: c.now, inline: map[string]string{}, tags: map[string]string{},
	}
	r.id = roleID(r.arn)
	if err := r.tag(pairs(c.form, "Tags.member.", "Key", "Value")); err != nil {
		return nil, err
	}
	if iam.roles == nil {
		iam.roles = map[string]*iamRole{}
	}
	iam.roles[name], iam.used = r, true
	c.recordResponse = map[string]any{"role": map[string]any{
		"path": r.path, "roleName": r.name, "roleId": r.id, "arn": r.arn,
		"createDate": c.now.Format("Jan 2, 2006, 3:04:05 PM"), "assumeRolePolicyDocument": percentEncoded(r.trust),
	}}
	return iamAnswer{Role: r.show()}.named(c), nil
}

// maxSession reads MaxSessionDuration, in seconds.
func (c *call) maxSession(usual int) (int, error) {
	text := c.form.Get("MaxSessionDuration")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 3600 || n > 43200 {
		return 0, errorf("ValidationError", "Value '%.20s' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200", text)
	}
	return n, nil
}

// checkTrust checks a trust policy: it names principals and, being about the role itself, no resource.
func checkTrust(text string) error {
	if len(text) > maxTrustPolicy {
		return iamConflict("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d", maxTrustPolicy)
	}
	p, err := parsePolicy(text)
	if err != nil {
		return errorf("MalformedPolicyDocument", "%v", err)
	}
	for _, s := range p.Statements {
		if s.HasResource {
			return errorf("MalformedPolicyDocument", "Has prohibited field Resource")
		}
		for _, action := range s.Actions {
			if !strings.HasPrefix(strings.ToLower(action), "sts:") {
				return errorf("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
	}
	return nil
}

func (r *iamRole) show() *xmlRole {
	x := &xmlRole{
		Path: r.path, RoleName: r.name, RoleID: r.id, Arn: r.arn, CreateDate: iamTime(r.created),
		AssumeRolePolicyDocument: percentEncoded(r.trust), Description: r.description, MaxSessionDuration: r.maxSession,
		Tags: tagList(r.tags),
	}
	if r.boundary != "" {
		x.PermissionsBoundary = &xmlBoundary{"Policy", r.boundary}
	}
	return x
}

// tagList is tags in the order of their keys.
func tagList(tags map[string]string) []eventTag {
	list := []eventTag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, eventTag{key, tags[key]})
	}
	return list
}

func getRole(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	return iamAnswer{Role: r.show()}.named(c), nil
}

// listRoles lists the roles under a path. Like AWS it leaves tags and boundaries out.
func listRoles(c *call) (any, error) {
	iam, prefix := &c.account.iam, c.form.Get("PathPrefix")
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(iam.roles)), func(name string) bool {
		return !strings.HasPrefix(iam.roles[name].path, prefix)
	})
	answer := iamAnswer{}.named(c)
	for _, name := range c.iamPageOf(names, &answer) {
		x := iam.roles[name].show()
		x.Tags, x.PermissionsBoundary = nil, nil
		answer.Roles = append(answer.Roles, x)
	}
	return answer, nil
}

// updateRole replaces the description, which becomes empty if it is not given, and the longest session.
func updateRole(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	duration, err := c.maxSession(r.maxSession)
	if err != nil {
		return nil, err
	}
	r.description, r.maxSession = c.form.Get("Description"), duration
	return iamAnswer{}.named(c), nil
}

func updateAssumeRolePolicy(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	if err := checkTrust(c.form.Get("PolicyDocument")); err != nil {
		return nil, err
	}
	r.trust = c.form.Get("PolicyDocument")
	return nil, nil
}

// deleteRole refuses a role that has policies.
func deleteRole(c *call) (any, error) {
	r, err := c.namedRole()
	switch {
	case err != nil:
		return nil, err
	case len(r.attached) > 0:
		return nil, iamConflict("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	case len(r.inline) > 0:
		return nil, iamConflict("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	r.deleted = true
	delete(c.account.iam.roles, r.name)
	return nil, nil
}

func (r *iamRole) tag(tags map[string]string) error {
	together := maps.Clone(r.tags)
	maps.Copy(together, tags)
	if len(together) > maxIAMTags {
		return iamConflict("LimitExceeded", "The number of tags has reached the maximum limit.")
	}
	r.tags = together
	return nil
}

func tagRole(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	return nil, r.tag(pairs(c.form, "Tags.member.", "Key", "Value"))
}

func untagRole(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	for _, key := range plain(c.form, "TagKeys.member.") {
		delete(r.tags, key)
	}
	return nil, nil
}

func listRoleTags(c *call) (any, error) {
	r, err := c.namedRole()
	if err != nil {
		return nil, err
	}
	return iamAnswer{Tags: tagList(r.tags)}.named(c), nil
}
