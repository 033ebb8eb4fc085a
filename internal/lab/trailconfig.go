package lab

import "slices"

type contextKeySelector struct {
	Type   string
	Equals []string
}

type aggregationConfiguration struct {
	EventCategory string
	Templates     []string
}

type eventConfigurationAnswer struct {
	TrailARN                  string
	MaxEventSize              string                     `json:",omitempty"`
	ContextKeySelectors       []contextKeySelector       `json:",omitempty"`
	AggregationConfigurations []aggregationConfiguration `json:",omitempty"`
}

func (t *trail) eventConfiguration() eventConfigurationAnswer {
	return eventConfigurationAnswer{t.arn, t.maxEventSize, t.contextKeys, t.aggregations}
}

// maxContextKeys bounds the keys of one context key selector.
const maxContextKeys = 50

// putEventConfiguration changes what the request gives; a list replaces the whole list.
func (c *call) putEventConfiguration() (any, error) {
	var in struct {
		trailOrStore
		MaxEventSize              *string
		ContextKeySelectors       []contextKeySelector
		AggregationConfigurations []aggregationConfiguration
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	name, err := in.trailOf()
	if err != nil {
		return nil, err
	}
	e, err := c.writableTrail(name)
	if err != nil {
		return nil, err
	}
	t := *e.newest()
	setIfGiven(&t.maxEventSize, in.MaxEventSize)
	if in.ContextKeySelectors != nil {
		t.contextKeys = in.ContextKeySelectors
	}
	if in.AggregationConfigurations != nil {
		t.aggregations = in.AggregationConfigurations
	}
	if err := t.checkEventConfiguration(); err != nil {
		return nil, err
	}
	e.publish(c, &t)
	return c.answered(t.eventConfiguration()), nil
}

func (t *trail) checkEventConfiguration() error {
	if !slices.Contains([]string{"", "Standard", "Large"}, t.maxEventSize) {
		return errorf("InvalidParameterException", "%.50q is not a valid MaxEventSize.", t.maxEventSize)
	}
	if len(t.contextKeys) > 0 && t.maxEventSize != "Large" {
		return errorf("InvalidParameterCombinationException", "MaxEventSize must be Large when context key selectors are used.")
	}
	var types, categories []string
	for _, s := range t.contextKeys {
		valid := s.Type == "TagContext" || s.Type == "RequestContext"
		if !valid || slices.Contains(types, s.Type) || len(s.Equals) == 0 || len(s.Equals) > maxContextKeys {
			return errorf("InvalidParameterException", "A context key selector must have the type TagContext or RequestContext, each at most once, and 1 to %d keys.", maxContextKeys)
		}
		types = append(types, s.Type)
	}
	for _, a := range t.aggregations {
		if a.EventCategory != "Data" || slices.Contains(categories, a.EventCategory) || len(a.Templates) == 0 {
			return errorf("InvalidParameterException", "An aggregation configuration must have the event category Data, at most once, and templates.")
		}
		categories = append(categories, a.EventCategory)
		for i, template := range a.Templates {
			known := slices.Contains([]string{"API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"}, template)
			if !known || slices.Contains(a.Templates[:i], template) {
				return errorf("InvalidParameterException", "The aggregation template %.50q is not valid here.", template)
			}
		}
	}
	return nil
}

func (c *call) getEventConfiguration() (any, error) {
	var in trailOrStore
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	name, err := in.trailOf()
	if err != nil {
		return nil, err
	}
	t, err := c.readTrail(name)
	if err != nil {
		return nil, err
	}
	return t.eventConfiguration(), nil
}
