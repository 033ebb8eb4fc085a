package lab_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailhold/trailhold/internal/lab"
)

// createWith calls CreateTrail for a trail that would be fine but for what change does.
func createWith(change func(*cloudtrail.CreateTrailInput)) func(*kit) error {
	return func(k *kit) error {
		in := &cloudtrail.CreateTrailInput{Name: aws.String("new"), S3BucketName: aws.String("logs")}
		change(in)
		_, err := k.trail(home).CreateTrail(k.ctx, in)
		return err
	}
}

func updateWith(change func(*cloudtrail.UpdateTrailInput)) func(*kit) error {
	return func(k *kit) error {
		in := &cloudtrail.UpdateTrailInput{Name: aws.String("main")}
		change(in)
		_, err := k.trail(home).UpdateTrail(k.ctx, in)
		return err
	}
}

func selectBasic(selectors ...types.EventSelector) func(*kit) error {
	return func(k *kit) error {
		_, err := k.trail(home).PutEventSelectors(k.ctx, &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("main"), EventSelectors: selectors})
		return err
	}
}

func selectAdvanced(fields ...types.AdvancedFieldSelector) func(*kit) error {
	return func(k *kit) error {
		_, err := k.trail(home).PutEventSelectors(k.ctx, &cloudtrail.PutEventSelectorsInput{
			TrailName: aws.String("main"), AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: fields}},
		})
		return err
	}
}

func selectorField(name string, equals ...string) types.AdvancedFieldSelector {
	return types.AdvancedFieldSelector{Field: &name, Equals: equals}
}

func insights(selectors ...types.InsightSelector) func(*kit) error {
	return func(k *kit) error {
		_, err := k.trail(home).PutInsightSelectors(k.ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: aws.String("main"), InsightSelectors: selectors})
		return err
	}
}

func configure(in cloudtrail.PutEventConfigurationInput) func(*kit) error {
	return func(k *kit) error {
		_, err := k.trail(home).PutEventConfiguration(k.ctx, &in)
		return err
	}
}

func addTags(id string, tags ...types.Tag) func(*kit) error {
	return func(k *kit) error {
		_, err := k.trail(home).AddTags(k.ctx, &cloudtrail.AddTagsInput{ResourceId: &id, TagsList: tags})
		return err
	}
}

func getTrail(name string) func(*kit) error {
	return func(k *kit) error {
		_, err := k.trail(home).GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: &name})
		return err
	}
}

func lookupWith(in cloudtrail.LookupEventsInput) func(*kit) error {
	return func(k *kit) error {
		_, err := k.trail(home).LookupEvents(k.ctx, &in)
		return err
	}
}

// manyTags makes tags, each with its own key.
func manyTags(n int) []types.Tag {
	var tags []types.Tag
	for i := range n {
		tags = append(tags, types.Tag{Key: aws.String("key" + strings.Repeat("x", i))})
	}
	return tags
}

func TestTypedErrors(t *testing.T) {
	insight := types.InsightSelector{InsightType: types.InsightTypeApiCallRateInsight}
	tests := []struct {
		name string
		call func(*kit) error
		want string
	}{
		{"no name", getTrail(""), "InvalidTrailNameException"},
		{"short name", getTrail("ab"), "InvalidTrailNameException"},
		{"long name", getTrail(strings.Repeat("a", 129)), "InvalidTrailNameException"},
		{"bad character", getTrail("my trail"), "InvalidTrailNameException"},
		{"bad start", getTrail("-main"), "InvalidTrailNameException"},
		{"bad end", getTrail("main."), "InvalidTrailNameException"},
		{"adjacent marks", getTrail("my-_trail"), "InvalidTrailNameException"},
		{"address", getTrail("192.168.5.4"), "InvalidTrailNameException"},
		{"not a trail's ARN", getTrail("arn:aws:s3:::logs"), "CloudTrailARNInvalidException"},
		{"ARN without account", getTrail("arn:aws:cloudtrail:us-east-1::trail/main"), "CloudTrailARNInvalidException"},
		{"unknown name", getTrail("nobody"), "TrailNotFoundException"},
		{"unknown ARN", getTrail(mainARN + "2"), "TrailNotFoundException"},
		{"another account's trail", getTrail("arn:aws:cloudtrail:us-east-1:999999999999:trail/main"), "TrailNotFoundException"},
		{"region that is not enabled", getTrail("arn:aws:cloudtrail:ap-south-1:111122223333:trail/main"), "TrailNotFoundException"},

		{"exists", createWith(func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String("main") }), "TrailAlreadyExistsException"},
		{"bad bucket name", createWith(func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String("Logs") }), "InvalidS3BucketNameException"},
		{"no bucket", createWith(func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String("nowhere") }), "S3BucketDoesNotExistException"},
		{"bucket without policy", createWith(func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String("closed") }), "InsufficientS3BucketPolicyException"},
		{"bucket whose ACL is closed", createWith(func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String("unseen") }), "InsufficientS3BucketPolicyException"},
		{"update to a bucket whose ACL is closed", updateWith(func(in *cloudtrail.UpdateTrailInput) { in.S3BucketName = aws.String("unseen") }), "InsufficientS3BucketPolicyException"},
		{"bucket that denies", createWith(func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String("denying") }), "InsufficientS3BucketPolicyException"},
		{"long prefix", createWith(func(in *cloudtrail.CreateTrailInput) { in.S3KeyPrefix = aws.String(strings.Repeat("p", 201)) }), "InvalidS3PrefixException"},
		{"bad topic name", createWith(func(in *cloudtrail.CreateTrailInput) { in.SnsTopicName = aws.String("a topic") }), "InvalidSnsTopicNameException"},
		{"no topic", createWith(func(in *cloudtrail.CreateTrailInput) { in.SnsTopicName = aws.String("nowhere") }), "InsufficientSnsTopicPolicyException"},
		{"bad key", createWith(func(in *cloudtrail.CreateTrailInput) { in.KmsKeyId = aws.String("my-key") }), "InvalidKmsKeyIdException"},
		{"group without role", createWith(func(in *cloudtrail.CreateTrailInput) {
			in.CloudWatchLogsLogGroupArn = aws.String("arn:aws:logs:us-east-1:111122223333:log-group:trail:*")
		}), "InvalidParameterCombinationException"},
		{"another account's group", createWith(func(in *cloudtrail.CreateTrailInput) {
			in.CloudWatchLogsLogGroupArn = aws.String("arn:aws:logs:us-east-1:999999999999:log-group:trail:*")
			in.CloudWatchLogsRoleArn = aws.String("arn:aws:iam::111122223333:role/logs")
		}), "InvalidCloudWatchLogsLogGroupArnException"},
		{"another account's role", createWith(func(in *cloudtrail.CreateTrailInput) {
			in.CloudWatchLogsLogGroupArn = aws.String("arn:aws:logs:us-east-1:111122223333:log-group:trail:*")
			in.CloudWatchLogsRoleArn = aws.String("arn:aws:iam::999999999999:role/logs")
		}), "InvalidCloudWatchLogsRoleArnException"},
		{"multi-region without global", createWith(func(in *cloudtrail.CreateTrailInput) {
			in.IsMultiRegionTrail, in.IncludeGlobalServiceEvents = aws.Bool(true), aws.Bool(false)
		}), "InvalidParameterCombinationException"},
		{"no organization", createWith(func(in *cloudtrail.CreateTrailInput) { in.IsOrganizationTrail = aws.Bool(true) }), "OrganizationsNotInUseException"},
		{"duplicate tags", createWith(func(in *cloudtrail.CreateTrailInput) { in.TagsList = append(manyTags(1), manyTags(1)...) }), "InvalidTagParameterException"},
		{"too many tags", createWith(func(in *cloudtrail.CreateTrailInput) { in.TagsList = manyTags(51) }), "TagsLimitExceededException"},

		{"global off on multi-region", updateWith(func(in *cloudtrail.UpdateTrailInput) { in.IncludeGlobalServiceEvents = aws.Bool(false) }), "InvalidParameterCombinationException"},
		{"clear the bucket", updateWith(func(in *cloudtrail.UpdateTrailInput) { in.S3BucketName = aws.String("") }), "InvalidS3BucketNameException"},
		{"redirect to nowhere", updateWith(func(in *cloudtrail.UpdateTrailInput) { in.S3BucketName = aws.String("nowhere") }), "S3BucketDoesNotExistException"},

		{"no selectors", selectBasic(), "InvalidEventSelectorsException"},
		{"six selectors", selectBasic(make([]types.EventSelector, 6)...), "InvalidEventSelectorsException"},
		{"bad read-write type", selectBasic(types.EventSelector{ReadWriteType: "read-only"}), "InvalidEventSelectorsException"},
		{"bad exclusion", selectBasic(types.EventSelector{ExcludeManagementEventSources: []string{"iam.amazonaws.com"}}), "InvalidEventSelectorsException"},
		{"bad resource type", selectBasic(types.EventSelector{DataResources: []types.DataResource{{Type: aws.String("AWS::EC2::Instance")}}}), "InvalidEventSelectorsException"},
		{"bad resource value", selectBasic(types.EventSelector{DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"logs"}}}}), "InvalidEventSelectorsException"},
		{"no event category", selectAdvanced(selectorField("readOnly", "true")), "InvalidEventSelectorsException"},
		{"data without type", selectAdvanced(selectorField("eventCategory", "Data")), "InvalidEventSelectorsException"},
		{"unknown field", selectAdvanced(selectorField("eventCategory", "Management"), selectorField("colour", "red")), "InvalidEventSelectorsException"},
		{"field without operator", selectAdvanced(selectorField("eventCategory", "Management"), selectorField("eventSource")), "InvalidEventSelectorsException"},
		{"too many values", selectAdvanced(selectorField("eventCategory", "Management"), selectorField("eventName", strings.Split(strings.Repeat("x,", 500)+"x", ",")...)), "InvalidEventSelectorsException"},

		{"insights not enabled", func(k *kit) error {
			_, err := k.trail(home).GetInsightSelectors(k.ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: aws.String("main")})
			return err
		}, "InsightNotEnabledException"},
		{"bad insight type", insights(types.InsightSelector{InsightType: "Guess"}), "InvalidInsightSelectorsException"},
		{"insight on data that is not logged", insights(types.InsightSelector{InsightType: insight.InsightType, EventCategories: []types.SourceEventCategory{"Data"}}), "InvalidInsightSelectorsException"},
		{"bad event size", configure(cloudtrail.PutEventConfigurationInput{TrailName: aws.String("main"), MaxEventSize: "Huge"}), "InvalidParameterException"},
		{"context keys need large events", configure(cloudtrail.PutEventConfigurationInput{TrailName: aws.String("main"), ContextKeySelectors: []types.ContextKeySelector{{Type: "TagContext", Equals: []string{"team"}}}}), "InvalidParameterCombinationException"},
		{"trail and event data store", configure(cloudtrail.PutEventConfigurationInput{TrailName: aws.String("main"), EventDataStore: aws.String("store")}), "InvalidParameterCombinationException"},

		{"tag by name", addTags("main", manyTags(1)...), "CloudTrailARNInvalidException"},
		{"tag nobody", addTags(mainARN+"2", manyTags(1)...), "ResourceNotFoundException"},
		{"bad tag key", addTags(mainARN, types.Tag{Key: aws.String("")}), "InvalidTagParameterException"},

		{"two attributes", lookupWith(cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{
			{AttributeKey: "EventName", AttributeValue: aws.String("a")}, {AttributeKey: "EventName", AttributeValue: aws.String("b")},
		}}), "InvalidLookupAttributesException"},
		{"page too large", lookupWith(cloudtrail.LookupEventsInput{MaxResults: aws.Int32(51)}), "InvalidMaxResultsException"},
		{"backwards", lookupWith(cloudtrail.LookupEventsInput{StartTime: aws.Time(dayOf(2)), EndTime: aws.Time(dayOf(1))}), "InvalidTimeRangeException"},
		{"bad token", lookupWith(cloudtrail.LookupEventsInput{NextToken: aws.String("nonsense")}), "InvalidNextTokenException"},
		{"bad category", lookupWith(cloudtrail.LookupEventsInput{EventCategory: "outsight"}), "InvalidEventCategoryException"},
		{"keys backwards", func(k *kit) error {
			_, err := k.trail(home).ListPublicKeys(k.ctx, &cloudtrail.ListPublicKeysInput{StartTime: aws.Time(dayOf(2)), EndTime: aws.Time(dayOf(1))})
			return err
		}, "InvalidTimeRangeException"},
	}
	k := newKit(t, lab.Options{})
	k.main()
	for _, name := range []string{"closed", "denying", "unseen"} {
		k.bucket(name)
	}
	k.policy("closed", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"config.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::closed/*"}]}`)
	k.policy("unseen", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::unseen/*"}]}`)
	k.policy("denying", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::denying/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"arn:aws:s3:::denying/*"}]}`)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.call(k)
			wantTrailError(t, err, test.want)
			if !modelled(err) {
				t.Errorf("the operation does not document %v", err)
			}
		})
	}
	out, err := k.trail(home).ListTrails(k.ctx, &cloudtrail.ListTrailsInput{})
	k.must(err)
	if len(out.Trails) != 1 {
		t.Errorf("a refused call left something behind: %d trails", len(out.Trails))
	}
}
