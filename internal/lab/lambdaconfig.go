package lab

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"
)

func putFunctionConcurrency(c *call) (any, error) {
	var in struct{ ReservedConcurrentExecutions *int }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	if in.ReservedConcurrentExecutions == nil || *in.ReservedConcurrentExecutions < 0 {
		return nil, lambdaInvalid("ReservedConcurrentExecutions must be a number from 0")
	}
	total := *in.ReservedConcurrentExecutions
	for _, other := range c.account.regions[c.region].lambda.functions {
		if other != f && other.reserved != nil {
			total += *other.reserved
		}
	}
	if total > maxReserved-minUnreserved {
		return nil, lambdaInvalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", minUnreserved)
	}
	f.reserved = in.ReservedConcurrentExecutions
	return c.answered(map[string]int{"ReservedConcurrentExecutions": *f.reserved}), nil
}

func getFunctionConcurrency(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	answer := map[string]int{}
	if f.reserved != nil {
		answer["ReservedConcurrentExecutions"] = *f.reserved
	}
	return answer, nil
}

func deleteFunctionConcurrency(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	f.reserved = nil
	return answeredWith(http.StatusNoContent, nil), nil
}

// addFunctionPermission adds a statement to the function's policy.
func addFunctionPermission(c *call) (any, error) {
	var in struct{ StatementId, Action, Principal, SourceArn, SourceAccount, PrincipalOrgID, RevisionId string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	f, err := c.changeable(in.RevisionId)
	if err != nil {
		return nil, err
	}
	document, list, err := policyStatements(f.policy)
	if err != nil {
		return nil, err
	}
	if _, exists := withoutStatement(f.policy, in.StatementId); exists {
		return nil, lambdaConflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", in.StatementId)
	}
	if !statementID.MatchString(in.StatementId) || !strings.HasPrefix(in.Action, "lambda:") || in.Principal == "" {
		return nil, errorf("ValidationException", "StatementId, Action (lambda:…) and Principal are required.")
	}
	statement := map[string]any{"Sid": in.StatementId, "Effect": "Allow", "Principal": functionPrincipal(in.Principal), "Action": in.Action, "Resource": f.arn}
	conditions := map[string]any{}
	equals := map[string]string{}
	if in.SourceArn != "" {
		conditions["ArnLike"] = map[string]string{"AWS:SourceArn": in.SourceArn}
	}
	if in.SourceAccount != "" {
		equals["AWS:SourceAccount"] = in.SourceAccount
	}
	if in.PrincipalOrgID != "" {
		equals["aws:PrincipalOrgID"] = in.PrincipalOrgID
	}
	if len(equals) > 0 {
		conditions["StringEquals"] = equals
	}
	if len(conditions) > 0 {
		statement["Condition"] = conditions
	}
	document["Id"], document["Statement"] = "default", append(list, statement)
	policy := toJSON(document)
	if len(policy) > maxFunctionPolicy {
		return nil, errorf("PolicyLengthExceededException", "The final policy size (%d) is bigger than the limit (%d).", len(policy), maxFunctionPolicy)
	}
	f.policy, f.revision = policy, c.lab.id()
	return answeredWith(http.StatusCreated, c.answered(map[string]string{"Statement": toJSON(statement)})), nil
}

// functionPrincipal is a principal as a policy writes it: everybody, a service, or an account or identity.
func functionPrincipal(name string) any {
	switch {
	case name == "*":
		return name
	case strings.HasSuffix(name, ".amazonaws.com"):
		return map[string]string{"Service": name}
	case accountID.MatchString(name):
		return map[string]string{"AWS": "arn:aws:iam::" + name + ":root"}
	}
	return map[string]string{"AWS": name}
}

func removeFunctionPermission(c *call) (any, error) {
	f, err := c.changeable(c.request.URL.Query().Get("RevisionId"))
	if err != nil {
		return nil, err
	}
	policy, found := withoutStatement(f.policy, c.path["StatementId"])
	if !found {
		return nil, lambdaNotFound("Statement %s is not found in resource policy.", c.path["StatementId"])
	}
	f.policy, f.revision = policy, c.lab.id()
	return answeredWith(http.StatusNoContent, nil), nil
}

func getFunctionPolicy(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	if f.policy == "" {
		return nil, lambdaNotFound("The resource you requested does not exist.")
	}
	return map[string]string{"Policy": f.policy, "RevisionId": f.revision}, nil
}

// eventInvokeConfig says what becomes of events that a function could not take.
type eventInvokeConfig struct {
	MaximumRetryAttempts     *int            `json:",omitempty"`
	MaximumEventAgeInSeconds *int            `json:",omitempty"`
	DestinationConfig        json.RawMessage `json:",omitempty"`

	modified time.Time
}

func putEventInvokeConfig(c *call) (any, error) { return c.setEventInvokeConfig(&eventInvokeConfig{}) }

// updateEventInvokeConfig changes only what is given.
func updateEventInvokeConfig(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	if f.async == nil {
		return nil, noInvokeConfig(f)
	}
	config := *f.async
	return c.setEventInvokeConfig(&config)
}

func noInvokeConfig(f *lambdaFunction) error {
	return lambdaNotFound("The function %s:%s doesn't have an EventInvokeConfig", f.arn, latestVersion)
}

func (c *call) setEventInvokeConfig(config *eventInvokeConfig) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	if err := c.decode(config); err != nil {
		return nil, err
	}
	if n := config.MaximumRetryAttempts; n != nil && (*n < 0 || *n > maxAsyncRetries) {
		return nil, errorf("ValidationException", "1 validation error detected: Value '%d' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 2", *n)
	}
	if n := config.MaximumEventAgeInSeconds; n != nil && (*n < minAsyncEventAge || *n > maxAsyncEventAge) {
		return nil, errorf("ValidationException", "1 validation error detected: Value '%d' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value from 60 to 21600", *n)
	}
	config.modified = c.now
	f.async = config
	return c.answered(f.showInvokeConfig()), nil
}

func (f *lambdaFunction) showInvokeConfig() map[string]any {
	answer := map[string]any{"FunctionArn": f.arn + ":" + latestVersion, "LastModified": epoch{f.async.modified}, "DestinationConfig": map[string]any{"OnSuccess": map[string]any{}, "OnFailure": map[string]any{}}}
	if n := f.async.MaximumRetryAttempts; n != nil {
		answer["MaximumRetryAttempts"] = *n
	}
	if n := f.async.MaximumEventAgeInSeconds; n != nil {
		answer["MaximumEventAgeInSeconds"] = *n
	}
	if f.async.DestinationConfig != nil {
		answer["DestinationConfig"] = f.async.DestinationConfig
	}
	return answer
}

func getEventInvokeConfig(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	if f.async == nil {
		return nil, noInvokeConfig(f)
	}
	return f.showInvokeConfig(), nil
}

func deleteEventInvokeConfig(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	if f.async == nil {
		return nil, noInvokeConfig(f)
	}
	f.async = nil
	return answeredWith(http.StatusNoContent, nil), nil
}

func listFunctionTags(c *call) (any, error) {
	f, err := c.functionNamed(c.path["Resource"])
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": f.tags}, nil
}

func tagFunction(c *call) (any, error) {
	var in struct{ Tags map[string]string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	f, err := c.functionNamed(c.path["Resource"])
	if err != nil {
		return nil, err
	}
	together := maps.Clone(f.tags)
	maps.Copy(together, in.Tags)
	if len(together) > maxTags {
		return nil, lambdaInvalid("A function has at most %d tags.", maxTags)
	}
	f.tags = together
	return answeredWith(http.StatusNoContent, nil), nil
}

func untagFunction(c *call) (any, error) {
	f, err := c.functionNamed(c.path["Resource"])
	if err != nil {
		return nil, err
	}
	for _, key := range c.request.URL.Query()["tagKeys"] {
		delete(f.tags, key)
	}
	return answeredWith(http.StatusNoContent, nil), nil
}
