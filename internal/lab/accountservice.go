package lab

import (
	"net/http"
	"slices"
	"strconv"
)

var accountService = service{
	protocol: restJSON,
	operations: map[string]operation{
		"ListRegions":        {run: (*call).listRegions, readOnly: true},
		"GetRegionOptStatus": {run: (*call).getRegionOptStatus, readOnly: true},
		"EnableRegion":       {run: (*call).enableRegion},
		"DisableRegion":      {run: (*call).disableRegion},
	},
	route: func(c *call) string {
		routes := map[string]string{
			"/listRegions": "ListRegions", "/getRegionOptStatus": "GetRegionOptStatus",
			"/enableRegion": "EnableRegion", "/disableRegion": "DisableRegion",
		}
		if name, ok := routes[c.request.URL.Path]; ok && c.request.Method == http.MethodPost {
			return name
		}
		return c.request.Method + " " + c.request.URL.Path
	},
}

// optInRegions are some of those that an account has to enable; they are disabled at first unless the lab has them.
var optInRegions = []string{"af-south-1", "ap-east-1", "eu-south-1", "me-south-1"}

type regionStatus struct {
	RegionName      string
	RegionOptStatus string
}

// regionStatuses lists all regions that an account knows of, by name.
func (l *Lab) regionStatuses(a *account) []regionStatus {
	var all []regionStatus
	for _, name := range slices.Concat(l.regions, optInRegions) {
		status := "ENABLED_BY_DEFAULT"
		if slices.Contains(optInRegions, name) {
			status = map[bool]string{true: "ENABLED", false: "DISABLED"}[a.enabled(name)]
		}
		if r := (regionStatus{name, status}); !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b regionStatus) int {
		if a.RegionName < b.RegionName {
			return -1
		}
		return 1
	})
	return all
}

func (c *call) listRegions() (any, error) {
	var in struct {
		MaxResults              *int
		NextToken               string
		RegionOptStatusContains []string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	a, err := c.regionsOwner()
	if err != nil {
		return nil, err
	}
	size := 50
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if size < 1 || size > 50 {
		return nil, errorf("ValidationException", "MaxResults must be between 1 and 50")
	}
	matching := slices.DeleteFunc(c.lab.regionStatuses(a), func(r regionStatus) bool {
		return len(in.RegionOptStatusContains) > 0 && !slices.Contains(in.RegionOptStatusContains, r.RegionOptStatus)
	})
	start := 0
	if in.NextToken != "" {
		if start, err = strconv.Atoi(in.NextToken); err != nil || start < 0 || start > len(matching) {
			return nil, errorf("ValidationException", "NextToken is not valid")
		}
	}
	page := matching[start:min(start+size, len(matching))]
	answer := map[string]any{"Regions": append([]regionStatus{}, page...)}
	if next := start + len(page); next < len(matching) {
		answer["NextToken"] = strconv.Itoa(next)
	}
	return answer, nil
}

// regionsOwner is the account whose regions a call is about: the caller's, or a member of the organization that it manages.
func (c *call) regionsOwner() (*account, error) {
	var in struct{ AccountID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	switch {
	case in.AccountID == "" || in.AccountID == c.account.id:
		return c.account, nil
	case c.lab.manager(c.account.id) == c.account.id && slices.Contains(c.lab.members(), in.AccountID):
		return c.lab.account(in.AccountID), nil
	}
	return nil, &apiError{Status: http.StatusForbidden, Code: "AccessDeniedException", Message: "User: " + c.callerARN() + " is not authorized to perform: account:" + c.operation}
}

// namedRegion finds the region that a call is about, and its status.
func (c *call) namedRegion() (*account, regionStatus, error) {
	var in struct{ RegionName string }
	if err := c.decode(&in); err != nil {
		return nil, regionStatus{}, err
	}
	a, err := c.regionsOwner()
	if err != nil {
		return nil, regionStatus{}, err
	}
	for _, r := range c.lab.regionStatuses(a) {
		if r.RegionName == in.RegionName {
			return a, r, nil
		}
	}
	return nil, regionStatus{}, errorf("ValidationException", "The region %.50q is not known", in.RegionName)
}

func (c *call) getRegionOptStatus() (any, error) {
	_, r, err := c.namedRegion()
	if err != nil {
		return nil, err
	}
	return r, nil
}

// enableRegion enables a region at once; on AWS it is ENABLING for minutes to hours. Trails of all regions are there, too.
func (c *call) enableRegion() (any, error) {
	a, r, err := c.namedRegion()
	if err != nil {
		return nil, err
	}
	l, name := c.lab, r.RegionName
	if !slices.Contains(l.regions, name) {
		l.regions = append(l.regions, name)
		for _, other := range l.accounts {
			other.regions[name], other.disabled[name] = &region{name: name}, true
		}
	}
	delete(a.disabled, name)
	return nil, nil
}

// disableRegion disables a region at once. What is in it stays, and is there again when it is enabled.
func (c *call) disableRegion() (any, error) {
	a, r, err := c.namedRegion()
	switch {
	case err != nil:
		return nil, err
	case r.RegionOptStatus == "ENABLED_BY_DEFAULT":
		return nil, errorf("ValidationException", "The region %s cannot be disabled: it is enabled by default.", r.RegionName)
	}
	if a.regions[r.RegionName] != nil {
		a.disabled[r.RegionName] = true
	}
	return nil, nil
}
