package lab

import (
	"maps"
	"slices"
	"time"
)

// Limits of an organization, from the quotas of AWS Organizations.
const (
	maxOrgPolicies   = 2000
	maxPolicyTargets = 5 // policies of one kind on one target
	maxPolicyText    = 10_240
	organizationRoot = "r-labx"
	fullAccess       = "p-FullAWSAccess"
	controlPolicy    = "SERVICE_CONTROL_POLICY"
)

// organization is the organization of the lab's management account. All accounts are its members and lie directly under
// its root: there are no organizational units.
type organization struct {
	began     time.Time
	departed  map[string]bool                 // accounts that are no longer members
	services  map[string]time.Time            // that have trusted access, since when
	delegates map[string]map[string]time.Time // account → service → since when
	policies  map[string]*orgPolicy           // by id
	attached  map[string][]string             // target → ids of policies; without an entry: full access
	unbounded bool                            // service control policies are turned off
}

// newOrganization is as somebody would have it who uses CloudTrail for the whole organization.
func newOrganization(now time.Time) organization {
	return organization{
		began: now, departed: map[string]bool{}, services: map[string]time.Time{cloudtrailPrincipal: now},
		delegates: map[string]map[string]time.Time{}, attached: map[string][]string{},
		policies: map[string]*orgPolicy{fullAccess: {
			id: fullAccess, name: "FullAWSAccess", description: "Allows access to every operation", awsManaged: true,
			arn:     "arn:aws:organizations::aws:policy/service_control_policy/" + fullAccess,
			content: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		}},
	}
}

// organizationsService is AWS Organizations without organizational units, invitations and policies other than service
// control policies.
var organizationsService = service{protocol: awsJSON, operations: map[string]operation{
	"DescribeOrganization":                {run: describeOrganization, readOnly: true},
	"ListRoots":                           {run: visible(listRoots), readOnly: true},
	"ListAccounts":                        {run: visible(listAccounts), readOnly: true},
	"DescribeAccount":                     {run: visible(describeAccount), readOnly: true},
	"ListParents":                         {run: visible(listParents), readOnly: true},
	"EnableAWSServiceAccess":              {run: managed(enableServiceAccess)},
	"DisableAWSServiceAccess":             {run: managed(disableServiceAccess)},
	"ListAWSServiceAccessForOrganization": {run: visible(listServiceAccess), readOnly: true},
	"RegisterDelegatedAdministrator":      {run: managed(registerDelegate)},
	"DeregisterDelegatedAdministrator":    {run: managed(deregisterDelegate)},
	"ListDelegatedAdministrators":         {run: visible(listDelegates), readOnly: true},
	"ListDelegatedServicesForAccount":     {run: visible(listDelegatedServices), readOnly: true},
	"LeaveOrganization":                   {run: leaveOrganization},
	"RemoveAccountFromOrganization":       {run: managed(removeAccount)},
	"EnablePolicyType":                    {run: managed(enablePolicyType)},
	"DisablePolicyType":                   {run: managed(disablePolicyType)},
	"CreatePolicy":                        {run: managed(createOrgPolicy)},
	"DescribePolicy":                      {run: visible(describeOrgPolicy), readOnly: true},
	"UpdatePolicy":                        {run: managed(updateOrgPolicy)},
	"DeletePolicy":                        {run: managed(deleteOrgPolicy)},
	"ListPolicies":                        {run: visible(listOrgPolicies), readOnly: true},
	"AttachPolicy":                        {run: managed(attachOrgPolicy)},
	"DetachPolicy":                        {run: managed(detachOrgPolicy)},
	"ListPoliciesForTarget":               {run: visible(listPoliciesForTarget), readOnly: true},
	"ListTargetsForPolicy":                {run: visible(listTargetsForPolicy), readOnly: true},
}}

// manager is the account that manages an account's organization; empty if it belongs to none.
func (l *Lab) manager(account string) string {
	if l.org.departed[account] {
		return ""
	}
	return l.options.ManagementAccount
}

// trailManager is the account whose organization trails appear in an account. Without CloudTrail's trusted access they only
// record the management account itself (a guess: AWS takes their copies out of the members).
func (l *Lab) trailManager(account string) string {
	if !l.org.trusts(cloudtrailPrincipal) {
		return ""
	}
	return l.manager(account)
}

func (o *organization) trusts(service string) bool { _, ok := o.services[service]; return ok }

// managed lets only the management account call an operation.
func managed(run func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		switch c.lab.manager(c.account.id) {
		case c.account.id:
			return run(c)
		case "":
			return nil, notInOrganization()
		}
		return nil, errorf("AccessDeniedException", "You don't have permissions to access this resource.")
	}
}

// visible lets delegated administrators call an operation, too.
func visible(run func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if c.lab.manager(c.account.id) != "" && len(c.lab.org.delegates[c.account.id]) > 0 {
			return run(c)
		}
		return managed(run)(c)
	}
}

func notInOrganization() error {
	return errorf("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

func (l *Lab) orgARN(resource string) string {
	return "arn:aws:organizations::" + l.options.ManagementAccount + ":" + resource
}

func describeOrganization(c *call) (any, error) {
	manager := c.lab.manager(c.account.id)
	if manager == "" {
		return nil, notInOrganization()
	}
	return map[string]any{"Organization": map[string]any{
		"Id": organizationID, "Arn": c.lab.orgARN("organization/" + organizationID), "FeatureSet": "ALL", "MasterAccountId": manager,
		"MasterAccountArn": c.lab.orgARN("account/" + organizationID + "/" + manager), "MasterAccountEmail": manager + "@accounts.example",
		"AvailablePolicyTypes": []any{map[string]string{"Type": controlPolicy, "Status": "ENABLED"}},
	}}, nil
}

func listRoots(c *call) (any, error) { return map[string]any{"Roots": []any{c.lab.showRoot()}}, nil }

func (l *Lab) showRoot() map[string]any {
	types := []any{}
	if !l.org.unbounded {
		types = append(types, map[string]string{"Type": controlPolicy, "Status": "ENABLED"})
	}
	return map[string]any{"Id": organizationRoot, "Arn": l.orgARN("root/" + organizationID + "/" + organizationRoot), "Name": "Root", "PolicyTypes": types}
}

// members lists the accounts of the organization: all that the lab knows, except those that left.
func (l *Lab) members() []string {
	all := map[string]bool{DefaultAccount: true, l.options.ManagementAccount: true}
	for _, id := range l.options.Accounts {
		all[id] = true
	}
	for id := range l.accounts {
		all[id] = true
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(id string) bool { return l.manager(id) == "" })
}

func (l *Lab) showAccount(id string) map[string]any {
	joined := "CREATED"
	if id == l.options.ManagementAccount {
		joined = "INVITED"
	}
	return map[string]any{
		"Id": id, "Arn": l.orgARN("account/" + organizationID + "/" + id), "Name": "account-" + id, "Email": id + "@accounts.example",
		"Status": "ACTIVE", "State": "ACTIVE", "JoinedMethod": joined, "JoinedTimestamp": epoch{l.org.began},
	}
}

func listAccounts(c *call) (any, error) {
	var in struct {
		NextToken  string
		MaxResults *int
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	size := 20
	setIfGiven(&size, in.MaxResults)
	if size < 1 || size > 20 {
		return nil, errorf("InvalidInputException", "MaxResults must be from 1 to 20")
	}
	page, next := pageAfter(c.lab.members(), in.NextToken, size)
	list := []any{}
	for _, id := range page {
		list = append(list, c.lab.showAccount(id))
	}
	return compact(map[string]any{"Accounts": list, "NextToken": next}), nil
}

// member decodes the AccountId of a call, which must be in the organization.
func (c *call) member() (string, error) {
	var in struct{ AccountID string }
	if err := c.decode(&in); err != nil {
		return "", err
	}
	if !slices.Contains(c.lab.members(), in.AccountID) {
		return "", errorf("AccountNotFoundException", "You specified an account that doesn't exist.")
	}
	return in.AccountID, nil
}

func describeAccount(c *call) (any, error) {
	id, err := c.member()
	if err != nil {
		return nil, err
	}
	return map[string]any{"Account": c.lab.showAccount(id)}, nil
}

// listParents is the root for every account.
func listParents(c *call) (any, error) {
	var in struct{ ChildID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !slices.Contains(c.lab.members(), in.ChildID) {
		return nil, errorf("ChildNotFoundException", "You specified an organizational unit or account that doesn't exist.")
	}
	return map[string]any{"Parents": []any{map[string]string{"Id": organizationRoot, "Type": "ROOT"}}}, nil
}

func leaveOrganization(c *call) (any, error) {
	switch c.lab.manager(c.account.id) {
	case "":
		return nil, notInOrganization()
	case c.account.id:
		return nil, errorf("MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization.")
	}
	c.lab.org.dismiss(c.account.id)
	return nil, nil
}

func removeAccount(c *call) (any, error) {
	id, err := c.member()
	if err != nil {
		return nil, err
	}
	if id == c.lab.options.ManagementAccount {
		return nil, errorf("MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization.")
	}
	if len(c.lab.org.delegates[id]) > 0 {
		return nil, errorf("ConstraintViolationException", "You can't remove a delegated administrator from the organization: deregister it first.")
	}
	c.lab.org.dismiss(id)
	return nil, nil
}

// dismiss takes an account out of the organization, with all that it had there.
func (o *organization) dismiss(account string) {
	o.departed[account] = true
	delete(o.delegates, account)
	delete(o.attached, account)
}
