package deployer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	templates "github.com/trailhold/trailhold/deploy/cloudformation"
	"github.com/trailhold/trailhold/internal/baselinefile"
)

// Stray is a forwarder of the guard in a region from which nothing has to be forwarded any more. It harms nothing, but nobody looks after it.
type Stray struct {
	Region string `json:"region"`
	Stack  string `json:"stack"`
}

// strays looks in all enabled regions for forwarders that a deployment does not have. Where it cannot look is a note.
func (d *Deployer) strays(ctx context.Context, of Deployment) ([]Stray, []string) {
	regions, err := d.cloud.Regions(ctx)
	if err != nil {
		return nil, []string{"Whether there are forwarders in other regions is not known: " + reason(err)}
	}
	name, home := of.Stacks[0].Name, of.Stacks[0].Region
	for _, s := range of.Stacks {
		if s.Template == templates.Forwarder {
			regions = slices.DeleteFunc(regions, func(r string) bool { return r == s.Region })
		}
	}
	found, failed := make([]bool, len(regions)), make([]error, len(regions))
	together(len(regions), func(n int) {
		found[n], failed[n] = d.forwardsTo(ctx, regions[n], name, fmt.Sprintf(":events:%s:%s:event-bus/%s", home, of.Account, name))
	})
	var strays []Stray
	var notes []string
	for n, region := range regions {
		if failed[n] != nil {
			notes = append(notes, fmt.Sprintf("Whether there is a forwarder in %s is not known: %s", region, reason(failed[n])))
		} else if found[n] {
			strays = append(strays, Stray{region, ForwarderName(name)})
		}
	}
	return strays, notes
}

// leftOver notes forwarders in regions in which the deployed baseline has nothing. Somebody may have wanted them, and whoever cannot read the
// baseline is told nothing: a forwarder too many harms nobody.
func (d *Deployer) leftOver(ctx context.Context, main *deployed, others []*deployed) {
	b, err := baselinefile.Load(ctx, main.baseline(), d.cloud.Object)
	if err != nil || len(b.Trails) == 0 {
		return
	}
	name := aws.ToString(main.stack.StackName)
	needed := map[string]bool{}
	for _, s := range forwarders(Options{Name: name, Home: main.region, Baseline: b}) {
		needed[s.Region] = true
	}
	for _, p := range others {
		if aws.ToString(p.stack.StackName) == ForwarderName(name) && !needed[p.region] {
			p.found(Note, "stacks", ForwarderName(name), "forwards from a region in which nothing is guarded: it may be left over")
		}
	}
}

// forwardsTo says whether a region has a guard's forwarder that sends to the bus whose ARN ends so: of two guards of one name, each has
// its own.
func (d *Deployer) forwardsTo(ctx context.Context, region, name, bus string) (bool, error) {
	have, err := d.find(ctx, region, ForwarderName(name))
	if err != nil || have == nil {
		return false, err
	}
	for _, p := range have.Parameters {
		if aws.ToString(p.ParameterKey) == "EventBusArn" && strings.HasSuffix(aws.ToString(p.ParameterValue), bus) {
			return true, nil
		}
	}
	return false, nil
}
