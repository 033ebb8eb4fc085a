package incident

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

// logDeletion is the technique of deleting delivered log files, which changes no configuration.
const logDeletion = "log-delete"

// effect is what one drift does to the events.
type effect struct {
	fate       Fate
	copy       Copy
	regions    []string
	categories []Category
	from, to   time.Time
	words      string              // which events and why
	missing    map[Category]string // of a narrowed selection: which events of each category
	recovery   Recovery            // empty: what lostRecovery says
	silencing  bool                // nothing at all is recorded
	past       bool                // it concerns events that were delivered before
}

func (e effect) affected(c Category) string {
	if words := e.missing[c]; words != "" {
		return words
	}
	return string(c) + " events: " + e.words
}

func (e effect) recoveryOf(c Category) Recovery {
	if e.recovery == "" || c == CategoryManagement && (e.recovery == FromPlace || e.recovery == FromKey) {
		return lostRecovery(c) // Event history needs nobody's leave
	}
	return e.recovery
}

// effects lists what each drift does, in the drifts' order.
func (t Tampering) effects() []effect {
	var all []effect
	for _, d := range t.Drifts {
		if d.Direction == trail.Narrowing {
			all = append(all, t.ofDrift(d)...)
		}
	}
	if slices.Contains(t.Techniques, logDeletion) {
		all = append(all, t.ofDeletedLogs())
	}
	return slices.DeleteFunc(all, func(e effect) bool { return len(e.regions) == 0 })
}

func (t Tampering) ofDrift(d trail.Drift) []effect {
	e := effect{copy: CopyLogFiles, fate: Lost, regions: t.regions(), categories: t.recorded(), from: t.Attack, to: t.To}
	resource, setting, found := strings.Cut(string(d.Field), ".")
	if !found {
		return t.ofTrail(d, e)
	}
	name := trail.Resource{Type: trail.ResourceType(resource), ARN: d.Resource}.Name()
	switch trail.ResourceType(resource) {
	case trail.Bucket:
		if name == t.Want.S3BucketName {
			return t.ofBucket(trail.Setting(setting), d, e)
		}
	case trail.Key:
		if key := t.Want.KMSKeyID; key == d.Resource || key != "" && !strings.HasPrefix(key, "arn:") || strings.Contains(key, ":alias/") {
			return t.ofKey(trail.Setting(setting), d, e)
		}
	case trail.LogGroup:
		if strings.TrimSuffix(t.Want.CloudWatchLogsLogGroupARN, ":*") == strings.TrimSuffix(d.Resource, ":*") {
			return t.ofLogGroup(trail.Setting(setting), d, e)
		}
	case trail.Role:
		if t.Want.CloudWatchLogsRoleARN == d.Resource {
			return withoutLogGroup(e, "CloudTrail may have been kept from writing to the log group")
		}
	case trail.Organization:
		if setting == "trustedAccess" && t.Want.IsOrganizationTrail {
			return members(e)
		}
	}
	return nil
}

// ofTrail is what a drift of the trail's own configuration does.
func (t Tampering) ofTrail(d trail.Drift, e effect) []effect {
	found, _ := d.After.(string)
	switch d.Field {
	case trail.FieldTrail, trail.FieldLogging:
		e.silencing, e.words = true, "the trail recorded nothing"
		if d.Field == trail.FieldLogging {
			e.from = earlier(t.Attack, t.Status)
		}
	case trail.FieldMultiRegion:
		e.regions, e.words = others(t.Want), "the trail recorded no other region"
	case trail.FieldGlobalEvents:
		if e.regions = t.global(); !slices.Contains(e.categories, CategoryManagement) {
			return nil
		}
		e.categories, e.words = []Category{CategoryManagement}, "those of global services (IAM, STS, CloudFront) were left out"
	case trail.FieldOrganization:
		return members(e)
	case trail.FieldSelectors:
		e.missing = t.missing(d)
		e.categories = slices.DeleteFunc(e.categories, func(c Category) bool { return e.missing[c] == "" })
	case trail.FieldInsights:
		e.categories, e.words = []Category{CategoryInsights}, "they were turned off, or some kinds of them"
	case trail.FieldBucket:
		e.fate, e.recovery, e.words = Elsewhere, FromPlace, "log files went to the bucket "+found
	case trail.FieldPrefix:
		e.fate, e.recovery, e.words = Elsewhere, FromPlace, "log files went to the prefix "+found+" of the bucket"
	case trail.FieldKey:
		if found == "" {
			return nil // encrypted in another way, which everybody who may read the bucket can read
		}
		e.fate, e.recovery, e.words = Unreadable, FromKey, "log files are encrypted under the key "+found
	case trail.FieldLogGroup, trail.FieldLogRole:
		return withoutLogGroup(e, "they did not go to the log group")
	default:
		return nil
	}
	return []effect{e}
}

func members(e effect) []effect {
	e.words, e.recovery = "those of the organization's member accounts were not recorded", FromMemberHistory
	var split []effect
	for _, c := range e.categories {
		one := e
		one.categories = []Category{c}
		if c != CategoryManagement {
			one.recovery = FromNowhere
		}
		split = append(split, one)
	}
	return split
}

// ofBucket is what a drift of the log bucket does. What only keeps CloudTrail from writing delays.
func (t Tampering) ofBucket(s trail.Setting, d trail.Drift, e effect) []effect {
	e.fate, e.recovery = Delayed, FromRetry
	switch s {
	case trail.Identity:
		e.words = "the bucket is gone"
		if d.After != nil {
			e.fate, e.recovery, e.words = Elsewhere, FromPlace, "the bucket's name belongs to another account"
		}
		return []effect{e, t.gone("the bucket was deleted with all the log files in it")}
	case "policy", "requestPayment", "acl", "ownershipControls":
		e.words = "the bucket's " + string(s) + " may have kept CloudTrail from writing"
	case "encryption":
		e.words = "the bucket's encryption may have kept CloudTrail from writing"
	case "lifecycle":
		old := t.gone("log files that expired under the changed lifecycle")
		old.to = t.To
		if t.versioned() {
			old.recovery = FromVersions
		}
		return []effect{old}
	default:
		return nil
	}
	return []effect{e}
}

// ofKey is what a drift of the key under which log files are encrypted does.
func (t Tampering) ofKey(s trail.Setting, d trail.Drift, e effect) []effect {
	e.fate, e.recovery = Delayed, FromRetry
	switch {
	case s == trail.Identity:
		old := t.gone("the key is gone for good, and with it what is encrypted under it")
		old.fate, old.to = Unreadable, t.Attack
		e.words = "CloudTrail could not encrypt log files: the key does not exist"
		return []effect{e, old}
	case s == "state" && strings.Contains(Text(d.After), "PendingDeletion"):
		e.words = "CloudTrail could not encrypt log files; had the key been deleted, none under it could be read any more"
	case s == "state", s == "policy", s == "grants":
		e.words = "the key's " + string(s) + " may have kept CloudTrail from encrypting log files, and people from reading them"
	default:
		return nil
	}
	return []effect{e}
}

// ofLogGroup is what a drift of the log group does to the copy there.
func (t Tampering) ofLogGroup(s trail.Setting, d trail.Drift, e effect) []effect {
	switch s {
	case trail.Identity:
		old := t.gone("the log group was deleted with all events in it")
		old.copy, old.recovery = CopyLogGroup, FromLogFiles
		return append(withoutLogGroup(e, "there was no log group"), inLogGroup(old)...)
	case "retention":
		old := t.gone("events that expired under the shortened retention")
		old.to, old.recovery = t.To, FromLogFiles
		return inLogGroup(old)
	case "encryption", "dataProtection":
		if isNothing(d.After) {
			return nil
		}
		e.fate, e.recovery, e.words = Unreadable, FromLogFiles, "the log group's "+string(s)+" may hide them"
		return inLogGroup(e)
	}
	return nil
}

// withoutLogGroup is the effect of events not reaching the log group, while the log files have them.
func withoutLogGroup(e effect, words string) []effect {
	e.recovery, e.words = FromLogFiles, words
	return inLogGroup(e)
}

func inLogGroup(e effect) []effect {
	e.copy = CopyLogGroup
	return []effect{e}
}

// ofDeletedLogs is what the deletion of delivered files does: nobody knows from here which they were.
func (t Tampering) ofDeletedLogs() effect {
	e := t.gone("log files were deleted")
	if t.versioned() {
		e.recovery = FromVersions
	}
	return e
}

// gone is the loss of what was delivered before the attack.
func (t Tampering) gone(words string) effect {
	return effect{fate: Lost, copy: CopyLogFiles, regions: t.regions(), categories: t.recorded(), to: t.Attack, words: words, past: true}
}

// versioned says whether the log bucket keeps versions of what is deleted: it is meant to, and still does.
func (t Tampering) versioned() bool {
	if slices.ContainsFunc(t.Drifts, func(d trail.Drift) bool { return d.Field == trail.FieldOf(trail.Bucket, "versioning") }) {
		return false
	}
	return slices.ContainsFunc(t.Want.Dependents, func(r trail.Resource) bool {
		return r.Type == trail.Bucket && r.Name() == t.Want.S3BucketName && r.Settings["versioning"].Text("Status") == "Enabled"
	})
}

var categoryNames = map[string]Category{
	trail.CategoryManagement: CategoryManagement, trail.CategoryData: CategoryData, trail.CategoryNetwork: CategoryNetwork,
}

// recorded lists the categories that the baseline has recorded. Where it does not guard the selection, CloudTrail's
// default is assumed, which is management events.
func (t Tampering) recorded() []Category {
	categories := []Category{CategoryManagement}
	if t.Want.Selectors != nil {
		categories = nil
		for _, name := range t.Want.Selectors.Recorded(t.Want.ARN) {
			categories = append(categories, categoryNames[name])
		}
	}
	if t.Want.Insights != nil && len(*t.Want.Insights) > 0 {
		categories = append(categories, CategoryInsights)
	}
	return categories
}

// missing tells which events a drift of the selectors leaves out, by category.
func (t Tampering) missing(d trail.Drift) map[Category]string {
	var want, have trail.Selectors // a drift from a journal has maps where it had selectors
	if json.Unmarshal([]byte(Text(d.Before)), &want) != nil || json.Unmarshal([]byte(Text(d.After)), &have) != nil {
		return nil
	}
	missing := map[Category]string{}
	for name, words := range want.Missing(have, t.Want.ARN) {
		missing[categoryNames[name]] = words
	}
	return missing
}

// regions lists all regions that the trail records, the home region first.
func (t Tampering) regions() []string { return append([]string{t.Want.HomeRegion}, others(t.Want)...) }

func others(want trail.Guarded) []string {
	return slices.DeleteFunc(slices.Clone(want.Regions), func(r string) bool { return r == want.HomeRegion })
}

// global is the region of global services' events, if the trail records it at all.
func (t Tampering) global() []string {
	arn, _ := trail.ParseARN(t.Want.ARN)
	region := trail.GlobalRegion(arn.Partition)
	if !slices.Contains(t.regions(), region) {
		return nil
	}
	return []string{region}
}

func isNothing(v any) bool { return slices.Contains([]string{"", `""`, "null", "{}"}, Text(v)) }

// earlier is when logging stopped: the record's time, or the status's if there is no record or it is earlier. The
// status alone is not enough, because it moves when a stopped trail is stopped again.
func earlier(attack time.Time, status trail.Facet[trail.Status]) time.Time {
	s, ok := status.Get()
	if ok && !s.StopLoggingTime.IsZero() && (attack.IsZero() || s.StopLoggingTime.Before(attack)) {
		return s.StopLoggingTime
	}
	return attack
}
