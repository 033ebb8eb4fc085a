package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/plain"
)

// plannedStack is a stack of a plan, as JSON.
type plannedStack struct {
	Name       string            `json:"name"`
	Region     string            `json:"region"`
	Action     deployer.Action   `json:"action"`
	Parameters map[string]string `json:"parameters"`
	Changes    []deployer.Change `json:"changes"`

	Retry []deployer.Instance `json:"retry,omitempty"` // of stack sets: what failed in the accounts, and is tried again
}

// deployResult is what deploy did, or would do, as JSON.
type deployResult struct {
	Account  string            `json:"account"`
	Deployed bool              `json:"deployed"`
	Trust    bool              `json:"trustStackSets,omitempty"` // the organization comes to trust CloudFormation's stack sets
	Notes    []string          `json:"notes,omitempty"`
	Stacks   []plannedStack    `json:"stacks"`
	Strays   []deployer.Stray  `json:"strays,omitempty"` // forwarders that are not needed any more, and stay
	Outputs  []deployer.Output `json:"outputs"`
}

func planned(p deployer.Plan) deployResult {
	result := deployResult{Account: p.Deployment.Account, Trust: p.Deployment.Trust, Notes: p.Deployment.Notes, Strays: p.Strays, Outputs: []deployer.Output{}}
	for _, s := range p.Stacks {
		result.Stacks = append(result.Stacks, plannedStack{s.Name, s.Region, s.Action, s.Parameters, present(s.Changes), s.Retry})
	}
	return result
}

// showPlan tells what a deployment would change.
func (a *app) showPlan(p deployer.Plan, only bool) error {
	if a.json() {
		return a.printJSON(planned(p))
	}
	page := a.page()
	for _, s := range p.Stacks {
		page.stack(s)
	}
	if p.Deployment.Trust {
		page.wrap("", "The organization comes to trust CloudFormation StackSets, which then make and delete stacks in its accounts.")
		page.linef("")
	}
	for _, note := range p.Deployment.Notes {
		page.wrap("", "Note: "+note)
	}
	if len(p.Deployment.Notes) > 0 {
		page.linef("")
	}
	for _, s := range p.Strays {
		page.stray(s)
	}
	if onlyTells(p) {
		page.wrap("", "The guard only tells: Restore is false, so its function has no right to change anything. --parameter Restore=true lets it restore.")
	}
	switch {
	case !p.Changes():
		page.linef("Nothing to change in the account %s.", p.Deployment.Account)
	case only:
		page.linef("Nothing was changed in the account %s.", p.Deployment.Account)
	}
	return a.print(page.String())
}

// stray tells of a forwarder that is not needed any more, and how it goes.
func (p *page) stray(s deployer.Stray) {
	p.wrap("", fmt.Sprintf("Note: %s in %s is left over: nothing has to be forwarded from there. It stays until you delete it:", s.Stack, s.Region))
	p.command("  ", "aws cloudformation update-termination-protection --region "+s.Region+" --stack-name "+s.Stack+" --no-enable-termination-protection")
	p.command("  ", "aws cloudformation delete-stack --region "+s.Region+" --stack-name "+s.Stack)
	p.linef("")
}

// onlyTells says whether a guard keeps from an earlier deployment that it may restore nothing.
func onlyTells(p deployer.Plan) bool {
	return slices.ContainsFunc(p.Stacks, func(s deployer.StackPlan) bool { return s.Kept["Restore"] == "false" })
}

var actionWords = map[deployer.Action]string{
	deployer.Create: "is created", deployer.Update: "is changed", deployer.Keep: "stays as it is", deployer.Recreate: "is deleted, since its creation failed, and created again",
}

// maxRetries is how many of the stacks are named that failed in accounts.
const maxRetries = 10

// stack writes what would become of one stack. Of a new one, resources are counted by type: their names say little yet.
func (p *page) stack(s deployer.StackPlan) {
	p.wrap("", fmt.Sprintf("Stack %s in %s %s (%s).", p.paint(bold, s.Name), s.Region, actionWords[s.Action], s.Purpose))
	if s.Action == deployer.Keep {
		for _, i := range s.Retry[:min(len(s.Retry), maxRetries)] {
			p.wrap("  again: ", fmt.Sprintf("%s in %s of the account %s, where it failed: %s", i.Set, i.Region, i.Account, i.Reason))
		}
		if more := len(s.Retry) - maxRetries; more > 0 {
			p.linef("  and %d more", more)
		}
		p.linef("")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(s.Parameters)) {
		// Where templates lie says nothing to anybody, and takes lines; as JSON it is there.
		if value := s.Parameters[key]; value != "" && !strings.HasSuffix(key, "TemplateUrl") {
			p.wrap("  "+key+": ", plain.Text(strings.ReplaceAll(value, ",", ", "), maxValue))
		}
	}
	if s.Action == deployer.Create {
		p.wrap("  + ", counted(s.Changes))
	} else {
		for _, c := range s.Changes {
			p.wrap("  ", changeText(c))
		}
	}
	p.linef("")
}

// counted counts resources by their types.
func counted(changes []deployer.Change) string {
	var resources []deployer.Resource
	for _, c := range changes {
		kind := c.Type
		if c.Action == "Import" {
			kind += " (taken over)"
		}
		resources = append(resources, deployer.Resource{Type: kind})
	}
	return typesText(resources)
}

func changeText(c deployer.Change) string {
	sign := map[string]string{"Add": "+", "Remove": "-", "Modify": "~", "Import": "+"}[c.Action]
	text := fmt.Sprintf("%s %s (%s)", sign, c.LogicalID, strings.TrimPrefix(c.Type, "AWS::"))
	if len(c.Properties) > 0 {
		text += ": " + strings.Join(c.Properties, ", ")
	}
	if c.Replacement {
		text += "; another one takes its place"
	}
	return text
}

// showDeployed tells that all is there, and what is left for people to do.
func (a *app) showDeployed(o deployer.Options, p deployer.Plan, outputs []deployer.Output) error {
	if a.json() {
		result := planned(p)
		result.Deployed, result.Outputs = true, present(outputs)
		return a.printJSON(result)
	}
	page := a.page()
	guarded := plural(len(o.Baseline.Trails), "trail")
	if o.Organization != nil && len(o.Organization.Members) > 0 {
		guarded += " and those of " + plural(len(o.Organization.Members), "member account")
	}
	page.wrap("", fmt.Sprintf("%s: %s guards %s from %s.", page.paint(green, "Deployed"), o.Name, guarded, o.Home))
	for _, out := range outputs {
		if out.Stack == o.Name {
			page.wrap("  "+out.Key+": ", escapeHidden(out.Value)) // addresses among them are there to be used
		}
	}
	if len(o.Emails) > 0 {
		page.wrap("", fmt.Sprintf("Each of %s gets a message from AWS with a link that has to be followed: until then nobody is alerted there.", strings.Join(o.Emails, ", ")))
	}
	if len(o.Emails) == 0 && p.Stacks[1].Action != deployer.Update && p.Stacks[1].Action != deployer.Keep {
		page.wrap("", "Nobody is subscribed to the alerts: run this again with --email, or subscribe somebody to the topic.")
	}
	if len(o.Alerts) > 0 {
		page.linef("Try the channels with: trailhold notify test --alerts FILE")
	}
	if len(o.Baseline.Guard) == 0 {
		page.wrap("", "What the guard itself runs on is not in this baseline: if somebody weakens it, nobody puts it back. Capture it, read it, and deploy that:")
		page.command("  ", "trailhold baseline capture --deployed "+o.Name+" --region "+o.Home+" -o guarded.yaml")
	}
	page.wrap("", "See that it is alive with: trailhold status --name "+o.Name+" --region "+o.Home)
	return a.print(page.String())
}
