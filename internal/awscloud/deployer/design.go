package deployer

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/deploy/cloudformation"
	"github.com/trailhold/trailhold/internal/eventrules"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxEmails is how many addresses the guard's template subscribes.
const maxEmails = 5

// Options say what to deploy.
type Options struct {
	Name         string // of the guard's stack
	Home         string // region of the guard
	Baseline     trail.Baseline
	Content      []byte   // the baseline's file
	Alerts       []byte   // the alerts file; none: as it is, in a guard that is deployed
	AlertArns    []string // of what that file names, as alerts.Config.ARNs lists them
	Code         Package
	Emails       []string          // none: as they are, in a guard that is deployed
	Regions      []string          // to forward from; nil: those where the baseline has anything that events tell of
	Organization *Organization     // whose accounts take part; nil: that is left as it is
	Parameters   map[string]string // of the guard's stack, besides
	Repair       bool              // put back what was changed outside CloudFormation
}

// parted says whether somebody has asked for a guard without members.
func (o Options) parted() bool {
	members, given := o.Parameters["Members"]
	return given && members == ""
}

// Stack is a stack as it shall be.
type Stack struct {
	Name, Region string
	Purpose      string // in few words
	Template     string
	Parameters   map[string]string // all others keep the value that they have, or get their default
	Parted       bool              // it may lose the member accounts that it guards
}

// Object is something to put into the store's bucket, under a name that is made of its content.
type Object struct {
	Bucket, Key string
	Content     []byte
}

// Deployment is all that makes a guard, in the order in which it is made: the store's stack, the objects, the other stacks.
type Deployment struct {
	Account string
	Store   Stack
	Objects []Object
	Stacks  []Stack
	Repair  bool // put back what was changed outside CloudFormation, as far as that sees it

	Trust bool     // the organization has to trust stack sets first, which it does not yet
	Notes []string // what people should know of it, as sentences
}

var stackName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,23}$`)

// CheckName says what is wrong with a name for the guard's stack.
func CheckName(name string) error {
	if !stackName.MatchString(name) {
		return fmt.Errorf("%q is no name for the guard: use 1 to 24 small letters, digits and hyphens, a letter first", name)
	}
	return nil
}

// StoreName and ForwarderName are the names of a guard's other stacks.
func StoreName(name string) string { return name + "-store" }

// ForwarderName is the name of the forwarder's stack, which is the same in all regions.
func ForwarderName(name string) string { return name + "-forwarder" }

// Design says what makes a guard. It asks nobody.
func Design(o Options) (Deployment, error) {
	b := o.Baseline
	switch err := CheckName(o.Name); {
	case err != nil:
		return Deployment{}, err
	case len(b.Trails) == 0:
		return Deployment{}, fmt.Errorf("the baseline has no trail: there is nothing to guard")
	case len(o.Emails) > maxEmails:
		return Deployment{}, fmt.Errorf("%d e-mail addresses: the guard's stack subscribes %d at most; subscribe a list, or the others by hand", len(o.Emails), maxEmails)
	}
	// store.yaml makes the bucket's name of these parts.
	bucket := StoreName(o.Name) + "-" + b.Account + "-" + o.Home
	sum := sha256.Sum256(o.Content)
	baseline := hex.EncodeToString(sum[:])
	d := Deployment{
		Account: b.Account, Repair: o.Repair,
		Store: Stack{Name: StoreName(o.Name), Region: o.Home, Purpose: "keeps the function's code and the baseline", Template: cloudformation.Store},
		Objects: []Object{
			{bucket, "code/" + o.Code.SHA256 + ".zip", o.Code.Content},
			{bucket, "baseline/" + baseline + ".yaml", o.Content},
		},
	}
	home := Stack{Name: o.Name, Region: o.Home, Purpose: "the guard", Template: cloudformation.Guard, Parted: o.parted(), Parameters: map[string]string{
		"LambdaS3Bucket": bucket, "LambdaS3Key": d.Objects[0].Key, "Architecture": o.Code.Architecture,
		"BaselineS3Key": d.Objects[1].Key, "BaselineSHA256": baseline,
	}}
	if !restores(b) { // else it is as it was: whoever deployed a guard that only tells decides when it may do more
		home.Parameters["Restore"] = "false"
	}
	maps.Copy(home.Parameters, rests(b))
	if len(o.Emails) > 0 {
		home.Parameters["SNSSubscriptions"] = strings.Join(o.Emails, ",")
	}
	if len(o.Alerts) > 0 {
		sum := fmt.Sprintf("%x", sha256.Sum256(o.Alerts))
		file := Object{bucket, "alerts/" + sum + ".yaml", o.Alerts}
		d.Objects = append(d.Objects, file)
		maps.Copy(home.Parameters, map[string]string{"AlertsS3Key": file.Key, "AlertsSHA256": sum, "AlertArns": strings.Join(o.AlertArns, ",")})
	}
	d.Stacks = append([]Stack{home}, forwarders(o)...)
	if o.Organization != nil {
		if err := d.addOrganization(o, bucket); err != nil {
			return Deployment{}, err
		}
	}
	maps.Copy(home.Parameters, o.Parameters)
	return d, nil
}

// restores says whether a baseline wants anything restored at all.
func restores(b trail.Baseline) bool {
	return slices.ContainsFunc(b.Trails, func(g trail.Guarded) bool { return g.Restore != trail.RestoreNone })
}

// rests are the parameters that name what the trails are and rest on, to which the function's rights are limited.
func rests(b trail.Baseline) map[string]string {
	var found = map[string][]string{}
	add := func(parameter, arn string) {
		if arn != "" && !slices.Contains(found[parameter], arn) {
			found[parameter] = append(found[parameter], arn)
		}
	}
	for _, t := range b.Trails {
		add("TrailArns", t.ARN)
		if t.S3BucketName != "" {
			add("TrailBucketArns", "arn:"+Partition(t.ARN)+":s3:::"+t.S3BucketName)
		}
		add("TrailKeyArns", t.KMSKeyID)
		add("TrailTopicArns", t.SnsTopicARN)
		add("TrailLogGroupArns", t.CloudWatchLogsLogGroupARN)
		add("TrailRoleArns", t.CloudWatchLogsRoleARN)
		for _, r := range t.Dependents {
			add(dependentParameters[r.Type], r.ARN)
		}
	}
	parameters := map[string]string{}
	for _, name := range []string{"TrailArns", "TrailBucketArns", "TrailKeyArns", "TrailTopicArns", "TrailLogGroupArns", "TrailRoleArns", "TrailAlarmArns"} {
		parameters[name] = strings.Join(found[name], ",")
	}
	return parameters
}

var dependentParameters = map[trail.ResourceType]string{
	trail.Bucket: "TrailBucketArns", trail.Key: "TrailKeyArns", trail.Topic: "TrailTopicArns", trail.LogGroup: "TrailLogGroupArns",
	trail.Role: "TrailRoleArns", trail.Alarm: "TrailAlarmArns",
}

// Partition is the second part of an ARN.
func Partition(arn string) string {
	if parts := strings.SplitN(arn, ":", 3); len(parts) == 3 {
		return parts[1]
	}
	return "aws"
}

// forwarders are the stacks of the other regions.
func forwarders(o Options) []Stack {
	needed := map[string]eventrules.Region{}
	for _, r := range eventrules.Regions(withoutForwarders(o)) {
		if r.Account == o.Baseline.Account {
			needed[r.Region] = r
		}
	}
	regions := o.Regions
	if regions == nil {
		regions = slices.Sorted(maps.Keys(needed))
	}
	bus := o.bus()
	var stacks []Stack
	for _, region := range regions {
		if region == o.Home {
			continue
		}
		listens := needed[region].Listens
		stacks = append(stacks, Stack{
			Name: ForwarderName(o.Name), Region: region, Purpose: "sends events to the guard", Template: cloudformation.Forwarder,
			Parameters: map[string]string{
				"GuardName": o.Name, "EventBusArn": bus, "TrailBucketArns": strings.Join(bucketsIn(o.Baseline, region), ","),
				"ForwardKeys": yes(listens("kms")), "ForwardTopics": yes(listens("sns")), "ForwardLogs": yes(listens("logs") || listens("monitoring")),
				"ForwardGlobal": yes(listens("iam") || listens("organizations") || listens("account")),
			},
		})
	}
	return slices.CompactFunc(stacks, func(a, b Stack) bool { return a.Region == b.Region })
}

// withoutForwarders is the baseline without what is of forwarders. That is no reason for a forwarder: none would ever become superfluous, and
// one whose own alarm is guarded would get further rules, for calls on alarms, that are not in the baseline yet.
func withoutForwarders(o Options) trail.Baseline {
	b := o.Baseline
	b.Guard = slices.DeleteFunc(slices.Clone(b.Guard), func(r trail.Resource) bool { return isForwarders(r, o.Name, o.Home) })
	return b
}

// bus is the ARN of the guard's event bus.
func (o Options) bus() string {
	return fmt.Sprintf("arn:%s:events:%s:%s:event-bus/%s", Partition(o.Baseline.Trails[0].ARN), o.Home, o.Baseline.Account, o.Name)
}

// bucketsIn lists the trails' buckets that are in a region.
func bucketsIn(b trail.Baseline, region string) []string {
	var arns []string
	for _, t := range b.Trails {
		for _, r := range t.Dependents {
			if r.Type == trail.Bucket && r.Region == region && !slices.Contains(arns, r.ARN) {
				arns = append(arns, r.ARN)
			}
		}
	}
	return arns
}

func yes(b bool) string { return fmt.Sprint(b) }

// Home is where a baseline's guard belongs: where most of its trails are at home, the first of them if that is undecided.
func Home(b trail.Baseline) string {
	count, home := map[string]int{}, ""
	for _, t := range b.Trails {
		count[t.HomeRegion]++
	}
	for _, t := range b.Trails {
		if home == "" || cmp.Compare(count[t.HomeRegion], count[home]) > 0 {
			home = t.HomeRegion
		}
	}
	return home
}
