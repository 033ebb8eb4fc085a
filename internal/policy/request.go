package policy

import (
	"slices"
	"strings"
)

// Request is one question: may this principal do this to that?
type Request struct {
	Principal Principal
	Action    string // such as s3:PutObject

	// Resource is an ARN. With AnyDigit and AnyName in it, it stands for many, such as all objects in a folder. The
	// question is then whether the principal may do it to every one of them: one that is denied is a denial.
	Resource string

	// Context has the condition keys whose values are known. A key without values is known to be absent from the
	// request. The names of keys are not case-sensitive.
	Context map[string][]string

	// Possible has the keys of which only is known that they have one of several lists of values; an empty list stands
	// for absence. If a condition comes out the same with each, it's decided.
	Possible map[string][][]string

	// Complete says that a key which is in neither is absent. Otherwise nothing is known of it.
	Complete bool
}

// Kind is what sort of principal makes a request.
type Kind uint8

// The kinds of principals.
const (
	Anonymous Kind = iota
	Service        // an AWS service that acts for itself, such as cloudtrail.amazonaws.com
	Account        // an account's root user, or the account as a whole
	User           // an IAM user
	Session        // a session of a role or of a federated user; without an ARN, any session of the role
)

// Principal is who makes a request.
type Principal struct {
	Kind    Kind
	Service string // the service's name
	Account string // 12 digits, except for services and anonymous requests
	ARN     string
	Role    string // of the session, if it's one of a role, with the role's path

	// FormerAccounts are accounts in whose name a service may act too. Whether it still does isn't known.
	FormerAccounts []string
}

// ServicePrincipal is an AWS service that acts for itself.
func ServicePrincipal(name string) Principal { return Principal{Kind: Service, Service: name} }

// Caller is the principal with this ARN, as AWS shows it in errors and records: of the root user, a user, a role or a
// session. A session's ARN lacks its role's path, so that role, if it's known, gives the role's ARN. An ARN of another
// kind, or none, makes an anonymous principal.
func Caller(arn, role string) Principal {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return Principal{}
	}
	p := Principal{Account: parts[4], ARN: arn}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch kind {
	case "root":
		p.Kind = Account
	case "user":
		p.Kind = User
	case "role":
		p.Kind, p.ARN, p.Role = Session, "", arn
	case "assumed-role":
		p.Kind, p.Role = Session, role
		if role == "" {
			name, _, _ = strings.Cut(name, "/")
			p.Role = strings.Join([]string{"arn", parts[1], "iam", "", parts[4], "role/" + name}, ":")
		}
	case "federated-user":
		p.Kind = Session
	default:
		return Principal{}
	}
	return p
}

// arn is the value of aws:PrincipalArn, which is the role's for a session of one.
func (p Principal) arn() string {
	if p.Role != "" {
		return p.Role
	}
	return p.ARN
}

// serviceLinked says whether the principal is a session of a service-linked role, which neither SCPs nor RCPs touch.
func (p Principal) serviceLinked() bool { return strings.Contains(p.Role, ":role/aws-service-role/") }

// values are the lists of values that a condition key may have in this request; none if nothing is known of it.
func (r Request) values(key string) [][]string {
	for name, values := range r.Context {
		if strings.EqualFold(name, key) {
			return [][]string{values}
		}
	}
	for name, lists := range r.Possible {
		if strings.EqualFold(name, key) {
			return lists
		}
	}
	if lists := r.Principal.values(strings.ToLower(key)); lists != nil {
		return lists
	}
	if r.Complete {
		return [][]string{nil}
	}
	return nil
}

// values are those of the condition keys that follow from who makes the request. The key is in lower case.
func (p Principal) values(key string) [][]string {
	one := func(value string) [][]string {
		if value == "" {
			return [][]string{nil}
		}
		return [][]string{{value}}
	}
	is := p.Kind != Anonymous && p.Kind != Service
	switch {
	case key == "aws:principalisawsservice" && p.Kind == Service:
		return one("true")
	case key == "aws:principalisawsservice":
		return one("false")
	case key == "aws:securetransport" && p.Kind == Service: // AWS's services call each other by TLS
		return one("true")
	case key == "aws:principalservicename":
		return one(p.Service)
	case key == "aws:principalarn" && is:
		return one(p.arn())
	case key == "aws:principalaccount" && is:
		return one(p.Account)
	case key == "aws:username" && is:
		return one(p.userName())
	}
	return nil
}

// userName is the value of aws:username, which only IAM users have: the ARN's last part, after the path.
func (p Principal) userName() string {
	if p.Kind != User {
		return ""
	}
	return p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
}

// variable makes the request's values available to policy variables. A key with several values can't be one.
func (r Request) variable(name string) (string, Truth) {
	lists := r.values(name)
	if len(lists) == 0 {
		return "", Maybe
	}
	for _, list := range lists[1:] {
		if !slices.Equal(list, lists[0]) {
			return "", Maybe
		}
	}
	switch len(lists[0]) {
	case 0:
		return "", No
	case 1:
		return lists[0][0], Yes
	}
	return "", Maybe
}
