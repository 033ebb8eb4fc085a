package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Ids of the techniques. They appear in every output and in stored incidents: they never change.
const (
	StopLogging     = "stop-logging"
	DeleteTrail     = "delete-trail"
	DeleteThenSquat = "delete-then-squat"
	ChangeBucket    = "change-bucket"
	ChangePrefix    = "change-prefix"
	DropTopic       = "drop-topic"
	DropLogGroup    = "drop-log-group"
	ChangeKMSKey    = "change-kms-key"
	ValidationOff   = "validation-off"
	SingleRegion    = "single-region"
	OrgTrailOff     = "org-trail-off"
	Minimise        = "minimise"
	BlindSelectors  = "blind-selectors"
	InsightsOff     = "insights-off"
	EventConfig     = "event-config"
	TagFlip         = "tag-flip"
	ShadowTrail     = "shadow-trail"
	StopFlood       = "stop-flood"
	ParamPadding    = "param-padding"
	WrongRegion     = "wrong-region"
	DeniedAttempt   = "denied-attempt"
	StartLogging    = "start-logging"
	TrailUpdate     = "trail-update"
)

// What disabling or modifying cloud logs is called by MITRE ATT&CK up to version 18, and from version 19 on.
const (
	impairV18 = "T1562.008"
	impairV19 = "T1685.002"
)

// gap is what is lost whenever a trail does not record for a while. Management events of the gap are not: Event
// history keeps them for 90 days.
const gap = "data and network activity events of the gap; the chain of digests breaks"

// Techniques is the whole table. The slice and all that it holds belong to the caller.
func Techniques() []Technique {
	return []Technique{
		{
			ID: StopLogging, Title: "Logging stopped", Severity: severity.High,
			Calls:    []string{callStop},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "starts logging, then turns Insights on again, which the stop disabled",
			Lost:     gap,
			Fields:   []trail.Field{trail.FieldLogging},
		},
		{
			ID: DeleteTrail, Title: "Trail deleted", Severity: severity.High,
			Calls:    []string{callDelete},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "creates the trail with all its settings and tags, starts logging, then sets selectors and Insights",
			Lost:     gap,
			Fields:   []trail.Field{trail.FieldTrail},
		},
		{
			ID: DeleteThenSquat, Title: "Trail deleted and its place taken", Severity: severity.Critical,
			Calls:    []string{callDelete, callCreate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "puts an impostor in the same place right by updating it; removes one that is in the way only if the baseline's policy allows it",
			Lost:     gap + "; copies of events that the impostor delivered elsewhere",
			Fields:   []trail.Field{trail.FieldTrail, trail.FieldBucket},
		},
		{
			ID: ChangeBucket, Title: "Logs redirected to another bucket", Severity: severity.High,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the bucket back, before anything else is delivered to the other one",
			Lost:     "log files delivered to the other bucket",
			Fields:   []trail.Field{trail.FieldBucket},
		},
		{
			ID: ChangePrefix, Title: "Logs moved to another prefix", Severity: severity.Medium,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the prefix back",
			Lost:     "nothing if the bucket's policy let CloudTrail write there, else delivery until then is late",
			Fields:   []trail.Field{trail.FieldPrefix},
		},
		{
			ID: DropTopic, Title: "Delivery notifications redirected or removed", Severity: severity.Medium,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the SNS topic back",
			Lost:     "notifications of the log files delivered meanwhile",
			Fields:   []trail.Field{trail.FieldTopic},
		},
		{
			ID: DropLogGroup, Title: "CloudWatch Logs delivery redirected or removed", Severity: severity.Medium,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets log group and role back, together",
			Lost:     "the log group's copy of the events meanwhile, and alarms that they would have raised",
			Fields:   []trail.Field{trail.FieldLogGroup, trail.FieldLogRole},
		},
		{
			ID: ChangeKMSKey, Title: "Encryption key changed or removed", Severity: severity.High,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the key back",
			Lost:     "log files encrypted under a key that its owner withholds",
			Fields:   []trail.Field{trail.FieldKey},
		},
		{
			ID: ValidationOff, Title: "Log file validation turned off", Severity: severity.Medium,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns validation on",
			Lost:     "digests of the gap: log files delivered meanwhile can never be verified",
			Fields:   []trail.Field{trail.FieldValidation},
		},
		{
			ID: SingleRegion, Title: "Other regions or global services no longer recorded", Severity: severity.High,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns both on, in one call, because AWS refuses a multi-region trail without global service events",
			Lost:     "data and network activity events of other regions in the gap",
			Fields:   []trail.Field{trail.FieldMultiRegion, trail.FieldGlobalEvents},
		},
		{
			ID: OrgTrailOff, Title: "Member accounts no longer recorded", Severity: severity.High,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "makes it an organization trail again, which only the management account can",
			Lost:     "data and network activity events of member accounts in the gap",
			Fields:   []trail.Field{trail.FieldOrganization},
		},
		{
			ID: Minimise, Title: "Trail stripped of its settings", Severity: severity.High,
			Calls:    []string{callUpdate},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets every field back, in independent calls",
			Lost:     "all that the single changes lose",
			Fields:   updateFields(),
		},
		{
			ID: BlindSelectors, Title: "Event selection narrowed", Severity: severity.High,
			Calls:    []string{callSelectors},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the whole selection back",
			Lost:     "data and network activity events that were excluded",
			Fields:   []trail.Field{trail.FieldSelectors},
		},
		{
			ID: InsightsOff, Title: "Insights turned off", Severity: severity.Medium,
			Calls:    []string{callInsights},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns Insights on",
			Lost:     "Insights events, for up to 36 hours until CloudTrail knows a new baseline",
			Fields:   []trail.Field{trail.FieldInsights},
		},
		{
			ID: EventConfig, Title: "Event configuration changed", Severity: severity.Low,
			Calls:    []string{callConfiguration},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the event configuration back",
			Lost:     "context that was not added to events meanwhile",
			Fields:   []trail.Field{trail.FieldEventConfiguration},
		},
		{
			ID: TagFlip, Title: "Tags of the trail changed", Severity: severity.Low,
			Calls:    []string{callAddTags, callRemoveTags},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the tags back, and with them the permissions that depend on tags",
			Fields:   []trail.Field{trail.FieldTags},
		},
		{
			ID: ShadowTrail, Title: "Trail created", Severity: severity.Medium,
			Calls:    []string{callCreate},
			ATTCKv18: []string{"T1530", impairV18}, ATTCKv19: []string{"T1530", impairV19},
			Restores: "nothing: alerts, because a new trail takes nothing from the guarded ones unless it stands in their place",
			Lost:     "copies of events that it delivers elsewhere",
		},
		{
			ID: StopFlood, Title: "Logging stopped over and over", Severity: severity.Critical,
			Calls:    []string{callStop},
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "starts logging each time within its own budget of calls, and folds the stops into one alert",
			Lost:     gap,
			Fields:   []trail.Field{trail.FieldLogging},
		},
		{
			ID: ParamPadding, Title: "Parameters too large to be recorded", Severity: severity.Medium,
			Calls:    EventNames(),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "looks at every guarded trail and restores what drifted",
		},
		{
			ID: WrongRegion, Title: "Attempt in a region that is not the trail's home", Severity: severity.Medium,
			Calls:    EventNames(),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "nothing: the call had no effect, and is reported",
		},
		{
			ID: DeniedAttempt, Title: "Attempt that was denied or failed", Severity: severity.Medium,
			Calls:    EventNames(),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "nothing: the call had no effect, and is reported",
		},
		{
			ID: StartLogging, Title: "Logging started", Severity: severity.Info,
			Calls:    []string{callStart},
			Restores: "nothing: the call is harmless, and is reported",
		},
		{
			ID: TrailUpdate, Title: "Trail changed without narrowing it", Severity: severity.Info,
			Calls:    []string{callUpdate, callSelectors, callInsights},
			Restores: "nothing: the call is harmless as far as its record tells, and is reported",
		},
	}
}
