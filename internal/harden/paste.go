package harden

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// Commands makes what makes the command for each finding of an audit: the calls that a plan for this finding alone would have,
// as commands of the AWS CLI with finished documents. What a plan leaves to its options is chosen: a key of the trails and a topic that there
// are, else new ones; Object Lock in compliance mode, as the check asks for it. Where "trailhold harden" does the same, a line
// says so. The function that it returns is for one goroutine, and answers with nothing where it knows no calls.
func Commands(inv posture.Inventory, o Options) func(posture.Finding) string {
	c := commander{inv: inv, options: o, filters: filters(), read: map[string]posture.Inventory{}}
	c.options.Compliance = true
	return c.command
}

// commander makes commands for the findings of several accounts.
type commander struct {
	inv     posture.Inventory
	options Options
	filters map[string]metricfilter.Control
	read    map[string]posture.Inventory // of one account each, with what the others know of what it rests on
}

// command is the command for one finding.
func (c *commander) command(f posture.Finding) string {
	read, ok := c.account(f.Account)
	if !ok || f.Status != posture.Fail {
		return ""
	}
	d := c.draft(read, f, c.options)
	d.paste = true
	checks := d.act(f)
	if len(d.order) == 0 {
		return d.rests(f)
	}
	for _, arn := range d.chosen.made { // nobody looked whether it is there
		read.Accounts[0].Resources[arn] = absent(read.Accounts[0].Resources[arn])
	}
	steps := d.planned(read)
	if len(steps) == 0 {
		return ""
	}
	lines := []string{shell.AskFirst(shell.Then(d.shellCommands(f, steps)...))}
	lines = append(lines, c.notes(d, read, f, steps, checks)...)
	return strings.Join(lines, "\n")
}

// rests is the command of ours for what rests on a trail or log group that there is not yet, of which the calls would be said
// once for each check.
func (d *draft) rests(f posture.Finding) string {
	needs := d.needs(f)
	if len(needs) == 0 {
		return ""
	}
	command := "trailhold harden --check " + strings.Join(append(needs, f.Check), ",")
	if strings.HasPrefix(f.Check, "mf-") {
		command += " --topic-arn " + askTopic
	}
	return command + " --yes"
}

// needs are the checks that have to pass before a finding about the account can be mended.
func (d *draft) needs(f posture.Finding) (checks []string) {
	if remedyOf(f.Check).mend == nil || f.Resource != "" {
		return nil
	}
	_, c, ok := d.principal()
	filter := strings.HasPrefix(f.Check, "mf-")
	for _, n := range []struct {
		check string
		lacks bool
	}{{"ct-trail-exists", !ok}, {"ct-multi-region", filter && !c.IsMultiRegionTrail}, {"ct-cwl", filter && c.CloudWatchLogsLogGroupARN == ""}} {
		if n.lacks {
			checks = append(checks, n.check)
		}
	}
	return checks
}

// askTopic is who is told, which nobody but the reader knows.
var askTopic = shell.Ask("TOPIC", "ARN of a topic to which somebody has subscribed")

// account is the inventory of one account, whose resources are known as well as any account knows them.
func (c *commander) account(id string) (posture.Inventory, bool) {
	one, done := c.read[id]
	if !done {
		n := slices.IndexFunc(c.inv.Accounts, func(a posture.Account) bool { return a.ID == id && a.Failure == "" })
		if n < 0 {
			return one, false
		}
		one = c.inv
		one.Accounts = []posture.Account{c.inv.Accounts[n]}
		one.Accounts[0].Resources = maps.Clone(one.Accounts[0].Resources)
		for arn := range one.Accounts[0].Resources {
			one.Accounts[0].Resources[arn] = c.inv.Best(n, arn)
		}
		c.read[id] = one
	}
	one.Accounts = slices.Clone(one.Accounts)
	one.Accounts[0].Resources = maps.Clone(one.Accounts[0].Resources)
	if one.Accounts[0].Resources == nil {
		one.Accounts[0].Resources = map[string]posture.Resource{}
	}
	return one, true
}

// draft is a draft in which one finding is mended.
func (c *commander) draft(read posture.Inventory, f posture.Finding, o Options) *draft {
	o.Region = cmp.Or(o.Region, f.Region, trail.GlobalRegion(read.Accounts[0].Partition))
	d := draftWith(read, o, c.filters)
	d.check = f.Check
	return d
}

// act mends one finding, and starts the trail that has to record. It returns the checks that ask for that.
func (d *draft) act(f posture.Finding) (checks []string) {
	r := remedyOf(f.Check)
	mend := r.mend
	if mend == nil && d.paste {
		mend = r.choose
	}
	if mend == nil {
		return nil
	}
	checks = []string{f.Check}
	_ = mend(d, f) // why not, shows in that nothing changes
	if t, _, ok := d.principal(); ok && f.Resource == "" && r.mend != nil && strings.HasPrefix(f.Check, "ct-") && f.Check != "ct-account-pab" {
		if status, known := t.Status.Get(); known && !status.IsLogging && startLogging(d, f) == "" {
			checks = append(checks, "ct-logging")
		}
	}
	slices.Sort(checks)
	return slices.Compact(checks)
}

// planned are the steps that lead from what was read to the draft.
func (d *draft) planned(read posture.Inventory) []Step {
	var p Plan
	p.steps(d, read)
	return p.Steps
}

// shellCommands are the steps as commands, with those that a plan never has: a new key, and somebody who is told by a new topic.
func (d *draft) shellCommands(f posture.Finding, steps []Step) []string {
	var list []string
	if f.Check == "ct-org-trail" {
		list = append(list, "aws organizations enable-aws-service-access --service-principal "+cloudTrail)
	}
	if d.chosen.newKey {
		list = append(list, d.createKey())
	}
	waits := false
	for _, s := range steps {
		if d.chosen.newKey && s.Resource == d.chosen.key {
			continue // the key is made with its policy
		}
		if waits && (s.Call == trail.OpUpdateTrail || s.Call == trail.OpCreateTrail) {
			list, waits = append(list, "sleep 15"), false // until the new role is known everywhere
		}
		waits = waits || s.Call == trail.OpCreateRole
		text := s.Command
		if d.chosen.newKey {
			text = strings.ReplaceAll(text, " "+d.chosen.key, ` "$KEY"`)
		}
		list = append(list, text)
		if s.Call == trail.OpCreateTopic && d.chosen.newTopic && s.Resource == d.chosen.topic {
			list = append(list, "aws sns subscribe "+shell.Join("--region", s.Region, "--topic-arn", s.Resource, "--protocol", "email", "--notification-endpoint")+" "+
				shell.Ask("EMAIL", "address of somebody who reads alerts, and confirms the subscription"))
		}
	}
	return list
}

// notes are lines for the reader: what cannot be undone, whose credentials it takes, and what does the same.
func (c *commander) notes(d *draft, read posture.Inventory, f posture.Finding, steps []Step, checks []string) []string {
	var notes, owners []string
	for _, s := range steps {
		if s.Call == trail.OpPutObjectLockConfiguration {
			notes = append(notes, shell.Note("careful: "+s.Caution))
		}
		if slices.Contains(replacing, s.Call) && !s.fresh {
			notes = append(notes, shell.Note("it replaces what was there at "+d.inv.At.Format("15:04")+" UTC: after another change of the same, audit again first"))
		}
		if owner := cmp.Or(s.call.Account, s.Account); !slices.Contains(owners, owner) {
			owners = append(owners, owner)
		}
	}
	if len(c.inv.Accounts) > 1 || !slices.Equal(owners, []string{f.Account}) {
		notes = append(notes, shell.Note("with credentials of account "+strings.Join(owners, " and ")))
	}
	if line := c.same(d, read, f, steps, checks); line != "" {
		notes = append(notes, shell.Note(line))
	}
	return slices.Compact(notes)
}

// replacing are the calls of which those for several findings write over each other: each has what was read, and its own.
var replacing = []trail.Op{trail.OpPutEventSelectors, trail.OpPutBucketPolicy, trail.OpPutKeyPolicy, trail.OpSetTopicAttributes}

// same is the command of ours that makes the same calls; empty if there is none.
func (c *commander) same(d *draft, read posture.Inventory, f posture.Finding, steps []Step, checks []string) string {
	if d.chosen.newKey || d.chosen.newTopic || remedyOf(f.Check).mend == nil {
		return ""
	}
	o := c.options
	o.KeyARN, o.TopicARN = cmp.Or(o.KeyARN, d.chosen.key), cmp.Or(o.TopicARN, d.chosen.topic)
	ours := c.draft(read, f, o)
	ours.act(f)
	if !slices.EqualFunc(ours.planned(read), steps, func(x, y Step) bool { return x.Command == y.Command }) {
		return ""
	}
	line := "or: trailhold harden --check " + strings.Join(checks, ",")
	if d.chosen.key != "" {
		line += " --kms-key " + d.chosen.key
	}
	if d.chosen.topic != "" {
		line += " --topic-arn " + d.chosen.topic
	}
	if slices.ContainsFunc(steps, func(s Step) bool { return s.Call == trail.OpPutObjectLockConfiguration }) {
		line += " --object-lock compliance"
	}
	if o.days() != posture.DefaultRetention {
		line += " --retention " + strconv.Itoa(o.days())
	}
	return line + " --yes"
}

// absent is a resource that does not exist.
func absent(r posture.Resource) posture.Resource {
	r.State = trail.ResourceState{trail.Identity: trail.Gone[trail.Document]()}
	return r
}
