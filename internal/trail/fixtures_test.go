package trail

import (
	"maps"
	"slices"
)

const (
	testARN    = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
	testKeyARN = "arn:aws:kms:us-east-1:111122223333:key/" + testKeyID
	testKeyID  = "1234abcd-12ab-34cd-56ef-1234567890ab"
)

// guardedTrail is a baseline in which every facet is guarded.
func guardedTrail() Guarded {
	insights := []InsightSelector{{InsightType: "ApiCallRateInsight"}, {InsightType: "ApiErrorRateInsight", EventCategories: []string{"Management"}}}
	tags := map[string]string{"owner": "security", "stage": "prod"}
	selectors := managementAnd(DataResource{"AWS::S3::Object", []string{"arn:aws:s3:::ledger/", "arn:aws:s3:::payroll/"}})
	return Guarded{
		Config: Config{
			Name: "main", ARN: testARN, HomeRegion: "us-east-1", S3BucketName: "audit-logs", S3KeyPrefix: "org",
			SnsTopicARN:               "arn:aws:sns:us-east-1:111122223333:trail-files",
			CloudWatchLogsLogGroupARN: "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
			CloudWatchLogsRoleARN:     "arn:aws:iam::111122223333:role/trail-to-logs",
			KMSKeyID:                  testKeyARN, LogFileValidationEnabled: true, IsMultiRegionTrail: true,
			IncludeGlobalServiceEvents: true, IsOrganizationTrail: true,
		},
		Logging: true, Selectors: &selectors, Insights: &insights, Tags: &tags, Restore: RestoreAll,
		EventConfiguration: &EventConfiguration{AggregationConfigurations: []AggregationConfiguration{{EventCategory: "Data", Templates: []string{"API_ACTIVITY"}}}},
	}
}

// managementAnd selects all management events and the data events of some resources.
func managementAnd(resources ...DataResource) Selectors {
	return Selectors{Basic: []EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true, DataResources: resources}}}
}

// stateOf is the state of a trail that equals its baseline.
func stateOf(g Guarded) State {
	g = clone(g)
	return State{
		ARN: g.ARN, Config: Known(g.Config), Status: Known(Status{IsLogging: g.Logging}), Selectors: Known(*g.Selectors),
		Insights: Known(*g.Insights), EventConfiguration: Known(*g.EventConfiguration), Tags: Known(*g.Tags), Others: Known([]Config(nil)),
	}
}

// clone copies what tests change in place.
func clone(g Guarded) Guarded {
	selectors, insights, tags, config := g.Selectors.Canonical(), slices.Clone(*g.Insights), maps.Clone(*g.Tags), *g.EventConfiguration
	g.Selectors, g.Insights, g.Tags, g.EventConfiguration = &selectors, &insights, &tags, &config
	return g
}

// edit changes one of the values of a facet that is known.
func edit[T any](f *Facet[T], change func(*T)) {
	value, _ := f.Get()
	change(&value)
	*f = Known(value)
}

func advanced(fields ...FieldSelector) AdvancedEventSelector {
	return AdvancedEventSelector{FieldSelectors: fields}
}

func is(field string, values ...string) FieldSelector {
	return FieldSelector{Field: field, Equals: values}
}
