package lab

import (
	"maps"
	"regexp"
	"slices"
	"time"
)

var servicePrincipal = regexp.MustCompile(`^[\w+=,.@-]{1,128}\.amazonaws\.com$`)

// service decodes the ServicePrincipal of a call.
func (c *call) servicePrincipal() (string, error) {
	var in struct{ ServicePrincipal string }
	if err := c.decode(&in); err != nil {
		return "", err
	}
	if !servicePrincipal.MatchString(in.ServicePrincipal) {
		return "", errorf("InvalidInputException", "You specified an unrecognized service principal.")
	}
	return in.ServicePrincipal, nil
}

// enableServiceAccess gives a service trusted access; doing so again changes nothing.
func enableServiceAccess(c *call) (any, error) {
	service, err := c.servicePrincipal()
	if err == nil {
		c.lab.org.trust(service, c.now)
	}
	return nil, err
}

// trust gives a service trusted access; one that has it keeps the time since when.
func (o *organization) trust(service string, now time.Time) {
	if !o.trusts(service) {
		o.services[service] = now
	}
}

func disableServiceAccess(c *call) (any, error) {
	service, err := c.servicePrincipal()
	if err == nil {
		delete(c.lab.org.services, service)
	}
	return nil, err
}

func listServiceAccess(c *call) (any, error) {
	list := []any{}
	for _, service := range slices.Sorted(maps.Keys(c.lab.org.services)) {
		list = append(list, map[string]any{"ServicePrincipal": service, "DateEnabled": epoch{c.lab.org.services[service]}})
	}
	return map[string]any{"EnabledServicePrincipals": list}, nil
}

// delegation decodes the account and the service of a delegation.
func (c *call) delegation() (account, service string, err error) {
	if account, err = c.member(); err != nil {
		return "", "", err
	}
	service, err = c.servicePrincipal()
	return account, service, err
}

func registerDelegate(c *call) (any, error) {
	account, service, err := c.delegation()
	if err != nil {
		return nil, err
	}
	delegates := c.lab.org.delegates
	switch {
	case account == c.lab.options.ManagementAccount:
		return nil, errorf("ConstraintViolationException", "You cannot register the management account as a delegated administrator.")
	case !c.lab.org.trusts(service):
		return nil, errorf("ConstraintViolationException", "You must enable trusted access for the service first.")
	case !delegates[account][service].IsZero():
		return nil, errorf("AccountAlreadyRegisteredException", "The provided account is already a delegated administrator for your organization.")
	}
	if delegates[account] == nil {
		delegates[account] = map[string]time.Time{}
	}
	delegates[account][service] = c.now
	return nil, nil
}

func deregisterDelegate(c *call) (any, error) {
	account, service, err := c.delegation()
	if err != nil {
		return nil, err
	}
	delegates := c.lab.org.delegates
	if delegates[account][service].IsZero() {
		return nil, errorf("AccountNotRegisteredException", "The specified account is not a delegated administrator for this AWS service.")
	}
	delete(delegates[account], service)
	if len(delegates[account]) == 0 {
		delete(delegates, account)
	}
	return nil, nil
}

// listDelegates lists the delegated administrators of one service, or of any.
func listDelegates(c *call) (any, error) {
	var in struct{ ServicePrincipal string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	list := []any{}
	for _, id := range slices.Sorted(maps.Keys(c.lab.org.delegates)) {
		services := c.lab.org.delegates[id]
		since := services[in.ServicePrincipal]
		if in.ServicePrincipal == "" {
			since = slices.MinFunc(slices.Collect(maps.Values(services)), time.Time.Compare)
		}
		if !since.IsZero() {
			shown := c.lab.showAccount(id)
			shown["DelegationEnabledDate"] = epoch{since}
			list = append(list, shown)
		}
	}
	return map[string]any{"DelegatedAdministrators": list}, nil
}

func listDelegatedServices(c *call) (any, error) {
	id, err := c.member()
	if err != nil {
		return nil, err
	}
	services, list := c.lab.org.delegates[id], []any{}
	if len(services) == 0 {
		return nil, errorf("AccountNotRegisteredException", "The specified account is not a delegated administrator.")
	}
	for _, service := range slices.Sorted(maps.Keys(services)) {
		list = append(list, map[string]any{"ServicePrincipal": service, "DelegationEnabledDate": epoch{services[service]}})
	}
	return map[string]any{"DelegatedServices": list}, nil
}
