package labrange

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// What the guard is deployed as.
const (
	guardName     = "trailhold"
	guardFunction = "arn:aws:lambda:" + home + ":" + lab.DefaultAccount + ":function:" + guardName
	guardRole     = "arn:aws:iam::" + lab.DefaultAccount + ":role/" + guardName
	sweeperRole   = "arn:aws:iam::" + lab.DefaultAccount + ":role/trailhold-sweeper"
	forwarderRole = "arn:aws:iam::" + lab.DefaultAccount + ":role/trailhold-forwarder"
	guardBus      = "arn:aws:events:" + home + ":" + lab.DefaultAccount + ":event-bus/" + guardName
	guardQueue    = "trailhold-missed"
	guardTable    = "trailhold-incidents"
	guardSweep    = "trailhold-sweep"
)

// deploy makes what the guard runs on, but for the rules, which are made of the baseline. It returns the ARNs.
func (b *builder) deploy() []string {
	b.role(guardRole, service("lambda"), "cloudtrail:*", "s3:*", "kms:*", "sns:*", "logs:*", "cloudwatch:*", "events:*", "iam:*")
	b.role(sweeperRole, service("scheduler"), "lambda:InvokeFunction")
	b.role(forwarderRole, service("events"), "events:PutEvents")
	b.call("sqs:CreateQueue", object{"QueueName": guardQueue, "Attributes": object{"MessageRetentionPeriod": "1209600", "Policy": policy(object{
		"Effect": "Allow", "Principal": service("events"), "Action": "sqs:SendMessage", "Resource": queueARN(guardQueue),
	})}}, nil)
	b.call("lambda:CreateFunction", object{
		"FunctionName": guardName, "Role": guardRole, "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 60, "MemorySize": 256,
		"Code": object{"ZipFile": []byte("the guard")}, "DeadLetterConfig": object{"TargetArn": queueARN(guardQueue)},
	}, nil)
	b.call("lambda:PutFunctionConcurrency", object{"FunctionName": guardName, "ReservedConcurrentExecutions": 5}, nil)
	b.call("lambda:PutFunctionEventInvokeConfig", object{"FunctionName": guardName, "MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}, nil)
	b.call("lambda:AddPermission", object{
		"FunctionName": guardName, "StatementId": "events", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
		"SourceAccount": lab.DefaultAccount,
	}, nil)
	b.call("scheduler:CreateSchedule", object{
		"Name": guardSweep, "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": object{"Mode": "OFF"}, "State": "ENABLED",
		"Target": object{"Arn": guardFunction, "RoleArn": sweeperRole},
	}, nil)
	b.table()
	b.call("events:CreateEventBus", object{"Name": guardName}, nil)
	b.call("events:PutPermission", object{"EventBusName": guardName, "Policy": policy(object{
		"Sid": "members", "Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + delegate + ":root"}, "Action": "events:PutEvents", "Resource": guardBus,
	})}, nil)
	account := ":" + home + ":" + lab.DefaultAccount + ":"
	return []string{
		guardFunction, guardRole, sweeperRole, forwarderRole, queueARN(guardQueue), topicARN(alerts), guardBus,
		"arn:aws:scheduler" + account + "schedule/default/" + guardSweep, "arn:aws:dynamodb" + account + "table/" + guardTable,
	}
}

func (b *builder) table() {
	b.call("dynamodb:CreateTable", object{
		"TableName": guardTable, "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
		"AttributeDefinitions": []object{{"AttributeName": "id", "AttributeType": "S"}},
		"KeySchema":            []object{{"AttributeName": "id", "KeyType": "HASH"}},
	}, nil)
	b.call("dynamodb:UpdateContinuousBackups", object{
		"TableName": guardTable, "PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 35},
	}, nil)
	b.call("dynamodb:UpdateTimeToLive", object{
		"TableName": guardTable, "TimeToLiveSpecification": object{"Enabled": true, "AttributeName": "expires"},
	}, nil)
}

// rule is one rule that wakes the guard.
type rule struct {
	region, bus, name, pattern string
}

func (r rule) arn() string {
	arn := "arn:aws:events:" + r.region + ":" + lab.DefaultAccount + ":rule/"
	if r.bus != "" {
		arn += r.bus + "/"
	}
	return arn + r.name
}

// forwarded is the rule on the guard's bus, which hands on what rules of other regions have chosen.
var forwarded = rule{region: home, bus: guardName, name: guardName + "-forwarded", pattern: `{"source":[{"prefix":"aws."}]}`}

// rulesFor are the rules that wake the guard for a baseline. What they are called follows from the services and regions that
// the baseline names; and because they are guarded too, they are made until they have themselves among what they are for.
func rulesFor(b trail.Baseline) []rule {
	guard := b.Guard
	rules := []rule{forwarded}
	for known := 0; known != len(rules); {
		known = len(rules)
		b.Guard = guard[:len(guard):len(guard)]
		for _, r := range rules {
			b.Guard = append(b.Guard, trail.Resource{Type: trail.Rule, ARN: r.arn(), Region: r.region, Account: lab.DefaultAccount})
		}
		rules = []rule{forwarded}
		count := map[string]int{}
		for _, p := range tamper.EventPatterns(b) {
			service, _, _ := strings.Cut(p.Source, ".")
			name := guardName + "-" + service
			if count[p.Region+name]++; count[p.Region+name] > 1 {
				name += fmt.Sprintf("-%d", count[p.Region+name])
			}
			rules = append(rules, rule{region: p.Region, name: name, pattern: p.Text})
		}
	}
	return rules
}

// listen makes the rules. Those of other regions send what they choose to the guard's bus.
func (b *builder) listen(rules []rule) []string {
	var arns []string
	for _, r := range rules {
		target := object{"Id": "guard", "Arn": guardFunction, "DeadLetterConfig": object{"Arn": queueARN(guardQueue)}}
		if r.region != home {
			target = object{"Id": "guard", "Arn": guardBus, "RoleArn": forwarderRole}
		}
		parameters, to := object{"Name": r.name, "EventPattern": r.pattern, "State": "ENABLED"}, object{"Rule": r.name, "Targets": []object{target}}
		if r.bus != "" {
			parameters["EventBusName"], to["EventBusName"] = r.bus, r.bus
		}
		b.callIn(r.region, "events:PutRule", parameters, nil)
		b.callIn(r.region, "events:PutTargets", to, nil)
		arns = append(arns, r.arn())
	}
	return arns
}
