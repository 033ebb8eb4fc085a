package trail

import (
	"cmp"
	"slices"
)

// quota is how many trails a region may have; a multi-region trail counts in each region:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
const quota = 5

// newTrailSelection is what a trail records right after CreateTrail: all management events.
var newTrailSelection = Selectors{Basic: []EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true}}}

// create plans for a trail that is gone. Its ARN will be the same again, so bucket policies that name it keep working.
func (p *planner) create() {
	obstacle, deletions := p.impostors()
	for _, impostor := range deletions {
		p.deleteImpostor(impostor)
	}
	p.createTrail(obstacle)
	if p.want.Logging && p.want.MayRestore(FieldLogging) {
		p.start(p.after(idCreate))
	}
	p.assumeNew()
	p.selectors(p.after(idCreate), "") // what is lost, the creation has said
	p.insights(p.after(idCreate))
	p.eventConfiguration(p.after(idCreate))
}

func (p *planner) createTrail(obstacle string) {
	var after []string
	for _, s := range p.steps {
		after = append(after, s.ID)
	}
	create := &Create{Config: p.want.Config}
	if p.want.Tags != nil {
		create.Tags = ownTags(*p.want.Tags)
	}
	lost := "Data and network activity events of the time without the trail are lost, and a new chain of digest files begins. " +
		"Management events of that time stay in Event history for 90 days."
	p.add(Step{ID: idCreate, Op: OpCreateTrail, Mends: []Field{FieldTrail}, After: after, Create: create, Lost: lost + obstacle})
}

// assumeNew adds the drifts that a new trail will have: CreateTrail takes no selectors, Insights or event configuration.
// A new trail's selection is replaced even where it records more than the baseline's: nobody chose it.
func (p *planner) assumeNew() {
	created := State{
		ARN: p.want.ARN, Config: Known(p.want.Config), Selectors: Known(newTrailSelection),
		Insights: Gone[[]InsightSelector](), EventConfiguration: Gone[EventConfiguration](),
	}
	for _, d := range Diff(p.want, created).Drifts {
		refused := d.Field == FieldSelectors && p.want.Selectors.Empty()
		if p.want.MayRestore(d.Field) && !refused {
			p.drifts[d.Field] = d
		}
	}
}

func (p *planner) deleteImpostor(c Config) {
	p.steps = append(p.steps, Step{
		ID: "delete-trail:" + c.ARN, Op: OpDeleteTrail, Region: homeOf(c), ARN: c.ARN, Mends: []Field{FieldTrail},
		Lost: "The trail " + show(c.ARN) + " and its configuration; its log files stay in " + show(c.S3BucketName) + ".",
	})
}

// impostors finds unlisted trails that stand in the way of creating the trail, and which of them to delete: the fewest
// that make way, and none if the policy forbids it or if deleting could not make way. What then stands in the way
// is told in words.
//
// It sees what Others shows: the home region, and trails of the same name elsewhere. A region elsewhere that is full
// shows itself only when CreateTrail fails.
func (p *planner) impostors() (obstacle string, deletions []Config) {
	others, known := p.have.Others.Get()
	if !known {
		return "", nil
	}
	namesakes, neighbours := p.sort(others)
	excess := len(neighbours) + countIn(namesakes, p.home()) + 1 - quota
	if len(namesakes) == 0 && excess <= 0 {
		return "", nil
	}
	if p.baseline.Policy.Impostors != ImpostorsDelete {
		return inTheWay(namesakes, excess, "the baseline's policy forbids to delete a trail that is not listed"), nil
	}
	if slices.ContainsFunc(namesakes, func(c Config) bool { return !p.deletable(c) }) {
		return inTheWay(namesakes, excess, "not all of them may be deleted: they are guarded or belong to another account"), nil
	}
	deletions = namesakes
	if excess -= countIn(namesakes, p.home()); excess > 0 {
		candidates := slices.DeleteFunc(neighbours, func(c Config) bool { return !p.deletable(c) })
		if len(candidates) < excess {
			return inTheWay(namesakes, excess, "too few of them may be deleted: the others are guarded or belong to another account"), nil
		}
		deletions = append(deletions, candidates[:excess]...)
	}
	return "", deletions
}

// sort divides other trails into those whose name collides with the wanted trail's and the others that count against
// the home region's quota, the first to delete first: those that write to a bucket that no guarded trail uses.
//
// A name must be unique among all trails that a region shows, shadow trails of multi-region trails included.
func (p *planner) sort(others []Config) (namesakes, neighbours []Config) {
	seen := map[string]bool{p.want.ARN: true}
	for _, c := range others {
		switch multi := c.IsMultiRegionTrail || p.want.IsMultiRegionTrail; {
		case seen[c.ARN]:
			continue
		case c.Name == p.want.Name && multi:
			namesakes = append(namesakes, c)
		case showsIn(c, p.home()):
			neighbours = append(neighbours, c)
		}
		seen[c.ARN] = true
	}
	byARN := func(a, b Config) int { return cmp.Compare(a.ARN, b.ARN) }
	slices.SortFunc(namesakes, byARN)
	slices.SortFunc(neighbours, func(a, b Config) int {
		return cmp.Or(cmp.Compare(p.bucketUse(a), p.bucketUse(b)), byARN(a, b))
	})
	return namesakes, neighbours
}

// bucketUse is 1 if a guarded trail uses the same bucket, else 0.
func (p *planner) bucketUse(c Config) int {
	if slices.ContainsFunc(p.baseline.Trails, func(g Guarded) bool { return g.S3BucketName == c.S3BucketName }) {
		return 1
	}
	return 0
}

// deletable says whether a trail may be deleted as an impostor: it is not guarded and belongs to the same account.
func (p *planner) deletable(c Config) bool {
	mine, err := ParseARN(p.want.ARN)
	theirs, err2 := ParseARN(c.ARN)
	guarded := slices.ContainsFunc(p.baseline.Trails, func(g Guarded) bool { return g.ARN == c.ARN })
	return err == nil && err2 == nil && !guarded && c.ARN != p.want.ARN && mine.Account == theirs.Account
}

// homeOf is a trail's home region.
func homeOf(c Config) string {
	if c.HomeRegion != "" {
		return c.HomeRegion
	}
	arn, _ := ParseARN(c.ARN)
	return arn.Region
}

func showsIn(c Config, region string) bool { return c.IsMultiRegionTrail || homeOf(c) == region }

func countIn(trails []Config, region string) int {
	count := 0
	for _, c := range trails {
		if showsIn(c, region) {
			count++
		}
	}
	return count
}

// inTheWay says what may keep the trail from being created.
func inTheWay(namesakes []Config, excess int, why string) string {
	text := ""
	if len(namesakes) > 0 {
		arns := make([]string, len(namesakes))
		for i, c := range namesakes {
			arns[i] = c.ARN
		}
		text += " Its name is taken by " + list(arns) + "."
	}
	if excess > 0 {
		text += " The home region already has as many trails as CloudTrail allows."
	}
	return text + " Creating it will probably fail: " + why + "."
}
