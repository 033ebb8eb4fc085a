package cloudformation

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// setKind follows AWS's own handlers of the type: what is left out of a group of instances is deleted before the set is changed,
// what is new is made afterwards, and a set goes after all of its stacks.
// https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-cloudformation/tree/master/aws-cloudformation-stackset
var setKind = kind{
	properties: "AutoDeployment CallAs Capabilities Description ManagedExecution OperationPreferences Parameters PermissionModel " +
		"StackInstancesGroup StackSetName TemplateBody TemplateURL",
	required: "PermissionModel StackSetName", fixed: "PermissionModel StackSetName", name: "StackSetName",
	create: createSet, update: updateSet, remove: removeSet,
}

// flatten writes a value into a form, as the query protocol does.
func flatten(form url.Values, name string, v any) {
	switch v := v.(type) {
	case object:
		for _, key := range sortedKeys(v) {
			flatten(form, name+"."+key, v[key])
		}
	case []any:
		for n, one := range v {
			flatten(form, name+".member."+strconv.Itoa(n+1), one)
		}
	default:
		form.Set(name, asText(v))
	}
}

// setForm is a form with some of the properties.
func (j *job) setForm(names ...string) url.Values {
	form := url.Values{}
	for name, value := range j.pick(append(names, "CallAs")...) {
		flatten(form, name, value)
	}
	return form
}

// onSet calls an operation on the set, and waits for what it starts.
func (j *job) onSet(operation string, form url.Values) error {
	form.Set("StackSetName", j.id)
	answer, err := j.aws.query("cloudformation", operation, form)
	if err != nil {
		return err
	}
	if id := element(answer, "OperationId"); id != "" {
		return j.await(id)
	}
	return nil
}

var setProperties = []string{"AutoDeployment", "Capabilities", "Description", "ManagedExecution", "Parameters", "PermissionModel", "TemplateBody", "TemplateURL"}

func createSet(j *job) error {
	form := j.setForm(append(setProperties, "StackSetName")...)
	answer, err := j.aws.query("cloudformation", "CreateStackSet", form)
	if err != nil {
		return err
	}
	j.id = element(answer, "StackSetId")
	j.attributes = map[string]string{"StackSetId": j.id}
	return j.instances("CreateStackInstances", setTargets(j.p))
}

// setTarget is one unit's accounts, or those of them that a filter leaves, in one region.
type setTarget struct{ targets, region string }

// setTargets lists the targets of a set's groups, each with its form.
func setTargets(properties object) map[setTarget]url.Values {
	found := map[setTarget]url.Values{}
	groups, _ := properties["StackInstancesGroup"].([]any)
	for _, one := range groups {
		group, _ := one.(object)
		targets, _ := group["DeploymentTargets"].(object)
		for _, unit := range texts(targets["OrganizationalUnitIds"]) {
			single := object{"OrganizationalUnitIds": []any{unit}}
			for _, name := range []string{"Accounts", "AccountFilterType"} {
				if targets[name] != nil {
					single[name] = targets[name]
				}
			}
			for _, region := range texts(group["Regions"]) {
				form := url.Values{}
				flatten(form, "DeploymentTargets", single)
				form.Set("Regions.member.1", region)
				found[setTarget{compact(single), region}] = form
			}
		}
	}
	return found
}

// instances does something to the instances of targets, in the order of their regions.
func (j *job) instances(operation string, all map[setTarget]url.Values) error {
	var order []setTarget
	for target := range all {
		order = append(order, target)
	}
	slices.SortFunc(order, func(a, b setTarget) int { return strings.Compare(a.region+a.targets, b.region+b.targets) })
	for _, target := range order {
		form := all[target]
		for key, values := range j.setForm("OperationPreferences") {
			form[key] = values
		}
		if operation == "DeleteStackInstances" {
			form.Set("RetainStacks", "false")
		}
		if err := j.onSet(operation, form); err != nil && !(operation == "DeleteStackInstances" && isGone(err)) {
			return err
		}
	}
	return nil
}

func updateSet(j *job) error {
	old, next := setTargets(j.old), setTargets(j.p)
	for target := range old {
		if _, stays := next[target]; stays {
			delete(old, target)
			delete(next, target)
		}
	}
	if err := j.instances("DeleteStackInstances", old); err != nil {
		return err
	}
	if slices.ContainsFunc(setProperties, j.changed) {
		if err := j.onSet("UpdateStackSet", j.setForm(append(setProperties, "OperationPreferences")...)); err != nil {
			return err
		}
	}
	return j.instances("CreateStackInstances", next)
}

func removeSet(j *job) error {
	if err := j.instances("DeleteStackInstances", setTargets(j.p)); err != nil {
		return err
	}
	return unlessGone(j.onSet("DeleteStackSet", j.setForm()))
}
