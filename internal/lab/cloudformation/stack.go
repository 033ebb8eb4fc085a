package cloudformation

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Statuses of stacks that decide what may be done with them.
const (
	statusReview   = "REVIEW_IN_PROGRESS"
	statusRollback = "ROLLBACK_COMPLETE"
	statusDeleted  = "DELETE_COMPLETE"
)

// stack is one stack.
type stack struct {
	id, name       string
	place          place
	status, reason string
	protected      bool
	current        design // what its resources are of
	created        time.Time
	updated        time.Time
	deleted        time.Time
	members        map[string]*member // by logical id
	retired        []*member          // those that were deleted or left, newest last
	outputs        []outputValue
	events         []event // oldest first
	changes        map[string]*changeSet
	onFailure      string
}

// design is what a stack is, or shall be, made of.
type design struct {
	template     *template
	parameters   map[string]string
	tags         map[string]string
	capabilities []string

	imports map[string]bool     // logical ids of resources that exist already and are taken over
	drifted map[string][]string // properties that are put back though the design has not changed them, by logical id
}

// member is one resource of a stack.
type member struct {
	logical, kind    string
	physical, ref    string
	status, reason   string
	at               time.Time
	properties       object
	attributes       map[string]string
	deletion, losing string // deletion and replacement policy
	imported         bool   // by what is being done: undoing that leaves it
}

// event is one line of a stack's history.
type event struct {
	id                      string
	logical, physical, kind string
	status, reason          string
	at                      time.Time
}

type outputValue struct{ key, value, description, export string }

// maxEvents is how many events of a stack the lab keeps; AWS keeps those of 90 days.
const maxEvents = 5000

// note writes an event. The service is locked.
func (s *Service) note(st *stack, logical, physical, kind, status, reason string, at time.Time) {
	st.events = append(st.events, event{logical + "-" + status + "-" + s.uuid(), logical, physical, kind, status, reason, at})
	if len(st.events) > maxEvents {
		st.events = st.events[1:]
	}
}

// enter gives the stack a status, and notes it.
func (s *Service) enter(st *stack, status, reason string, at time.Time) {
	st.status, st.reason = status, reason
	s.note(st, st.name, st.id, "AWS::CloudFormation::Stack", status, reason, at)
}

func (st *stack) busy() bool {
	return strings.HasSuffix(st.status, "_IN_PROGRESS") && st.status != statusReview
}

var stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

// newStack makes a stack that has nothing yet.
func (s *Service) newStack(c Call) (*stack, error) {
	name, at := c.Form.Get("StackName"), place{c.Account, c.Region}
	if !stackName.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%.200s' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	}
	if have, err := s.find(c); err == nil {
		return nil, &Error{Code: "AlreadyExistsException", Message: fmt.Sprintf("Stack [%s] already exists", have.name)}
	}
	if len(s.stacks[at]) >= maxStacks {
		return nil, &Error{Code: "LimitExceededException", Message: "Limit for stack has been exceeded"}
	}
	st := &stack{
		id:   "arn:aws:cloudformation:" + c.Region + ":" + c.Account + ":stack/" + name + "/" + s.uuid(),
		name: name, place: at, created: c.Now, members: map[string]*member{}, changes: map[string]*changeSet{},
	}
	s.stacks[at] = append(s.stacks[at], st)
	return st, nil
}

// design reads what a request wants a stack to be made of; before is what it is made of, if it exists.
func (c Call) design(before *design) (d design, err error) {
	if d.template, err = c.template(before); err != nil {
		return d, err
	}
	given := map[string]string{}
	for _, p := range entries(c.Form, "Parameters.member.") {
		key := p.Get("ParameterKey")
		given[key] = p.Get("ParameterValue")
		if p.Get("UsePreviousValue") == "true" {
			value, ok := "", false
			if before != nil {
				value, ok = before.parameters[key]
			}
			if !ok {
				return d, invalid("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for a parameter key not in the previous template", key)
			}
			given[key] = value
		}
	}
	if d.parameters, err = d.template.fill(given); err != nil {
		return d, err
	}
	d.tags = map[string]string{}
	for _, tag := range entries(c.Form, "Tags.member.") {
		d.tags[tag.Get("Key")] = tag.Get("Value")
	}
	for n := 1; c.Form.Has(fmt.Sprintf("Capabilities.member.%d", n)); n++ {
		d.capabilities = append(d.capabilities, c.Form.Get(fmt.Sprintf("Capabilities.member.%d", n)))
	}
	return d, d.acknowledged()
}

// acknowledged refuses roles and policies that nobody has acknowledged.
func (d design) acknowledged() error {
	need := ""
	for _, r := range d.template.resources {
		k := types[r.kind]
		switch {
		case !k.iam:
		case r.properties[k.name] != nil && k != &inlinePolicyKind:
			need = "CAPABILITY_NAMED_IAM"
		case need == "":
			need = "CAPABILITY_IAM"
		}
	}
	if need == "" || slices.Contains(d.capabilities, "CAPABILITY_NAMED_IAM") || need == "CAPABILITY_IAM" && slices.Contains(d.capabilities, need) {
		return nil
	}
	return &Error{Code: "InsufficientCapabilitiesException", Message: "Requires capabilities : [" + need + "]"}
}

// template reads the template that a request gives, by one of three ways.
func (c Call) template(before *design) (*template, error) {
	body, address := c.Form.Get("TemplateBody"), c.Form.Get("TemplateURL")
	switch {
	case c.Form.Get("UsePreviousTemplate") == "true" && before != nil:
		return before.template, nil
	case (body == "") == (address == ""):
		return nil, invalid("Either Template URL or Template Body must be specified.")
	case len(body) > maxBody:
		return nil, invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to %d", maxBody)
	case address != "":
		fetched, err := c.fetch(address)
		if err != nil {
			return nil, err
		}
		body = string(fetched)
	}
	return parse(body)
}

// fetch reads a template from the lab's S3. Its address is of one of the two styles, at whatever host.
func (c Call) fetch(address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, invalid("TemplateURL must be a supported URL.")
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if host, _, ok := strings.Cut(u.Host, ".s3."); ok {
		bucket, key = host, strings.TrimPrefix(u.Path, "/")
	}
	body, err := c.Object(bucket, key)
	if err != nil {
		return nil, invalid("S3 error: %v", err)
	}
	return body, nil
}

// entries are the numbered members of a list of structures in a form.
func entries(form url.Values, prefix string) []url.Values {
	var list []url.Values
	for n := 1; ; n++ {
		member := url.Values{}
		base := fmt.Sprintf("%s%d.", prefix, n)
		for key, values := range form {
			if name, ok := strings.CutPrefix(key, base); ok {
				member[name] = values
			}
		}
		if len(member) == 0 {
			return list
		}
		list = append(list, member)
	}
}

// pseudo are the values of the pseudo parameters.
func (st *stack) pseudo() map[string]string {
	return map[string]string{
		"AWS::AccountId": st.place.account, "AWS::Region": st.place.region, "AWS::StackName": st.name, "AWS::StackId": st.id,
		"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
	}
}

// scope is what a design's functions are evaluated in.
func (st *stack) scope(d design, attribute func(id, name string) (any, error)) *scope {
	return &scope{template: d.template, parameters: d.parameters, pseudo: st.pseudo(), attribute: attribute, known: map[string]bool{}, open: map[string]bool{}}
}

// get gives an attribute of the member, or with an empty name what a Ref to it gives.
func (m *member) get(name string) (any, error) {
	if name == "" {
		return m.ref, nil
	}
	value, ok := m.attributes[name]
	if !ok {
		return nil, fmt.Errorf("requested attribute %.100s does not exist in schema for %s, or the lab does not know it", name, m.kind)
	}
	return value, nil
}
