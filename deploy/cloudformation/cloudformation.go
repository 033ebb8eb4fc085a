// Package cloudformation holds the deployment templates, so that the command has them with it.
package cloudformation

import _ "embed"

// The templates, as YAML with CloudFormation's short tags. docs/install.md says what each is for.
var (
	//go:embed trailhold.yaml
	Guard string // the guard, in its home region
	//go:embed store.yaml
	Store string // the bucket for the function's package and the baseline; deployed first
	//go:embed forwarder.yaml
	Forwarder string // the rules of another region or account
	//go:embed member-role.yaml
	MemberRole string // lets the guard restore in another account
	//go:embed organization.yaml
	Organization string // forwarders and roles in all accounts of an organization, as stack sets
)
