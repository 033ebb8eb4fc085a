package lab

import (
	"regexp"
	"slices"
)

// metricFilter counts events as a metric.
type metricFilter struct {
	FilterName                string                 `json:"filterName"`
	FilterPattern             *string                `json:"filterPattern"`
	LogGroupName              string                 `json:"logGroupName"`
	MetricTransformations     []metricTransformation `json:"metricTransformations"`
	ApplyOnTransformedLogs    bool                   `json:"applyOnTransformedLogs"`
	EmitSystemFieldDimensions []string               `json:"emitSystemFieldDimensions,omitempty"`
	FieldSelectionCriteria    string                 `json:"fieldSelectionCriteria,omitempty"`
	CreationTime              int64                  `json:"creationTime"`
}

type metricTransformation struct {
	MetricName      string            `json:"metricName"`
	MetricNamespace string            `json:"metricNamespace"`
	MetricValue     string            `json:"metricValue"`
	DefaultValue    *float64          `json:"defaultValue,omitempty"`
	Dimensions      map[string]string `json:"dimensions,omitempty"`
	Unit            string            `json:"unit,omitempty"`
}

// subscriptionFilter sends events on.
type subscriptionFilter struct {
	FilterName             string   `json:"filterName"`
	FilterPattern          *string  `json:"filterPattern"`
	LogGroupName           string   `json:"logGroupName"`
	DestinationArn         string   `json:"destinationArn"`
	RoleArn                string   `json:"roleArn,omitempty"`
	Distribution           string   `json:"distribution,omitempty"`
	ApplyOnTransformedLogs bool     `json:"applyOnTransformedLogs"`
	EmitSystemFields       []string `json:"emitSystemFields,omitempty"`
	FieldSelectionCriteria string   `json:"fieldSelectionCriteria,omitempty"`
	CreationTime           int64    `json:"creationTime"`
}

const maxFilterPattern = 1024

var filterName = regexp.MustCompile(`^[^:*]{1,512}$`)

// notStandard is the refusal of what only groups of the standard class can do.
func notStandard(g *logGroup) error {
	return errorf("InvalidOperationException", "Log groups of the class %s cannot do this: %s", g.class, g.name)
}

// checkFilter checks what both kinds of filters have in common. A pattern may be empty, but must be there.
func checkFilter(g *logGroup, name string, pattern *string) error {
	switch {
	case g.class != "STANDARD":
		return notStandard(g)
	case !filterName.MatchString(name):
		return invalidLog("%.600q is not the name of a filter", name)
	case pattern == nil || len(*pattern) > maxFilterPattern:
		return invalidLog("a filter pattern is required and has at most %d characters", maxFilterPattern)
	}
	return nil
}

// putMetricFilter replaces a filter of that name as a whole.
func putMetricFilter(c *call, g *logGroup) (any, error) {
	var f metricFilter
	if err := c.decode(&f); err != nil {
		return nil, err
	}
	if err := checkFilter(g, f.FilterName, f.FilterPattern); err != nil {
		return nil, err
	}
	if len(f.MetricTransformations) != 1 {
		return nil, invalidLog("a metric filter has exactly one metric transformation")
	}
	if t := f.MetricTransformations[0]; t.MetricName == "" || t.MetricNamespace == "" || t.MetricValue == "" || len(t.Dimensions) > 3 {
		return nil, invalidLog("a metric transformation needs a metric's name, namespace and value, and has at most 3 dimensions")
	}
	before := g.metricFilters[f.FilterName]
	if before == nil && len(g.metricFilters) >= maxMetricFilters {
		return nil, errorf("LimitExceededException", "Resource limit exceeded.")
	}
	f.LogGroupName, f.CreationTime = g.name, c.now.UnixMilli()
	if before != nil {
		f.CreationTime = before.CreationTime
	}
	g.metricFilters[f.FilterName] = &f
	return nil, nil
}

// describeMetricFilters lists the filters of one group, or those of all groups that make a metric.
func describeMetricFilters(c *call) (any, error) {
	var in struct {
		logPage
		FilterNamePrefix, LogGroupName, MetricName, MetricNamespace string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if (in.MetricName == "") != (in.MetricNamespace == "") {
		return nil, invalidLog("metricName and metricNamespace go together")
	}
	groups := c.account.regions[c.region].logs.groups
	if in.LogGroupName != "" {
		g, err := c.logGroup(in.LogGroupName, false)
		if err != nil {
			return nil, err
		}
		groups = map[string]*logGroup{g.name: g}
	}
	found := map[string]*metricFilter{}
	for _, g := range groups {
		for _, name := range sortedWith(g.metricFilters, in.FilterNamePrefix) {
			f := g.metricFilters[name]
			if t := f.MetricTransformations[0]; in.MetricName == "" || t.MetricName == in.MetricName && t.MetricNamespace == in.MetricNamespace {
				found[name+"\n"+g.name] = f // neither name can have a line break in it
			}
		}
	}
	page, answer, err := in.cut(sortedWith(found, ""))
	if err != nil {
		return nil, err
	}
	list := []*metricFilter{}
	for _, name := range page {
		list = append(list, found[name])
	}
	answer["metricFilters"] = list
	return answer, nil
}

// namedFilter reads which filter a request names.
func (c *call) namedFilter() (string, error) {
	var in struct{ FilterName string }
	err := c.decode(&in)
	return in.FilterName, err
}

func deleteMetricFilter(c *call, g *logGroup) (any, error) {
	name, err := c.namedFilter()
	if err != nil {
		return nil, err
	}
	if g.metricFilters[name] == nil {
		return nil, noLogResource("The specified metric filter does not exist.")
	}
	delete(g.metricFilters, name)
	return nil, nil
}

// putSubscriptionFilter replaces a filter of that name as a whole. That the destination exists is not checked: it is of a
// service that the lab does not have.
func putSubscriptionFilter(c *call, g *logGroup) (any, error) {
	var f subscriptionFilter
	if err := c.decode(&f); err != nil {
		return nil, err
	}
	if err := checkFilter(g, f.FilterName, f.FilterPattern); err != nil {
		return nil, err
	}
	if f.Distribution == "" {
		f.Distribution = "ByLogStream"
	}
	destination, ok := splitAnyARN(f.DestinationArn)
	switch {
	case !ok || !slices.Contains([]string{"kinesis", "firehose", "lambda", "logs"}, destination.service):
		return nil, invalidLog("%.300q is not a destination: streams, delivery streams, functions and logical destinations are", f.DestinationArn)
	case destination.service != "logs" && destination.account != c.account.id:
		return nil, invalidLog("a destination of another account has to be a logical one, and %.300q is not", f.DestinationArn)
	case destination.service != "logs" && destination.service != "lambda" && f.RoleArn == "":
		return nil, invalidLog("a role is required for the destination %.300q", f.DestinationArn)
	case f.Distribution != "ByLogStream" && f.Distribution != "Random":
		return nil, invalidLog("%.50q is not a distribution", f.Distribution)
	}
	before := g.subscribers[f.FilterName]
	if before == nil && len(g.subscribers) >= maxSubscribers {
		return nil, errorf("LimitExceededException", "Resource limit exceeded.")
	}
	f.LogGroupName, f.CreationTime = g.name, c.now.UnixMilli()
	if before != nil {
		f.CreationTime = before.CreationTime
	}
	g.subscribers[f.FilterName] = &f
	return nil, nil
}

func describeSubscriptionFilters(c *call, g *logGroup) (any, error) {
	var in struct {
		logPage
		FilterNamePrefix string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	page, answer, err := in.cut(sortedWith(g.subscribers, in.FilterNamePrefix))
	if err != nil {
		return nil, err
	}
	list := []*subscriptionFilter{}
	for _, name := range page {
		list = append(list, g.subscribers[name])
	}
	answer["subscriptionFilters"] = list
	return answer, nil
}

func deleteSubscriptionFilter(c *call, g *logGroup) (any, error) {
	name, err := c.namedFilter()
	if err != nil {
		return nil, err
	}
	if g.subscribers[name] == nil {
		return nil, noLogResource("The specified subscription filter does not exist.")
	}
	delete(g.subscribers, name)
	return nil, nil
}
