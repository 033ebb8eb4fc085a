package tamper

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
)

const (
	account  = "111122223333"
	auditARN = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"
)

// call is a record of a management call to CloudTrail that succeeded.
func call(name, parameters string) record.Record {
	r := record.Record{
		EventSource: "cloudtrail.amazonaws.com", EventName: name, EventCategory: "Management",
		Region: "eu-central-1", RecipientAccountID: account,
	}
	if parameters != "" {
		r.RequestParameters = []byte(parameters)
	}
	return r
}

func failed(r record.Record, code, message string) record.Record {
	r.ErrorCode, r.ErrorMessage = code, message
	return r
}

func TestClassify(t *testing.T) {
	update := func(rest string) record.Record { return call("UpdateTrail", `{"name":"audit",`+rest+`}`) }
	selectors := func(rest string) record.Record { return call("PutEventSelectors", `{"trailName":"audit",`+rest+`}`) }
	basic := func(selector string) record.Record { return selectors(`"eventSelectors":[` + selector + `]`) }
	advanced := func(fields string) record.Record {
		return selectors(`"eventSelectors":null,"advancedEventSelectors":[{"name":"x","fieldSelectors":[` + fields + `]}]`)
	}
	const management = `{"field":"eventCategory","equals":["Management"]}`
	insights := func(list string) record.Record {
		return call("PutInsightSelectors", `{"trailName":"audit","insightSelectors":`+list+`}`)
	}

	for _, c := range []struct {
		name string
		in   record.Record
		want string // techniques
		sev  severity.Severity
	}{
		{"stop", call("StopLogging", `{"name":"audit"}`), "stop-logging", severity.High},
		{"stop, dressed up as a call to a store", call("StopLogging", `{"name":"audit","eventDataStore":"x","resourceId":"arn:aws:cloudtrail:eu-central-1:111122223333:channel/x"}`), "stop-logging", severity.High},
		{"stop, without parameters", call("StopLogging", ""), "stop-logging", severity.High},
		{"start", call("StartLogging", `{"name":"audit"}`), "start-logging", severity.Info},
		{"delete", call("DeleteTrail", `{"name":"audit"}`), "delete-trail", severity.High},
		{"create", call("CreateTrail", `{"name":"other","s3BucketName":"elsewhere"}`), "shadow-trail", severity.Medium},
		{"tag", call("AddTags", `{"resourceId":"`+auditARN+`","tagsList":[]}`), "tag-flip", severity.Low},
		{"untag", call("RemoveTags", `{"resourceId":"`+auditARN+`"}`), "tag-flip", severity.Low},
		{"event configuration", call("PutEventConfiguration", `{"trailName":"audit"}`), "event-config", severity.Low},

		{"bucket", update(`"s3BucketName":"elsewhere"`), "change-bucket", severity.High},
		{"prefix", update(`"s3KeyPrefix":"x"`), "change-prefix", severity.Medium},
		{"prefix cleared", update(`"s3KeyPrefix":""`), "change-prefix", severity.Medium},
		{"topic cleared", update(`"snsTopicName":""`), "drop-topic", severity.Medium},
		{"log group and role", update(`"cloudWatchLogsLogGroupArn":"","cloudWatchLogsRoleArn":""`), "drop-log-group", severity.Medium},
		{"log role alone", update(`"cloudWatchLogsRoleArn":"arn:aws:iam::1:role/x"`), "drop-log-group", severity.Medium},
		{"key", update(`"kmsKeyId":"alias/x"`), "change-kms-key", severity.High},
		{"validation off", update(`"enableLogFileValidation":false`), "validation-off", severity.Medium},
		{"validation off, as text", update(`"enableLogFileValidation":"false"`), "validation-off", severity.Medium},
		{"validation on", update(`"enableLogFileValidation":true`), "trail-update", severity.Info},
		{"single region", update(`"isMultiRegionTrail":false,"includeGlobalServiceEvents":false`), "single-region", severity.High},
		{"global events off", update(`"includeGlobalServiceEvents":false`), "single-region", severity.High},
		{"organization off", update(`"isOrganizationTrail":false`), "org-trail-off", severity.High},
		{"two at once, severe first", update(`"enableLogFileValidation":false,"s3BucketName":"x"`), "change-bucket validation-off", severity.High},
		{"everything", update(`"snsTopicName":"","includeGlobalServiceEvents":false,"isMultiRegionTrail":false,"enableLogFileValidation":false,"cloudWatchLogsLogGroupArn":"","kmsKeyId":""`),
			"minimise single-region change-kms-key validation-off drop-topic drop-log-group", severity.High},
		{"unchanged", update(`"s3BucketName":null,"isMultiRegionTrail":null`), "trail-update", severity.Info},
		{"widened", update(`"isMultiRegionTrail":true,"isOrganizationTrail":true,"includeGlobalServiceEvents":"true"`), "trail-update", severity.Info},
		{"a switch of another type", update(`"isMultiRegionTrail":{"a":1}`), "single-region", severity.High},
		{"update without parameters", call("UpdateTrail", ""), "minimise", severity.High},
		{"update with a list", call("UpdateTrail", `[1]`), "minimise", severity.High},
		{"update with nonsense", call("UpdateTrail", `{`), "minimise", severity.High},

		{"full selection", basic(`{"readWriteType":"All","includeManagementEvents":true,"dataResources":[],"excludeManagementEventSources":[]}`), "trail-update", severity.Info},
		{"full selection with data", basic(`{"dataResources":[{"type":"AWS::S3::Object","values":["arn:aws:s3"]}]}`), "trail-update", severity.Info},
		{"read only", basic(`{"readWriteType":"ReadOnly","includeManagementEvents":true}`), "blind-selectors", severity.High},
		{"write only", basic(`{"readWriteType":"WriteOnly"}`), "blind-selectors", severity.High},
		{"no management events", basic(`{"readWriteType":"All","includeManagementEvents":false}`), "blind-selectors", severity.High},
		{"excluded source", basic(`{"readWriteType":"All","excludeManagementEventSources":["kms.amazonaws.com"]}`), "blind-selectors", severity.High},
		{"data without values", basic(`{"readWriteType":"All","includeManagementEvents":true,"dataResources":[{"type":"AWS::S3::Object","values":[]}]}`), "blind-selectors", severity.High},
		{"values of another type", basic(`{"dataResources":[{"type":"AWS::S3::Object","values":[7]}]}`), "blind-selectors", severity.High},
		{"data of another type", basic(`{"dataResources":"none"}`), "blind-selectors", severity.High},
		{"read type of another type", basic(`{"readWriteType":["All"]}`), "blind-selectors", severity.High},
		{"selector of another type", basic(`"All"`), "blind-selectors", severity.High},
		{"second of two", basic(`{"readWriteType":"All"},{"readWriteType":"ReadOnly"}`), "blind-selectors", severity.High},
		{"selectors of another type", selectors(`"eventSelectors":"All"`), "blind-selectors", severity.High},
		{"selectors of a third type", selectors(`"eventSelectors":{"a":1}`), "blind-selectors", severity.High},
		{"no selectors", selectors(`"eventSelectors":[]`), "blind-selectors", severity.High},
		{"selectors unknown", call("PutEventSelectors", ""), "blind-selectors", severity.High},

		{"advanced, all management", advanced(management), "trail-update", severity.Info},
		{"advanced, eventSelectors empty", selectors(`"eventSelectors":[],"advancedEventSelectors":[{"fieldSelectors":[` + management + `]}]`), "trail-update", severity.Info},
		{"advanced, data only", advanced(`{"field":"eventCategory","equals":["Data"]},{"field":"resources.type","equals":["AWS::S3::Object"]}`), "blind-selectors", severity.High},
		{"advanced, management and data", selectors(`"advancedEventSelectors":[{"fieldSelectors":[` + management + `]},{"fieldSelectors":[{"field":"eventCategory","equals":["Data"]},{"field":"resources.type","equals":["AWS::S3::Object"]},{"field":"resources.ARN","startsWith":["arn:aws:s3:::x/"]}]}]`), "trail-update", severity.Info},
		{"advanced, not a principal", advanced(management + `,{"field":"userIdentity.arn","notEquals":["arn:aws:iam::1:user/mallory"]}`), "blind-selectors", severity.High},
		{"advanced, one principal", advanced(management + `,{"field":"userIdentity.arn","equals":["arn:aws:iam::1:user/x"]}`), "blind-selectors", severity.High},
		{"advanced, not a source", advanced(management + `,{"field":"eventSource","notEquals":["kms.amazonaws.com"]}`), "blind-selectors", severity.High},
		{"advanced, not a resource", advanced(management + `,{"field":"resources.ARN","notStartsWith":["arn:x"]}`), "blind-selectors", severity.High},
		{"advanced, one event name", advanced(management + `,{"field":"eventName","equals":["RunInstances"]}`), "blind-selectors", severity.High},
		{"advanced, read only", advanced(management + `,{"field":"readOnly","equals":["true"]}`), "blind-selectors", severity.High},
		{"advanced, not ending", advanced(management + `,{"field":"resources.ARN","notEndsWith":["x"]}`), "blind-selectors", severity.High},
		{"advanced, empty negatives", advanced(`{"field":"eventCategory","equals":["Management"],"notEquals":[],"notStartsWith":null}`), "trail-update", severity.Info},
		{"advanced, field of another type", advanced(management + `,7`), "blind-selectors", severity.High},
		{"advanced of another type", selectors(`"advancedEventSelectors":"x"`), "blind-selectors", severity.High},

		{"both insights", insights(`[{"insightType":"ApiCallRateInsight"},{"insightType":"ApiErrorRateInsight"}]`), "trail-update", severity.Info},
		{"one insight", insights(`[{"insightType":"ApiCallRateInsight"}]`), "insights-off", severity.Medium},
		{"one insight twice", insights(`[{"insightType":"ApiCallRateInsight"},{"insightType":"ApiCallRateInsight"}]`), "insights-off", severity.Medium},
		{"insights of other categories", insights(`[{"insightType":"ApiCallRateInsight","eventCategories":["Data"]},{"insightType":"ApiErrorRateInsight","eventCategories":["Management","Data"]}]`), "insights-off", severity.Medium},
		{"no insights", insights(`[]`), "insights-off", severity.Medium},
		{"insights null", insights(`null`), "insights-off", severity.Medium},
		{"insights of another type", insights(`{"a":"b"}`), "insights-off", severity.Medium},
		{"insights of a trail, with a store", call("PutInsightSelectors", `{"trailName":"audit","eventDataStore":"x","insightSelectors":[]}`), "insights-off", severity.Medium},
		{"insights unknown", call("PutInsightSelectors", ""), "insights-off", severity.Medium},

		{"denied stop", failed(call("StopLogging", ""), "AccessDenied", "x"), "denied-attempt stop-logging", severity.Medium},
		{"denied update", failed(call("UpdateTrail", ""), "AccessDeniedException", "x"), "denied-attempt trail-update", severity.Medium},
		{"throttled delete", failed(call("DeleteTrail", `{"name":"audit"}`), "ThrottlingException", ""), "denied-attempt delete-trail", severity.Medium},
		{"refused bucket", failed(update(`"s3BucketName":"x"`), "InsufficientS3BucketPolicyException", ""), "denied-attempt change-bucket", severity.Medium},
		{"wrong region", failed(call("StopLogging", `{"name":"audit"}`), "InvalidHomeRegionException", ""), "wrong-region stop-logging", severity.Medium},
		{"200 is no error", failed(call("StopLogging", `{"name":"audit"}`), "200", ""), "stop-logging", severity.High},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, ok := Classify(c.in)
			if !ok {
				t.Fatal("no signal")
			}
			if got := strings.Join(s.Techniques, " "); got != c.want || s.Severity != c.sev {
				t.Errorf("got %s (%s), want %s (%s)", got, s.Severity, c.want, c.sev)
			}
			if len(c.in.RequestParameters) == 0 && !s.Any {
				t.Error("without a name it can be any trail")
			}
		})
	}
}

func TestClassifyLeavesAloneWhatIsNotAboutTrails(t *testing.T) {
	elsewhere := call("StopLogging", `{"name":"audit"}`)
	elsewhere.EventSource = "redshift.amazonaws.com"
	insight := call("StopLogging", "")
	insight.EventCategory = "Insight"
	for name, r := range map[string]record.Record{
		"another service":       elsewhere,
		"an insight":            insight,
		"a read":                call("DescribeTrails", ""),
		"a lookalike":           call("StopLoggingX", ""),
		"an empty record":       {},
		"tags of a store":       call("AddTags", `{"resourceId":"arn:aws:cloudtrail:eu-central-1:111122223333:eventdatastore/x"}`),
		"tags of a channel":     call("RemoveTags", `{"resourceId":"arn:aws:cloudtrail:eu-central-1:111122223333:channel/x"}`),
		"insights of a store":   call("PutInsightSelectors", `{"eventDataStore":"x","insightSelectors":[]}`),
		"event size of a store": call("PutEventConfiguration", `{"eventDataStore":"x","trailName":null}`),
	} {
		if s, ok := Classify(r); ok {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestEveryClassicEventIsASignal(t *testing.T) {
	for _, name := range []string{"StopLogging", "StartLogging", "UpdateTrail", "DeleteTrail", "CreateTrail", "RemoveTags", "AddTags", "PutEventSelectors"} {
		for _, parameters := range []string{"", `{}`, `{"name":"x","trailName":"x","resourceId":"x"}`, `"x"`, `null`} {
			if s, ok := Classify(call(name, parameters)); !ok || len(s.Techniques) == 0 || s.Severity == severity.None {
				t.Errorf("%s %s: %v %+v", name, parameters, ok, s)
			}
		}
	}
}

func TestOmittedParametersMayMeanAnyTrail(t *testing.T) {
	r := call("UpdateTrail", `{"reason":"requestParameters too large","omitted":"true"}`)
	r.ParametersOmitted = true
	r.ResponseElements = []byte(`{"trailARN":"arn:aws:cloudtrail:eu-central-1:111122223333:trail/other"}`)
	s, _ := Classify(r)
	if !s.Any || !slices.Equal(s.Techniques, []string{Minimise, ParamPadding}) {
		t.Errorf("%v any=%v", s.Techniques, s.Any)
	}
	r.EventName = "StopLogging"
	if s, _ = Classify(r); !slices.Equal(s.Techniques, []string{StopLogging, ParamPadding}) {
		t.Errorf("%v", s.Techniques)
	}
}

func FuzzClassify(f *testing.F) {
	for _, name := range trailCalls() {
		f.Add(sourceCloudTrail, name, `{"name":"audit","trailName":["a",1],"eventSelectors":[{"dataResources":[{"values":null}]}]}`, `{"trailARN":1}`, "AccessDenied", auditARN)
		f.Add(sourceCloudTrail, name, `{"advancedEventSelectors":[{"fieldSelectors":[{"field":[],"equals":{}}]}],"insightSelectors":[null]}`, `null`, "", "")
		f.Add(sourceCloudTrail, name, `[[`, `{`, "InvalidHomeRegionException", "on resource: "+auditARN+".")
	}
	for _, e := range examples {
		f.Add(e.source, e.name, e.parameters, `{"policy":{"policySummary":[]}}`, "", "")
		f.Add(e.source, e.name, ``, `[]`, "AccessDenied", denial+`"`+guardedResources[e.is]+`" because`)
	}
	baseline := everything()
	f.Fuzz(func(t *testing.T, source, name, parameters, response, code, message string) {
		r := failed(call(name, parameters), code, message)
		r.EventSource = source
		r.ResponseElements = []byte(response)
		s, ok := Classify(r)
		if !ok {
			return
		}
		if len(s.Techniques) == 0 || s.Severity == severity.None {
			t.Fatalf("a signal of nothing: %+v", s)
		}
		if !s.Any && len(s.Names)+len(s.Resources) == 0 {
			t.Fatal("neither a name nor any trail or resource")
		}
		if len(s.Names) > maxNames || len(s.Resources) > maxRefs || len(s.Objects) > maxObjects {
			t.Fatalf("%d names, %d resources, %d objects", len(s.Names), len(s.Resources), len(s.Objects))
		}
		for _, ref := range s.Resources {
			if len(ref.String()) > maxResourceName {
				t.Fatalf("a reference of %d bytes", len(ref.String()))
			}
		}
		for _, id := range s.Techniques {
			if _, ok := Lookup(id); !ok {
				t.Fatalf("unknown technique %q", id)
			}
		}
		for _, g := range baseline.Units() {
			s.Concerns(g)
		}
	})
}
