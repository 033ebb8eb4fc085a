package privilege

import (
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// placeholders stand for the ARNs in Template's statements.
var placeholders = map[string]string{
	"trail": "${TrailArn}", bucket: "${BucketArn}", key: "${KeyArn}", topic: "${TopicArn}", logGroup: "${LogGroupArn}", role: "${RoleArn}",
	alarm: "${AlarmArn}", rule: "${RuleArn}", eventBus: "${EventBusArn}", function: "${FunctionArn}", schedule: "${ScheduleArn}",
	queue: "${QueueArn}", table: "${TableArn}", string(trail.EventDataStore): "${EventDataStoreArn}", string(trail.Channel): "${ChannelArn}",
	"alerts": "${AlertTopicArn}", "journal": "${JournalTableArn}", "queue of events": "${EventQueueArn}", "baseline": "${BaselineObjectArn}", "verification": "${BucketArn}",
}

// Template is what one role needs for a trail and one of each of some kinds of resources, every setting of which is guarded,
// for a template that is written before there is a baseline. The kinds are those of trail, "trail" for trails, and uses beside
// the guarding: "alerts", "journal", "queue of events", "baseline", "verification".
//
// In place of ARNs it has ${TrailArn}, ${BucketArn}, … in one case with something behind it ("${BucketArn}/*"), and
// ${AWS::Partition}, ${AWS::AccountId} and ${AWS::Region}. Roles that a setting passes to a service, and conditions on what
// a baseline has, its regions among it, are not in it: nobody knows them yet. Deleting impostors is not either.
func Template(role Role, kinds ...string) []Statement {
	s := &scope{place: place{partition: "${AWS::Partition}", account: "${AWS::AccountId}"}}
	list := []subject{s.subject("account", "")}
	for _, kind := range kinds {
		list = append(list, s.blank(kind))
	}
	return statements(list, role)
}

// Kinds lists the kinds that Template knows, in alphabetical order.
func Kinds() []string {
	var kinds []string
	for kind := range placeholders {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// blank is a subject of which nothing but its kind is known.
func (s *scope) blank(kind string) subject {
	t := s.subject(kind, placeholders[kind])
	t.region, t.blank = "${AWS::Region}", true
	settings := []string{"files"}
	for _, setting := range trail.SettingsOf(trail.ResourceType(kind)) {
		settings = append(settings, string(setting))
	}
	if kind == "trail" {
		settings = []string{"logging", "configuration", "selectors", "insights", "eventConfiguration", "tags", "trail"}
	}
	for _, setting := range settings {
		t.guarded[setting], t.restored[setting] = true, true
	}
	return t
}
