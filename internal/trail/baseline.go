package trail

import (
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
)

// APIVersion is the only version of the baseline file so far.
const APIVersion = "trailhold/v1"

// Baseline is the declared known-good configuration of one account's trails.
type Baseline struct {
	Account string
	Policy  Policy
	Trails  []Guarded

	// Resources are guarded by themselves, beside the trails: event data stores, channels, the organization.
	Resources []Resource
	// Guard is what the guard itself runs on: its rules, function, schedule, queues, table, topic and roles.
	Guard []Resource

	// Hash identifies the content: "sha256:" and the hex digest of its canonical JSON. Comments, order of keys and of
	// list members that carry no meaning do not change it.
	Hash string
}

// Guarded is one guarded trail: what it should be, and what may be done to make it so. A nil pointer means the
// facet is not guarded: it is neither compared nor written.
type Guarded struct {
	Config
	Logging            bool
	Selectors          *Selectors
	Insights           *[]InsightSelector // empty: Insights are off
	EventConfiguration *EventConfiguration
	Tags               *map[string]string // empty: no tags
	Dependents         []Resource         // what delivery rests on: bucket, key, topic, log group, roles, alarms
	Regions            []string           // other regions in which delivery must be proved; a multi-region trail's enabled regions

	Restore   Restore
	AlertOnly []string // drift fields that alert but are never written back
}

// IsTrail says whether it is a trail, and not a resource that is guarded by itself.
func (g Guarded) IsTrail() bool { return len(g.Dependents) != 1 || g.Dependents[0].ARN != g.ARN }

// Units lists all that is guarded, each of which is looked at, restored and told of by itself: the trails with all that
// they rest on, then each resource that is guarded by itself, as a Guarded that has nothing but this one dependent.
func (b Baseline) Units() []Guarded {
	units := slices.Clone(b.Trails)
	for _, r := range slices.Concat(b.Guard, b.Resources) {
		g := Guarded{Restore: RestoreAll, Dependents: []Resource{r}}
		g.ARN, g.HomeRegion = r.ARN, r.Region
		units = append(units, g)
	}
	return units
}

// Restore says how far restoration of a trail may go.
type Restore string

// How far restoration may go.
const (
	RestoreAll     Restore = "all"     // everything that narrowed
	RestoreLogging Restore = "logging" // StartLogging only
	RestoreNone    Restore = "none"    // alert only
)

// Policy is what holds for the whole account.
type Policy struct {
	Impostors Impostors         // what may be done to an unlisted trail that stands in the way of a guarded one
	Contest   Contest           // whether to go on against somebody who undoes each restoration
	Alert     severity.Severity // drifts and signals below this are recorded, not told
}

// DefaultPolicy is what holds where a baseline says nothing: every signal is told, as people who come from a plain
// rule-to-topic set-up expect, and no trail is ever deleted.
func DefaultPolicy() Policy {
	return Policy{Impostors: ImpostorsAlert, Contest: ContestFight, Alert: severity.Info}
}

// Contest says what to do about somebody who undoes each restoration, a pipeline perhaps.
type Contest string

// What to do about a contest.
const (
	ContestFight Contest = "fight" // restore each time
	ContestLeave Contest = "leave" // leave what is contested as it is after a few rounds, and alert
)

// Impostors says what may be done to an unlisted trail that blocks restoration.
type Impostors string

// What may be done to an impostor.
const (
	ImpostorsAlert  Impostors = "alert"
	ImpostorsDelete Impostors = "delete"
)
