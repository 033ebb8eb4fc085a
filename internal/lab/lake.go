package lab

import (
	"regexp"
	"slices"
	"time"
)

// Limits of CloudTrail Lake, from CloudTrail's quotas and API documentation.
const (
	maxStores           = 10
	maxChannels         = 25
	maxDestinations     = 200
	storeGrace          = 7 * 24 * time.Hour // in which a deleted store can be restored
	minRetention        = 7                  // days
	maxRetention        = 3653               // with extendable retention
	maxFixedRetention   = 2557
	maxLakePolicy       = 8192
	extendableRetention = "EXTENDABLE_RETENTION_PRICING"
	fixedRetention      = "FIXED_RETENTION_PRICING"
)

// The states of an event data store that last.
const (
	storeEnabled = "ENABLED"
	storeStopped = "STOPPED_INGESTION"
	storePending = "PENDING_DELETION"
)

// lakeState is the event data stores and channels of one account in one region.
type lakeState struct {
	stores   []*eventStore
	channels []*channel
	policies map[string]string // resource policies by ARN
}

// eventStore is an event data store. The lab keeps its configuration; it has no events in it and cannot be queried.
type eventStore struct {
	arn, name, status  string
	advanced           []advancedSelector
	multiRegion        bool
	organization       bool
	retention          int // days
	billing, kmsKey    string
	protected          bool
	created, updated   time.Time
	deleted            time.Time // when it became PENDING_DELETION
	insights           []insightSelector
	insightDestination string
}

var (
	lakeARN   = regexp.MustCompile(`^arn:aws[a-z-]*:cloudtrail:([a-z0-9-]+):(\d{12}):(eventdatastore|channel)/([a-zA-Z0-9-]{36})$`)
	lakeID    = regexp.MustCompile(`^[a-zA-Z0-9-]{36}$`)
	storeName = regexp.MustCompile(`^[a-zA-Z0-9._-]{3,128}$`)
)

// storeInput is the request of CreateEventDataStore and UpdateEventDataStore. A nil field is not given.
type storeInput struct {
	EventDataStore               string
	Name                         *string
	AdvancedEventSelectors       []advancedSelector
	MultiRegionEnabled           *bool
	OrganizationEnabled          *bool
	RetentionPeriod              *int
	TerminationProtectionEnabled *bool
	TagsList                     []tag
	KmsKeyID                     *string `json:"KmsKeyId"`
	StartIngestion               *bool
	BillingMode                  *string
}

// storeAnswer is an event data store as all operations return it.
type storeAnswer struct {
	EventDataStoreArn            string
	Name                         string
	Status                       string
	AdvancedEventSelectors       []advancedSelector
	MultiRegionEnabled           bool
	OrganizationEnabled          bool
	RetentionPeriod              int
	BillingMode                  string
	TerminationProtectionEnabled bool
	CreatedTimestamp             epoch
	UpdatedTimestamp             epoch
	KmsKeyID                     string `json:"KmsKeyId,omitempty"`
}

func (s *eventStore) answer() storeAnswer {
	return storeAnswer{
		EventDataStoreArn: s.arn, Name: s.name, Status: s.status, AdvancedEventSelectors: s.advanced, MultiRegionEnabled: s.multiRegion,
		OrganizationEnabled: s.organization, RetentionPeriod: s.retention, BillingMode: s.billing,
		TerminationProtectionEnabled: s.protected, CreatedTimestamp: epoch{s.created}, UpdatedTimestamp: epoch{s.updated}, KmsKeyID: s.kmsKey,
	}
}

// category is what the store's events are; a store has one category or several of trails' categories.
func (s *eventStore) category() string { return s.advanced[0].category() }

// lake is the caller's part of CloudTrail Lake here, without the stores whose time is up.
func (c *call) lake() *lakeState {
	state := &c.account.regions[c.region].lake
	state.stores = slices.DeleteFunc(state.stores, func(s *eventStore) bool {
		gone := s.status == storePending && c.now.Sub(s.deleted) >= storeGrace
		if gone {
			delete(state.policies, s.arn)
		}
		return gone
	})
	return state
}

// store finds an event data store by its ARN or the ARN's id.
func (c *call) store(text string) (*eventStore, error) {
	arn := text
	if lakeID.MatchString(text) {
		arn = "arn:aws:cloudtrail:" + c.region + ":" + c.account.id + ":eventdatastore/" + text
	}
	if m := lakeARN.FindStringSubmatch(arn); m == nil || m[3] != "eventdatastore" {
		return nil, errorf("EventDataStoreARNInvalidException", "The event data store ARN %.300q is not valid.", text)
	}
	for _, s := range c.lake().stores {
		if s.arn == arn {
			return s, nil
		}
	}
	return nil, errorf("EventDataStoreNotFoundException", "The specified event data store %s was not found.", arn)
}

// namedStore decodes a call that names an event data store.
func (c *call) namedStore() (*eventStore, error) {
	var in struct{ EventDataStore string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return c.store(in.EventDataStore)
}

// activeStore is one that is not being deleted.
func (c *call) activeStore(text string) (*eventStore, error) {
	s, err := c.store(text)
	if err == nil && s.status == storePending {
		err = errorf("InactiveEventDataStoreException", "The event data store %s is inactive.", s.arn)
	}
	return s, err
}

// apply checks what the request gives and writes it into the store.
func (s *eventStore) apply(c *call, in *storeInput) error {
	setIfGiven(&s.name, in.Name)
	setIfGiven(&s.multiRegion, in.MultiRegionEnabled)
	setIfGiven(&s.organization, in.OrganizationEnabled)
	setIfGiven(&s.protected, in.TerminationProtectionEnabled)
	setIfGiven(&s.billing, in.BillingMode)
	setIfGiven(&s.retention, in.RetentionPeriod)
	if in.AdvancedEventSelectors != nil {
		s.advanced = in.AdvancedEventSelectors
	}
	longest, ok := map[string]int{extendableRetention: maxRetention, fixedRetention: maxFixedRetention}[s.billing]
	switch {
	case !storeName.MatchString(s.name):
		return errorf("InvalidParameterException", "The name of an event data store must have 3 to 128 letters, numbers, periods, underscores and dashes.")
	case !ok:
		return errorf("InvalidParameterException", "%.50q is not a valid BillingMode.", s.billing)
	case s.retention < minRetention || s.retention > longest:
		return errorf("InvalidParameterException", "RetentionPeriod must be from %d to %d days.", minRetention, longest)
	}
	for _, other := range c.lake().stores {
		if other.arn != s.arn && other.name == s.name {
			return errorf("EventDataStoreAlreadyExistsException", "An event data store with the name %s already exists.", s.name)
		}
	}
	if s.organization {
		if err := c.mayOrganize(); err != nil {
			return err
		}
	}
	if err := s.applyKey(c, in.KmsKeyID); err != nil {
		return err
	}
	return checkStoreSelectors(s.advanced)
}

// applyKey sets the key, which can be neither changed nor removed later.
func (s *eventStore) applyKey(c *call, given *string) error {
	if given == nil {
		return nil
	}
	t := &trail{home: c.region, account: c.account.id}
	if err := c.applyKey(given, t); err != nil {
		return err
	}
	if s.kmsKey != "" && s.kmsKey != t.kmsKey {
		return errorf("InvalidParameterException", "The KMS key of an event data store cannot be changed.")
	}
	s.kmsKey = t.kmsKey
	return nil
}

// storeOnly are the categories that only event data stores have, each with a store to itself.
var storeOnly = []string{"ConfigurationItem", "Evidence", "ActivityAuditLog", "Insight"}

func checkStoreSelectors(selectors []advancedSelector) error {
	if len(selectors) == 0 {
		return badSelectors("An event data store needs advanced event selectors.")
	}
	if category := selectors[0].category(); slices.Contains(storeOnly, category) {
		if len(selectors) > 1 || len(selectors[0].FieldSelectors) > 1 && category != "ActivityAuditLog" {
			return badSelectors("An event data store for %s events collects nothing else.", category)
		}
		return nil
	}
	return checkAdvanced(selectors)
}
