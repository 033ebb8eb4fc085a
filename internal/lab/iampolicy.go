package lab

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// managedPolicy is a customer's managed policy. Of AWS's own the lab knows only that they can be attached.
type managedPolicy struct {
	name, path, arn, id string
	description         string
	versions            []policyVersion // oldest first
	standard            string          // id of the default version
	made                int             // how many versions there ever were
	created, updated    time.Time
}

type policyVersion struct {
	id, document string
	created      time.Time
}

// attachable says whether there is a managed policy of this ARN.
func (s *iamState) attachable(arn string) bool {
	return s.policies[arn] != nil || strings.HasPrefix(arn, awsManagedPolicies) && !strings.HasSuffix(arn, "/")
}

// attachments counts the roles, users and groups that have the policy attached, or as their boundary.
func (s *iamState) attachments(arn string) (policies, boundaries int) {
	for _, r := range s.roles {
		if slices.Contains(r.attached, arn) {
			policies++
		}
		if r.boundary == arn {
			boundaries++
		}
	}
	for _, h := range s.everyHolder() {
		if slices.Contains(h.attached, arn) {
			policies++
		}
		if h.boundary == arn {
			boundaries++
		}
	}
	return policies, boundaries
}

func createManagedPolicy(c *call) (any, error) {
	name, path, document := c.form.Get("PolicyName"), c.form.Get("Path"), c.form.Get("PolicyDocument")
	if err := checkIAMName("policyName", name, &path); err != nil {
		return nil, err
	}
	if err := checkManagedPolicy(document); err != nil {
		return nil, err
	}
	iam := &c.account.iam
	for _, other := range iam.policies {
		if other.name == name {
			return nil, iamConflict("EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", name)
		}
	}
	if len(iam.policies) >= maxPolicies {
		return nil, iamConflict("LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: %d", maxPolicies)
	}
	arn := "arn:aws:iam::" + c.account.id + ":policy" + path + name
	p := &managedPolicy{name: name, path: path, arn: arn, id: uniqueID("ANPA", arn), description: c.form.Get("Description"), created: c.now}
	p.standard = p.add(document, c.now).id
	if iam.policies == nil {
		iam.policies = map[string]*managedPolicy{}
	}
	iam.policies[arn] = p
	c.recordResponse = map[string]any{"policy": map[string]any{
		"arn": arn, "policyName": name, "policyId": p.id, "path": path, "defaultVersionId": p.standard, "attachmentCount": 0, "isAttachable": true,
	}}
	return iamAnswer{Policy: p.show(iam)}.named(c), nil
}

func checkManagedPolicy(document string) error {
	if len(document) > maxManagedPolicy {
		return iamConflict("LimitExceeded", "Cannot exceed quota for PolicySize: %d", maxManagedPolicy)
	}
	return checkIdentityPolicy(document)
}

// add makes a new version of the policy. Numbers of deleted versions are not used again.
func (p *managedPolicy) add(document string, now time.Time) policyVersion {
	p.made++
	v := policyVersion{"v" + strconv.Itoa(p.made), document, now}
	p.versions, p.updated = append(p.versions, v), now
	return v
}

func (p *managedPolicy) show(iam *iamState) *xmlPolicy {
	count, _ := iam.attachments(p.arn)
	return &xmlPolicy{
		PolicyName: p.name, Arn: p.arn, PolicyID: p.id, Path: p.path, Description: p.description, DefaultVersionID: p.standard,
		AttachmentCount: &count, IsAttachable: true, CreateDate: iamTime(p.created), UpdateDate: iamTime(p.updated),
	}
}

// document is the policy's text in force.
func (p *managedPolicy) document() string {
	for _, v := range p.versions {
		if v.id == p.standard {
			return v.document
		}
	}
	return ""
}

// namedPolicy finds the managed policy that a call's PolicyArn means.
func (c *call) namedPolicy() (*managedPolicy, error) {
	arn := c.form.Get("PolicyArn")
	if p := c.account.iam.policies[arn]; p != nil {
		return p, nil
	}
	if strings.HasPrefix(arn, awsManagedPolicies) {
		return nil, withStatus(http.StatusNotImplemented, errorf("NotImplemented", "the lab can attach AWS's own policies but does not know what is in them"))
	}
	return nil, noSuchEntity("Policy %.300s was not found.", arn)
}

func getManagedPolicy(c *call) (any, error) {
	p, err := c.namedPolicy()
	if err != nil {
		return nil, err
	}
	return iamAnswer{Policy: p.show(&c.account.iam)}.named(c), nil
}

func listManagedPolicies(c *call) (any, error) {
	iam, answer := &c.account.iam, iamAnswer{}.named(c)
	for _, arn := range c.iamPageOf(slices.Sorted(maps.Keys(iam.policies)), &answer) {
		answer.Policies = append(answer.Policies, *iam.policies[arn].show(iam))
	}
	return answer, nil
}

// deleteManagedPolicy refuses a policy that is in use or has versions besides the default one.
func deleteManagedPolicy(c *call) (any, error) {
	p, err := c.namedPolicy()
	if err != nil {
		return nil, err
	}
	if policies, boundaries := c.account.iam.attachments(p.arn); policies+boundaries > 0 {
		return nil, iamConflict("DeleteConflict", "Cannot delete a policy attached to entities.")
	}
	if len(p.versions) > 1 {
		return nil, iamConflict("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	delete(c.account.iam.policies, p.arn)
	return nil, nil
}

func createPolicyVersion(c *call) (any, error) {
	p, err := c.namedPolicy()
	if err != nil {
		return nil, err
	}
	if err := checkManagedPolicy(c.form.Get("PolicyDocument")); err != nil {
		return nil, err
	}
	if len(p.versions) >= maxPolicyVersions {
		return nil, iamConflict("LimitExceeded", "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxPolicyVersions)
	}
	v := p.add(c.form.Get("PolicyDocument"), c.now)
	if c.form.Get("SetAsDefault") == "true" {
		p.standard = v.id
	}
	shown := p.showVersion(v)
	c.recordResponse = map[string]any{"policyVersion": map[string]any{"versionId": v.id, "isDefaultVersion": shown.IsDefaultVersion}}
	return iamAnswer{PolicyVersion: &shown}.named(c), nil
}

func (p *managedPolicy) showVersion(v policyVersion) xmlPolicyVersion {
	return xmlPolicyVersion{VersionID: v.id, IsDefaultVersion: v.id == p.standard, CreateDate: iamTime(v.created)}
}

// namedVersion finds the version that a call means.
func (c *call) namedVersion() (*managedPolicy, policyVersion, error) {
	p, err := c.namedPolicy()
	if err != nil {
		return nil, policyVersion{}, err
	}
	id := c.form.Get("VersionId")
	for _, v := range p.versions {
		if v.id == id {
			return p, v, nil
		}
	}
	return nil, policyVersion{}, noSuchEntity("Policy %s version %.20s does not exist or is not attachable.", p.arn, id)
}

func getPolicyVersion(c *call) (any, error) {
	p, v, err := c.namedVersion()
	if err != nil {
		return nil, err
	}
	shown := p.showVersion(v)
	shown.Document = percentEncoded(v.document)
	return iamAnswer{PolicyVersion: &shown}.named(c), nil
}

func listPolicyVersions(c *call) (any, error) {
	p, err := c.namedPolicy()
	if err != nil {
		return nil, err
	}
	answer := iamAnswer{}.named(c)
	for _, v := range slices.Backward(p.versions) {
		answer.Versions = append(answer.Versions, p.showVersion(v))
	}
	return answer, nil
}

func setDefaultPolicyVersion(c *call) (any, error) {
	p, v, err := c.namedVersion()
	if err != nil {
		return nil, err
	}
	p.standard, p.updated = v.id, c.now
	return nil, nil
}

func deletePolicyVersion(c *call) (any, error) {
	p, v, err := c.namedVersion()
	if err != nil {
		return nil, err
	}
	if v.id == p.standard {
		return nil, iamConflict("DeleteConflict", "Cannot delete the default version of a policy.")
	}
	p.versions = slices.DeleteFunc(slices.Clone(p.versions), func(have policyVersion) bool { return have.id == v.id })
	return nil, nil
}
