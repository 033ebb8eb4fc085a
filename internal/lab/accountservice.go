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
	},
	route: func(c *call) string {
		routes := map[string]string{"/listRegions": "ListRegions", "/getRegionOptStatus": "GetRegionOptStatus"}
		if name, ok := routes[c.request.URL.Path]; ok && c.request.Method == http.MethodPost {
			return name
		}
		return c.request.Method + " " + c.request.URL.Path
	},
}

// optInRegions are some of those that an account has to enable; they are disabled unless the lab has them.
var optInRegions = []string{"af-south-1", "ap-east-1", "eu-south-1", "me-south-1"}

type regionStatus struct {
	RegionName      string
	RegionOptStatus string
}

// regionStatuses lists all regions that accounts know of, by name.
func (l *Lab) regionStatuses() []regionStatus {
	var all []regionStatus
	for _, name := range l.options.Regions {
		status := "ENABLED_BY_DEFAULT"
		if slices.Contains(optInRegions, name) {
			status = "ENABLED"
		}
		all = append(all, regionStatus{name, status})
	}
	for _, name := range optInRegions {
		if !l.enabled(name) {
			all = append(all, regionStatus{name, "DISABLED"})
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
	size := 50
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if size < 1 || size > 50 {
		return nil, errorf("ValidationException", "MaxResults must be between 1 and 50")
	}
	matching := slices.DeleteFunc(c.lab.regionStatuses(), func(r regionStatus) bool {
		return len(in.RegionOptStatusContains) > 0 && !slices.Contains(in.RegionOptStatusContains, r.RegionOptStatus)
	})
	start := 0
	if in.NextToken != "" {
		var err error
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

func (c *call) getRegionOptStatus() (any, error) {
	var in struct{ RegionName string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for _, r := range c.lab.regionStatuses() {
		if r.RegionName == in.RegionName {
			return r, nil
		}
	}
	return nil, errorf("ValidationException", "The region %.50q is not known", in.RegionName)
}
