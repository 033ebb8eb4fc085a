package cloudformation

import (
	"encoding/xml"
	"slices"
	"strconv"
)

// setAnswer is an answer of a few texts.
func setAnswer(c Call, values map[string]string) any {
	type member struct {
		XMLName xml.Name
		Value   string `xml:",chardata"`
	}
	type result struct {
		XMLName xml.Name
		Members []member
	}
	r := result{XMLName: xml.Name{Local: c.Operation + "Result"}}
	for _, name := range sortedKeys(values) {
		r.Members = append(r.Members, member{xml.Name{Local: name}, values[name]})
	}
	return r
}

type stackSetAnswer struct {
	StackSetName    string
	StackSetID      string `xml:"StackSetId"`
	Description     string `xml:",omitempty"`
	Status          string
	TemplateBody    string
	Parameters      []parameterPair `xml:"Parameters>member"`
	Capabilities    []string        `xml:"Capabilities>member"`
	PermissionModel string
	Enabled         bool     `xml:"AutoDeployment>Enabled"`
	Retain          bool     `xml:"AutoDeployment>RetainStacksOnAccountRemoval"`
	Active          bool     `xml:"ManagedExecution>Active"`
	Units           []string `xml:"OrganizationalUnitIds>member"`
	Regions         []string `xml:"Regions>member"`
}

func (s *Service) describeStackSet(c Call) (any, error) {
	set, err := s.findSet(c)
	if err != nil {
		return nil, err
	}
	type result struct {
		XMLName  xml.Name `xml:"DescribeStackSetResult"`
		StackSet stackSetAnswer
	}
	a := stackSetAnswer{
		StackSetName: set.name, StackSetID: set.id, Description: set.description, Status: "ACTIVE", TemplateBody: set.current.template.text,
		Parameters: set.current.parameterPairs(), Capabilities: set.current.capabilities, PermissionModel: "SERVICE_MANAGED",
		Enabled: set.auto, Retain: set.retain, Active: set.managed, Units: set.units,
	}
	for _, i := range set.instances {
		if !slices.Contains(a.Regions, i.place.region) {
			a.Regions = append(a.Regions, i.place.region)
		}
	}
	return result{StackSet: a}, nil
}

type stackInstanceAnswer struct {
	StackSetID      string `xml:"StackSetId"`
	Region, Account string
	StackID         string `xml:"StackId,omitempty"`
	Status          string
	StatusReason    string `xml:",omitempty"`
	Detailed        string `xml:"StackInstanceStatus>DetailedStatus,omitempty"`
	Unit            string `xml:"OrganizationalUnitId"`
	DriftStatus     string
	LastOperationID string `xml:"LastOperationId"`
}

// instancePage is how many instances an answer has at most, and unless it is asked for fewer.
const instancePage = 100

func (s *Service) listStackInstances(c Call) (any, error) {
	set, err := s.findSet(c)
	if err != nil {
		return nil, err
	}
	type result struct {
		XMLName   xml.Name              `xml:"ListStackInstancesResult"`
		Summaries []stackInstanceAnswer `xml:"Summaries>member"`
		NextToken string                `xml:",omitempty"`
	}
	from, size := 0, instancePage
	if n, err := strconv.Atoi(c.Form.Get("NextToken")); err == nil && n > 0 {
		from = min(n, len(set.instances))
	}
	if n, err := strconv.Atoi(c.Form.Get("MaxResults")); err == nil && n > 0 {
		size = min(n, instancePage)
	}
	var r result
	for _, i := range set.instances[from:min(from+size, len(set.instances))] {
		r.Summaries = append(r.Summaries, stackInstanceAnswer{
			set.id, i.place.region, i.place.account, i.stack, i.status, i.reason, i.detailed, i.unit, "NOT_CHECKED", i.operation,
		})
	}
	if from+size < len(set.instances) {
		r.NextToken = strconv.Itoa(from + size)
	}
	return r, nil
}

func (s *Service) describeStackSetOperation(c Call) (any, error) {
	set, err := s.findSet(c)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(set.operations, func(o *setOperation) bool { return o.id == c.Form.Get("OperationId") })
	if n < 0 {
		return nil, &Error{Code: "OperationNotFoundException", Status: 404, Message: "Operation not found"}
	}
	type answer struct {
		OperationID       string `xml:"OperationId"`
		StackSetID        string `xml:"StackSetId"`
		Action, Status    string
		CreationTimestamp string
		EndTimestamp      string `xml:",omitempty"`
		Failed            int    `xml:"StatusDetails>FailedStackInstancesCount"`
	}
	type result struct {
		XMLName   xml.Name `xml:"DescribeStackSetOperationResult"`
		Operation answer   `xml:"StackSetOperation"`
	}
	o := set.operations[n]
	return result{Operation: answer{o.id, set.id, o.action, o.status, stamp(o.began), stamp(o.ended), o.failed}}, nil
}

// describeAccess tells whether the organization trusts stack sets.
func (s *Service) describeAccess(c Call) (any, error) {
	if _, err := c.administers(); err != nil {
		return nil, err
	}
	status := map[bool]string{true: "ENABLED", false: "DISABLED"}[c.Organization.Trusted]
	return setAnswer(c, map[string]string{"Status": status}), nil
}

// activateAccess has the organization trust stack sets, which only its management account can do.
func (s *Service) activateAccess(c Call) (any, error) {
	if c.Organization.Management == "" || c.Account != c.Organization.Management {
		return nil, &Error{Code: "InvalidOperationException", Message: "This operation is only available to the management account of an organization"}
	}
	c.Trust()
	return setAnswer(c, nil), nil
}
