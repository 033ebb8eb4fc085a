package cloudformation

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
)

var roleKind = kind{
	properties: "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary Policies RoleName Tags",
	required:   "AssumeRolePolicyDocument", fixed: "RoleName Path", iam: true, name: "RoleName",
	create: createRole, update: updateRole, remove: removeRole,
}

func createRole(j *job) error {
	j.id = j.named("RoleName", 64)
	form := url.Values{"RoleName": {j.id}, "AssumeRolePolicyDocument": {document(j.p["AssumeRolePolicyDocument"])}}
	for _, name := range []string{"Description", "MaxSessionDuration", "Path", "PermissionsBoundary"} {
		if text := j.text(name); text != "" {
			form.Set(name, text)
		}
	}
	putTags(form, "Tags.member.", "Key", "Value", j.tags())
	answer, err := j.aws.query("iam", "CreateRole", form)
	if err != nil {
		j.id = "" // somebody else's, if it exists
		return err
	}
	j.attributes = map[string]string{"Arn": element(answer, "Arn"), "RoleId": element(answer, "RoleId")}
	return j.rolePolicies()
}

// rolePolicies gives the role the policies that it shall have, and takes the others away.
func (j *job) rolePolicies() error {
	was, wanted := policiesOf(j.old), policiesOf(j.p)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if was[name] == wanted[name] {
			continue
		}
		if _, err := j.aws.query("iam", "PutRolePolicy", url.Values{"RoleName": {j.id}, "PolicyName": {name}, "PolicyDocument": {wanted[name]}}); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, ok := wanted[name]; ok {
			continue
		}
		if _, err := j.aws.query("iam", "DeleteRolePolicy", url.Values{"RoleName": {j.id}, "PolicyName": {name}}); unlessGone(err) != nil {
			return err
		}
	}
	return j.attach("ManagedPolicyArns")
}

func (j *job) attach(property string) error {
	was, wanted := texts(j.old[property]), texts(j.p[property])
	for _, arn := range wanted {
		if _, err := j.aws.query("iam", "AttachRolePolicy", url.Values{"RoleName": {j.id}, "PolicyArn": {arn}}); err != nil {
			return err
		}
	}
	for _, arn := range was {
		if slices.Contains(wanted, arn) {
			continue
		}
		if _, err := j.aws.query("iam", "DetachRolePolicy", url.Values{"RoleName": {j.id}, "PolicyArn": {arn}}); unlessGone(err) != nil {
			return err
		}
	}
	return nil
}

func policiesOf(properties object) map[string]string {
	policies := map[string]string{}
	list, _ := properties["Policies"].([]any)
	for _, one := range list {
		policy, _ := one.(object)
		policies[asText(policy["PolicyName"])] = document(policy["PolicyDocument"])
	}
	return policies
}

func updateRole(j *job) error {
	if j.changed("Tags") || j.changed("PermissionsBoundary") {
		return errors.New("the lab does not change a role's tags or boundary")
	}
	if j.changed("AssumeRolePolicyDocument") {
		form := url.Values{"RoleName": {j.id}, "PolicyDocument": {document(j.p["AssumeRolePolicyDocument"])}}
		if _, err := j.aws.query("iam", "UpdateAssumeRolePolicy", form); err != nil {
			return err
		}
	}
	form := url.Values{"RoleName": {j.id}, "Description": {j.text("Description")}}
	if text := j.text("MaxSessionDuration"); text != "" {
		form.Set("MaxSessionDuration", text)
	}
	if _, err := j.aws.query("iam", "UpdateRole", form); err != nil {
		return err
	}
	return j.rolePolicies()
}

func removeRole(j *job) error {
	j.p = object{}
	if err := j.rolePolicies(); unlessGone(err) != nil {
		return err
	}
	_, err := j.aws.query("iam", "DeleteRole", url.Values{"RoleName": {j.id}})
	return unlessGone(err)
}

var managedPolicyKind = kind{
	properties: "Description ManagedPolicyName Path PolicyDocument Roles", required: "PolicyDocument",
	fixed: "Description ManagedPolicyName Path", iam: true, name: "ManagedPolicyName",
	create: createManagedPolicy, update: updateManagedPolicy, remove: removeManagedPolicy,
}

func createManagedPolicy(j *job) error {
	form := url.Values{"PolicyName": {j.named("ManagedPolicyName", 128)}, "PolicyDocument": {document(j.p["PolicyDocument"])}}
	for _, name := range []string{"Description", "Path"} {
		if text := j.text(name); text != "" {
			form.Set(name, text)
		}
	}
	answer, err := j.aws.query("iam", "CreatePolicy", form)
	if err != nil {
		return err
	}
	j.id = element(answer, "Arn")
	j.attributes = map[string]string{"PolicyArn": j.id, "PolicyId": element(answer, "PolicyId")}
	return j.attachToRoles()
}

// attachToRoles attaches the managed policy to the roles that shall have it.
func (j *job) attachToRoles() error {
	was, wanted := texts(j.old["Roles"]), texts(j.p["Roles"])
	for _, role := range wanted {
		if _, err := j.aws.query("iam", "AttachRolePolicy", url.Values{"RoleName": {role}, "PolicyArn": {j.id}}); err != nil {
			return err
		}
	}
	for _, role := range was {
		if slices.Contains(wanted, role) {
			continue
		}
		if _, err := j.aws.query("iam", "DetachRolePolicy", url.Values{"RoleName": {role}, "PolicyArn": {j.id}}); unlessGone(err) != nil {
			return err
		}
	}
	return nil
}

func updateManagedPolicy(j *job) error {
	if j.changed("PolicyDocument") {
		form := url.Values{"PolicyArn": {j.id}, "PolicyDocument": {document(j.p["PolicyDocument"])}, "SetAsDefault": {"true"}}
		if _, err := j.aws.query("iam", "CreatePolicyVersion", form); err != nil {
			return err
		}
		if err := j.dropVersions(); err != nil {
			return err
		}
	}
	return j.attachToRoles()
}

// dropVersions deletes the managed policy's versions but for the default one. There are at most five, and while there are several the
// policy itself cannot be deleted.
func (j *job) dropVersions() error {
	answer, err := j.aws.query("iam", "ListPolicyVersions", url.Values{"PolicyArn": {j.id}})
	if err != nil {
		return err
	}
	var list struct {
		Versions []struct {
			ID      string `xml:"VersionId"`
			Default bool   `xml:"IsDefaultVersion"`
		} `xml:"ListPolicyVersionsResult>Versions>member"`
	}
	if err := xml.Unmarshal(answer, &list); err != nil {
		return err
	}
	for _, v := range list.Versions {
		if v.Default {
			continue
		}
		if _, err := j.aws.query("iam", "DeletePolicyVersion", url.Values{"PolicyArn": {j.id}, "VersionId": {v.ID}}); err != nil {
			return err
		}
	}
	return nil
}

func removeManagedPolicy(j *job) error {
	j.p = object{}
	if err := j.attachToRoles(); unlessGone(err) != nil {
		return err
	}
	if err := j.dropVersions(); unlessGone(err) != nil {
		return err
	}
	_, err := j.aws.query("iam", "DeletePolicy", url.Values{"PolicyArn": {j.id}})
	return unlessGone(err)
}

var inlinePolicyKind = kind{
	properties: "PolicyDocument PolicyName Roles", required: "PolicyDocument PolicyName Roles", fixed: "PolicyName", iam: true, name: "PolicyName",
	create: putInlinePolicy, update: putInlinePolicy, remove: removeInlinePolicy,
}

func putInlinePolicy(j *job) error {
	wanted := texts(j.p["Roles"])
	for _, role := range wanted {
		form := url.Values{"RoleName": {role}, "PolicyName": {j.text("PolicyName")}, "PolicyDocument": {document(j.p["PolicyDocument"])}}
		if _, err := j.aws.query("iam", "PutRolePolicy", form); err != nil {
			return err
		}
	}
	j.id = j.named("", 64)
	return j.dropInlinePolicy(wanted)
}

func removeInlinePolicy(j *job) error { return j.dropInlinePolicy(nil) }

func (j *job) dropInlinePolicy(keep []string) error {
	for _, role := range texts(j.old["Roles"]) {
		if slices.Contains(keep, role) {
			continue
		}
		form := url.Values{"RoleName": {role}, "PolicyName": {asText(j.old["PolicyName"])}}
		if _, err := j.aws.query("iam", "DeleteRolePolicy", form); unlessGone(err) != nil {
			return err
		}
	}
	return nil
}

// putTags adds a list of keys and values to a form.
func putTags(form url.Values, prefix, key, value string, tags map[string]string) {
	for i, name := range slices.Sorted(maps.Keys(tags)) {
		form.Set(fmt.Sprintf("%s%d.%s", prefix, i+1, key), name)
		form.Set(fmt.Sprintf("%s%d.%s", prefix, i+1, value), tags[name])
	}
}
