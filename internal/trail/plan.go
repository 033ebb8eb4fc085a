package trail

import (
	"slices"
)

// planner collects the steps that restore one trail.
type planner struct {
	baseline Baseline
	want     Guarded
	have     State
	drifts   map[Field]Drift // those of the trail that may be written back
	broken   map[of]Drift    // those of what its delivery rests on
	steps    []Step
}

// Plan returns the steps that restore a guarded trail, in the order in which to try them. It writes back drift that is
// narrowing or neutral, never what widens what is recorded, never what is unknown, and no more than the trail's Restore
// and AlertOnly allow. The baseline tells the policy and which other trails are guarded.
//
// Logging is started first, unless the trail points at a foreign bucket: then the bucket is put right before, so that no
// log file goes there. Otherwise steps depend on each other only where CloudTrail would refuse the later one, so that one
// failing step holds up as little as possible. A plan is a view of one moment: after it, look again and plan again.
func Plan(baseline Baseline, want Guarded, have State) []Step {
	p := &planner{baseline: baseline, want: want, have: have}
	p.drifts, p.broken = restorable(want, Diff(want, have))
	_, gone := p.drifts[FieldTrail]
	exists := want.IsTrail() && !gone && have.Config.Knowledge() != Absent
	if exists {
		p.bucketAndStart()
	}
	p.dependents(true)
	if gone {
		p.create()
	} else if exists {
		p.mend()
	}
	p.dependents(false)
	return p.steps
}

// restorable picks the drifts that may be written back: those of the trail, and those of what its delivery rests on.
func restorable(want Guarded, diff Difference) (own map[Field]Drift, broken map[of]Drift) {
	own, broken = map[Field]Drift{}, map[of]Drift{}
	for _, d := range diff.Drifts {
		switch {
		case d.Direction == Widening || !want.MayRestore(d.Field):
		case d.Resource == "":
			own[d.Field] = d
		default:
			broken[of{d.Resource, d.Field}] = d
		}
	}
	return own, broken
}

// MayRestore says whether the baseline allows writing a field back. Of fields that CloudTrail only changes together,
// all must be allowed.
func (g Guarded) MayRestore(field Field) bool {
	if g.Restore == RestoreNone || g.Restore == RestoreLogging && field != FieldLogging {
		return false
	}
	return !slices.ContainsFunc(Together(field), func(f Field) bool { return slices.Contains(g.AlertOnly, string(f)) })
}

// Together returns the fields, the given one among them, that CloudTrail only changes in one call: a log group needs
// its role, and a multi-region trail needs global service events.
func Together(field Field) []Field {
	for _, pair := range [][]Field{{FieldLogGroup, FieldLogRole}, {FieldMultiRegion, FieldGlobalEvents}} {
		if slices.Contains(pair, field) {
			return pair
		}
	}
	return []Field{field}
}

// drifted returns those of the fields that are to be written back.
func (p *planner) drifted(fields ...Field) []Field {
	return slices.DeleteFunc(fields, func(f Field) bool { _, ok := p.drifts[f]; return !ok })
}

// add appends a step for this trail.
func (p *planner) add(s Step) {
	s.ARN, s.Region = p.want.ARN, p.home()
	p.steps = append(p.steps, s)
}

// home is the trail's home region, the only one in which CloudTrail changes it.
func (p *planner) home() string {
	if p.want.HomeRegion != "" {
		return p.want.HomeRegion
	}
	arn, _ := ParseARN(p.want.ARN)
	return arn.Region
}

// has says whether the plan already has a step.
func (p *planner) has(id string) bool {
	return slices.ContainsFunc(p.steps, func(s Step) bool { return s.ID == id })
}

// after returns those of the steps that the plan has, to depend on.
func (p *planner) after(ids ...string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return !p.has(id) })
}

// Ids of the steps that others depend on.
const (
	idCreate    = "create-trail"
	idStart     = "start-logging"
	idBucket    = "update-trail:s3"
	idSelectors = "put-event-selectors"
)

// mend plans for a trail that exists.
func (p *planner) mend() {
	for _, group := range updateGroups {
		p.update(group)
	}
	p.selectors(nil, "Events that were not selected meanwhile are lost, management events excepted, which stay in Event history for 90 days: "+
		p.drifts[FieldSelectors].Detail+".")
	p.insights(nil)
	p.eventConfiguration(nil)
	p.tags()
}

// bucketAndStart orders the two steps that matter most. A wrong prefix is mended before logging starts too, but a start
// must not be missed for it: the bucket is the right one, so nobody else reads the files.
func (p *planner) bucketAndStart() {
	if len(p.drifted(FieldLogging)) == 0 {
		return
	}
	if len(p.drifted(FieldBucket)) > 0 {
		p.bucket() // it must take files before any other step
	}
	p.update(bucketGroup)
	var after []string
	if len(p.drifted(FieldBucket)) > 0 {
		after = p.after(idBucket)
	}
	p.start(after)
}

// bucket plans for the bucket that the trail is to write to, which may be broken too.
func (p *planner) bucket() {
	for _, r := range p.want.Dependents {
		if r.Type == Bucket && r.Name() == p.want.S3BucketName {
			p.resource(r, true)
		}
	}
}

func (p *planner) start(after []string) {
	lost := "Data and network activity events of the time without logging are lost, and the chain of digest files has a gap. " +
		"Management events of that time stay in CloudTrail's Event history for 90 days."
	p.add(Step{ID: idStart, Op: OpStartLogging, Mends: []Field{FieldLogging}, After: after, Lost: lost + p.strayFiles()})
}

// strayFiles warns of a start that the baseline wants although the bucket may not be put right.
func (p *planner) strayFiles() string {
	config, known := p.have.Config.Get()
	if !known || config.S3BucketName == p.want.S3BucketName || len(p.drifted(FieldBucket)) > 0 {
		return ""
	}
	return " Log files go to the foreign bucket " + show(config.S3BucketName) + ", which the baseline forbids to put right."
}

func (p *planner) selectors(after []string, lost string) {
	if _, ok := p.drifts[FieldSelectors]; !ok {
		return
	}
	p.add(Step{ID: idSelectors, Op: OpPutEventSelectors, Mends: []Field{FieldSelectors}, After: after, Selectors: p.want.Selectors, Lost: lost})
}

func (p *planner) insights(after []string) {
	if _, ok := p.drifts[FieldInsights]; !ok {
		return
	}
	after = append(after, p.after(idStart)...) // Insights need a trail that logs
	if p.has(idSelectors) && !p.recordsForInsights() {
		after = append(after, idSelectors)
	}
	p.add(Step{ID: "put-insight-selectors", Op: OpPutInsightSelectors, Mends: []Field{FieldInsights}, After: after, Insights: p.want.Insights,
		Lost: "Insights of the time without them are lost; new ones may take up to 36 hours to appear."})
}

// recordsForInsights says whether the trail, as it is, records every category of events that the wanted Insights look
// at; CloudTrail refuses Insights on events that a trail does not record (PutInsightSelectors).
func (p *planner) recordsForInsights() bool {
	now := newTrailSelection
	if selectors, known := p.have.Selectors.Get(); known && p.have.Config.Knowledge() == Present {
		now = selectors
	}
	for _, s := range *p.want.Insights {
		for _, category := range insightCategories(s) {
			if !now.records(category, partitionOf(p.want.ARN)) {
				return false
			}
		}
	}
	return true
}

func (p *planner) eventConfiguration(after []string) {
	if _, ok := p.drifts[FieldEventConfiguration]; !ok {
		return
	}
	p.add(Step{ID: "put-event-configuration", Op: OpPutEventConfiguration, Mends: []Field{FieldEventConfiguration}, After: after,
		EventConfiguration: p.want.EventConfiguration,
		Lost:               "What the configuration adds to events is missing from those recorded meanwhile."})
}

// tags adds and removes only what differs.
func (p *planner) tags() {
	if _, ok := p.drifts[FieldTags]; !ok {
		return
	}
	have, _ := p.have.Tags.Get() // known, or there would be no drift
	change := compareTags(*p.want.Tags, have)
	if len(change.remove) > 0 {
		p.add(Step{ID: "remove-tags", Op: OpRemoveTags, Mends: []Field{FieldTags}, Tags: change.remove})
	}
	if len(change.set) > 0 {
		p.add(Step{ID: "add-tags", Op: OpAddTags, Mends: []Field{FieldTags}, Tags: change.set})
	}
}
