package privilege

import (
	"cmp"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Uses are what a guard does beside guarding. Each asks for more permissions; the zero value asks for none.
type Uses struct {
	Topics   []string // ARNs of topics to publish alerts to
	Buses    []string // ARNs of event buses to send alerts to
	Secrets  []string // ARNs of parameters and secrets that the alerts file refers to
	Findings bool     // tell Security Hub
	Table    string   // ARN of the table that incidents are kept in
	Queue    string   // ARN of the queue that "watch" reads
	Evidence string   // where backfill keeps its files: s3://bucket/prefix
	Baseline string   // where the baseline is read from: s3://bucket/key
	Alerts   string   // where the alerts file is read from: s3://bucket/key
	Keys     []string // ARNs of the KMS keys under which any of these are encrypted
	Verify   bool     // verify the trails' digest files and log files
	WhoCan   bool     // ask who can turn the trails off
	Capture  bool     // capture what the baseline has again; what it does not have yet, it does not allow to read
	Audit    bool     // audit the account
	Harden   bool     // mend what an audit finds; that takes an audit, and the role that restores
	// Partition is that of an audit without a baseline, which would tell; empty: aws. The account is then any.
	Partition string
}

// exists is the setting that every subject has.
const exists = string(trail.Identity)

// subject is one thing that calls for permissions: a trail, a resource, or a use.
type subject struct {
	kind                            string // a row's Of
	arn, partition, region, account string

	guarded  map[string]bool // the settings that are read
	restored map[string]bool // those that may be written back
	resource trail.Resource  // of a resource, and of a use that is about a bucket
	trail    trail.Guarded   // of a trail, and of what is guarded with one
	blank    bool            // of a template: nothing but its kind is known
	// everywhere stands for all of a kind that an audit may find. Of the calls that write it makes those of hardening only.
	everywhere bool
	scope      *scope
}

// scope is what all subjects have in common.
type scope struct {
	regions []string // in which anything is guarded, or delivery is proved
	uses    Uses
	place   place
}

// place is the partition and the account that a baseline is about.
type place struct{ partition, account string }

// subjects lists what a baseline and some uses call for permissions for.
func subjects(b trail.Baseline, uses Uses) []subject {
	s := &scope{regions: regionsOf(b), uses: uses, place: place{partition: partitionOf(b), account: b.Account}}
	if b.Account == "" { // there is no baseline
		s.place = place{partition: cmp.Or(uses.Partition, "aws"), account: "*"}
	}
	list := []subject{s.subject("account", "")}
	deletes := false
	for _, g := range b.Units() {
		if g.IsTrail() {
			list = append(list, s.trail(g))
			deletes = deletes || g.Restore == trail.RestoreAll
		}
		for _, r := range g.Dependents {
			list = append(list, s.resource(g, r))
		}
	}
	if deletes && b.Policy.Impostors == trail.ImpostorsDelete {
		list = append(list, s.subject("impostors", ""))
	}
	return append(list, s.used(b)...)
}

// subject is one that has an ARN, or is about the account.
func (s *scope) subject(kind, arn string) subject {
	return subject{
		kind: kind, arn: arn, partition: s.place.partition, region: arnPart(arn, 3), account: s.place.account,
		guarded: map[string]bool{exists: true}, restored: map[string]bool{exists: true}, scope: s,
	}
}

// trail is a trail as a subject. Its settings are the facets that are read and written by calls of their own.
func (s *scope) trail(g trail.Guarded) subject {
	t := s.subject("trail", g.ARN)
	t.trail, t.region = g, g.HomeRegion
	for setting, facet := range map[string]struct {
		guarded bool
		field   trail.Field
	}{
		"logging":            {g.Logging, trail.FieldLogging},
		"configuration":      {true, ""},
		"selectors":          {g.Selectors != nil, trail.FieldSelectors},
		"insights":           {g.Insights != nil, trail.FieldInsights},
		"eventConfiguration": {g.EventConfiguration != nil, trail.FieldEventConfiguration},
		"tags":               {g.Tags != nil, trail.FieldTags},
		"trail":              {true, trail.FieldTrail},
	} {
		t.guarded[setting] = facet.guarded
		t.restored[setting] = facet.guarded && g.MayRestore(facet.field)
	}
	return t
}

// resource is a resource as a subject. That log files are brought back is no setting, but has a name like one.
func (s *scope) resource(g trail.Guarded, r trail.Resource) subject {
	t := s.subject(string(r.Type), r.ARN)
	t.trail, t.resource, t.region, t.account = g, r, r.Region, r.Account
	for setting := range r.Settings {
		t.guarded[string(setting)] = true
		t.restored[string(setting)] = g.MayRestore(trail.FieldOf(r.Type, setting))
	}
	t.restored[exists] = g.MayRestore(trail.FieldOf(r.Type, trail.Identity))
	logs := r.Type == trail.Bucket && g.IsTrail() && g.Restore == trail.RestoreAll
	t.guarded["files"], t.restored["files"] = logs, logs
	return t
}

// used are the uses as subjects.
func (s *scope) used(b trail.Baseline) (list []subject) {
	for _, topic := range s.uses.Topics {
		list = append(list, s.subject("alerts", topic))
	}
	for kind, arn := range map[string]string{"journal": s.uses.Table, "queue of events": s.uses.Queue, "evidence": s.object(s.uses.Evidence), "baseline": s.object(s.uses.Baseline)} {
		if arn != "" {
			list = append(list, s.subject(kind, arn))
		}
	}
	if arn := s.object(s.uses.Alerts); arn != "" {
		list = append(list, s.subject("baseline", arn))
	}
	for _, bus := range s.uses.Buses {
		list = append(list, s.subject("event buses", bus))
	}
	for _, arn := range s.uses.Secrets {
		list = append(list, s.subject(arnPart(arn, 2)+" secrets", arn))
	}
	if s.uses.Findings {
		list = append(list, s.subject("findings", ""))
	}
	if s.uses.WhoCan {
		list = append(list, s.subject("who can", ""))
	}
	if s.uses.Capture {
		list = append(list, s.subject("capture", ""))
	}
	if s.uses.Audit || s.uses.Harden {
		list = append(list, s.audited()...)
	}
	if s.uses.Verify {
		for _, g := range b.Trails {
			if g.LogFileValidationEnabled {
				v := s.trail(g)
				v.kind = "verification"
				list = append(list, v)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b subject) int { return strings.Compare(a.kind, b.kind) })
	return list
}

// object is the ARN of a place in a bucket that is given as s3://bucket/key; empty if none is.
func (s *scope) object(uri string) string {
	path, ok := strings.CutPrefix(uri, "s3://")
	if !ok {
		return ""
	}
	return "arn:" + s.place.partition + ":s3:::" + strings.TrimSuffix(path, "/")
}

// calls says whether the subject calls for a row.
func (s subject) calls(row Row) bool {
	settings := row.Settings
	if len(settings) == 0 {
		settings = []string{exists}
	}
	if s.everywhere && row.Role == Restore && !hardens(row) {
		return false
	}
	return row.Of == s.kind && slices.ContainsFunc(settings, func(setting string) bool {
		if row.Role == Read {
			return s.guarded[setting]
		}
		return s.restored[setting] && s.wants(setting, row.Wants)
	})
}

// wants says whether the baseline has such content in a setting.
func (s subject) wants(setting string, wanted Wants) bool {
	empty := s.document(setting).Empty()
	return wanted == Whatever || s.blank || empty == (wanted == Nothing)
}

func (s subject) document(setting string) trail.Document {
	return s.resource.Settings[trail.Setting(setting)]
}

// regionsOf lists the regions in which a baseline's trails and resources are called, and in which their calls are recorded.
func regionsOf(b trail.Baseline) []string {
	regions := []string{}
	for _, g := range b.Units() {
		regions = append(append(regions, g.HomeRegion), g.Regions...)
		for _, r := range g.Dependents {
			regions = append(regions, r.Region)
		}
	}
	regions = append(regions, trail.GlobalRegion(partitionOf(b)))
	slices.Sort(regions)
	return slices.DeleteFunc(slices.Compact(regions), func(r string) bool { return r == "" })
}

// partitionOf is the partition that the first of a baseline's ARNs names.
func partitionOf(b trail.Baseline) string {
	for _, g := range b.Units() {
		if partition := arnPart(g.ARN, 1); partition != "" {
			return partition
		}
	}
	return "aws"
}

// arnPart is a part of an ARN, counted from 0; empty if there is none.
func arnPart(arn string, n int) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[n]
	}
	return ""
}

func words(text string) []string { return strings.Fields(text) }
