package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// gap is what is lost whenever a trail does not record for a while. Management events of the gap are not: Event
// history keeps them for 90 days.
const gap = "data and network activity events of the gap; the chain of digests breaks"

// trailTechniques are the ways to impair the trail itself.
func trailTechniques() []Technique {
	return []Technique{
		{
			ID: StopLogging, Tier: TierTrail, Title: "Logging stopped", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callStop),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "starts logging, then turns Insights on again, which the stop disabled",
			Lost:     gap,
			Fields:   []trail.Field{trail.FieldLogging},
		},
		{
			ID: DeleteTrail, Tier: TierTrail, Title: "Trail deleted", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callDelete),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "creates the trail with all its settings and tags, starts logging, then sets selectors and Insights",
			Lost:     gap,
			Fields:   []trail.Field{trail.FieldTrail},
		},
		{
			ID: DeleteThenSquat, Tier: TierTrail, Title: "Trail deleted and its place taken", Severity: severity.Critical,
			Calls:    callsOf(sourceCloudTrail, callDelete, callCreate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "puts an impostor in the same place right by updating it; removes one that is in the way only if the baseline's policy allows it",
			Lost:     gap + "; copies of events that the impostor delivered elsewhere",
			Fields:   []trail.Field{trail.FieldTrail, trail.FieldBucket},
		},
		{
			ID: ChangeBucket, Tier: TierTrail, Title: "Logs redirected to another bucket", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the bucket back, before anything else is delivered to the other one",
			Lost:     "log files delivered to the other bucket",
			Fields:   []trail.Field{trail.FieldBucket},
		},
		{
			ID: ChangePrefix, Tier: TierTrail, Title: "Logs moved to another prefix", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the prefix back",
			Lost:     "nothing if the bucket's policy let CloudTrail write there, else delivery until then is late",
			Fields:   []trail.Field{trail.FieldPrefix},
		},
		{
			ID: DropTopic, Tier: TierTrail, Title: "Delivery notifications redirected or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the SNS topic back",
			Lost:     "notifications of the log files delivered meanwhile",
			Fields:   []trail.Field{trail.FieldTopic},
		},
		{
			ID: DropLogGroup, Tier: TierTrail, Title: "CloudWatch Logs delivery redirected or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets log group and role back, together",
			Lost:     "the log group's copy of the events meanwhile, and alarms that they would have raised",
			Fields:   []trail.Field{trail.FieldLogGroup, trail.FieldLogRole},
		},
		{
			ID: ChangeKMSKey, Tier: TierTrail, Title: "Encryption key changed or removed", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the key back",
			Lost:     "log files encrypted under a key that its owner withholds",
			Fields:   []trail.Field{trail.FieldKey},
		},
		{
			ID: ValidationOff, Tier: TierTrail, Title: "Log file validation turned off", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns validation on",
			Lost:     "digests of the gap: log files delivered meanwhile can never be verified",
			Fields:   []trail.Field{trail.FieldValidation},
		},
		{
			ID: SingleRegion, Tier: TierTrail, Title: "Other regions or global services no longer recorded", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns both on, in one call, because AWS refuses a multi-region trail without global service events",
			Lost:     "data and network activity events of other regions in the gap",
			Fields:   []trail.Field{trail.FieldMultiRegion, trail.FieldGlobalEvents},
		},
		{
			ID: OrgTrailOff, Tier: TierTrail, Title: "Member accounts no longer recorded", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "makes it an organization trail again, which only the management account can",
			Lost:     "data and network activity events of member accounts in the gap",
			Fields:   []trail.Field{trail.FieldOrganization},
		},
		{
			ID: Minimise, Tier: TierTrail, Title: "Trail stripped of its settings", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callUpdate),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets every field back, in independent calls",
			Lost:     "all that the single changes lose",
			Fields:   updateFields(),
		},
		{
			ID: BlindSelectors, Tier: TierTrail, Title: "Event selection narrowed", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, callSelectors),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the whole selection back",
			Lost:     "data and network activity events that were excluded",
			Fields:   []trail.Field{trail.FieldSelectors},
		},
		{
			ID: InsightsOff, Tier: TierTrail, Title: "Insights turned off", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, callInsights),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns Insights on",
			Lost:     "Insights events, for up to 36 hours until CloudTrail knows a new baseline",
			Fields:   []trail.Field{trail.FieldInsights},
		},
		{
			ID: EventConfig, Tier: TierTrail, Title: "Event configuration changed", Severity: severity.Low,
			Calls:    callsOf(sourceCloudTrail, callConfiguration),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the event configuration back",
			Lost:     "context that was not added to events meanwhile",
			Fields:   []trail.Field{trail.FieldEventConfiguration},
		},
		{
			ID: TagFlip, Tier: TierTrail, Title: "Tags of the trail changed", Severity: severity.Low,
			Calls:    callsOf(sourceCloudTrail, callAddTags, callRemoveTags),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the tags back, and with them the permissions that depend on tags",
			Fields:   []trail.Field{trail.FieldTags},
		},
		{
			ID: ShadowTrail, Tier: TierTrail, Title: "Trail created", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, callCreate),
			ATTCKv18: []string{"T1530", impairV18}, ATTCKv19: []string{"T1530", impairV19},
			Restores: "nothing: alerts, because a new trail takes nothing from the guarded ones unless it stands in their place",
			Lost:     "copies of events that it delivers elsewhere",
		},
		{
			ID: StopFlood, Tier: TierTrail, Title: "Logging stopped over and over", Severity: severity.Critical,
			Calls:    callsOf(sourceCloudTrail, callStop),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "starts logging each time within its own budget of calls, and folds the stops into one alert",
			Lost:     gap,
			Fields:   []trail.Field{trail.FieldLogging},
		},
		{
			ID: StartLogging, Tier: TierTrail, Title: "Logging started", Severity: severity.Info,
			Calls:    callsOf(sourceCloudTrail, callStart),
			Restores: "nothing: the call is harmless, and is reported",
		},
		{
			ID: TrailUpdate, Tier: TierTrail, Title: "Trail changed without narrowing it", Severity: severity.Info,
			Calls:    callsOf(sourceCloudTrail, callUpdate, callSelectors, callInsights),
			Restores: "nothing: the call is harmless as far as its record tells, and is reported",
		},
	}
}
