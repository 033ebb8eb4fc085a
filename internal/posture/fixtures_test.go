package posture

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

const (
	own        = "111122223333"
	management = "999988887777"
	elsewhere  = "444455556666"
	trailARN   = "arn:aws:cloudtrail:us-east-1:" + own + ":trail/main"
	orgARN     = "arn:aws:cloudtrail:us-east-1:" + management + ":trail/organization"
	bucketARN  = "arn:aws:s3:::trail-logs"
	keyARN     = "arn:aws:kms:us-east-1:" + own + ":key/1111"
	topicARN   = "arn:aws:sns:us-east-1:" + own + ":alerts"
	groupARN   = "arn:aws:logs:us-east-1:" + own + ":log-group:trail"
	roleARN    = "arn:aws:iam::" + own + ":role/cloudtrail"
	storeARN   = "arn:aws:cloudtrail:us-east-1:" + own + ":eventdatastore/2222"
	ruleARN    = "arn:aws:events:us-east-1:" + own + ":rule/guard"
	functionID = "arn:aws:lambda:us-east-1:" + own + ":function:guard"
	queueARN   = "arn:aws:sqs:us-east-1:" + own + ":lost"
)

// benchmark is what the fixtures make filters of.
var benchmark = metricfilter.Controls()

var now = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func minutesAgo(n int) time.Time { return now.Add(-time.Duration(n) * time.Minute) }

// doc is a setting that was read.
func doc(format string, args ...any) trail.Facet[trail.Document] {
	d, err := trail.ParseDocument([]byte(fmt.Sprintf(format, args...)))
	if err != nil {
		panic(err)
	}
	return trail.Known(d)
}

// denied is a setting that could not be read.
func denied() trail.Facet[trail.Document] {
	return trail.NotKnown[trail.Document]("AccessDenied: not authorized")
}

func identity(owner string) trail.Facet[trail.Document] { return doc(`{"Owner":%q}`, owner) }

const all4 = `{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`

// healthy is an account that passes every check.
func healthy() Inventory {
	return Inventory{At: now, Accounts: []Account{{
		ID: own, Partition: "aws", Caller: "arn:aws:sts::" + own + ":assumed-role/audit/me",
		Enabled: trail.Known([]string{"eu-west-1", "us-east-1"}),
		Regions: map[string]Region{
			"us-east-1": {
				Trails: trail.Known([]string{trailARN, orgARN}), Stores: trail.Known([]string{storeARN}), Alarms: trail.Known(alarmARNs()),
				Rules: trail.Known([]string{ruleARN}), Recorder: trail.Known(ConfigRecorder{Name: "default", Recording: true, LastStatus: "Success", AllTypes: true}),
				Detector: trail.Known(Detector{ID: "d1", Enabled: true}), Hub: trail.Known(Hub{ARN: "arn:aws:securityhub:us-east-1:" + own + ":hub/default"}),
			},
			"eu-west-1": {
				Trails: trail.Known([]string{trailARN, orgARN}), Stores: trail.Known([]string{}), Alarms: trail.Gone[[]string](),
				Rules: trail.Known([]string{}), Recorder: trail.Known(ConfigRecorder{Name: "default", Recording: true, AllTypes: true}),
				Detector: trail.Known(Detector{ID: "d2", Enabled: true}), Hub: trail.Known(Hub{ARN: "arn:aws:securityhub:eu-west-1:" + own + ":hub/default"}),
			},
		},
		Trails:            []trail.State{healthyTrail(), organizationsTrail()},
		Resources:         healthyResources(),
		PublicAccessBlock: doc(all4),
		Principals:        people(whocan.Principal{ARN: roleARN, Policies: []*whocan.Policy{written("write", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"`+groupARN+`:*"}]}`)}}),
		Organization: trail.Known(Organization{
			ID: "o-example", ManagementAccount: management,
			TrustedServices: trail.Known([]string{"cloudtrail.amazonaws.com"}), Administrators: trail.Known([]string{}),
			ServiceControls: trail.Known([][]*whocan.Policy{{written("FullAWSAccess", allowAll), written("protect", protectTrails)}}),
		}),
		Activity: trail.Known([]Actor{{ARN: "arn:aws:iam::" + own + ":user/alice", Names: map[string]int{"ListBuckets": 3}, Since: minutesAgo(600)}}),
		Guard: trail.Known(Guard{
			Resources: []Resource{{Type: trail.Rule, ARN: ruleARN, Region: "us-east-1", Account: own, State: ruleState()}},
			AlertedAt: trail.Known(minutesAgo(60)),
		}),
		Baseline: &trail.Baseline{Account: own, Trails: []trail.Guarded{{Config: healthyConfig(), Dependents: []trail.Resource{{Type: trail.Bucket, ARN: bucketARN, Account: own}}}}},
	}}}
}

// people are an account's principals.
func people(list ...whocan.Principal) trail.Facet[whocan.Account] {
	return trail.Known(whocan.Account{ID: own, Partition: "aws", Principals: list})
}

// written is a policy of that text.
func written(name, text string) *whocan.Policy {
	document, err := policy.Parse(text)
	if err != nil {
		panic(err)
	}
	return &whocan.Policy{Name: name, Document: document}
}

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

const protectTrails = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["cloudtrail:StopLogging","cloudtrail:DeleteTrail","cloudtrail:UpdateTrail","cloudtrail:PutEventSelectors"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/break-glass"}}}]}`

func healthyConfig() trail.Config {
	return trail.Config{
		Name: "main", ARN: trailARN, HomeRegion: "us-east-1", S3BucketName: "trail-logs", SnsTopicARN: topicARN,
		CloudWatchLogsLogGroupARN: groupARN + ":*", CloudWatchLogsRoleARN: roleARN, KMSKeyID: keyARN,
		LogFileValidationEnabled: true, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true,
	}
}

func healthyStatus() trail.Status {
	return trail.Status{
		IsLogging: true, StartLoggingTime: now.AddDate(0, -6, 0), LatestDeliveryTime: minutesAgo(5),
		LatestDigestDeliveryTime: minutesAgo(30), LatestCloudWatchLogsDeliveryTime: minutesAgo(5),
	}
}

// everythingSelected selects all management events, and all data events that checks ask for.
func everythingSelected() trail.Selectors {
	types := append([]string{s3Object, lambdaFn, dynamoTable}, bedrockTypes...)
	data := func(types []string) trail.AdvancedEventSelector {
		return trail.AdvancedEventSelector{FieldSelectors: []trail.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: types}}}
	}
	return trail.Selectors{Advanced: []trail.AdvancedEventSelector{
		{FieldSelectors: []trail.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}, data(types),
	}}
}

func healthyTrail() trail.State {
	return trail.State{
		ARN: trailARN, Config: trail.Known(healthyConfig()), Status: trail.Known(healthyStatus()),
		Regions:   map[string]trail.Facet[trail.Status]{"eu-west-1": trail.Known(healthyStatus())},
		Selectors: trail.Known(everythingSelected()),
		Insights:  trail.Known([]trail.InsightSelector{{InsightType: insightCalls}, {InsightType: insightErrors}}),
		Tags:      trail.Known(map[string]string{"owner": "security"}),
	}
}

// organizationsTrail is the trail of the management account. It leaves global services to the account's own.
func organizationsTrail() trail.State {
	c := trail.Config{Name: "organization", ARN: orgARN, HomeRegion: "us-east-1", S3BucketName: "organization-logs", LogFileValidationEnabled: true, IsMultiRegionTrail: true, IsOrganizationTrail: true}
	return trail.State{ARN: orgARN, Config: trail.Known(c), Status: trail.Known(healthyStatus()), Selectors: trail.Known(trail.Selectors{
		Advanced: everythingSelected().Advanced[:1],
	}), Insights: trail.Known([]trail.InsightSelector(nil)), Tags: trail.NotKnown[map[string]string]("AccessDenied")}
}

const bucketPolicy = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Acl","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"` + bucketARN + `","Condition":{"StringEquals":{"aws:SourceArn":"` + trailARN + `"}}},
	{"Sid":"Write","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"` + bucketARN + `/AWSLogs/` + own + `/*","Condition":{"StringEquals":{"aws:SourceArn":"` + trailARN + `","s3:x-amz-acl":"bucket-owner-full-control"}}},
	{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["` + bucketARN + `","` + bucketARN + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

const keyPolicyText = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + own + `:root"},"Action":"kms:*","Resource":"*"},
	{"Sid":"Trail","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*","Condition":{"StringEquals":{"aws:SourceArn":"` + trailARN + `"}}},
	{"Sid":"Describe","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:DescribeKey","Resource":"*"},
	{"Sid":"Alarms","Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}]}`

const topicPolicyText = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Trail","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topicARN + `","Condition":{"StringEquals":{"aws:SourceArn":"` + trailARN + `"}}},
	{"Sid":"Alarms","Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topicARN + `","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:us-east-1:` + own + `:alarm:*"}}}]}`

// permissionsText is the statement of a function's policy that lets a rule in.
const permissionsText = `{"rules":{"Effect":%q,"Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + functionID + `","Condition":{"ArnLike":{"AWS:SourceArn":%q}}}}`

func ruleState() trail.ResourceState {
	return trail.ResourceState{
		trail.Identity: identity(own),
		"definition":   doc(`{"State":"ENABLED","EventPattern":{"source":["aws.cloudtrail"],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["cloudtrail.amazonaws.com"]}}}`),
		"targets":      doc(`{"guard":{"Arn":%q,"DeadLetterConfig":{"Arn":%q}}}`, functionID, queueARN),
	}
}

func healthyResources() map[string]Resource {
	all := map[string]Resource{}
	add := func(t trail.ResourceType, arn string, state trail.ResourceState) {
		state[trail.Identity] = identity(own)
		all[arn] = Resource{Type: t, ARN: arn, Region: "us-east-1", Account: own, State: state}
	}
	add(trail.Bucket, bucketARN, trail.ResourceState{
		"policy": doc(bucketPolicy), "publicAccessBlock": doc(all4), "acl": doc(`{"Owner":{"ID":"x"}}`), "versioning": doc(`{"Status":"Enabled"}`),
		"ownershipControls": doc(`{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}`), "requestPayment": doc(`{"Payer":"BucketOwner"}`),
		"objectLock": doc(`{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":400}}}`),
		"encryption": doc(`{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}`), "lifecycle": doc(`{}`),
		"replication": doc(`{"Rules":[{"Status":"Enabled","Destination":{"Bucket":"arn:aws:s3:::copy","Account":%q}}]}`, elsewhere),
		"logging":     doc(`{"TargetBucket":"access-logs"}`), "notification": doc(`{"EventBridgeConfiguration":true}`),
	})
	add(trail.Key, keyARN, trail.ResourceState{"state": doc(`{"KeyState":"Enabled"}`), "policy": doc(keyPolicyText), "rotation": doc(`{"KeyRotationEnabled":true,"RotationPeriodInDays":365}`)})
	add(trail.Topic, topicARN, trail.ResourceState{"policy": doc(topicPolicyText), "encryption": doc(`{"KmsMasterKeyId":%q}`, keyARN), "subscriptions": doc(`{"email security@example.com":{"RawMessageDelivery":false}}`)})
	add(trail.Role, roleARN, trail.ResourceState{
		"trust":    doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		"policies": doc(`{}`), "attachedPolicies": doc(`{}`), "boundary": doc(`{}`),
	})
	add(trail.LogGroup, groupARN, trail.ResourceState{"retention": doc(`{"RetentionInDays":731}`), "encryption": doc(`{"KmsKeyId":%q}`, keyARN), "metricFilters": doc("%s", allFilters())})
	add(trail.EventDataStore, storeARN, trail.ResourceState{
		"deletion": doc(`{"Pending":false}`), "ingestion": doc(`{"Ingesting":true}`),
		"configuration": doc(`{"KmsKeyId":%q,"MultiRegionEnabled":true,"TerminationProtectionEnabled":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]}`, keyARN),
	})
	add(trail.Rule, ruleARN, ruleState())
	add(trail.Function, functionID, trail.ResourceState{"concurrency": doc(`{}`), "permissions": doc(permissionsText, "Allow", ruleARN)})
	for _, c := range benchmark {
		add(trail.Alarm, alarmARN(c.ID), trail.ResourceState{
			"definition":     doc(`{"Namespace":"CloudTrail","MetricName":%q,"Statistic":"Sum","Threshold":1,"ComparisonOperator":"GreaterThanOrEqualToThreshold","AlarmActions":[%q]}`, c.ID, topicARN),
			"actionsEnabled": doc(`{"ActionsEnabled":true}`), "muteRules": doc(`{}`),
		})
	}
	return all
}

func alarmARN(name string) string {
	return "arn:aws:cloudwatch:us-east-1:" + own + ":alarm:" + name
}

func alarmARNs() []string {
	var all []string
	for _, c := range benchmark {
		all = append(all, alarmARN(c.ID))
	}
	return all
}

// filterJSON is one metric filter as a member of the document.
func filterJSON(id, pattern string) string {
	return fmt.Sprintf(`%q:{"FilterPattern":%q,"MetricTransformations":[{"MetricNamespace":"CloudTrail","MetricName":%q,"MetricValue":"1"}]}`, id, pattern, id)
}

func allFilters() string {
	var members []string
	for _, c := range benchmark {
		members = append(members, filterJSON(c.ID, c.Pattern))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// set changes a setting of a resource.
func (a *Account) set(arn string, setting trail.Setting, f trail.Facet[trail.Document]) {
	a.Resources[arn].State[setting] = f
}

// config changes the configuration of the account's own trail.
func (a *Account) config(change func(*trail.Config)) {
	c, _ := a.Trails[0].Config.Get()
	change(&c)
	a.Trails[0].Config = trail.Known(c)
}

// status changes its status.
func (a *Account) status(change func(*trail.Status)) {
	s, _ := a.Trails[0].Status.Get()
	change(&s)
	a.Trails[0].Status = trail.Known(s)
}

// region changes what was read in a region.
func (a *Account) region(name string, change func(*Region)) {
	r := a.Regions[name]
	change(&r)
	a.Regions[name] = r
}
