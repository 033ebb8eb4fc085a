package lab

import (
	"reflect"
	"slices"
	"strings"
)

// Limits of event selectors.
const (
	maxSelectors      = 5
	maxDataResources  = 250
	maxSelectorValues = 500
	maxSelectorName   = 1000
	maxValueLength    = 2048
)

type eventSelector struct {
	ReadWriteType                 string
	IncludeManagementEvents       *bool // true if absent
	DataResources                 []dataResource
	ExcludeManagementEventSources []string
}

type dataResource struct {
	Type   string
	Values []string
}

type advancedSelector struct {
	Name           string `json:",omitempty"`
	FieldSelectors []fieldSelector
}

type fieldSelector struct {
	Field         string
	Equals        []string `json:",omitempty"`
	StartsWith    []string `json:",omitempty"`
	EndsWith      []string `json:",omitempty"`
	NotEquals     []string `json:",omitempty"`
	NotStartsWith []string `json:",omitempty"`
	NotEndsWith   []string `json:",omitempty"`
}

// operators lists the values of all operators.
func (f fieldSelector) operators() [][]string {
	return [][]string{f.Equals, f.StartsWith, f.EndsWith, f.NotEquals, f.NotStartsWith, f.NotEndsWith}
}

// defaultSelectors is the selection of a new trail: all management events, no data events.
func defaultSelectors() []eventSelector {
	yes := true
	return []eventSelector{{
		ReadWriteType: "All", IncludeManagementEvents: &yes,
		DataResources: []dataResource{}, ExcludeManagementEventSources: []string{},
	}}
}

// customSelectors says whether the selection differs from a new trail's.
func (t *trail) customSelectors() bool {
	return len(t.advanced) > 0 || !reflect.DeepEqual(t.basic, defaultSelectors())
}

type selectorsAnswer struct {
	TrailARN               string
	EventSelectors         []eventSelector    `json:",omitempty"`
	AdvancedEventSelectors []advancedSelector `json:",omitempty"`
}

func (c *call) putEventSelectors() (any, error) {
	var in struct {
		TrailName              string
		EventSelectors         []eventSelector
		AdvancedEventSelectors []advancedSelector
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	e, err := c.writableTrail(in.TrailName)
	if err != nil {
		return nil, err
	}
	switch {
	case in.EventSelectors != nil && in.AdvancedEventSelectors != nil:
		return nil, badSelectors("Specify either event selectors or advanced event selectors, not both.")
	case len(in.AdvancedEventSelectors) > 0:
		err = checkAdvanced(in.AdvancedEventSelectors)
	default:
		err = completeBasic(in.EventSelectors)
	}
	if err != nil {
		return nil, err
	}
	t := *e.newest()
	t.basic, t.advanced = in.EventSelectors, in.AdvancedEventSelectors
	e.publish(c, &t)
	return c.answered(selectorsAnswer{t.arn, t.basic, t.advanced}), nil
}

func (c *call) getEventSelectors() (any, error) {
	var in struct{ TrailName string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.readTrail(in.TrailName)
	if err != nil {
		return nil, err
	}
	return selectorsAnswer{t.arn, t.basic, t.advanced}, nil
}

func badSelectors(format string, args ...any) error {
	return errorf("InvalidEventSelectorsException", format, args...)
}

// basicResourceTypes maps the resource types of basic selectors to what their values must begin with.
var basicResourceTypes = map[string]string{
	"AWS::S3::Object":       "arn:aws:s3",
	"AWS::Lambda::Function": "arn:aws:lambda",
	"AWS::DynamoDB::Table":  "arn:aws:dynamodb",
}

// completeBasic checks basic selectors and fills in what the answer shows for absent fields.
func completeBasic(selectors []eventSelector) error {
	if len(selectors) == 0 || len(selectors) > maxSelectors {
		return badSelectors("A trail must have 1 to %d event selectors.", maxSelectors)
	}
	resources := 0
	for i := range selectors {
		if err := selectors[i].complete(); err != nil {
			return err
		}
		for _, r := range selectors[i].DataResources {
			resources += len(r.Values)
		}
	}
	if resources > maxDataResources {
		return badSelectors("A trail can have at most %d data resources.", maxDataResources)
	}
	return nil
}

func (s *eventSelector) complete() error {
	if s.ReadWriteType == "" {
		s.ReadWriteType = "All"
	}
	if s.IncludeManagementEvents == nil {
		yes := true
		s.IncludeManagementEvents = &yes
	}
	s.DataResources = append([]dataResource{}, s.DataResources...)
	s.ExcludeManagementEventSources = append([]string{}, s.ExcludeManagementEventSources...)
	if !slices.Contains([]string{"All", "ReadOnly", "WriteOnly"}, s.ReadWriteType) {
		return badSelectors("%.50q is not a valid ReadWriteType.", s.ReadWriteType)
	}
	for _, source := range s.ExcludeManagementEventSources {
		if source != "kms.amazonaws.com" && source != "rdsdata.amazonaws.com" {
			return badSelectors("%.100q cannot be excluded: only kms.amazonaws.com and rdsdata.amazonaws.com can.", source)
		}
	}
	for i, r := range s.DataResources {
		s.DataResources[i].Values = append([]string{}, r.Values...)
		prefix, ok := basicResourceTypes[r.Type]
		if !ok {
			return badSelectors("%.100q is not a data resource type of event selectors.", r.Type)
		}
		for _, value := range r.Values {
			if !strings.HasPrefix(value, prefix) {
				return badSelectors("Value %.200q for data resource type %s is not valid.", value, r.Type)
			}
		}
	}
	return nil
}

// selectorFields are the fields that advanced selectors of each event category may name, besides eventCategory.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
var selectorFields = map[string][]string{
	"Management":      {"eventSource", "readOnly", "eventName", "eventType", "userIdentity.arn", "sessionCredentialFromConsole"},
	"Data":            {"resources.type", "resources.ARN", "readOnly", "eventName", "eventSource", "eventType", "userIdentity.arn", "sessionCredentialFromConsole"},
	"NetworkActivity": {"eventSource", "eventName", "errorCode", "vpcEndpointId"},
}

func checkAdvanced(selectors []advancedSelector) error {
	values := 0
	for _, s := range selectors {
		if err := s.check(); err != nil {
			return err
		}
		for _, f := range s.FieldSelectors {
			for _, list := range f.operators() {
				values += len(list)
			}
		}
	}
	if values > maxSelectorValues {
		return badSelectors("A trail can have at most %d values in all advanced event selectors.", maxSelectorValues)
	}
	return nil
}

// category is the event category that the selector selects; empty if it does not name exactly one.
func (s advancedSelector) category() string {
	for _, f := range s.FieldSelectors {
		if f.Field == "eventCategory" && len(f.Equals) == 1 {
			return f.Equals[0]
		}
	}
	return ""
}

func (s advancedSelector) check() error {
	if len(s.Name) > maxSelectorName {
		return badSelectors("The name of an advanced event selector can have at most %d characters.", maxSelectorName)
	}
	fields, ok := selectorFields[s.category()]
	if !ok {
		return badSelectors("An advanced event selector must name one eventCategory: Management, Data or NetworkActivity.")
	}
	named := map[string]bool{}
	for _, f := range s.FieldSelectors {
		if f.Field != "eventCategory" && !slices.Contains(fields, f.Field) {
			return badSelectors("The field %.100q cannot be used with the event category %s.", f.Field, s.category())
		}
		if err := f.check(); err != nil {
			return err
		}
		named[f.Field] = true
	}
	if s.category() == "Data" && !named["resources.type"] {
		return badSelectors("An advanced event selector for data events must name resources.type.")
	}
	if s.category() == "NetworkActivity" && !named["eventSource"] {
		return badSelectors("An advanced event selector for network activity events must name eventSource.")
	}
	return nil
}

func (f fieldSelector) check() error {
	operators := 0
	for _, list := range f.operators() {
		if list != nil {
			operators++
		}
		for _, value := range list {
			if value == "" || len(value) > maxValueLength {
				return badSelectors("A value of %s must have 1 to %d characters.", f.Field, maxValueLength)
			}
		}
		if list != nil && len(list) == 0 {
			return badSelectors("An operator of %s has no values.", f.Field)
		}
	}
	if operators == 0 {
		return badSelectors("The field selector for %s has no operator.", f.Field)
	}
	equalsOnly := f.Field == "readOnly" || f.Field == "eventCategory" || f.Field == "resources.type"
	if equalsOnly && (operators != 1 || f.Equals == nil) {
		return badSelectors("Equals is the only operator for %s.", f.Field)
	}
	if f.Field == "readOnly" && (len(f.Equals) != 1 || f.Equals[0] != "true" && f.Equals[0] != "false") {
		return badSelectors("The value of readOnly must be true or false.")
	}
	return nil
}
