package whocan

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// Policy is one policy document. The policies that several principals share should be one value, which is then looked
// through once.
type Policy struct {
	Name     string // by which people find it, such as "managed policy AdministratorAccess"
	ARN      string // of a managed policy; empty for others
	Document policy.Document

	// Holder is the ARN of the user, group or role of which an inline policy is a part, Inline its name there and Text the policy as it
	// was read. Empty for others.
	Holder, Inline, Text string
}

// Principal is a user or role of the account.
type Principal struct {
	ARN      string
	Policies []*Policy // its own and attached ones, and those of its groups
	Boundary *Policy
	Trust    *policy.Document  // who may assume the role; nil for users
	Groups   []string          // ARNs of the user's groups
	Tags     map[string]string // of a user; a role's sessions may bring others

	// Unread says which of its policies could not be read, and why.
	Unread []string
	// UnreadBoundary says that it has a boundary that could not be read.
	UnreadBoundary bool
}

// user says whether it is a user, and not a role.
func (p Principal) user() bool { return strings.Contains(p.ARN, ":user/") }

// serviceLinked says whether only an AWS service can use the role.
func (p Principal) serviceLinked() bool { return strings.Contains(p.ARN, ":role/aws-service-role/") }

// Account is what is known of an account's principals and of what limits them.
type Account struct {
	ID             string
	Partition      string // aws unless given
	OrganizationID string // empty if unknown or none
	Management     bool   // it manages its organization, so that neither SCPs nor RCPs bind it
	Principals     []Principal
	Groups         map[string][]*Policy // the policies of each group, by its ARN

	// SCPs and RCPs are those in force: one list for the root, one for each unit on the way, and one for the account. None
	// for an account outside of an organization.
	SCPs, RCPs [][]*Policy

	// Unread are the layers, SCP or RCP, that may be in force and could not be read. They only take away: without them, a yes
	// holds as far as they don't deny it, and the report says so.
	Unread []policy.Layer
	// Notes say what else could not be read.
	Notes []string
}

func (a Account) partition() string {
	if a.Partition == "" {
		return "aws"
	}
	return a.Partition
}

// root is the ARN of the account's root user.
func (a Account) root() string { return "arn:" + a.partition() + ":iam::" + a.ID + ":root" }

// The kinds of targets besides those of package trail.
const (
	Trail trail.ResourceType = "trail"

	everything trail.ResourceType = "account"         // calls about no resource that could be named
	attachment trail.ResourceType = "attached policy" // a policy that a guarded role has
)

// Target is a guarded trail or resource.
type Target struct {
	Type    trail.ResourceType
	ARN     string
	Region  string
	Account string // that owns it

	// Policy is the resource's own policy, if it has one.
	Policy *policy.Document
	// Unread says that it may have one that could not be read.
	Unread bool

	// Objects is, for a bucket, the ARN of the log files in it. Characters of package policy may stand for many. If it is
	// empty, it is that of the files of the account in a bucket without a prefix.
	Objects string
}
