package cloudformation

import (
	"encoding/xml"
	"slices"
	"time"
)

// stamp is how the query protocol writes times.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

type parameterPair struct{ ParameterKey, ParameterValue string }

type tagPair struct{ Key, Value string }

// parameterPairs tells the values of parameters, but for those that are not to be shown.
func (d design) parameterPairs() (pairs []parameterPair) {
	for _, key := range sortedKeys(d.parameters) {
		value := d.parameters[key]
		if d.template.parameters[key].noEcho {
			value = "****"
		}
		pairs = append(pairs, parameterPair{key, value})
	}
	return pairs
}

func (d design) tagPairs() (pairs []tagPair) {
	for _, key := range sortedKeys(d.tags) {
		pairs = append(pairs, tagPair{key, d.tags[key]})
	}
	return pairs
}

type stackAnswer struct {
	StackID                     string `xml:"StackId"`
	StackName                   string
	Description                 string `xml:",omitempty"`
	CreationTime                string
	LastUpdatedTime             string `xml:",omitempty"`
	DeletionTime                string `xml:",omitempty"`
	StackStatus                 string
	StackStatusReason           string `xml:",omitempty"`
	EnableTerminationProtection bool
	Parameters                  []parameterPair `xml:"Parameters>member"`
	Capabilities                []string        `xml:"Capabilities>member"`
	Tags                        []tagPair       `xml:"Tags>member"`
	Outputs                     []outputAnswer  `xml:"Outputs>member"`
}

type outputAnswer struct {
	OutputKey, OutputValue string
	Description            string `xml:",omitempty"`
	ExportName             string `xml:",omitempty"`
}

func (st *stack) show() stackAnswer {
	a := stackAnswer{
		StackID: st.id, StackName: st.name, CreationTime: stamp(st.created), LastUpdatedTime: stamp(st.updated), DeletionTime: stamp(st.deleted),
		StackStatus: st.status, StackStatusReason: st.reason, EnableTerminationProtection: st.protected,
		Parameters: st.current.parameterPairs(), Capabilities: st.current.capabilities, Tags: st.current.tagPairs(),
	}
	if st.current.template != nil {
		a.Description = st.current.template.description
	}
	for _, o := range st.outputs {
		a.Outputs = append(a.Outputs, outputAnswer{o.key, o.value, o.description, o.export})
	}
	return a
}

func (s *Service) describeStacks(c Call) (any, error) {
	type result struct {
		XMLName xml.Name      `xml:"DescribeStacksResult"`
		Stacks  []stackAnswer `xml:"Stacks>member"`
	}
	var r result
	if c.Form.Get("StackName") != "" {
		st, err := s.find(c)
		if err != nil {
			return nil, err
		}
		r.Stacks = []stackAnswer{st.show()}
		return r, nil
	}
	for _, st := range s.stacks[place{c.Account, c.Region}] {
		if st.status != statusDeleted {
			r.Stacks = append(r.Stacks, st.show())
		}
	}
	return r, nil
}

type eventAnswer struct {
	EventID              string `xml:"EventId"`
	StackID              string `xml:"StackId"`
	StackName            string
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId"`
	ResourceType         string
	Timestamp            string
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
}

// eventPage is how many events an answer has.
const eventPage = 100

// describeStackEvents tells the newest events first.
func (s *Service) describeStackEvents(c Call) (any, error) {
	st, err := s.find(c)
	if err != nil {
		return nil, err
	}
	type result struct {
		XMLName   xml.Name      `xml:"DescribeStackEventsResult"`
		Events    []eventAnswer `xml:"StackEvents>member"`
		NextToken string        `xml:",omitempty"`
	}
	var r result
	begin := c.Form.Get("NextToken") == ""
	for _, e := range slices.Backward(st.events) {
		if !begin {
			begin = e.id == c.Form.Get("NextToken")
			continue
		}
		if len(r.Events) == eventPage {
			r.NextToken = r.Events[eventPage-1].EventID
			break
		}
		r.Events = append(r.Events, eventAnswer{e.id, st.id, st.name, e.logical, e.physical, e.kind, stamp(e.at), e.status, e.reason})
	}
	return r, nil
}

type resourceAnswer struct {
	StackName            string
	StackID              string `xml:"StackId"`
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId,omitempty"`
	ResourceType         string
	Timestamp            string
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
}

func (s *Service) describeStackResources(c Call) (any, error) {
	st, err := s.find(c)
	if err != nil {
		return nil, err
	}
	type result struct {
		XMLName   xml.Name         `xml:"DescribeStackResourcesResult"`
		Resources []resourceAnswer `xml:"StackResources>member"`
	}
	var r result
	add := func(m *member) {
		if id := c.Form.Get("LogicalResourceId"); id == "" || id == m.logical {
			r.Resources = append(r.Resources, resourceAnswer{st.name, st.id, m.logical, m.physical, m.kind, stamp(m.at), m.status, m.reason})
		}
	}
	for _, id := range sortedKeys(st.members) {
		add(st.members[id])
	}
	if st.status == statusDeleted {
		for _, m := range st.retired {
			add(m)
		}
	}
	return r, nil
}

type changeAnswer struct {
	Type           string
	ResourceChange struct {
		Action             string
		LogicalResourceID  string `xml:"LogicalResourceId"`
		PhysicalResourceID string `xml:"PhysicalResourceId,omitempty"`
		ResourceType       string
		Replacement        string         `xml:",omitempty"`
		PolicyAction       string         `xml:",omitempty"`
		Scope              []string       `xml:"Scope>member"`
		Details            []detailAnswer `xml:"Details>member"`
	}
}

type detailAnswer struct {
	Attribute string `xml:"Target>Attribute"`
	Name      string `xml:"Target>Name"`
}

func (s *Service) describeChangeSet(c Call) (any, error) {
	st, set, err := s.changeSet(c)
	if err != nil {
		return nil, err
	}
	type result struct {
		XMLName         xml.Name `xml:"DescribeChangeSetResult"`
		ChangeSetName   string
		ChangeSetID     string `xml:"ChangeSetId"`
		StackID         string `xml:"StackId"`
		StackName       string
		Description     string `xml:",omitempty"`
		CreationTime    string
		Status          string
		StatusReason    string `xml:",omitempty"`
		ExecutionStatus string
		Parameters      []parameterPair `xml:"Parameters>member"`
		Capabilities    []string        `xml:"Capabilities>member"`
		Tags            []tagPair       `xml:"Tags>member"`
		Changes         []changeAnswer  `xml:"Changes>member"`
	}
	r := result{
		ChangeSetName: set.name, ChangeSetID: set.id, StackID: st.id, StackName: st.name, Description: set.description, CreationTime: stamp(set.created),
		Status: set.status, StatusReason: set.reason, ExecutionStatus: set.execution,
		Parameters: set.next.parameterPairs(), Capabilities: set.next.capabilities, Tags: set.next.tagPairs(),
	}
	for _, one := range set.changes {
		r.Changes = append(r.Changes, one.show())
	}
	return r, nil
}

func (c change) show() changeAnswer {
	a := changeAnswer{Type: "Resource"}
	to := &a.ResourceChange
	to.Action, to.LogicalResourceID, to.PhysicalResourceID, to.ResourceType = c.action, c.logical, c.physical, c.kind
	to.Replacement = c.replacement
	switch {
	case c.action == "Remove":
		to.PolicyAction = c.policy
	case c.replacement == "True":
		to.PolicyAction = "ReplaceAnd" + c.policy
	}
	if len(c.details) > 0 {
		to.Scope = []string{"Properties"}
	}
	for _, name := range c.details {
		to.Details = append(to.Details, detailAnswer{"Properties", name})
	}
	return a
}
