package deployer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/canary"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// Level is how a part of the guard is.
type Level string

// How a part can be.
const (
	Fine    Level = "fine"
	Note    Level = "note"    // nothing is broken, but somebody should know
	Wrong   Level = "wrong"   // the guard is weaker than it was deployed
	Unknown Level = "unknown" // it could not be read
)

// Check is what was found of one part.
type Check struct {
	Level  Level  `json:"level"`
	Area   string `json:"area"` // "stacks", "organization", "rules", "function", "schedules", "alerts", "journal", "alarms", "dead letters", "heartbeat" or "canary"
	Region string `json:"region"`
	Name   string `json:"name"`
	Detail string `json:"detail"`
}

// canaryAge is how old the last canary may be: one is sent every hour, and one may be skipped.
const canaryAge = 3 * time.Hour

// Health looks at a deployed guard: whether all that wakes it, runs it and alerts is there and as it was deployed. Nothing is
// compared with what this program would deploy, but for the note that another release's template is deployed.
func (d *Deployer) Health(ctx context.Context, name, home string, regions []string) ([]Check, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	main, err := d.deployed(ctx, home, name)
	if err != nil || main == nil {
		return nil, err
	}
	var checks []Check
	others := d.others(ctx, name, home, regions)
	d.leftOver(ctx, main, others)
	for _, p := range append([]*deployed{main}, others...) {
		d.examine(ctx, p)
		checks = append(checks, p.checks...)
	}
	checks = append(checks, d.canaryCheck(ctx, main))
	slices.SortStableFunc(checks, func(a, b Check) int { return slices.Index(areas, a.Area) - slices.Index(areas, b.Area) })
	return checks, nil
}

// others reads a guard's other stacks, as far as there are any: the store, the organization's, and the forwarders in regions.
func (d *Deployer) others(ctx context.Context, name, home string, regions []string) []*deployed {
	places := []place{{home, StoreName(name)}, {home, OrganizationName(name)}}
	for _, region := range regions {
		places = append(places, place{region, ForwarderName(name)})
	}
	parts := make([]*deployed, len(places))
	together(len(places), func(n int) { parts[n] = d.part(ctx, places[n].region, places[n].name) })
	return slices.DeleteFunc(parts, func(p *deployed) bool { return p == nil })
}

// place is where a stack is, or may be.
type place struct{ region, name string }

// together does n things side by side, but no more than maxReads of them at the same time.
func together(n int, do func(int)) {
	var running sync.WaitGroup
	slots := make(chan struct{}, maxReads)
	for i := range n {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			do(i)
		})
	}
	running.Wait()
}

// part reads one more stack; nil if there is none. That it cannot be read is what is found of it.
func (d *Deployer) part(ctx context.Context, region, name string) *deployed {
	one, err := d.deployed(ctx, region, name)
	if err != nil {
		one = &deployed{region: region}
		one.found(Unknown, "stacks", name, "%s", reason(err))
	}
	return one
}

// areas is the order in which checks are told.
var areas = []string{"stacks", "organization", "rules", "function", "schedules", "journal", "alerts", "alarms", "dead letters", "heartbeat", "canary"}

// deployed is a stack as it is, and what was found of its resources.
type deployed struct {
	region     string
	stack      types.Stack
	account    string
	template   string
	parameters map[string]string
	resources  []Resource
	checks     []Check

	beat, chirp time.Time // of the newest heartbeat, and of the newest canary that came through; zero: none, or they cannot be read
}

func (p *deployed) found(level Level, area, name, format string, args ...any) {
	p.checks = append(p.checks, Check{level, area, p.region, name, fmt.Sprintf(format, args...)})
}

func reason(err error) string { return plain.Text(err.Error(), maxReason) }

// deployed reads a stack; nil if there is none.
func (d *Deployer) deployed(ctx context.Context, region, name string) (*deployed, error) {
	have, err := d.find(ctx, region, name)
	if err != nil || have == nil || have.StackStatus == types.StackStatusReviewInProgress {
		return nil, err
	}
	p := &deployed{region: region, stack: *have, parameters: map[string]string{}}
	if parts := strings.SplitN(aws.ToString(have.StackId), ":", 6); len(parts) == 6 {
		p.account = parts[4]
	}
	for _, one := range have.Parameters {
		p.parameters[aws.ToString(one.ParameterKey)] = aws.ToString(one.ParameterValue)
	}
	client := d.stacks(region)
	template, err := client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: have.StackId})
	if err != nil {
		return nil, awscloud.Failure(ctx, "GetTemplate", err)
	}
	p.template = aws.ToString(template.TemplateBody)
	out, err := client.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: have.StackId})
	if err != nil {
		return nil, awscloud.Failure(ctx, "DescribeStackResources", err)
	}
	for _, r := range out.StackResources {
		p.resources = append(p.resources, Resource{clean(r.LogicalResourceId), clean(r.ResourceType), aws.ToString(r.PhysicalResourceId)})
	}
	return p, nil
}

// examine looks at one stack and all that it has made.
func (d *Deployer) examine(ctx context.Context, p *deployed) {
	if p.template == "" {
		return // it could not be read, and that is told
	}
	name := aws.ToString(p.stack.StackName)
	switch status := string(p.stack.StackStatus); {
	case busy(p.stack.StackStatus):
		p.found(Note, "stacks", name, "is being changed (%s)", status)
	case !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}, status):
		p.found(Wrong, "stacks", name, "is %s: run \"trailhold deploy\"", status)
	case !aws.ToBool(p.stack.EnableTerminationProtection):
		p.found(Wrong, "stacks", name, "can be deleted by one call: run \"trailhold deploy\", which protects it")
	default:
		p.found(Fine, "stacks", name, "%s", strings.ToLower(strings.ReplaceAll(status, "_", " ")))
	}
	for _, one := range d.observe(ctx, p) {
		p.judge(one)
	}
	d.running(ctx, p)
	d.depths(ctx, p)
	d.beats(ctx, p)
	d.alarmStates(ctx, p)
	d.accounts(ctx, p)
}

// maxReads bounds how many stacks or resources are read at once.
const maxReads = 8

// observed is a resource of a stack as it is.
type observed struct {
	Resource
	state trail.ResourceState
}

// observe reads the resources that are looked at, in the order of the stack's.
func (d *Deployer) observe(ctx context.Context, p *deployed) []observed {
	var all []observed
	for _, r := range p.resources {
		if p.arnOf(r) != "" {
			all = append(all, observed{Resource: r})
		}
	}
	together(len(all), func(n int) {
		is := trail.Resource{Type: typeOf[all[n].Type], ARN: p.arnOf(all[n].Resource), Region: p.region, Account: p.account, Settings: map[trail.Setting]trail.Document{}}
		for _, s := range trail.SettingsOf(is.Type)[1:] {
			is.Settings[s] = trail.EmptyDocument // so that it is read
		}
		all[n].state = d.cloud.ObserveResource(ctx, is)
	})
	return all
}

// judge tells how a resource is, unless it is gone, or a part of it could not be read.
func (p *deployed) judge(o observed) {
	name, area := lastOf(o.PhysicalID), areaOf[o.Type]
	if o.state[trail.Identity].Knowledge() == trail.Absent {
		p.found(Wrong, area, name, "is gone")
		return
	}
	state := trail.Resource{Settings: map[trail.Setting]trail.Document{}}
	for setting, facet := range o.state {
		document, known := facet.Get()
		if !known && facet.Knowledge() != trail.Absent {
			p.found(Unknown, area, name, "%s could not be read: %s", setting, plain.Text(facet.Why(), maxReason))
			return
		}
		state.Settings[setting] = document
	}
	p.look(o.Resource, state)
}

// canaryCheck looks for the last canary in the guard's journal.
func (d *Deployer) canaryCheck(ctx context.Context, p *deployed) Check {
	check := Check{Level: Note, Area: "canary", Region: p.region, Name: aws.ToString(p.stack.StackName), Detail: "none was sent yet"}
	table := ""
	for _, r := range p.resources {
		if r.Type == "AWS::DynamoDB::Table" {
			table = r.PhysicalID
		}
	}
	j := journal.NewTable(d.cloud.Table(table, p.region), journal.DefaultKeep)
	for arn := range strings.SplitSeq(p.parameters["TrailArns"], ",") {
		last, ok, err := canary.LastOf(ctx, arn, guard.Journal(j))
		switch {
		case err != nil:
			check.Level, check.Detail = Unknown, reason(err)+p.sawCanary(time.Now())
			return check
		case !ok:
			continue
		}
		return lastCanary(check, last, time.Now())
	}
	if p.parameters["Restore"] == "false" {
		check.Level, check.Detail = Fine, "none is sent by a guard that may change nothing"
	}
	return check
}

// lastCanary judges the last canary.
func lastCanary(check Check, last canary.Sent, now time.Time) Check {
	at := last.At.UTC().Format(time.DateTime) + " UTC"
	switch {
	case now.Sub(last.At) > canaryAge:
		check.Level, check.Detail = Wrong, "the last one was sent at "+at+", and one is due every hour"
	case !last.Came.IsZero():
		check.Level, check.Detail = Fine, fmt.Sprintf("the last one was sent at %s and came after %s", at, last.Took.Round(time.Millisecond))
	case last.Pending && now.Sub(last.At) < canary.Deadline:
		check.Detail = "one was sent at " + at + " and has not come yet"
	default:
		check.Level, check.Detail = Wrong, "the one of "+at+" did not come through: events do not reach the guard"
	}
	return check
}
