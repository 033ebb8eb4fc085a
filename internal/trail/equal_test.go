package trail

import (
	"reflect"
	"testing"
)

// TestSemanticEquality lists pairs that differ in spelling and mean the same: none of them is drift.
func TestSemanticEquality(t *testing.T) {
	cases := []struct {
		name string
		want func(*Guarded)
		have func(*State)
	}{
		{"identical", nil, nil},
		{"prefix with slash in the baseline", func(g *Guarded) { g.S3KeyPrefix = "org/" }, nil},
		{"prefix with slash in the state", nil, config(func(c *Config) { c.S3KeyPrefix = "org/" })},
		{"topic by name", func(g *Guarded) { g.SnsTopicARN = "trail-files" }, nil},
		{"log group without star in the baseline", func(g *Guarded) { g.CloudWatchLogsLogGroupARN = "arn:aws:logs:us-east-1:111122223333:log-group:trail" }, nil},
		{"log group without star in the state", nil, config(func(c *Config) { c.CloudWatchLogsLogGroupARN = "arn:aws:logs:us-east-1:111122223333:log-group:trail" })},
		{"key by id", func(g *Guarded) { g.KMSKeyID = testKeyID }, nil},
		{"key by id in the state", nil, config(func(c *Config) { c.KMSKeyID = testKeyID })},
		{"same alias on both sides", func(g *Guarded) { g.KMSKeyID = "alias/audit" }, config(func(c *Config) { c.KMSKeyID = "alias/audit" })},
		{"alias beside its ARN", func(g *Guarded) { g.KMSKeyID = "alias/audit" }, config(func(c *Config) { c.KMSKeyID = "arn:aws:kms:us-east-1:111122223333:alias/audit" })},
		{"insights in another order", func(g *Guarded) {
			g.Insights = &[]InsightSelector{{InsightType: "ApiErrorRateInsight"}, {InsightType: "ApiCallRateInsight"}}
		}, nil},
		{"insights with the default category spelled out", func(g *Guarded) {
			g.Insights = &[]InsightSelector{{InsightType: "ApiCallRateInsight", EventCategories: []string{"Management"}}, {InsightType: "ApiErrorRateInsight"}}
		}, nil},
		{"insights listed twice", func(g *Guarded) { *g.Insights = append(*g.Insights, (*g.Insights)[0]) }, nil},
		{"insight categories in two selectors", func(g *Guarded) {
			g.Insights = &[]InsightSelector{{InsightType: "ApiCallRateInsight", EventCategories: []string{"Data", "Management"}}}
		}, func(s *State) {
			s.Insights = Known([]InsightSelector{{InsightType: "ApiCallRateInsight", EventCategories: []string{"Management"}}, {InsightType: "ApiCallRateInsight", EventCategories: []string{"Data"}}})
		}},
		{"no insights, as AWS says it", func(g *Guarded) { g.Insights = &[]InsightSelector{} }, func(s *State) { s.Insights = Gone[[]InsightSelector]() }},
		{"no insights, nil", func(g *Guarded) { g.Insights = &[]InsightSelector{} }, func(s *State) { s.Insights = Known([]InsightSelector(nil)) }},
		{"insights not guarded", func(g *Guarded) { g.Insights = nil }, func(s *State) { s.Insights = Known([]InsightSelector(nil)) }},
		{"standard event size spelled out", func(g *Guarded) { g.EventConfiguration.MaxEventSize = "Standard" }, nil},
		{"no event configuration", func(g *Guarded) { g.EventConfiguration = &EventConfiguration{} }, func(s *State) { s.EventConfiguration = Gone[EventConfiguration]() }},
		{"aggregation templates in another order", func(g *Guarded) {
			g.EventConfiguration.AggregationConfigurations = []AggregationConfiguration{{"Data", []string{"USER_ACTIONS", "API_ACTIVITY"}}}
		}, func(s *State) {
			s.EventConfiguration = Known(EventConfiguration{AggregationConfigurations: []AggregationConfiguration{{"Data", []string{"API_ACTIVITY"}}, {"Data", []string{"USER_ACTIONS"}}}})
		}},
		{"context keys in another order", func(g *Guarded) {
			g.EventConfiguration = &EventConfiguration{MaxEventSize: "Large", ContextKeySelectors: []ContextKeySelector{{"TagContext", []string{"a", "b"}}}}
		}, func(s *State) {
			s.EventConfiguration = Known(EventConfiguration{MaxEventSize: "Large", ContextKeySelectors: []ContextKeySelector{{"TagContext", []string{"b", "a", "a"}}}})
		}},
		{"event configuration not guarded", func(g *Guarded) { g.EventConfiguration = nil }, func(s *State) { s.EventConfiguration = Known(EventConfiguration{MaxEventSize: "Large"}) }},
		{"tags that AWS set", nil, func(s *State) {
			s.Tags = Known(map[string]string{"owner": "security", "stage": "prod", "aws:cloudformation:stack-name": "audit"})
		}},
		{"baseline with tags that AWS set", func(g *Guarded) { (*g.Tags)["aws:cloudformation:stack-name"] = "audit" }, nil},
		{"no tags, nil", func(g *Guarded) { g.Tags = &map[string]string{} }, func(s *State) { s.Tags = Known(map[string]string(nil)) }},
		{"tags not guarded", func(g *Guarded) { g.Tags = nil }, func(s *State) { s.Tags = Known(map[string]string{"a": "b"}) }},
		{"selectors not guarded", func(g *Guarded) { g.Selectors = nil }, func(s *State) { s.Selectors = Known(Selectors{}) }},
		{"not logging, as declared", func(g *Guarded) { g.Logging = false }, func(s *State) { s.Status = Known(Status{}) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want, have := guardedTrail(), stateOf(guardedTrail())
			if c.want != nil {
				c.want(&want)
			}
			if c.have != nil {
				c.have(&have)
			}
			if got := Diff(want, have); len(got.Drifts)+len(got.Unknown) != 0 {
				t.Errorf("got %+v, want no difference", got)
			}
		})
	}
}

// config is a change of the state's configuration.
func config(change func(*Config)) func(*State) {
	return func(s *State) { edit(&s.Config, change) }
}

// TestSelectionEquality lists selections that record the same, however they say it.
func TestSelectionEquality(t *testing.T) {
	const s3 = "AWS::S3::Object"
	all := managementAnd()
	basic := func(s ...EventSelector) Selectors { return Selectors{Basic: s} }
	adv := func(s ...AdvancedEventSelector) Selectors { return Selectors{Advanced: s} }
	mgmt := is("eventCategory", "Management")
	dataOf := func(more ...FieldSelector) AdvancedEventSelector {
		return advanced(append([]FieldSelector{is("eventCategory", "Data"), is("resources.type", s3)}, more...)...)
	}
	arns := func(prefixes ...string) FieldSelector {
		return FieldSelector{Field: "resources.ARN", StartsWith: prefixes}
	}
	buckets := func(values ...string) Selectors { return managementAnd(DataResource{s3, values}) }
	cases := []struct {
		name string
		a, b Selectors
	}{
		{"nil and empty", basic(EventSelector{ReadWriteType: "All", IncludeManagementEvents: true, ExcludeManagementEventSources: []string{}, DataResources: []DataResource{}}), all},
		{"default read-write type", basic(EventSelector{IncludeManagementEvents: true}), all},
		{"values in another order", buckets("arn:aws:s3:::a/", "arn:aws:s3:::b/"), buckets("arn:aws:s3:::b/", "arn:aws:s3:::a/")},
		{"values twice", buckets("arn:aws:s3:::a/", "arn:aws:s3:::a/"), buckets("arn:aws:s3:::a/")},
		{"a longer prefix adds nothing", buckets("arn:aws:s3:::a/", "arn:aws:s3:::a/b"), buckets("arn:aws:s3:::a/")},
		{"all objects in two spellings", buckets("arn:aws:s3"), buckets("arn:aws:s3:::")},
		{"all objects hold each", buckets("arn:aws:s3", "arn:aws:s3:::a/"), buckets("arn:aws:s3:::")},
		{"no values record nothing", buckets(), all},
		{"a selector that records nothing", basic(all.Basic[0], EventSelector{ReadWriteType: "All"}), all},
		{"selectors in another order", basic(all.Basic[0], EventSelector{ReadWriteType: "WriteOnly", DataResources: []DataResource{{s3, []string{"arn:aws:s3"}}}}),
			basic(EventSelector{ReadWriteType: "WriteOnly", DataResources: []DataResource{{s3, []string{"arn:aws:s3"}}}}, all.Basic[0])},
		{"selector twice", basic(all.Basic[0], all.Basic[0]), all},
		{"reads and writes apart", basic(EventSelector{ReadWriteType: "ReadOnly", IncludeManagementEvents: true}, EventSelector{ReadWriteType: "WriteOnly", IncludeManagementEvents: true}), all},
		{"resources in one or two selectors", basic(EventSelector{ReadWriteType: "All", DataResources: []DataResource{{s3, []string{"arn:aws:s3:::a/"}}}}, EventSelector{ReadWriteType: "All", DataResources: []DataResource{{s3, []string{"arn:aws:s3:::b/"}}}}),
			basic(EventSelector{ReadWriteType: "All", DataResources: []DataResource{{s3, []string{"arn:aws:s3:::b/", "arn:aws:s3:::a/"}}}})},
		{"excluded sources in another order", basic(EventSelector{IncludeManagementEvents: true, ExcludeManagementEventSources: []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}}),
			basic(EventSelector{IncludeManagementEvents: true, ExcludeManagementEventSources: []string{"rdsdata.amazonaws.com", "kms.amazonaws.com"}})},
		{"basic and advanced: all management", all, adv(advanced(mgmt))},
		{"basic and advanced: write-only management", basic(EventSelector{ReadWriteType: "WriteOnly", IncludeManagementEvents: true}), adv(advanced(mgmt, is("readOnly", "false")))},
		{"basic and advanced: read-only management", basic(EventSelector{ReadWriteType: "ReadOnly", IncludeManagementEvents: true}), adv(advanced(is("readOnly", "true"), mgmt))},
		{"basic and advanced: without KMS", basic(EventSelector{IncludeManagementEvents: true, ExcludeManagementEventSources: []string{"kms.amazonaws.com"}}),
			adv(advanced(mgmt, FieldSelector{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}))},
		{"basic and advanced: all objects", buckets("arn:aws:s3"), adv(advanced(mgmt), dataOf())},
		{"basic and advanced: all objects by prefix", buckets("arn:aws:s3"), adv(advanced(mgmt), dataOf(arns("arn:aws:s3:::")))},
		{"basic and advanced: a bucket's objects", buckets("arn:aws:s3:::a/"), adv(dataOf(arns("arn:aws:s3:::a/")), advanced(mgmt))},
		{"basic and advanced: one function", managementAnd(DataResource{"AWS::Lambda::Function", []string{"arn:aws:lambda:us-east-1:111122223333:function:f"}}),
			adv(advanced(mgmt), advanced(is("eventCategory", "Data"), is("resources.type", "AWS::Lambda::Function"), is("resources.ARN", "arn:aws:lambda:us-east-1:111122223333:function:f")))},
		{"basic and advanced: all functions", managementAnd(DataResource{"AWS::Lambda::Function", []string{"arn:aws:lambda"}}),
			adv(advanced(mgmt), advanced(is("eventCategory", "Data"), is("resources.type", "AWS::Lambda::Function")))},
		{"basic and advanced: all tables", managementAnd(DataResource{"AWS::DynamoDB::Table", []string{"arn:aws:dynamodb"}}),
			adv(advanced(mgmt), advanced(is("eventCategory", "Data"), is("resources.type", "AWS::DynamoDB::Table")))},
		{"names of advanced selectors", adv(AdvancedEventSelector{"one", []FieldSelector{mgmt}}), adv(AdvancedEventSelector{"two", []FieldSelector{mgmt}})},
		{"fields in another order", adv(dataOf(is("readOnly", "false"))), adv(advanced(is("readOnly", "false"), is("resources.type", s3), is("eventCategory", "Data")))},
		{"conditions apart and together", adv(dataOf(arns("arn:aws:s3:::a/")), dataOf(arns("arn:aws:s3:::b/"))), adv(dataOf(arns("arn:aws:s3:::b/", "arn:aws:s3:::a/")))},
		{"an exclusion and its complement", adv(dataOf(arns("arn:aws:s3:::a/")), dataOf(FieldSelector{Field: "resources.ARN", NotStartsWith: []string{"arn:aws:s3:::a/"}})), adv(dataOf())},
		{"an exclusion that another selector undoes", adv(advanced(mgmt), advanced(mgmt, FieldSelector{Field: "userIdentity.arn", NotEquals: []string{"arn:x"}})), adv(advanced(mgmt))},
		{"a condition that cannot hold", adv(advanced(mgmt), advanced(mgmt, is("readOnly", "maybe"))), adv(advanced(mgmt))},
		{"nothing and nothing", Selectors{}, basic(EventSelector{ReadWriteType: "All"})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, pair := range [][2]Selectors{{c.a, c.b}, {c.b, c.a}} {
				if got := compareSelectors(pair[0], pair[1], "aws"); !reflect.DeepEqual(got, selectionChange{}) {
					t.Errorf("got %+v, want no change", got)
				}
			}
		})
	}
}
