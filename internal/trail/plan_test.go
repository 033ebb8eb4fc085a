package trail

import (
	"slices"
	"strings"
	"testing"
)

func planned(b Baseline, g Guarded, s State) []string {
	var ids []string
	for _, step := range Plan(b, g, s) {
		ids = append(ids, step.ID)
	}
	return ids
}

// baselineOf guards one trail and lets impostors be deleted.
func baselineOf(g Guarded) Baseline {
	return Baseline{Account: "111122223333", Policy: Policy{Impostors: ImpostorsDelete}, Trails: []Guarded{g}}
}

// TestPlan lists states with the steps, in order, that restore them.
func TestPlan(t *testing.T) {
	stopped := func(s *State) { s.Status = Known(Status{}) }
	deleted := func(s *State) { *s = State{ARN: s.ARN, Config: Gone[Config](), Others: Known([]Config(nil))} }
	bucket := config(func(c *Config) { c.S3BucketName = "evil" })
	blind := func(s *State) {
		s.Selectors = Known(Selectors{Basic: []EventSelector{{ReadWriteType: "All"}}})
	}
	everything := func(s *State) {
		stopped(s)
		blind(s)
		s.Insights, s.EventConfiguration, s.Tags = Gone[[]InsightSelector](), Known(EventConfiguration{}), Known(map[string]string{"owner": "eve", "x": "y"})
		edit(&s.Config, func(c *Config) { *c = Config{Name: c.Name, ARN: c.ARN, HomeRegion: c.HomeRegion, S3BucketName: "evil"} })
	}
	cases := []struct {
		name  string
		want  func(*Guarded)
		have  []func(*State)
		steps []string
	}{
		{"nothing to do", nil, nil, nil},
		{"stopped", nil, []func(*State){stopped}, []string{"start-logging"}},
		{"stopped, configuration unknown", nil, []func(*State){stopped, bucket, func(s *State) { s.Config = NotKnown[Config]("denied") }}, []string{"start-logging"}},
		{"stopped and redirected", nil, []func(*State){stopped, bucket}, []string{"update-trail:s3", "start-logging"}},
		{"redirected", nil, []func(*State){bucket}, []string{"update-trail:s3"}},
		{"everything at once", nil, []func(*State){everything}, []string{
			"update-trail:s3", "start-logging", "update-trail:regions", "update-trail:organization", "update-trail:kms", "update-trail:validation",
			"update-trail:cloudwatch-logs", "update-trail:sns", "put-event-selectors", "put-insight-selectors", "put-event-configuration", "remove-tags", "add-tags"}},
		{"deleted", nil, []func(*State){deleted}, []string{"create-trail", "start-logging", "put-event-selectors", "put-insight-selectors", "put-event-configuration"}},
		{"deleted, baseline with a narrower selection than a new trail's", func(g *Guarded) {
			g.Selectors, g.Insights, g.EventConfiguration = &Selectors{Basic: []EventSelector{{ReadWriteType: "WriteOnly", IncludeManagementEvents: true}}}, nil, nil
		}, []func(*State){deleted}, []string{"create-trail", "start-logging", "put-event-selectors"}},
		{"deleted, baseline without selectors, which CloudTrail refuses", func(g *Guarded) { g.Selectors, g.Insights, g.EventConfiguration = &Selectors{}, nil, nil },
			[]func(*State){deleted}, []string{"create-trail", "start-logging"}},
		{"deleted, baseline that does not log", func(g *Guarded) { g.Logging, g.Insights, g.EventConfiguration = false, nil, nil },
			[]func(*State){deleted}, []string{"create-trail", "put-event-selectors"}},
		{"widened", func(g *Guarded) {
			g.Logging, g.LogFileValidationEnabled, g.Insights = false, false, &[]InsightSelector{}
			g.Selectors = &Selectors{Basic: []EventSelector{{ReadWriteType: "ReadOnly", IncludeManagementEvents: true}}}
		}, nil, nil},
		{"neutral", func(g *Guarded) { g.SnsTopicARN, g.Tags = "", &map[string]string{"owner": "security"} }, nil, []string{"update-trail:sns", "remove-tags"}},
		{"only logging may be restored", func(g *Guarded) { g.Restore = RestoreLogging }, []func(*State){everything}, []string{"start-logging"}},
		{"only logging may be restored, deleted", func(g *Guarded) { g.Restore = RestoreLogging }, []func(*State){deleted}, nil},
		{"nothing may be restored", func(g *Guarded) { g.Restore = RestoreNone }, []func(*State){everything}, nil},
		{"alert only", func(g *Guarded) {
			g.AlertOnly = []string{"s3BucketName", "isMultiRegionTrail", "includeGlobalServiceEvents", "isOrganizationTrail", "kmsKeyId", "logFileValidationEnabled", "snsTopicARN",
				"cloudWatchLogsLogGroupArn", "cloudWatchLogsRoleArn", "eventConfiguration", "tags", "insightSelectors"}
		}, []func(*State){everything}, []string{"update-trail:s3", "start-logging", "put-event-selectors"}},
		{"alert only on one of two that go together", func(g *Guarded) { g.AlertOnly = []string{"cloudWatchLogsRoleArn"} },
			[]func(*State){config(func(c *Config) { c.CloudWatchLogsLogGroupARN, c.CloudWatchLogsRoleARN = "", "" })}, nil},
		{"alert only on existence", func(g *Guarded) { g.AlertOnly = []string{"trail"} }, []func(*State){deleted}, nil},
		{"alert only on logging, deleted", func(g *Guarded) { g.AlertOnly = []string{"logging", "insightSelectors", "eventConfiguration"} }, []func(*State){deleted},
			[]string{"create-trail", "put-event-selectors"}},
		{"an alias is not compared", func(g *Guarded) { g.KMSKeyID = "alias/audit" }, []func(*State){stopped}, []string{"start-logging"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g, s := guardedTrail(), stateOf(guardedTrail())
			if c.want != nil {
				c.want(&g)
			}
			for _, change := range c.have {
				change(&s)
			}
			if got := planned(baselineOf(g), g, s); !slices.Equal(got, c.steps) {
				t.Errorf("got  %v\nwant %v", got, c.steps)
			}
		})
	}
}

// TestStepDetails looks at what single steps carry.
func TestStepDetails(t *testing.T) {
	g, s := guardedTrail(), stateOf(guardedTrail())
	g.AlertOnly = []string{"s3BucketName"}
	edit(&s.Config, func(c *Config) {
		c.S3BucketName, c.S3KeyPrefix, c.SnsTopicARN, c.IsMultiRegionTrail = "evil", "x", "", false
	})
	s.Status = Known(Status{})
	steps := map[string]Step{}
	for _, step := range Plan(baselineOf(g), g, s) {
		steps[step.ID] = step
		if step.ARN != testARN || step.Region != "us-east-1" {
			t.Errorf("%s: got %s in %s", step.ID, step.ARN, step.Region)
		}
	}
	if u := steps["update-trail:s3"].Update; u.S3BucketName != nil || *u.S3KeyPrefix != "org" {
		t.Errorf("the bucket is only to be alerted on: got %+v", u)
	}
	if start := steps["start-logging"]; len(start.After) != 0 || !strings.Contains(start.Lost, "foreign bucket evil") {
		t.Errorf("the start must not wait for a bucket that may not be put right, and must say so: got %+v", start)
	}
	if u := steps["update-trail:regions"].Update; u.IsMultiRegionTrail == nil || u.IncludeGlobalServiceEvents == nil {
		t.Errorf("CloudTrail wants both in one call: got %+v", u)
	}
	if mends := steps["update-trail:regions"].Mends; !slices.Equal(mends, []Field{FieldMultiRegion}) {
		t.Errorf("mends: got %v", mends)
	}
}

// TestWideningIsSpared: a field that widened stays as it is even where its partner is put right.
func TestWideningIsSpared(t *testing.T) {
	g, s := guardedTrail(), stateOf(guardedTrail())
	g.IsMultiRegionTrail = false
	edit(&s.Config, func(c *Config) { c.IncludeGlobalServiceEvents = false }) // as a read that lags behind may show it
	steps := Plan(baselineOf(g), g, s)
	if len(steps) != 1 || steps[0].Update.IsMultiRegionTrail != nil || !*steps[0].Update.IncludeGlobalServiceEvents {
		t.Errorf("got %+v", steps)
	}
}

// TestInsightDependencies: Insights need a trail that logs, and that records what they look at.
func TestInsightDependencies(t *testing.T) {
	after := func(change func(*Guarded, *State)) []string {
		g, s := guardedTrail(), stateOf(guardedTrail())
		s.Insights = Gone[[]InsightSelector]()
		change(&g, &s)
		for _, step := range Plan(baselineOf(g), g, s) {
			if step.Op == OpPutInsightSelectors {
				return step.After
			}
		}
		t.Fatal("no step puts Insights back")
		return nil
	}
	narrowed := managementAnd()
	cases := map[string]struct {
		change func(*Guarded, *State)
		want   []string
	}{
		"alone":                        {func(*Guarded, *State) {}, nil},
		"stopped":                      {func(_ *Guarded, s *State) { s.Status = Known(Status{}) }, []string{"start-logging"}},
		"selection narrowed elsewhere": {func(_ *Guarded, s *State) { s.Selectors = Known(narrowed) }, nil},
		"management events gone": {func(_ *Guarded, s *State) {
			s.Selectors = Known(Selectors{Basic: []EventSelector{{ReadWriteType: "All"}}})
		},
			[]string{"put-event-selectors"}},
		"created": {func(_ *Guarded, s *State) { s.Config = Gone[Config]() }, []string{"create-trail", "start-logging"}},
		"created, with Insights on data events": {func(g *Guarded, s *State) {
			s.Config = Gone[Config]()
			g.Insights = &[]InsightSelector{{"ApiCallRateInsight", []string{"Data"}}}
		}, []string{"create-trail", "start-logging", "put-event-selectors"}},
	}
	for name, c := range cases {
		if got := after(c.change); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestImpostors lists who stands in the way of a deleted trail and who is deleted for it.
func TestImpostors(t *testing.T) {
	arn := func(region, name string) string { return ARN{"aws", region, "111122223333", name}.String() }
	one := func(region, name, bucket string, multi bool) Config {
		return Config{Name: name, ARN: arn(region, name), HomeRegion: region, S3BucketName: bucket, IsMultiRegionTrail: multi}
	}
	home := func(names ...string) (result []Config) {
		for _, n := range names {
			result = append(result, one("us-east-1", n, "evil", false))
		}
		return result
	}
	foreign := Config{Name: "main", ARN: "arn:aws:cloudtrail:eu-west-1:999999999999:trail/main", HomeRegion: "eu-west-1", IsMultiRegionTrail: true}
	cases := []struct {
		name     string
		others   Facet[[]Config]
		policy   Impostors
		change   func(*Baseline)
		deletes  []string
		obstacle string // part of what CreateTrail's step says
	}{
		{"room enough", Known(home("sqa1", "sqa2", "sqa3", "sqa4")), ImpostorsDelete, nil, nil, ""},
		{"full", Known(home("sqa1", "sqa2", "sqa3", "sqa4", "sqa5")), ImpostorsDelete, nil, []string{arn("us-east-1", "sqa1")}, ""},
		{"full, listed twice", Known(append(home("sqa1", "sqa2", "sqa3", "sqa4"), home("sqa1", "sqa2", "sqa3", "sqa4")...)), ImpostorsDelete, nil, nil, ""},
		{"full, deleting forbidden", Known(home("sqa1", "sqa2", "sqa3", "sqa4", "sqa5")), ImpostorsAlert, nil, nil, "as many trails as CloudTrail allows"},
		{"full, not known", NotKnown[[]Config]("denied"), ImpostorsDelete, nil, nil, ""},
		{"full with shadow trails", Known([]Config{one("eu-west-1", "sqs1", "e", true), one("eu-west-1", "sqs2", "e", true), one("eu-west-1", "sqs3", "e", true), one("eu-west-1", "sqs4", "e", true), one("us-west-2", "sqs5", "e", true)}),
			ImpostorsDelete, nil, []string{arn("eu-west-1", "sqs1")}, ""},
		{"those elsewhere do not count", Known([]Config{one("eu-west-1", "sqs1", "e", false), one("eu-west-1", "sqs2", "e", true), one("eu-west-1", "sqs3", "e", true), one("eu-west-1", "sqs4", "e", true), one("us-west-2", "sqs5", "e", true)}),
			ImpostorsDelete, nil, nil, ""},
		{"a strange bucket goes first", Known(append(home("sqb2"), one("us-east-1", "sqa1", "audit-logs", false), one("us-east-1", "sqa2", "audit-logs", false), one("us-east-1", "sqa3", "audit-logs", false), one("us-east-1", "sqa4", "audit-logs", false))),
			ImpostorsDelete, nil, []string{arn("us-east-1", "sqb2")}, ""},
		{"never a guarded one", Known(home("sqa1", "sqa2", "sqa3", "sqa4", "sqa5")), ImpostorsDelete, func(b *Baseline) {
			b.Trails = append(b.Trails, Guarded{Config: home("sqa1")[0]})
		}, []string{arn("us-east-1", "sqa2")}, ""},
		{"all guarded", Known(home("sqa1", "sqa2", "sqa3", "sqa4", "sqa5")), ImpostorsDelete, func(b *Baseline) {
			for _, c := range home("sqa1", "sqa2", "sqa3", "sqa4", "sqa5") {
				b.Trails = append(b.Trails, Guarded{Config: c})
			}
		}, nil, "too few of them may be deleted"},
		{"namesake elsewhere", Known([]Config{one("eu-west-1", "main", "e", false)}), ImpostorsDelete, nil, []string{arn("eu-west-1", "main")}, ""},
		{"namesake elsewhere, both single-region", Known([]Config{one("eu-west-1", "main", "e", false)}), ImpostorsDelete, func(b *Baseline) { b.Trails[0].IsMultiRegionTrail = false }, nil, ""},
		{"namesake elsewhere, deleting forbidden", Known([]Config{one("eu-west-1", "main", "e", false)}), ImpostorsAlert, nil, nil, "Its name is taken by " + arn("eu-west-1", "main")},
		{"namesake of another account", Known([]Config{foreign}), ImpostorsDelete, nil, nil, "another account"},
		{"a shadow namesake makes room too", Known(append(home("sqa1", "sqa2", "sqa3", "sqa4"), one("eu-west-1", "main", "e", true))), ImpostorsDelete, nil, []string{arn("eu-west-1", "main")}, ""},
		{"namesake and full", Known(append(home("sqa1", "sqa2", "sqa3", "sqa4", "sqa5"), one("eu-west-1", "main", "e", false))), ImpostorsDelete, nil, []string{arn("eu-west-1", "main"), arn("us-east-1", "sqa1")}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := baselineOf(guardedTrail())
			b.Policy.Impostors = c.policy
			if c.change != nil {
				c.change(&b)
			}
			var deletes, ids []string
			for _, step := range Plan(b, b.Trails[0], State{Config: Gone[Config](), Others: c.others}) {
				switch step.Op {
				case OpDeleteTrail:
					deletes, ids = append(deletes, step.ARN), append(ids, step.ID)
				case OpCreateTrail:
					if !slices.Equal(step.After, ids) {
						t.Errorf("CreateTrail waits for %v, want %v", step.After, ids)
					}
					if c.obstacle == "" && strings.Contains(step.Lost, "will probably fail") || !strings.Contains(step.Lost, c.obstacle) {
						t.Errorf("got %q, want …%s…", step.Lost, c.obstacle)
					}
				}
			}
			if !slices.Equal(deletes, c.deletes) {
				t.Errorf("got %v, want %v", deletes, c.deletes)
			}
		})
	}
}

// TestCreateCarriesEverything: a deleted trail comes back with its whole configuration and the tags that people set.
func TestCreateCarriesEverything(t *testing.T) {
	g := guardedTrail()
	(*g.Tags)["aws:cloudformation:stack-name"] = "audit"
	steps := Plan(baselineOf(g), g, State{Config: Gone[Config]()})
	create := steps[0].Create
	if create.Config != g.Config || len(create.Tags) != 2 {
		t.Errorf("got %+v", create)
	}
}

func TestParseARN(t *testing.T) {
	for _, text := range []string{testARN, "arn:aws-us-gov:cloudtrail:us-gov-west-1:111122223333:trail/a.b-c_d", "arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/abc"} {
		if a, err := ParseARN(text); err != nil || a.String() != text {
			t.Errorf("%s: got %v, %v", text, a, err)
		}
	}
	for text, message := range map[string]string{
		"": "not the ARN", "main": "not the ARN", "arn:aws:s3:::bucket": "not the ARN",
		"arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/x":        "trail/",
		"arn:evil:cloudtrail:us-east-1:111122223333:trail/main":             "partition",
		"arn:aws:cloudtrail:US-EAST-1:111122223333:trail/main":              "region",
		"arn:aws:cloudtrail:us-east-1:1111:trail/main":                      "12 digits",
		"arn:aws:cloudtrail:us-east-1:111122223333:trail/a--b":              "name",
		"arn:aws:cloudtrail:us-east-1:111122223333:trail/192.168.5.4":       "name",
		"arn:aws:cloudtrail:us-east-1:111122223333:trail/ab":                "name",
		"arn:aws:cloudtrail:us-east-1:111122223333:trail/main\x1b[2J:other": `\x1b`,
	} {
		if _, err := ParseARN(text); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: got %v, want …%s…", text, err, message)
		}
	}
}
