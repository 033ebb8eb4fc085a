package policy

import (
	"slices"
	"strings"
)

// reach says in which way a Principal element includes a principal, since that decides how far other policies limit
// what a resource policy grants.
type reach [3]Truth

const (
	viaAccount = iota // by naming the account, which leaves it to the account whom it lets
	viaRole           // by naming the role of the session
	viaSelf           // by naming the user or session, a service, or everybody
)

func (r reach) any() Truth { return max(r[viaAccount], r[viaRole], r[viaSelf]) }

func (r reach) and(t Truth) reach {
	for i := range r {
		r[i] = min(r[i], t)
	}
	return r
}

func (r reach) or(other reach) reach {
	for i := range r {
		r[i] = max(r[i], other[i])
	}
	return r
}

// accountOf is the id of an account that is named as a principal: by its id or by the ARN of its root.
func accountOf(name string) (string, bool) {
	if isAccountID(name) {
		return name, true
	}
	parts := strings.Split(name, ":")
	if len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && parts[5] == "root" && isAccountID(parts[4]) {
		return parts[4], true
	}
	return "", false
}

func isAccountID(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// principalReach says whether and how the statement's principals include the one of the request.
func (s Statement) principalReach(r Request) reach {
	switch {
	case s.Principals == nil:
		return reach{viaSelf: Yes}
	case s.NotPrincipal:
		return reach{viaSelf: s.Principals.except(r)}
	}
	return s.Principals.include(r)
}

func (p Principals) include(r Request) reach {
	if p.Anyone {
		return reach{viaSelf: Yes}
	}
	who := r.Principal
	switch who.Kind {
	case Anonymous:
		return reach{}
	case Service:
		return reach{viaSelf: p.includeService(who, r.Resource)}
	}
	var found reach
	for _, name := range p.AWS {
		account, isAccount := accountOf(name)
		switch {
		case isAccount && account == who.Account:
			found[viaAccount] = Yes
		case who.Role != "" && name == who.Role:
			found[viaRole] = Yes
		case who.Kind != Account && who.ARN != "" && name == who.ARN:
			found[viaSelf] = Yes
		case who.ARN == "" && isSessionOf(name, who.Role):
			found[viaSelf] = max(found[viaSelf], Maybe) // it names one session of the role
		}
	}
	if len(p.CanonicalUser) > 0 {
		found[viaAccount] = max(found[viaAccount], Maybe) // another name of an account, which we can't translate
	}
	return found
}

// isSessionOf says whether an ARN is one of a session of this role.
func isSessionOf(arn, role string) bool {
	name := role[strings.LastIndexByte(role, '/')+1:]
	account := strings.Split(role+":::::", ":")[4]
	parts := strings.SplitN(arn, ":", 6)
	return role != "" && len(parts) == 6 && parts[4] == account && strings.HasPrefix(parts[5], "assumed-role/"+name+"/")
}

// includeService says whether a service is named. In the regions of China some services have a name that ends in .cn.
func (p Principals) includeService(who Principal, resource string) Truth {
	for _, name := range p.Service {
		if name == "*" || name == who.Service || strings.HasPrefix(resource, "arn:aws-cn:") && name == who.Service+".cn" {
			return Yes
		}
	}
	for _, name := range p.AWS {
		if account, ok := accountOf(name); ok && slices.Contains(who.FormerAccounts, account) {
			return Maybe
		}
	}
	return No
}

// except says whether a NotPrincipal element applies to the principal: Yes if it isn't listed at all. For a user or
// role session the guide wants the account and the role listed as well, and says that AWS otherwise might deny all of
// the account; so a listing in part is Maybe.
func (p Principals) except(r Request) Truth {
	listed := p.include(r)
	switch who := r.Principal; {
	case p.Anyone || who.Kind == Service || who.Kind == Anonymous || who.Kind == Account:
		return listed.any().not()
	case listed.any() == No:
		return Yes
	case listed[viaAccount] == Yes && listed[viaSelf] == Yes && (who.Role == "" || listed[viaRole] == Yes):
		return No
	}
	return Maybe
}
