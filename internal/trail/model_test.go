package trail

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// world is a small model of CloudTrail in one account: what each operation does and refuses, after the API's documentation.
type world struct {
	trails map[string]*modelTrail
}

type modelTrail struct {
	config    Config
	logging   bool
	selectors Selectors
	insights  []InsightSelector
	events    EventConfiguration
	tags      map[string]string
}

// worldOf is a world in which the trail is as its baseline wants it.
func worldOf(g Guarded) *world {
	t := &modelTrail{config: g.Config, logging: g.Logging, selectors: newTrailSelection, tags: map[string]string{}}
	if g.Selectors != nil && !g.Selectors.Empty() {
		t.selectors = *g.Selectors
	}
	if g.Insights != nil {
		t.insights = *g.Insights
	}
	if g.EventConfiguration != nil {
		t.events = *g.EventConfiguration
	}
	if g.Tags != nil {
		t.tags = maps.Clone(*g.Tags)
	}
	return &world{map[string]*modelTrail{g.ARN: t}}
}

// stop is StopLogging, which turns Insights off.
func (t *modelTrail) stop() { t.logging, t.insights = false, nil }

// squat makes a foreign trail.
func (w *world) squat(region, name string, multi bool) string {
	arn := ARN{"aws", region, "111122223333", name}.String()
	w.trails[arn] = &modelTrail{config: Config{Name: name, ARN: arn, HomeRegion: region, S3BucketName: "evil-" + name, IsMultiRegionTrail: multi, IncludeGlobalServiceEvents: multi}}
	return arn
}

// observe reads the state of a trail as the guard would.
func (w *world) observe(g Guarded) State {
	s := State{ARN: g.ARN, Config: Gone[Config](), Status: Gone[Status](), Selectors: Gone[Selectors](), Insights: Gone[[]InsightSelector](),
		EventConfiguration: Gone[EventConfiguration](), Tags: Gone[map[string]string]()}
	if t := w.trails[g.ARN]; t != nil {
		s.Config, s.Status, s.Selectors, s.EventConfiguration = Known(t.config), Known(Status{IsLogging: t.logging}), Known(t.selectors), Known(t.events)
		s.Tags = Known(maps.Clone(t.tags))
		if len(t.insights) > 0 {
			s.Insights = Known(t.insights)
		}
	}
	var others []Config
	for _, arn := range slices.Sorted(maps.Keys(w.trails)) {
		if c := w.trails[arn].config; arn != g.ARN && (showsIn(c, g.HomeRegion) || c.Name == g.Name) {
			others = append(others, c)
		}
	}
	s.Others = Known(others)
	return s
}

// apply carries out a step, or says why CloudTrail refuses it.
func (w *world) apply(s Step) error {
	arn, err := ParseARN(s.ARN)
	if err != nil || arn.Region != s.Region {
		return fmt.Errorf("InvalidHomeRegionException: %s in %s", s.ARN, s.Region)
	}
	t := w.trails[s.ARN]
	if s.Op == OpCreateTrail {
		return w.create(s.ARN, *s.Create)
	}
	if t == nil {
		return errors.New("TrailNotFoundException")
	}
	switch s.Op {
	case OpDeleteTrail:
		delete(w.trails, s.ARN)
	case OpStartLogging:
		t.logging = true
	case OpUpdateTrail:
		return t.update(*s.Update)
	case OpPutEventSelectors:
		if s.Selectors.Empty() || len(s.Selectors.Basic) > 0 && len(s.Selectors.Advanced) > 0 {
			return errors.New("InvalidEventSelectorsException")
		}
		t.selectors = *s.Selectors
	case OpPutInsightSelectors:
		return t.putInsights(*s.Insights)
	case OpPutEventConfiguration:
		t.events = *s.EventConfiguration
	case OpAddTags:
		maps.Copy(t.tags, s.Tags)
	case OpRemoveTags:
		for key := range s.Tags {
			delete(t.tags, key)
		}
	default:
		return fmt.Errorf("unknown operation %s", s.Op)
	}
	return nil
}

func (w *world) create(arn string, c Create) error {
	count := 0
	for other, t := range w.trails {
		multi := t.config.IsMultiRegionTrail || c.IsMultiRegionTrail
		if other == arn || t.config.Name == c.Name && multi {
			return errors.New("TrailAlreadyExistsException")
		}
		if showsIn(t.config, c.HomeRegion) {
			count++
		}
	}
	if count >= 5 {
		return errors.New("MaximumNumberOfTrailsExceededException")
	}
	t := &modelTrail{config: c.Config, selectors: newTrailSelection, tags: map[string]string{}}
	maps.Copy(t.tags, c.Tags)
	if err := t.valid(); err != nil {
		return err
	}
	w.trails[arn] = t
	return nil
}

// update is UpdateTrail: nil is unchanged, empty clears.
func (t *modelTrail) update(u Update) error {
	changed := *t
	c := &changed.config
	put(&c.S3BucketName, u.S3BucketName)
	put(&c.S3KeyPrefix, u.S3KeyPrefix)
	put(&c.SnsTopicARN, u.SnsTopicName)
	put(&c.CloudWatchLogsLogGroupARN, u.CloudWatchLogsLogGroupARN)
	put(&c.CloudWatchLogsRoleARN, u.CloudWatchLogsRoleARN)
	put(&c.KMSKeyID, u.KMSKeyID)
	put(&c.LogFileValidationEnabled, u.EnableLogFileValidation)
	put(&c.IsMultiRegionTrail, u.IsMultiRegionTrail)
	put(&c.IncludeGlobalServiceEvents, u.IncludeGlobalServiceEvents)
	put(&c.IsOrganizationTrail, u.IsOrganizationTrail)
	if reflect.DeepEqual(u, Update{}) {
		return errors.New("an update without fields")
	}
	if err := changed.valid(); err != nil {
		return err
	}
	*t = changed
	return nil
}

func put[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func (t *modelTrail) valid() error {
	c := t.config
	switch {
	case c.IsMultiRegionTrail && !c.IncludeGlobalServiceEvents:
		return errors.New("InvalidParameterCombinationException")
	case (c.CloudWatchLogsLogGroupARN == "") != (c.CloudWatchLogsRoleARN == ""):
		return errors.New("InvalidCloudWatchLogsRoleArnException")
	case c.S3BucketName == "":
		return errors.New("InvalidS3BucketNameException")
	}
	return nil
}

func (t *modelTrail) putInsights(selectors []InsightSelector) error {
	for _, s := range selectors {
		for _, category := range insightCategories(s) {
			if !t.logging || !t.selectors.records(category, "aws") {
				return errors.New("InvalidInsightSelectorsException")
			}
		}
	}
	t.insights = selectors
	return nil
}
