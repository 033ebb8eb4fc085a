package posture

import (
	"github.com/trailhold/trailhold/internal/trail"
)

var dataFixtures = []fixture{
	{"none", "ct-s3-data-write", Fail, selectors(basic("All", nil)), "not recorded, in eu-west-1, us-east-1"},
	{"no selectors", "ct-s3-data-write", Unknown, noSelectors, ""},
	{"arn:aws:s3 means all", "ct-s3-data-write", Pass, selectors(basic("All", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3"}})), ""},
	{"arn:aws:s3::: means all", "ct-s3-data-write", Pass, selectors(basic("WriteOnly", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3:::"}})), ""},
	{"one bucket", "ct-s3-data-write", Fail, selectors(basic("All", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3:::one/"}})), "anything but arn:aws:s3:::one/*"},
	{"no values", "ct-s3-data-write", Fail, selectors(basic("All", nil, trail.DataResource{Type: s3Object})), ""},
	{"one region", "ct-s3-data-write", Fail, config(func(c *trail.Config) { c.IsMultiRegionTrail = false }), "in eu-west-1"},

	{"writes only", "ct-s3-data-read", Fail, selectors(basic("WriteOnly", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3"}})), ""},
	{"no selectors", "ct-s3-data-read", Unknown, noSelectors, ""},
	{"an event data store records them", "ct-s3-data-read", Pass, func(a *Account) {
		selectors(basic("All", nil))(a)
		a.set(storeARN, "configuration", doc(`{"MultiRegionEnabled":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]}]}]}`))
	}, ""},

	{"none", "ct-lambda-data", Fail, selectors(basic("All", nil)), ""},
	{"no selectors", "ct-lambda-data", Unknown, noSelectors, ""},
	{"arn:aws:lambda means all", "ct-lambda-data", Pass, selectors(basic("All", nil, trail.DataResource{Type: lambdaFn, Values: []string{"arn:aws:lambda"}})), ""},
	{"one function", "ct-lambda-data", Fail, selectors(basic("All", nil, trail.DataResource{Type: lambdaFn, Values: []string{functionID}})), ""},

	{"none", "ct-dynamodb-data", Fail, selectors(basic("All", nil)), ""},
	{"no selectors", "ct-dynamodb-data", Unknown, noSelectors, ""},
	{"writes only", "ct-dynamodb-data", Fail, selectors(basic("WriteOnly", nil, trail.DataResource{Type: dynamoTable, Values: []string{"arn:aws:dynamodb"}})), ""},

	{"none", "ct-bedrock-data", Fail, selectors(basic("All", nil)), ""},
	{"no selectors", "ct-bedrock-data", Unknown, noSelectors, ""},
	{"some types", "ct-bedrock-data", Fail, selectors(trail.Selectors{Advanced: []trail.AdvancedEventSelector{{FieldSelectors: []trail.FieldSelector{
		{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::Bedrock::Model"}}}}}}), "AWS::Bedrock::AgentAlias"},

	{"CloudTrail's key", "ct-lake-cmk", Fail, setting(storeARN, "configuration", `{"Name":"x"}`), ""},
	{"not read", "ct-lake-cmk", Unknown, unreadable(storeARN, "configuration"), ""},
	{"no store", "ct-lake-cmk", NotApplicable, func(a *Account) { a.region("us-east-1", func(r *Region) { r.Stores = trail.Known([]string{}) }) }, ""},

	{"stopped", "ct-lake-ingesting", Fail, setting(storeARN, "ingestion", `{"Ingesting":false}`), ""},
	{"not read", "ct-lake-ingesting", Unknown, unreadable(storeARN, "ingestion"), ""},
	{"pending deletion", "ct-lake-ingesting", Fail, setting(storeARN, "deletion", `{"Pending":true}`), "about to be deleted"},
	{"a region that cannot be read", "ct-lake-ingesting", Unknown, func(a *Account) {
		a.region("eu-west-1", func(r *Region) { r.Stores = trail.NotKnown[[]string]("AccessDenied") })
	}, ""},
}
