package lab

import (
	"fmt"
	"regexp"
	"strings"
)

// Limits of parameters, from the API documentation of Systems Manager.
const (
	maxParameters     = 10_000
	maxParameterValue = 4096 // bytes, of the standard tier
)

var parameterName = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// parametersService is as much of AWS Systems Manager as it takes to keep a value and read it.
var parametersService = service{protocol: awsJSON, operations: map[string]operation{
	"PutParameter": {run: putParameter},
	"GetParameter": {run: getParameter, readOnly: true},
}}

// parameter is a value in Parameter Store.
type parameter struct {
	name, kind, value, arn string
	version                int
	changed                epoch
}

func putParameter(c *call) (any, error) {
	var in struct {
		Name, Value, Type string
		Overwrite         bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	c.recordParameters = map[string]any{"name": in.Name, "type": in.Type, "overwrite": in.Overwrite, "value": "HIDDEN_DUE_TO_SECURITY_REASONS"}
	have := c.storedParameters()[in.Name]
	if in.Type == "" && have != nil {
		in.Type = have.kind
	}
	switch {
	case !parameterName.MatchString(in.Name):
		return nil, errorf("ValidationException", "Parameter name: can't be prefixed with \"ssm\" (case-insensitive), and consists of letters, digits and . _ - / only.")
	case in.Value == "":
		return nil, errorf("ValidationException", "The parameter's value must not be empty.")
	case len(in.Value) > maxParameterValue:
		return nil, errorf("ValidationException", "Standard tier parameters support a maximum parameter value of %d characters.", maxParameterValue)
	case in.Type != "String" && in.Type != "StringList" && in.Type != "SecureString":
		return nil, errorf("ValidationException", "The parameter type must be String, StringList or SecureString.")
	case have != nil && !in.Overwrite:
		return nil, errorf("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case have == nil && len(c.storedParameters()) >= maxParameters:
		return nil, errorf("ParameterLimitExceeded", "You have exceeded the number of parameters for this AWS account.")
	}
	p := &parameter{name: in.Name, kind: in.Type, value: in.Value, version: 1, changed: epoch{c.now}}
	p.arn = "arn:aws:ssm:" + c.region + ":" + c.account.id + ":parameter/" + strings.TrimPrefix(in.Name, "/")
	if have != nil {
		p.version = have.version + 1
	}
	c.storedParameters()[in.Name] = p
	return map[string]any{"Version": p.version, "Tier": "Standard"}, nil
}

// getParameter answers by name or ARN. A SecureString that is not asked to be decrypted comes as some ciphertext.
func getParameter(c *call) (any, error) {
	var in struct {
		Name           string
		WithDecryption bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	name := in.Name
	if a, ok := splitARN(in.Name, "ssm"); ok {
		name = strings.TrimPrefix(a.resource, "parameter")
	}
	p := c.storedParameters()[name]
	if p == nil {
		p = c.storedParameters()[strings.TrimPrefix(name, "/")]
	}
	if p == nil {
		return nil, errorf("ParameterNotFound", "")
	}
	value := p.value
	if p.kind == "SecureString" && !in.WithDecryption {
		value = fmt.Sprintf("AQICAHg%x", len(value))
	}
	return map[string]any{"Parameter": map[string]any{
		"Name": p.name, "Type": p.kind, "Value": value, "Version": p.version, "LastModifiedDate": p.changed, "ARN": p.arn, "DataType": "text",
	}}, nil
}

// storedParameters are those of the account in the region, by name.
func (c *call) storedParameters() map[string]*parameter {
	r := c.account.regions[c.region]
	if r.parameters == nil {
		r.parameters = map[string]*parameter{}
	}
	return r.parameters
}
