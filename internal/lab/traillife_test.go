package lab_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/trailhold/trailhold/internal/lab"
)

func dayOf(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func TestTrailLife(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.bucket("logs")
	topic := k.topic("alerts")
	keys := kms.NewFromConfig(k.config(home, "ALICE"))
	key := makeKey(t, keys, trailPolicy)
	k.logGroup("trail")
	_, err := keys.CreateAlias(k.ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/trail"), TargetKeyId: &key})
	k.must(err)
	api := k.trail(home)
	created, err := api.CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{
		Name: aws.String("main"), S3BucketName: aws.String("logs"), S3KeyPrefix: aws.String("audit"),
		SnsTopicName: aws.String("alerts"), KmsKeyId: aws.String("alias/trail"), EnableLogFileValidation: aws.Bool(true),
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:us-east-1:111122223333:log-group:trail:*"),
		CloudWatchLogsRoleArn:     aws.String("arn:aws:iam::111122223333:role/logs"),
		TagsList:                  []types.Tag{{Key: aws.String("team"), Value: aws.String("sec")}},
	})
	k.must(err)
	wantEqual(t, "ARN", *created.TrailARN, mainARN)
	wantEqual(t, "topic", *created.SnsTopicARN, topic)
	wantEqual(t, "global events by default", *created.IncludeGlobalServiceEvents, true)
	wantEqual(t, "logging after creation", *k.status(home, "main").IsLogging, false)

	got := func() *types.Trail {
		t.Helper()
		out, err := api.GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: aws.String(mainARN)})
		k.must(err)
		return out.Trail
	}
	before := got()
	wantEqual(t, "key", *before.KmsKeyId, key)
	wantEqual(t, "custom selectors", *before.HasCustomEventSelectors, false)

	_, err = api.UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"), EnableLogFileValidation: aws.Bool(false)})
	k.must(err)
	after := got()
	wantEqual(t, "validation", *after.LogFileValidationEnabled, false)
	after.LogFileValidationEnabled = before.LogFileValidationEnabled
	wantEqual(t, "absent fields", spellOut(after), spellOut(before))

	_, err = api.UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{
		Name: aws.String("main"), SnsTopicName: aws.String(""), KmsKeyId: aws.String(""), S3KeyPrefix: aws.String(""),
		CloudWatchLogsLogGroupArn: aws.String(""), CloudWatchLogsRoleArn: aws.String(""),
	})
	k.must(err)
	after = got()
	for what, value := range map[string]*string{
		"topic": after.SnsTopicARN, "key": after.KmsKeyId, "prefix": after.S3KeyPrefix,
		"log group": after.CloudWatchLogsLogGroupArn, "role": after.CloudWatchLogsRoleArn,
	} {
		if value != nil {
			t.Errorf("%s is still %q", what, *value)
		}
	}

	k.start("main")
	k.stop(mainARN)
	status := k.status(home, "main")
	wantEqual(t, "logging", *status.IsLogging, false)
	if status.StartLoggingTime == nil || status.StopLoggingTime == nil {
		t.Error("the times of start and stop are missing")
	}
	_, err = api.DeleteTrail(k.ctx, &cloudtrail.DeleteTrailInput{Name: aws.String("main")})
	k.must(err)
	_, err = api.GetTrailStatus(k.ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(mainARN)})
	wantTrailError(t, err, "TrailNotFoundException")
	list, err := api.DescribeTrails(k.ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: []string{"main"}})
	k.must(err)
	wantEqual(t, "described after deletion", len(list.TrailList), 0)

	k.create("main", false)
	tags, err := api.ListTags(k.ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{mainARN}})
	k.must(err)
	wantEqual(t, "tags of the new trail", len(tags.ResourceTagList[0].TagsList), 0)
	if k.status(home, "main").StartLoggingTime != nil {
		t.Error("the new trail remembers the old one's life")
	}
}

// spellOut spells out a trail without pointers.
func spellOut(t *types.Trail) []string {
	var all []string
	for _, s := range []*string{t.Name, t.TrailARN, t.S3BucketName, t.S3KeyPrefix, t.SnsTopicARN, t.KmsKeyId, t.CloudWatchLogsLogGroupArn, t.CloudWatchLogsRoleArn, t.HomeRegion} {
		all = append(all, aws.ToString(s))
	}
	for _, b := range []*bool{t.IsMultiRegionTrail, t.IncludeGlobalServiceEvents, t.LogFileValidationEnabled, t.IsOrganizationTrail} {
		all = append(all, map[bool]string{true: "yes", false: "no"}[aws.ToBool(b)])
	}
	return all
}

func TestShadowTrails(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	k.create("local", false)
	names := func(region string, shadows *bool) []string {
		t.Helper()
		out, err := k.trail(region).DescribeTrails(k.ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: shadows})
		k.must(err)
		var all []string
		for _, trail := range out.TrailList {
			all = append(all, *trail.Name+"@"+*trail.HomeRegion)
		}
		return all
	}
	wantEqual(t, "at home", names(home, nil), []string{"main@us-east-1", "local@us-east-1"})
	wantEqual(t, "abroad", names(abroad, nil), []string{"main@us-east-1"})
	wantEqual(t, "abroad without shadows", names(abroad, aws.Bool(false)), []string{})

	away := k.trail(abroad)
	_, err := away.GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: aws.String("main")})
	wantTrailError(t, err, "TrailNotFoundException")
	_, err = away.GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: aws.String(mainARN)})
	k.must(err)
	wantEqual(t, "shadow's status", *k.status(abroad, mainARN).IsLogging, true)
	_, err = away.GetTrailStatus(k.ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String("arn:aws:cloudtrail:us-east-1:111122223333:trail/local")})
	wantTrailError(t, err, "TrailNotFoundException")

	for _, name := range []string{"main", mainARN} {
		_, err = away.StopLogging(k.ctx, &cloudtrail.StopLoggingInput{Name: &name})
		wantTrailError(t, err, "InvalidHomeRegionException")
		_, err = away.DeleteTrail(k.ctx, &cloudtrail.DeleteTrailInput{Name: &name})
		wantTrailError(t, err, "InvalidHomeRegionException")
		_, err = away.UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: &name, S3KeyPrefix: aws.String("x")})
		wantTrailError(t, err, "InvalidHomeRegionException")
		_, err = away.PutInsightSelectors(k.ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: &name, InsightSelectors: []types.InsightSelector{}})
		wantTrailError(t, err, "InvalidHomeRegionException")
	}
	wantEqual(t, "still logging", *k.status(home, "main").IsLogging, true)
	_, err = away.CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{Name: aws.String("main"), S3BucketName: aws.String("logs")})
	wantTrailError(t, err, "TrailAlreadyExistsException")

	_, err = k.trail(home).UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"), IsMultiRegionTrail: aws.Bool(false)})
	k.must(err)
	wantEqual(t, "abroad once single-region", names(abroad, nil), []string{})
}

func TestQuota(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.bucket("logs")
	for _, name := range []string{"one", "two", "three", "four"} {
		k.create(name, false)
	}
	k.create("five", true)
	add := func(region string, multi bool) error {
		_, err := k.trail(region).CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{Name: aws.String("six"), S3BucketName: aws.String("logs"), IsMultiRegionTrail: &multi})
		return err
	}
	wantTrailError(t, add(home, false), "MaximumNumberOfTrailsExceededException")
	wantTrailError(t, add(abroad, true), "MaximumNumberOfTrailsExceededException")
	k.must(add(abroad, false))
}

// TestBecomingMultiRegion widens single-region trails, for which there may be no room abroad.
func TestBecomingMultiRegion(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.bucket("logs")
	k.create("main", false)
	add := func(name string) {
		t.Helper()
		_, err := k.trail(abroad).CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: aws.String("logs")})
		k.must(err)
	}
	widen := func() error {
		_, err := k.trail(home).UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"), IsMultiRegionTrail: aws.Bool(true)})
		return err
	}
	remove := func(name string) {
		t.Helper()
		_, err := k.trail(abroad).DeleteTrail(k.ctx, &cloudtrail.DeleteTrailInput{Name: &name})
		k.must(err)
	}
	add("main")
	wantTrailError(t, widen(), "TrailAlreadyExistsException")
	remove("main")
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		add(name)
	}
	wantTrailError(t, widen(), "MaximumNumberOfTrailsExceededException")
	remove("five")
	k.must(widen())
	k.must(widen()) // it is there already
}

func TestConsistencyDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{ConsistencyDelay: 10 * time.Second})
		k.bucket("logs")
		k.create("main", true)
		get := func() error {
			_, err := k.trail(home).GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: aws.String("main")})
			return err
		}
		wantTrailError(t, get(), "TrailNotFoundException")
		k.start("main") // a write sees the newest
		time.Sleep(9 * time.Second)
		wantTrailError(t, get(), "TrailNotFoundException")
		time.Sleep(time.Second)
		k.must(get())
		wantEqual(t, "logging", *k.status(home, "main").IsLogging, true)
		k.stop("main")
		wantEqual(t, "logging right after the stop", *k.status(home, "main").IsLogging, true)
		time.Sleep(10 * time.Second)
		wantEqual(t, "logging later", *k.status(home, "main").IsLogging, false)
		k.Close()
	})
}

func TestStaleRead(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.bucket("logs")
	defer k.Inject(lab.Fault{Service: "cloudtrail", Kind: lab.StaleRead})()
	k.create("main", true)
	_, err := k.trail(home).GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: aws.String("main")})
	wantTrailError(t, err, "TrailNotFoundException")
	k.start("main")
	wantEqual(t, "logging, stale", *k.status(home, "main").IsLogging, false)
	_, err = k.trail(home).DeleteTrail(k.ctx, &cloudtrail.DeleteTrailInput{Name: aws.String("main")})
	k.must(err)
	wantEqual(t, "a deleted trail, stale", *k.status(home, "main").IsLogging, true)
	_, err = k.trail(home).StartLogging(k.ctx, &cloudtrail.StartLoggingInput{Name: aws.String("main")})
	wantTrailError(t, err, "TrailNotFoundException")
}

func TestSelectors(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	api := k.trail(home)
	read := func() *cloudtrail.GetEventSelectorsOutput {
		t.Helper()
		out, err := api.GetEventSelectors(k.ctx, &cloudtrail.GetEventSelectorsInput{TrailName: aws.String("main")})
		k.must(err)
		return out
	}
	initial := read()
	wantEqual(t, "default", initial.EventSelectors[0].ReadWriteType, "All")
	wantEqual(t, "default management", *initial.EventSelectors[0].IncludeManagementEvents, true)

	k.must(selectAdvanced(selectorField("eventCategory", "Management"))(k))
	out := read()
	wantEqual(t, "basic after advanced", len(out.EventSelectors), 0)
	wantEqual(t, "advanced", *out.AdvancedEventSelectors[0].FieldSelectors[0].Field, "eventCategory")

	k.must(selectBasic(types.EventSelector{ReadWriteType: "ReadOnly", IncludeManagementEvents: aws.Bool(false),
		DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{}}}})(k))
	out = read()
	wantEqual(t, "advanced after basic", len(out.AdvancedEventSelectors), 0)
	wantEqual(t, "empty values", len(out.EventSelectors[0].DataResources[0].Values), 0)
	trail, err := api.GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: aws.String("main")})
	k.must(err)
	wantEqual(t, "custom", *trail.Trail.HasCustomEventSelectors, true)
	k.must(selectBasic(initial.EventSelectors...)(k))
	trail, err = api.GetTrail(k.ctx, &cloudtrail.GetTrailInput{Name: aws.String("main")})
	k.must(err)
	wantEqual(t, "custom after default", *trail.Trail.HasCustomEventSelectors, false)
}

func TestInsights(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	api := k.trail(home)
	k.must(insights(types.InsightSelector{InsightType: types.InsightTypeApiErrorRateInsight})(k))
	read := func() (*cloudtrail.GetInsightSelectorsOutput, error) {
		return api.GetInsightSelectors(k.ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: aws.String(mainARN)})
	}
	out, err := read()
	k.must(err)
	wantEqual(t, "categories", out.InsightSelectors[0].EventCategories, []string{"Management"})
	k.stop("main")
	_, err = read()
	wantTrailError(t, err, "InsightNotEnabledException")
	k.must(insights(types.InsightSelector{InsightType: types.InsightTypeApiCallRateInsight})(k))
	_, err = api.PutInsightSelectors(k.ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: aws.String("main"), InsightSelectors: []types.InsightSelector{}})
	k.must(err)
	_, err = read()
	wantTrailError(t, err, "InsightNotEnabledException")
	k.must(selectBasic(types.EventSelector{ReadWriteType: "ReadOnly"})(k))
	wantTrailError(t, insights(types.InsightSelector{InsightType: types.InsightTypeApiCallRateInsight})(k), "InvalidInsightSelectorsException")
}

func TestEventConfiguration(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	k.must(configure(cloudtrail.PutEventConfigurationInput{
		TrailName: aws.String("main"), MaxEventSize: "Large",
		ContextKeySelectors:       []types.ContextKeySelector{{Type: "TagContext", Equals: []string{"team"}}},
		AggregationConfigurations: []types.AggregationConfiguration{{EventCategory: "Data", Templates: []types.Template{"API_ACTIVITY"}}},
	})(k))
	out, err := k.trail(abroad).GetEventConfiguration(k.ctx, &cloudtrail.GetEventConfigurationInput{TrailName: aws.String(mainARN)})
	k.must(err)
	wantEqual(t, "size", out.MaxEventSize, "Large")
	wantEqual(t, "keys", out.ContextKeySelectors[0].Equals, []string{"team"})
	wantEqual(t, "templates", out.AggregationConfigurations[0].Templates, []string{"API_ACTIVITY"})
}

func TestTags(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	k.must(addTags(mainARN, types.Tag{Key: aws.String("team"), Value: aws.String("sec")}, types.Tag{Key: aws.String("flag")})(k))
	k.must(addTags(mainARN, types.Tag{Key: aws.String("team"), Value: aws.String("ops")})(k))
	_, err := k.trail(home).RemoveTags(k.ctx, &cloudtrail.RemoveTagsInput{ResourceId: aws.String(mainARN), TagsList: []types.Tag{{Key: aws.String("flag")}, {Key: aws.String("nothing")}}})
	k.must(err)
	out, err := k.trail(home).ListTags(k.ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{mainARN}})
	k.must(err)
	tags := out.ResourceTagList[0].TagsList
	if len(tags) != 1 || *tags[0].Key != "team" || *tags[0].Value != "ops" {
		t.Errorf("got %d tags", len(tags))
	}
	_, err = k.trail(abroad).AddTags(k.ctx, &cloudtrail.AddTagsInput{ResourceId: aws.String(mainARN), TagsList: manyTags(1)})
	wantTrailError(t, err, "ResourceNotFoundException")
}

func TestOrganizationTrail(t *testing.T) {
	k := newKit(t, lab.Options{ManagementAccount: lab.DefaultAccount, Accounts: map[string]string{"MEMBER": "444455556666"}})
	k.bucket("logs")
	_, err := k.trail(home).CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{
		Name: aws.String("main"), S3BucketName: aws.String("logs"), IsMultiRegionTrail: aws.Bool(true), IsOrganizationTrail: aws.Bool(true),
	})
	k.must(err)
	k.start("main")
	member := k.trailAs(home, "MEMBER")
	list, err := member.DescribeTrails(k.ctx, &cloudtrail.DescribeTrailsInput{})
	k.must(err)
	if len(list.TrailList) != 1 || *list.TrailList[0].TrailARN != mainARN {
		t.Fatalf("the member sees %d trails", len(list.TrailList))
	}
	_, err = member.GetTrailStatus(k.ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String("main")})
	wantTrailError(t, err, "TrailNotFoundException")
	status, err := member.GetTrailStatus(k.ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(mainARN)})
	k.must(err)
	wantEqual(t, "logging", *status.IsLogging, true)
	_, err = member.StopLogging(k.ctx, &cloudtrail.StopLoggingInput{Name: aws.String(mainARN)})
	wantTrailError(t, err, "NotOrganizationMasterAccountException")
	_, err = member.CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{Name: aws.String("mine"), S3BucketName: aws.String("logs"), IsOrganizationTrail: aws.Bool(true)})
	wantTrailError(t, err, "NotOrganizationMasterAccountException")
	keys := k.objects("logs")
	if !slices.ContainsFunc(keys, func(key string) bool {
		return hasPrefix(key, "AWSLogs/o-labexample/444455556666/CloudTrail/us-east-1/")
	}) {
		t.Errorf("no log file of the member in %q", keys)
	}
}
