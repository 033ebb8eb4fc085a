package lab

import (
	"maps"
	"slices"
)

func createScheduleGroup(c *call) (any, error) {
	name, state := c.path["Name"], c.schedulerState()
	switch {
	case !ruleName.MatchString(name):
		return nil, invalidRequest("The name of a schedule group must satisfy [0-9a-zA-Z-_.]+")
	case state.groups[name] != nil:
		return nil, scheduleConflict("Schedule group", name)
	case len(state.groups) >= maxScheduleGroups:
		return nil, scheduleQuota()
	}
	g := c.newScheduleGroup(name, c.now)
	state.groups[name] = g
	return c.answered(map[string]string{"ScheduleGroupArn": g.arn}), nil
}

func (g *scheduleGroup) show() map[string]any {
	return map[string]any{"Name": g.name, "Arn": g.arn, "State": "ACTIVE", "CreationDate": epoch{g.created}, "LastModificationDate": epoch{g.created}}
}

func getScheduleGroup(c *call) (any, error) {
	g := c.schedulerState().groups[c.path["Name"]]
	if g == nil {
		return nil, scheduleNotFound("Schedule group", c.path["Name"])
	}
	return g.show(), nil
}

// deleteScheduleGroup deletes the group with all its schedules, at once; on AWS that takes a while.
func deleteScheduleGroup(c *call) (any, error) {
	name, state := c.path["Name"], c.schedulerState()
	switch {
	case name == "default":
		return nil, invalidRequest("Cannot delete the default schedule group.")
	case state.groups[name] == nil:
		return nil, scheduleNotFound("Schedule group", name)
	}
	for key, s := range state.schedules {
		if key.group == name {
			s.end()
			delete(state.schedules, key)
		}
	}
	delete(state.groups, name)
	return nil, nil
}

func listScheduleGroups(c *call) (any, error) {
	query, groups := c.request.URL.Query(), c.schedulerState().groups
	names := prefixed(slices.Sorted(maps.Keys(groups)), query.Get("NamePrefix"))
	page, next := pageAfter(names, query.Get("NextToken"), schedulePage)
	list := []any{}
	for _, name := range page {
		list = append(list, groups[name].show())
	}
	return compact(map[string]any{"ScheduleGroups": list, "NextToken": next}), nil
}
