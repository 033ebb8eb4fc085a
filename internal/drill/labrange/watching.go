package labrange

import "github.com/trailhold/trailhold/internal/lab"

// What watches the target.
const (
	readerQueue = "audit-reader"
	alarmName   = "trail stopped"
)

func queueARN(name string) string {
	return "arn:aws:sqs:" + home + ":" + lab.DefaultAccount + ":" + name
}

// deliveries makes the topic that tells of delivered log files, with a program that only wants to hear of some of them, and a
// person.
func (b *builder) deliveries() {
	b.call("sqs:CreateQueue", object{"QueueName": readerQueue, "Attributes": object{"Policy": policy(object{
		"Effect": "Allow", "Principal": service("sns"), "Action": "sqs:SendMessage", "Resource": queueARN(readerQueue),
	})}}, nil)
	topic := topicARN(deliveries)
	b.call("sns:CreateTopic", object{"Name": deliveries, "Attributes": object{"Policy": policy(object{
		"Sid": "deliver", "Effect": "Allow", "Principal": service("cloudtrail"), "Action": "SNS:Publish", "Resource": topic,
	})}}, nil)
	b.call("sns:Subscribe", object{"TopicArn": topic, "Protocol": "sqs", "Endpoint": queueARN(readerQueue), "Attributes": object{
		"RawMessageDelivery": "true", "FilterPolicyScope": "MessageBody", "FilterPolicy": `{"s3Bucket":["` + logBucket + `"]}`,
	}}, nil)
	b.call("sns:Subscribe", object{"TopicArn": topic, "Protocol": "email", "Endpoint": "archive@example.com"}, nil)
}

// logGroup makes the log group that the target writes to, and an alarm on what it tells.
func (b *builder) logGroup() {
	b.role(logRole, service("cloudtrail"), "logs:CreateLogStream", "logs:PutLogEvents")
	key := b.key(lab.DefaultAccount)
	b.call("logs:CreateLogGroup", object{"LogGroupName": groupName, "KmsKeyId": key}, nil)
	b.call("logs:PutRetentionPolicy", object{"LogGroupName": groupName, "RetentionInDays": 365}, nil)
	b.call("logs:PutMetricFilter", object{
		"LogGroupName": groupName, "FilterName": "stops", "FilterPattern": `{ $.eventName = "StopLogging" }`,
		"MetricTransformations": []object{{"MetricName": "Stops", "MetricNamespace": "Audit", "MetricValue": "1"}},
	}, nil)
	b.call("logs:PutSubscriptionFilter", object{
		"LogGroupName": groupName, "FilterName": "to-analysts", "FilterPattern": "",
		"DestinationArn": "arn:aws:lambda:" + home + ":" + lab.DefaultAccount + ":function:analysts",
	}, nil)
	b.call("logs:PutDataProtectionPolicy", object{"LogGroupIdentifier": groupName, "PolicyDocument": dataProtection}, nil)
	b.call("logs:PutLogGroupDeletionProtection", object{"LogGroupIdentifier": groupName, "DeletionProtectionEnabled": true}, nil)
	b.call("cloudwatch:PutMetricAlarm", object{
		"AlarmName": alarmName, "AlarmDescription": "Somebody stopped a trail", "Namespace": "Audit", "MetricName": "Stops", "Statistic": "Sum",
		"Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
		"AlarmActions": []string{topicARN(alerts)}, "ActionsEnabled": true, "TreatMissingData": "notBreaching",
	}, nil)
}

// dataProtection masks what looks like an access key.
const dataProtection = `{"Name":"mask","Version":"2021-06-01","Statement":[` +
	`{"Sid":"audit","DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/AwsSecretKey"],"Operation":{"Audit":{"FindingsDestination":{}}}},` +
	`{"Sid":"mask","DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/AwsSecretKey"],"Operation":{"Deidentify":{"MaskConfig":{}}}}]}`
