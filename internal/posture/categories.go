package posture

import (
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// The resource types of data events that most accounts have.
const (
	s3Object      = "AWS::S3::Object"
	lambdaFn      = "AWS::Lambda::Function"
	dynamoTable   = "AWS::DynamoDB::Table"
	insightCalls  = "ApiCallRateInsight"
	insightErrors = "ApiErrorRateInsight"
)

// The names of categories that checks speak of.
const (
	managementRead  = "management read"
	managementWrite = "management write"
	globalServices  = "global services"
	s3Read          = "S3 object read"
	s3Write         = "S3 object write"
	otherData       = "other data"
)

// bedrockTypes are the resource types of Amazon Bedrock that have data events: calls of models and agents.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
var bedrockTypes = []string{
	"AWS::Bedrock::AgentAlias", "AWS::Bedrock::AsyncInvoke", "AWS::Bedrock::FlowAlias", "AWS::Bedrock::Guardrail",
	"AWS::Bedrock::InlineAgent", "AWS::Bedrock::KnowledgeBase", "AWS::Bedrock::Model", "AWS::Bedrock::PromptVersion",
}

// otherTypes are the other resource types with data events of which a trail can be told apart. AWS adds to them; one that is
// not among them is covered only where it is named in a selector.
var otherTypes = []string{
	"AWS::AppConfig::Configuration", "AWS::B2BI::Transformer", "AWS::Cassandra::Table", "AWS::CloudFront::KeyValueStore",
	"AWS::CloudTrail::Channel", "AWS::CloudWatch::Metric", "AWS::CodeWhisperer::Profile", "AWS::Cognito::IdentityPool",
	"AWS::DynamoDB::Stream", "AWS::EC2::Snapshot", "AWS::EMRWAL::Workspace", "AWS::FinSpace::Environment", "AWS::Glue::Table",
	"AWS::GuardDuty::Detector", "AWS::IoT::Certificate", "AWS::IoT::Thing", "AWS::KendraRanking::ExecutionPlan",
	"AWS::Kinesis::Stream", "AWS::Kinesis::StreamConsumer", "AWS::KinesisVideo::Stream", "AWS::ManagedBlockchain::Network",
	"AWS::MedicalImaging::Datastore", "AWS::PCAConnectorAD::Connector", "AWS::QApps::QApp", "AWS::QBusiness::Application",
	"AWS::RDS::DBCluster", "AWS::S3::AccessPoint", "AWS::S3Express::Object", "AWS::S3ObjectLambda::AccessPoint",
	"AWS::S3Outposts::Object", "AWS::SageMaker::Endpoint", "AWS::SageMaker::FeatureGroup", "AWS::ServiceDiscovery::Namespace",
	"AWS::SNS::PlatformEndpoint", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SSM::ManagedNode", "AWS::SSMMessages::ControlChannel",
	"AWS::StepFunctions::StateMachine", "AWS::SWF::Domain", "AWS::ThinClient::Device", "AWS::Timestream::Table",
	"AWS::VerifiedPermissions::PolicyStore", "AWS::XRay::Trace",
}

// Categories lists the categories of the coverage map, in the order in which they are shown.
func Categories() []Category {
	return []Category{
		{Name: managementWrite, Event: trail.CategoryManagement, Access: "write"},
		{Name: managementRead, Event: trail.CategoryManagement, Access: "read"},
		{Name: globalServices, Event: trail.CategoryManagement},
		{Name: s3Write, Event: trail.CategoryData, ResourceType: s3Object, Access: "write"},
		{Name: s3Read, Event: trail.CategoryData, ResourceType: s3Object, Access: "read"},
		{Name: "Lambda invocation", Event: trail.CategoryData, ResourceType: lambdaFn},
		{Name: "DynamoDB item", Event: trail.CategoryData, ResourceType: dynamoTable},
		{Name: "Bedrock", Event: trail.CategoryData, ResourceType: "AWS::Bedrock::*"},
		{Name: otherData, Event: trail.CategoryData},
		{Name: "network activity", Event: trail.CategoryNetwork},
		{Name: "call rate insight", Event: "Insight", Insight: insightCalls},
		{Name: "error rate insight", Event: "Insight", Insight: insightErrors},
	}
}

// selectors select exactly the events of the category.
func (c Category) selectors() trail.Selectors {
	fields := []trail.FieldSelector{{Field: "eventCategory", Equals: []string{c.Event}}}
	switch {
	case c.ResourceType == "AWS::Bedrock::*":
		fields = append(fields, trail.FieldSelector{Field: "resources.type", Equals: bedrockTypes})
	case c.ResourceType != "":
		fields = append(fields, trail.FieldSelector{Field: "resources.type", Equals: []string{c.ResourceType}})
	case c.Name == otherData:
		fields = append(fields, trail.FieldSelector{Field: "resources.type", Equals: otherTypes})
	}
	switch c.Access {
	case "read":
		fields = append(fields, trail.FieldSelector{Field: "readOnly", Equals: []string{"true"}})
	case "write":
		fields = append(fields, trail.FieldSelector{Field: "readOnly", Equals: []string{"false"}})
	}
	return trail.Selectors{Advanced: []trail.AdvancedEventSelector{{FieldSelectors: fields}}}
}

// category finds a category by its name.
func category(name string) Category {
	list := Categories()
	return list[slices.IndexFunc(list, func(c Category) bool { return c.Name == name })]
}

// neverRecorded is what CloudTrail records in no configuration.
var neverRecorded = []string{
	"What happens inside an instance, container, function or database: commands, queries, files. Only the calls of AWS's APIs are recorded.",
	"Calls that AWS refuses before it knows who makes them, such as those with a wrong signature or an unknown access key.",
	"The content of objects, messages and answers; of requests only parameters, and of secrets not even those.",
	"Data events of services and resource types that CloudTrail does not support.",
	"Unsubscribing from a topic by the link in a message, and confirming a subscription that way: nobody signs those calls.",
	"Traffic between machines, and DNS queries: flow logs and the resolver's query logs record them.",
	"Whatever happened while no trail was logging, except for management events, which Event history keeps for 90 days.",
	"Parameters of requests beyond 100 KB, and for EventBridge and CloudWatch Logs all of an event of more than 256 KB.",
}
