package lab

import (
	"slices"
	"strconv"
)

func createStore(c *call) (any, error) {
	var in storeInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if _, err := mergeTags(nil, in.TagsList); err != nil {
		return nil, err
	}
	state := c.lake()
	if len(state.stores) >= maxStores {
		return nil, errorf("EventDataStoreMaxLimitExceededException", "Your account has used the maximum number of event data stores.")
	}
	s := &eventStore{
		arn: "arn:aws:cloudtrail:" + c.region + ":" + c.account.id + ":eventdatastore/" + c.lab.id(), status: storeEnabled,
		multiRegion: true, protected: true, billing: extendableRetention, retention: 366, created: c.now, updated: c.now,
		advanced: []advancedSelector{{Name: "Default management events", FieldSelectors: []fieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}},
	}
	if in.BillingMode != nil && *in.BillingMode == fixedRetention {
		s.retention = maxFixedRetention
	}
	if in.StartIngestion != nil && !*in.StartIngestion {
		s.status = storeStopped
	}
	if err := s.apply(c, &in); err != nil {
		return nil, err
	}
	state.stores = append(state.stores, s)
	type answer struct {
		storeAnswer
		TagsList []tag
	}
	return c.answered(answer{s.answer(), append([]tag{}, in.TagsList...)}), nil
}

func getStore(c *call) (any, error) {
	s, err := c.namedStore()
	if err != nil {
		return nil, err
	}
	return s.answer(), nil
}

// lakePage cuts a page out of a list by its length and the number that the token is.
func lakePage[T any](c *call, all []T) (page []T, next string, err error) {
	var in struct {
		MaxResults *int
		NextToken  string
	}
	if err := c.decode(&in); err != nil {
		return nil, "", err
	}
	size, start := 1000, 0
	setIfGiven(&size, in.MaxResults)
	if in.NextToken != "" {
		if start, err = strconv.Atoi(in.NextToken); err != nil || start < 0 || start > len(all) {
			return nil, "", errorf("InvalidNextTokenException", "The token %.100q is not valid.", in.NextToken)
		}
	}
	if size < 1 || size > 1000 {
		return nil, "", errorf("InvalidMaxResultsException", "MaxResults must be from 1 to 1000.")
	}
	page = all[start:min(start+size, len(all))]
	if end := start + len(page); end < len(all) {
		next = strconv.Itoa(end)
	}
	return page, next, nil
}

// listStores lists names and ARNs only, as AWS does by now.
func listStores(c *call) (any, error) {
	page, next, err := lakePage(c, c.lake().stores)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, s := range page {
		list = append(list, map[string]string{"EventDataStoreArn": s.arn, "Name": s.name})
	}
	return compact(map[string]any{"EventDataStores": list, "NextToken": next}), nil
}

func updateStore(c *call) (any, error) {
	var in storeInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s, err := c.activeStore(in.EventDataStore)
	if err != nil {
		return nil, err
	}
	changed := *s
	if err := changed.apply(c, &in); err != nil {
		return nil, err
	}
	changed.updated = c.now
	*s = changed
	return c.answered(s.answer()), nil
}

// deleteStore starts the grace period.
func deleteStore(c *call) (any, error) {
	s, err := c.namedStore()
	if err == nil {
		s, err = c.activeStore(s.arn)
	}
	switch {
	case err != nil:
		return nil, err
	case s.protected:
		return nil, errorf("EventDataStoreTerminationProtectedException", "The event data store cannot be deleted because termination protection is enabled for it.")
	case slices.ContainsFunc(c.lake().channels, func(ch *channel) bool { return ch.feeds(s.arn) }):
		return nil, errorf("ChannelExistsForEDSException", "The specified event data store cannot be deleted yet because it is in use by a channel.")
	}
	s.status, s.deleted, s.updated = storePending, c.now, c.now
	return nil, nil
}

// restoreStore takes a deletion back. The store is enabled afterwards.
func restoreStore(c *call) (any, error) {
	s, err := c.namedStore()
	if err != nil {
		return nil, err
	}
	if s.status != storePending {
		return nil, wrongStatus(s)
	}
	if s.organization {
		if err := c.mayOrganize(); err != nil {
			return nil, err
		}
	}
	s.status, s.updated = storeEnabled, c.now
	return c.answered(s.answer()), nil
}

func wrongStatus(s *eventStore) error {
	return errorf("InvalidEventDataStoreStatusException", "The event data store is not in a status that supports the operation: it is %s.", s.status)
}

func startIngestion(c *call) (any, error) { return c.ingest(storeStopped, storeEnabled) }
func stopIngestion(c *call) (any, error)  { return c.ingest(storeEnabled, storeStopped) }

// ingest moves a store from one status to the other, at once; on AWS there is a status in between.
func (c *call) ingest(from, to string) (any, error) {
	s, err := c.namedStore()
	switch {
	case err != nil:
		return nil, err
	case s.status != from:
		return nil, wrongStatus(s)
	case s.category() == "ActivityAuditLog" || s.category() == "Evidence":
		return nil, errorf("InvalidEventDataStoreCategoryException", "Event data stores for %s events cannot be started and stopped.", s.category())
	}
	s.status, s.updated = to, c.now
	return nil, nil
}

// storeInsights is the answer of both operations on a store's Insights.
type storeInsights struct {
	EventDataStoreArn   string
	InsightsDestination string
	InsightSelectors    []insightSelector
}

func (c *call) putStoreInsights(in trailOrStore, selectors []insightSelector, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if in.EventDataStore == nil || in.InsightsDestination == nil || selectors == nil {
		return nil, errorf("InvalidParameterException", "EventDataStore, InsightsDestination and InsightSelectors are required.")
	}
	s, err := c.activeStore(*in.EventDataStore)
	if err != nil {
		return nil, err
	}
	destination, err := c.activeStore(*in.InsightsDestination)
	if err != nil {
		return nil, err
	}
	for _, selector := range selectors {
		if selector.InsightType != "ApiCallRateInsight" && selector.InsightType != "ApiErrorRateInsight" {
			return nil, errorf("InvalidInsightSelectorsException", "%.100q is not a valid InsightType.", selector.InsightType)
		}
	}
	s.insights, s.insightDestination, s.updated = selectors, destination.arn, c.now
	return c.answered(storeInsights{s.arn, s.insightDestination, s.insights}), nil
}

func (c *call) getStoreInsights(in trailOrStore, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if in.EventDataStore == nil {
		return nil, errorf("InvalidParameterException", "EventDataStore is required.")
	}
	s, err := c.store(*in.EventDataStore)
	if err != nil {
		return nil, err
	}
	if len(s.insights) == 0 {
		return nil, errorf("InsightNotEnabledException", "The event data store %s does not have Insights enabled.", s.arn)
	}
	return storeInsights{s.arn, s.insightDestination, s.insights}, nil
}
