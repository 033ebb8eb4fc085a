package lab

import (
	"maps"
	"slices"
	"time"
)

const (
	maxUsers        = 5000
	maxGroups       = 300
	maxGroupsOfUser = 10
	maxUserInline   = 2048 // characters of all of a user's inline policies
	maxGroupInline  = 5120
	iamUserKind     = "user"
	iamGroupKind    = "group"
)

// iamHolder is a user or a group with everything that it may do. What users' policies allow and deny does not bind those who
// call the lab with access keys: the lab's keys belong to no user that was made.
type iamHolder struct {
	kind, name, path, arn, id string
	created                   time.Time
	inline                    map[string]string // policy documents by name
	attached                  []string          // ARNs of managed policies, in order of attachment
	boundary                  string            // ARN of a managed policy; of users only
	groups                    []string          // names; of users only
	tags                      map[string]string // of users only
}

// holders are the users or the groups of an account, by name.
func (s *iamState) holders(kind string) map[string]*iamHolder {
	if s.holding == nil {
		s.holding = map[string]map[string]*iamHolder{iamUserKind: {}, iamGroupKind: {}}
	}
	return s.holding[kind]
}

// createHolder makes a user or a group.
func createHolder(c *call, kind, field string, most int) (*iamHolder, error) {
	name, path := c.form.Get(field), c.form.Get("Path")
	if err := checkIAMName(field, name, &path); err != nil {
		return nil, err
	}
	all := c.account.iam.holders(kind)
	switch {
	case all[name] != nil:
		return nil, iamConflict("EntityAlreadyExists", "%s with name %s already exists.", field, name)
	case len(all) >= most:
		return nil, iamConflict("LimitExceeded", "Cannot exceed the quota of %d", most)
	}
	h := &iamHolder{kind: kind, name: name, path: path, arn: "arn:aws:iam::" + c.account.id + ":" + kind + path + name, created: c.now, inline: map[string]string{}}
	h.id = uniqueID(map[string]string{iamUserKind: "AIDA", iamGroupKind: "AGPA"}[kind], h.arn)
	all[name] = h
	return h, nil
}

type xmlHolder struct {
	Path       string
	UserName   string `xml:",omitempty"`
	UserID     string `xml:"UserId,omitempty"`
	GroupName  string `xml:",omitempty"`
	GroupID    string `xml:"GroupId,omitempty"`
	Arn        string
	CreateDate string
}

func (h *iamHolder) show() *xmlHolder {
	x := &xmlHolder{Path: h.path, Arn: h.arn, CreateDate: iamTime(h.created)}
	if h.kind == iamUserKind {
		x.UserName, x.UserID = h.name, h.id
	} else {
		x.GroupName, x.GroupID = h.name, h.id
	}
	return x
}

func createUser(c *call) (any, error) {
	boundary := c.form.Get("PermissionsBoundary")
	if boundary != "" && !c.account.iam.attachable(boundary) {
		return nil, noSuchEntity("Scope ARN: %s does not exist or is not attachable.", boundary)
	}
	u, err := createHolder(c, iamUserKind, "UserName", maxUsers)
	if err != nil {
		return nil, err
	}
	u.boundary, u.tags = boundary, pairs(c.form, "Tags.member.", "Key", "Value")
	return iamAnswer{User: u.show()}.named(c), nil
}

func createGroup(c *call) (any, error) {
	g, err := createHolder(c, iamGroupKind, "GroupName", maxGroups)
	if err != nil {
		return nil, err
	}
	return iamAnswer{Group: g.show()}.named(c), nil
}

// holder finds the user or group that a call names.
func (c *call) holder(kind, field string) (*iamHolder, error) {
	name := c.form.Get(field)
	if h := c.account.iam.holders(kind)[name]; h != nil {
		return h, nil
	}
	return nil, noSuchEntity("The %s with name %.64s cannot be found.", kind, name)
}

// ofUser and ofGroup make operations of what is done to either.
func ofUser(run func(*call, *iamHolder) (any, error)) func(*call) (any, error) {
	return ofHolder(iamUserKind, "UserName", run)
}

func ofGroup(run func(*call, *iamHolder) (any, error)) func(*call) (any, error) {
	return ofHolder(iamGroupKind, "GroupName", run)
}

func ofHolder(kind, field string, run func(*call, *iamHolder) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		h, err := c.holder(kind, field)
		if err != nil {
			return nil, err
		}
		return run(c, h)
	}
}

func putHolderPolicy(c *call, h *iamHolder) (any, error) {
	name, path, document := c.form.Get("PolicyName"), "", c.form.Get("PolicyDocument")
	if err := checkIAMName("policyName", name, &path); err != nil {
		return nil, err
	}
	if err := checkIdentityPolicy(document); err != nil {
		return nil, err
	}
	total, most := len(document), map[string]int{iamUserKind: maxUserInline, iamGroupKind: maxGroupInline}[h.kind]
	for other, text := range h.inline {
		if other != name {
			total += len(text)
		}
	}
	if total > most {
		return nil, iamConflict("LimitExceeded", "Maximum policy size of %d bytes exceeded for %s %s", most, h.kind, h.name)
	}
	h.inline[name] = document
	return nil, nil
}

func attachHolderPolicy(c *call, h *iamHolder) (any, error) {
	arn := c.form.Get("PolicyArn")
	switch {
	case !c.account.iam.attachable(arn):
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	case slices.Contains(h.attached, arn):
		return nil, nil
	case len(h.attached) >= maxAttached:
		return nil, iamConflict("LimitExceeded", "Cannot exceed quota for attached policies: %d", maxAttached)
	}
	h.attached = append(h.attached, arn)
	return nil, nil
}

func putUserPermissionsBoundary(c *call, u *iamHolder) (any, error) {
	arn := c.form.Get("PermissionsBoundary")
	if !c.account.iam.attachable(arn) {
		return nil, noSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	u.boundary = arn
	return nil, nil
}

func addUserToGroup(c *call, g *iamHolder) (any, error) {
	u, err := c.holder(iamUserKind, "UserName")
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(u.groups, g.name):
		return nil, nil
	case len(u.groups) >= maxGroupsOfUser:
		return nil, iamConflict("LimitExceeded", "Cannot exceed quota for GroupsPerUser: %d", maxGroupsOfUser)
	}
	u.groups = append(u.groups, g.name)
	return nil, nil
}

// everyHolder lists users and groups, in no order.
func (s *iamState) everyHolder() []*iamHolder {
	return slices.AppendSeq(slices.Collect(maps.Values(s.holders(iamUserKind))), maps.Values(s.holders(iamGroupKind)))
}
