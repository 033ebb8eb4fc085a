package deployer

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/trail"
)

// areaOf is where a type's resources are told. Types that are not in it are looked at with those that they belong to.
var areaOf = map[string]string{
	"AWS::Events::Rule": "rules", "AWS::Lambda::Function": "function", "AWS::Scheduler::Schedule": "schedules", "AWS::DynamoDB::Table": "journal",
	"AWS::SNS::Topic": "alerts", "AWS::CloudWatch::Alarm": "alarms",
}

// typeOf is what the guard calls a resource type.
var typeOf = map[string]trail.ResourceType{
	"AWS::Events::Rule": trail.Rule, "AWS::Lambda::Function": trail.Function, "AWS::Scheduler::Schedule": trail.Schedule,
	"AWS::DynamoDB::Table": trail.Table, "AWS::SNS::Topic": trail.Topic, "AWS::CloudWatch::Alarm": trail.Alarm,
}

// arnOf makes the ARN of a resource that is looked at; empty for others.
func (p *deployed) arnOf(r Resource) string {
	at := ":" + p.region + ":" + p.account + ":"
	partition := "arn:" + Partition(aws.ToString(p.stack.StackId)) + ":"
	switch r.Type {
	case "AWS::Events::Rule":
		return partition + "events" + at + "rule/" + strings.ReplaceAll(r.PhysicalID, "|", "/")
	case "AWS::Lambda::Function":
		return partition + "lambda" + at + "function:" + r.PhysicalID
	case "AWS::Scheduler::Schedule":
		return partition + "scheduler" + at + "schedule/default/" + r.PhysicalID
	case "AWS::DynamoDB::Table":
		return partition + "dynamodb" + at + "table/" + r.PhysicalID
	case "AWS::SNS::Topic":
		return r.PhysicalID
	case "AWS::CloudWatch::Alarm":
		return partition + "cloudwatch" + at + "alarm:" + r.PhysicalID
	}
	return ""
}

// lastOf is what people call a resource by.
func lastOf(id string) string {
	id = id[strings.LastIndexAny(id, "/|")+1:]
	if strings.HasPrefix(id, "arn:") {
		id = id[strings.LastIndexByte(id, ':')+1:]
	}
	return id
}

// look judges one resource by its settings.
func (p *deployed) look(r Resource, state trail.Resource) {
	name, area := lastOf(r.PhysicalID), areaOf[r.Type]
	wrong := ""
	switch r.Type {
	case "AWS::Events::Rule":
		wrong = p.ruleFault(r, state)
	case "AWS::Lambda::Function":
		wrong = p.functionFault(state)
	case "AWS::Scheduler::Schedule":
		wrong = p.scheduleFault(state)
	case "AWS::DynamoDB::Table":
		wrong = tableFault(state)
	case "AWS::SNS::Topic":
		p.subscriptions(name, state)
		return
	case "AWS::CloudWatch::Alarm":
		if !state.Settings["actionsEnabled"].Flag("ActionsEnabled") {
			wrong = "tells nobody: its actions are off"
		}
	}
	if wrong != "" {
		p.found(Wrong, area, name, "%s", wrong)
		return
	}
	p.found(Fine, area, name, "as deployed")
}

// ruleFault says what keeps a rule from waking the guard; empty: nothing.
func (p *deployed) ruleFault(r Resource, state trail.Resource) string {
	definition := state.Settings["definition"]
	if s := definition.Text("State"); s == "DISABLED" || s == "" {
		return "is disabled"
	}
	want, err := p.pattern(r.LogicalID)
	if err != nil {
		return "its pattern in the template cannot be read: " + reason(err)
	}
	if have := definition.Members()["EventPattern"]; string(have) != want {
		return "listens to something else than what was deployed"
	}
	target := p.parameters["EventBusArn"] // of a forwarder
	if target == "" {
		target = p.functionARN()
	}
	for _, t := range state.Settings["targets"].Members() {
		if t.Text("Arn") != target {
			continue
		}
		for _, member := range []string{"Input", "InputPath", "InputTransformer"} {
			if _, ok := t.Members()[member]; ok {
				return "sends something else than the event"
			}
		}
		return ""
	}
	return "does not send to " + lastOf(target)
}

func (p *deployed) functionARN() string {
	for _, r := range p.resources {
		if r.Type == "AWS::Lambda::Function" {
			return p.arnOf(r)
		}
	}
	return ""
}

// pattern is the event pattern that the deployed template gives a rule, with its parameters filled in, as canonical JSON.
func (p *deployed) pattern(logicalID string) (string, error) {
	value, err := property(p.template, logicalID, "EventPattern", p.parameters)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	document, err := trail.ParseDocument(text)
	return string(document), err
}

// functionFault says what is wrong with the function; empty: nothing.
func (p *deployed) functionFault(state trail.Resource) string {
	if n, reserved := state.Settings["concurrency"].Number("ReservedConcurrentExecutions"); reserved && n == 0 {
		return "cannot run: no concurrency is left to it"
	} else if want := p.parameters["ReservedConcurrency"]; fmt.Sprint(n) != want && reserved || !reserved && want != "" {
		return "has another reserved concurrency than what was deployed (" + want + ")"
	}
	key := strings.TrimSuffix(strings.TrimPrefix(p.parameters["LambdaS3Key"], "code/"), ".zip")
	if sum, err := hex.DecodeString(key); err == nil && len(sum) == 32 { // the key of what deploy has put there says what it holds
		if state.Settings["code"].Text("CodeSha256") != base64.StdEncoding.EncodeToString(sum) {
			return "runs other code than what was deployed"
		}
	}
	permissions := state.Settings["permissions"].Members()
	for _, r := range p.resources {
		if _, ok := permissions[r.PhysicalID]; r.Type == "AWS::Lambda::Permission" && !ok {
			return "may not be invoked by rules any more: the statement " + r.PhysicalID + " of its policy is gone"
		}
	}
	if n, _ := state.Settings["configuration"].Number("Timeout"); fmt.Sprint(n) != p.parameters["LambdaTimeout"] {
		return "has another timeout than what was deployed"
	}
	return ""
}

// scheduleFault says what keeps a schedule from starting the function; empty: nothing.
func (p *deployed) scheduleFault(state trail.Resource) string {
	definition := state.Settings["definition"]
	switch target := definition.Members()["Target"]; {
	case definition.Text("State") != "ENABLED":
		return "is disabled"
	case target.Text("Arn") != p.functionARN():
		return "does not start the function"
	}
	return ""
}

func tableFault(state trail.Resource) string {
	switch {
	case !state.Settings["deletionProtection"].Flag("DeletionProtectionEnabled"):
		return "can be deleted by one call: its deletion protection is off"
	case !state.Settings["pointInTimeRecovery"].Flag("PointInTimeRecoveryEnabled"):
		return "cannot be brought back: point-in-time recovery is off"
	}
	return ""
}

// subscriptions tells who is alerted.
func (p *deployed) subscriptions(name string, state trail.Resource) {
	confirmed, pending := 0, []string{}
	members := state.Settings["subscriptions"].Members()
	for _, who := range slices.Sorted(maps.Keys(members)) {
		if members[who].Flag("PendingConfirmation") {
			pending = append(pending, who)
		} else {
			confirmed++
		}
	}
	for _, who := range pending {
		p.found(Note, "alerts", name, "%s has not confirmed its subscription yet", clean(&who))
	}
	if confirmed == 0 {
		p.found(Wrong, "alerts", name, "nobody has a confirmed subscription: nobody is alerted")
		return
	}
	p.found(Fine, "alerts", name, "%d confirmed", confirmed)
}
