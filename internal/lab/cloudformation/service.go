package cloudformation

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxStacks is how many stacks an account has in a region, from CloudFormation's quotas.
const maxStacks = 2000

// Error is a refusal with the API's own code. Its status is 400 but where Status says otherwise.
type Error struct {
	Code, Message string
	Status        int
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// invalid is the refusal that CloudFormation has for nearly everything.
func invalid(format string, args ...any) error {
	return &Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// Service is CloudFormation in all accounts and regions of a lab. Make one with New.
type Service struct {
	handler    http.Handler
	background func(func())
	// enterAccount returns the access key of a session in a member account, with which stack sets make their stacks there.
	enterAccount func(account string) string

	mu     sync.Mutex // guards everything below, and all stacks
	stacks map[place][]*stack
	sets   map[place][]*stackSet // of management accounts
	serial int
}

// place is an account's corner of a region.
type place struct{ account, region string }

// New returns a service that makes resources by calling handler. background runs a function soon, without waiting for it.
// enterAccount returns the access key of a session in an account, for the stacks of stack sets.
func New(handler http.Handler, background func(func()), enterAccount func(account string) string) *Service {
	return &Service{handler: handler, background: background, enterAccount: enterAccount, stacks: map[place][]*stack{}, sets: map[place][]*stackSet{}}
}

// Call is one request.
type Call struct {
	Operation       string
	Form            url.Values
	Account, Region string
	AccessKey       string // whose credentials make the resources
	Address         string // of the lab, which the other services give as their own; empty: AWS's names
	Now             time.Time

	// Object reads an object that a TemplateURL names.
	Object func(bucket, key string) ([]byte, error)

	Organization Organization // of Account
	Trust        func()       // has the organization trust stack sets
}

// ReadOnly lists the operations, and tells for each whether it changes nothing.
func ReadOnly() map[string]bool {
	readOnly := map[string]bool{}
	for name, o := range operations {
		readOnly[name] = o.readOnly
	}
	return readOnly
}

// operation is one operation: which parameters it knows, and what it does.
type operation struct {
	run        func(*Service, Call) (any, error)
	parameters string
	readOnly   bool
}

// operations are all that the lab has of CloudFormation's API.
var operations = map[string]operation{
	"ActivateOrganizationsAccess": {run: (*Service).activateAccess},
	"CreateStackInstances":        {run: (*Service).createStackInstances, parameters: setInstanceParameters},
	"CreateStackSet":              {run: (*Service).createStackSet, parameters: setParameters},
	"DeleteStackInstances":        {run: (*Service).deleteStackInstances, parameters: setInstanceParameters + " RetainStacks"},
	"DeleteStackSet":              {run: (*Service).deleteStackSet, parameters: "CallAs StackSetName"},
	"DescribeOrganizationsAccess": {run: (*Service).describeAccess, parameters: "CallAs", readOnly: true},
	"DescribeStackSet":            {run: (*Service).describeStackSet, parameters: "CallAs StackSetName", readOnly: true},
	"DescribeStackSetOperation":   {run: (*Service).describeStackSetOperation, parameters: "CallAs OperationId StackSetName", readOnly: true},
	"ListStackInstances":          {run: (*Service).listStackInstances, parameters: "CallAs MaxResults NextToken StackSetName", readOnly: true},
	"UpdateStackSet":              {run: (*Service).updateStackSet, parameters: setParameters + " OperationId OperationPreferences"},
	"CreateChangeSet":             {run: (*Service).createChangeSet, parameters: templateParameters + " ChangeSetName ChangeSetType Description ClientToken DeploymentMode ImportExistingResources StackName"},
	"CreateStack":                 {run: (*Service).createStack, parameters: templateParameters + " StackName EnableTerminationProtection OnFailure DisableRollback"},
	"DeleteChangeSet":             {run: (*Service).deleteChangeSet, parameters: "ChangeSetName StackName"},
	"DeleteStack":                 {run: (*Service).deleteStack, parameters: "StackName"},
	"DescribeChangeSet":           {run: (*Service).describeChangeSet, parameters: "ChangeSetName StackName NextToken IncludePropertyValues", readOnly: true},
	"DescribeStackEvents":         {run: (*Service).describeStackEvents, parameters: "StackName NextToken", readOnly: true},
	"DescribeStackResources":      {run: (*Service).describeStackResources, parameters: "StackName LogicalResourceId PhysicalResourceId", readOnly: true},
	"DescribeStacks":              {run: (*Service).describeStacks, parameters: "StackName NextToken", readOnly: true},
	"ExecuteChangeSet":            {run: (*Service).executeChangeSet, parameters: "ChangeSetName StackName"},
	"GetTemplate":                 {run: (*Service).getTemplate, parameters: "StackName TemplateStage", readOnly: true},
	"UpdateStack":                 {run: (*Service).updateStack, parameters: templateParameters + " StackName"},
	"UpdateTerminationProtection": {run: (*Service).protect, parameters: "StackName EnableTerminationProtection"},
	"ValidateTemplate":            {run: (*Service).validateTemplate, parameters: "TemplateBody TemplateURL", readOnly: true},
}

// templateParameters are those of every operation that takes a template.
const templateParameters = "TemplateBody TemplateURL UsePreviousTemplate Parameters Tags Capabilities"

// setParameters are those of a stack set, setInstanceParameters those of operations on its instances.
const (
	setParameters         = templateParameters + " AutoDeployment CallAs Description ManagedExecution PermissionModel StackSetName"
	setInstanceParameters = "Accounts CallAs DeploymentTargets OperationId OperationPreferences Regions StackSetName"
)

// Do answers a request. The answer is a value for encoding/xml. It calls none of the lab's services before it returns.
func (s *Service) Do(c Call) (any, error) {
	o, ok := operations[c.Operation]
	if !ok {
		return nil, invalid("the lab does not know cloudformation:%s", c.Operation)
	}
	for key := range c.Form {
		name, _, _ := strings.Cut(key, ".")
		if !slices.Contains(strings.Fields(o.parameters+" Action Version ClientRequestToken"), name) && !strings.HasPrefix(name, "X-Amz-") {
			return nil, invalid("the lab does not know the parameter %.100s of %s", name, c.Operation)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return o.run(s, c)
}

// find finds a stack by name, or by id, by which alone deleted ones are found.
func (s *Service) find(c Call) (*stack, error) {
	name := c.Form.Get("StackName")
	for _, st := range s.stacks[place{c.Account, c.Region}] {
		if st.id == name || st.name == name && st.status != "DELETE_COMPLETE" {
			return st, nil
		}
	}
	return nil, invalid("Stack with id %.200s does not exist", name)
}

// unique makes a different text each time, in the shape of the end of a name that CloudFormation makes up.
func (s *Service) unique() string {
	s.serial++
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	token := make([]byte, 12)
	n := uint64(s.serial) * 0x9e3779b97f4a7c15
	for i := range token {
		token[i] = letters[n%uint64(len(letters))]
		n = n/uint64(len(letters)) + n<<59
	}
	return string(token)
}

// uuid makes a different text each time, in the shape of the end of a stack's id.
func (s *Service) uuid() string {
	s.serial++
	n := uint64(s.serial) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x-11f0-8%03x-%012x", uint32(n>>32), uint16(n>>16), n&0xfff, s.serial)
}
