package lab

import "slices"

type insightSelector struct {
	InsightType     string
	EventCategories []string `json:",omitempty"`
}

type insightsAnswer struct {
	TrailARN         string
	InsightSelectors []insightSelector
}

// trailOrStore is how requests name a trail or an event data store.
type trailOrStore struct {
	TrailName           *string
	EventDataStore      *string
	InsightsDestination *string
}

// namesStore says whether the request names a store, and checks that it doesn't name a trail as well.
func (in trailOrStore) namesStore() (bool, error) {
	store := in.EventDataStore != nil || in.InsightsDestination != nil
	if in.TrailName != nil && store {
		return false, errorf("InvalidParameterCombinationException", "TrailName cannot be used together with EventDataStore or InsightsDestination.")
	}
	return store, nil
}

// trailOf returns the trail's name, for operations that the lab does not have for event data stores.
func (in trailOrStore) trailOf() (string, error) {
	switch store, err := in.namesStore(); {
	case err != nil:
		return "", err
	case store:
		return "", errorf("UnsupportedOperationException", "The lab has this operation for trails only.")
	case in.TrailName == nil:
		return "", errorf("InvalidParameterException", "Specify TrailName or EventDataStore.")
	}
	return *in.TrailName, nil
}

func (c *call) putInsightSelectors() (any, error) {
	var in struct {
		trailOrStore
		InsightSelectors []insightSelector
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if store, err := in.namesStore(); store || err != nil {
		return c.putStoreInsights(in.trailOrStore, in.InsightSelectors, err)
	}
	name, err := in.trailOf()
	if err != nil {
		return nil, err
	}
	e, err := c.writableTrail(name)
	if err != nil {
		return nil, err
	}
	if in.InsightSelectors == nil {
		return nil, errorf("InvalidParameterException", "InsightSelectors is required; an empty list disables Insights.")
	}
	t := *e.newest()
	for i := range in.InsightSelectors {
		if err := in.InsightSelectors[i].complete(&t); err != nil {
			return nil, err
		}
	}
	t.insights = in.InsightSelectors
	e.publish(c, &t)
	return c.answered(insightsAnswer{t.arn, t.insights}), nil
}

// complete fills in the default category and checks that the trail records what the insight is computed from.
func (s *insightSelector) complete(t *trail) error {
	if len(s.EventCategories) == 0 {
		s.EventCategories = []string{"Management"}
	}
	if s.InsightType != "ApiCallRateInsight" && s.InsightType != "ApiErrorRateInsight" {
		return errorf("InvalidInsightSelectorsException", "%.100q is not a valid InsightType.", s.InsightType)
	}
	for i, category := range s.EventCategories {
		recorded := false
		switch category {
		case "Management":
			recorded = t.logsWrites() || s.InsightType == "ApiErrorRateInsight" && t.logsReads()
		case "Data":
			recorded = t.logsData()
		default:
			return errorf("InvalidInsightSelectorsException", "%.100q is not a valid event category.", category)
		}
		if !recorded {
			return errorf("InvalidInsightSelectorsException", "The trail does not log the %s events that %s needs.", category, s.InsightType)
		}
		if slices.Contains(s.EventCategories[:i], category) {
			return errorf("InvalidInsightSelectorsException", "The event category %s is given twice.", category)
		}
	}
	return nil
}

func (c *call) getInsightSelectors() (any, error) {
	var in trailOrStore
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if store, err := in.namesStore(); store || err != nil {
		return c.getStoreInsights(in, err)
	}
	name, err := in.trailOf()
	if err != nil {
		return nil, err
	}
	t, err := c.readTrail(name)
	if err != nil {
		return nil, err
	}
	if len(t.insights) == 0 {
		return nil, errorf("InsightNotEnabledException", "Trail %s does not have Insights enabled.", t.arn)
	}
	return insightsAnswer{t.arn, t.insights}, nil
}
