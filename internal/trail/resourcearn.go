package trail

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// ResourceARN is what the ARN of a resource says of it. Parts that ARNs of its kind do not have are empty: a bucket's has
// neither region nor account, a role's and an organization's no region.
type ResourceARN struct {
	Type                       ResourceType
	Partition, Region, Account string
}

// maxResourceARN bounds an ARN, in bytes. The longest of these kinds, a schedule's, has less than 200.
const maxResourceARN = 1024

// arnShape is how the ARNs of a kind of resource look.
type arnShape struct {
	is              ResourceType
	service, prefix string
	region, account bool   // whether it names them
	example         string // after the partition
}

// arnShapes lists the shapes as the Service Authorization Reference gives them.
var arnShapes = []arnShape{
	{is: Bucket, service: "s3", example: "s3:::name"},
	{is: Key, service: "kms", prefix: "key/", region: true, account: true, example: "kms:region:account:key/id"},
	{is: Topic, service: "sns", region: true, account: true, example: "sns:region:account:name"},
	{is: LogGroup, service: "logs", prefix: "log-group:", region: true, account: true, example: "logs:region:account:log-group:name:*"},
	{is: Role, service: "iam", prefix: "role/", account: true, example: "iam::account:role/name"},
	{is: Alarm, service: "cloudwatch", prefix: "alarm:", region: true, account: true, example: "cloudwatch:region:account:alarm:name"},
	{is: Rule, service: "events", prefix: "rule/", region: true, account: true, example: "events:region:account:rule/name"},
	{is: EventBus, service: "events", prefix: "event-bus/", region: true, account: true, example: "events:region:account:event-bus/name"},
	{is: Schedule, service: "scheduler", prefix: "schedule/", region: true, account: true, example: "scheduler:region:account:schedule/group/name"},
	{is: Function, service: "lambda", prefix: "function:", region: true, account: true, example: "lambda:region:account:function:name"},
	{is: Queue, service: "sqs", region: true, account: true, example: "sqs:region:account:name"},
	{is: Table, service: "dynamodb", prefix: "table/", region: true, account: true, example: "dynamodb:region:account:table/name"},
	{is: Organization, service: "organizations", prefix: "organization/", account: true, example: "organizations::account:organization/id"},
	{is: EventDataStore, service: "cloudtrail", prefix: "eventdatastore/", region: true, account: true, example: "cloudtrail:region:account:eventdatastore/id"},
	{is: Channel, service: "cloudtrail", prefix: "channel/", region: true, account: true, example: "cloudtrail:region:account:channel/id"},
}

// ParseResourceARN says what an ARN tells of a resource. The error says that it is the ARN of no kind of resource that
// can be guarded, or which part of it is wrong.
func ParseResourceARN(text string) (ResourceARN, error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || len(text) > maxResourceARN || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ResourceARN{}, fmt.Errorf("%s is not an ARN", show(text))
	}
	n := slices.IndexFunc(arnShapes, func(s arnShape) bool { return s.fits(parts[2], parts[5]) })
	if n < 0 {
		return ResourceARN{}, fmt.Errorf("%s is not the ARN of a resource that can be guarded", show(text))
	}
	a := ResourceARN{Type: arnShapes[n].is, Partition: parts[1], Region: parts[3], Account: parts[4]}
	switch s := arnShapes[n]; {
	case !arnPartition.MatchString(a.Partition):
		return ResourceARN{}, fmt.Errorf("the partition %s in the ARN is not one of AWS's, such as aws, aws-cn or aws-us-gov", show(a.Partition))
	case s.region != (a.Region != "") || s.region && !ValidRegion(a.Region), s.account != (a.Account != "") || s.account && !ValidAccount(a.Account):
		return ResourceARN{}, fmt.Errorf("%s is not the ARN of a resource of type %s: it looks like %s", show(text), s.is, ResourceARNExample(s.is))
	}
	return a, nil
}

// fits says whether service and resource part are those of the kind. What has no prefix is a plain name.
func (s arnShape) fits(service, resource string) bool {
	name, ok := strings.CutPrefix(resource, s.prefix)
	return s.service == service && ok && name != "" && (s.prefix != "" || !strings.ContainsAny(name, ":/"))
}

// ResourceARNExample shows how ARNs of a kind look; empty for a kind that nobody knows.
func ResourceARNExample(t ResourceType) string {
	n := slices.IndexFunc(arnShapes, func(s arnShape) bool { return s.is == t })
	if n < 0 {
		return ""
	}
	return "arn:aws:" + arnShapes[n].example
}

// GlobalRegion is the region in which calls are made and recorded for kinds that belong to no region: IAM's and
// Organizations'. It is empty for all other kinds, and in partitions of which that is not known.
// https://docs.aws.amazon.com/general/latest/gr/iam-service.html
func (a ResourceARN) GlobalRegion() string {
	if a.Type != Role && a.Type != Organization {
		return ""
	}
	if a.Partition == "aws-cn" && a.Type == Organization {
		return "cn-northwest-1"
	}
	return GlobalRegion(a.Partition)
}

// GlobalRegion is the region in which a partition's IAM and other global services are called, and their calls recorded;
// empty where that is not known.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
func GlobalRegion(partition string) string {
	return map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[partition]
}
