package deployer

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/deploy/cloudformation"
	"github.com/trailhold/trailhold/internal/eventrules"
	"github.com/trailhold/trailhold/internal/memberlist"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxParameter is how long a parameter of a stack may be, from CloudFormation's quotas, in bytes.
const maxParameter = 4096

// Member is an account of the organization that has trails of its own to be guarded.
type Member struct {
	Baseline trail.Baseline
	Content  []byte // the baseline's file
}

// OrganizationName is the name of the stack that has the organization's stack sets.
func OrganizationName(name string) string { return name + "-organization" }

// Names of the stack sets, which organization.yaml makes of the guard's.
func setsOf(name string) []string { return []string{name + "-forwarders", name + "-roles"} }

// addOrganization adds what makes the organization's accounts take part.
func (d *Deployment) addOrganization(o Options, bucket string) error {
	org := *o.Organization
	if len(org.Members) > 0 && o.parted() {
		return errors.New("members were given, and the parameter Members= says to guard none")
	}
	home := d.Stacks[0].Parameters
	home["OrganizationId"], home["Members"] = org.ID, ""
	suffix := "amazonaws.com"
	if Partition(o.Baseline.Trails[0].ARN) == "aws-cn" {
		suffix += ".cn"
	}
	address := func(template string) string {
		return "https://" + bucket + ".s3." + o.Home + "." + suffix + "/" + d.add(bucket, "organization/", template, ".yaml")
	}
	parameters := map[string]string{
		"GuardName": o.Name, "EventBusArn": o.bus(), "OrganizationalUnitIds": strings.Join(org.units(), ","), "CallAs": string(org.callAs()),
		"ForwarderTemplateUrl": address(cloudformation.Forwarder), "MemberRoleTemplateUrl": address(cloudformation.MemberRole),
		"TrailName": "", "MembersBucket": "", "TrailBucketArns": "", "TrailKeyArns": "",
	}
	if restore := cmp.Or(o.Parameters["Restore"], home["Restore"]); restore != "" { // else each stack keeps its own, as the guard's does
		parameters["Restore"] = restore
	}
	maps.Copy(parameters, elsewhere(o))
	if len(org.Members) > 0 {
		if err := org.roles(o, parameters); err != nil {
			return err
		}
		list, err := d.addMembers(o, bucket)
		if err != nil {
			return err
		}
		home["Members"], parameters["MembersBucket"] = list, bucket
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if len(parameters[name]) > maxParameter {
			return fmt.Errorf("%s of all members together has %d bytes, and CloudFormation takes %d: take some members into a guard of their own", name, len(parameters[name]), maxParameter)
		}
	}
	d.Stacks = append(d.Stacks, Stack{
		Name: OrganizationName(o.Name), Region: o.Home, Purpose: "forwarders and roles in the organization's accounts, as stack sets",
		Template: cloudformation.Organization, Parameters: parameters,
	})
	d.Trust, d.Notes = !org.Trusted, org.notes()
	return nil
}

// add adds an object whose name is made of its content, and returns the name.
func (d *Deployment) add(bucket, folder, content, ending string) string {
	sum := sha256.Sum256([]byte(content))
	key := folder + hex.EncodeToString(sum[:]) + ending
	d.Objects = append(d.Objects, Object{bucket, key, []byte(content)})
	return key
}

// addMembers adds the members' baselines and the list of them, and returns the list's name with its sum.
func (d *Deployment) addMembers(o Options, bucket string) (string, error) {
	// It is no secret, only a word that nobody gives by mistake: which role may give it is what protects the members.
	list := memberlist.List{Role: o.Name + "-restorer", ExternalID: "trailhold/" + o.Organization.ID + "/" + o.Baseline.Account + "/" + o.Name}
	pinned := func(folder, content, ending string) string {
		key := d.add(bucket, folder, content, ending)
		return key + "#sha256=" + strings.TrimSuffix(strings.TrimPrefix(key, folder), ending)
	}
	for _, m := range o.Organization.Members {
		list.Members = append(list.Members, memberlist.Member{Account: m.Baseline.Account, Baseline: pinned("members/", string(m.Content), ".yaml")})
	}
	text, err := memberlist.Write(list)
	if err != nil {
		return "", fmt.Errorf("the members: %w", err)
	}
	d.Stacks[0].Parameters["Members"] = pinned("members/", string(text), ".json")
	return d.Stacks[0].Parameters["Members"], nil
}

// roles sets the parameters of the roles in members. One stack set makes them all, so that what they name has to be the same
// everywhere; ARNs of buckets and keys are of use in their own accounts only.
func (org Organization) roles(o Options, parameters map[string]string) error {
	var buckets, keys []string
	for n, m := range org.Members {
		b := m.Baseline
		switch {
		case b.Account == o.Baseline.Account:
			return fmt.Errorf("the account %s is the guard's own, and no member", b.Account)
		case b.Account == org.Management:
			return fmt.Errorf("the account %s manages the organization, and stack sets make nothing there: give it a guard of its own", b.Account)
		case len(b.Trails) != 1:
			return fmt.Errorf("the baseline of the account %s has %d trails: the roles in members are for one", b.Account, len(b.Trails))
		}
		first, t := org.Members[0].Baseline.Trails[0], b.Trails[0]
		if n > 0 && (t.Name != first.Name || t.HomeRegion != first.HomeRegion) {
			return fmt.Errorf("the trail of the account %s is %s in %s, and that of %s is %s in %s: the roles in members are for trails of one name and region", b.Account,
				t.Name, t.HomeRegion, org.Members[0].Baseline.Account, first.Name, first.HomeRegion)
		}
		parameters["TrailName"], parameters["TrailRegion"] = t.Name, t.HomeRegion
		theirs, err := reached(b)
		if err != nil {
			return err
		}
		buckets, keys = append(buckets, theirs[trail.Bucket]...), append(keys, theirs[trail.Key]...)
	}
	parameters["TrailBucketArns"], parameters["TrailKeyArns"] = joined(buckets), joined(keys)
	parameters["GuardRoleArn"] = fmt.Sprintf("arn:%s:iam::%s:role/%s-function-%s", Partition(o.Baseline.Trails[0].ARN), o.Baseline.Account, o.Name, o.Home)
	parameters["ExternalId"] = "trailhold/" + org.ID + "/" + o.Baseline.Account + "/" + o.Name
	return nil
}

// reached lists what a member's baseline guards beside its trail, by type. What the roles in members cannot read is an error:
// it would be unknown for ever, and told at each sweep.
func reached(b trail.Baseline) (map[trail.ResourceType][]string, error) {
	found := map[trail.ResourceType][]string{}
	for _, u := range b.Units() {
		for _, r := range u.Dependents {
			if r.Type != trail.Bucket && r.Type != trail.Key {
				return nil, fmt.Errorf("the baseline of the account %s guards %s: the roles in members reach trails, buckets and keys; take it out of that baseline", b.Account, r.ARN)
			}
			found[r.Type] = append(found[r.Type], r.ARN)
		}
	}
	return found, nil
}

func joined(list []string) string { return strings.Join(unique(list), ",") }

// elsewhere are the parameters of the forwarders in other accounts than the guard's: where they have to listen for any of the
// baselines, and to what.
func elsewhere(o Options) map[string]string {
	baselines := []trail.Baseline{o.Baseline}
	for _, m := range o.Organization.Members {
		baselines = append(baselines, m.Baseline)
	}
	var regions, buckets []string
	listens := map[string]bool{}
	for _, b := range baselines {
		for _, r := range eventrules.Regions(b) {
			global := r.Listens("organizations")
			if r.Account == o.Baseline.Account && !global {
				continue
			}
			regions = append(regions, r.Region) // where an account leaves the organization is told in each account
			if r.Account == o.Baseline.Account {
				continue
			}
			for _, service := range []string{"kms", "sns", "logs", "monitoring"} {
				listens[service] = listens[service] || r.Listens(service)
			}
			buckets = append(buckets, bucketsOf(b, r.Account)...)
		}
	}
	return map[string]string{
		"ForwarderRegions": joined(regions), "ForwarderBucketArns": joined(buckets), "ForwardKeys": yes(listens["kms"]), "ForwardTopics": yes(listens["sns"]),
		"ForwardLogs": yes(listens["logs"] || listens["monitoring"]),
	}
}

// bucketsOf lists the trails' buckets that an account has.
func bucketsOf(b trail.Baseline, account string) (arns []string) {
	for _, t := range b.Trails {
		for _, r := range t.Dependents {
			if r.Type == trail.Bucket && r.Account == account {
				arns = append(arns, r.ARN)
			}
		}
	}
	return arns
}

// notes is what people should know.
func (org Organization) notes() (notes []string) {
	if org.Delegate {
		notes = append(notes, "Stack sets make nothing in the organization's management account "+org.Management+": if it has a trail of its own, deploy a guard there.")
	}
	if len(org.Members) == 0 {
		notes = append(notes, "No member account's own trails are restored: give their baselines with --member.")
	}
	return notes
}

// errNoMembers keeps members from being forgotten.
var errNoMembers = errors.New("it guards member accounts, and their baselines were not given: give them again with --member, or stop guarding them with --parameter Members=")
