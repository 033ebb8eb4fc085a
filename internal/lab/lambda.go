package lab

import (
	"net/http"
	"strings"
)

// Limits of functions, from Lambda's quotas and API documentation.
const (
	maxFunctions      = 1000 // per account and region; AWS bounds only the size of their code
	maxMappings       = 1000
	maxZip            = 50 << 20
	maxFunctionPolicy = 20 << 10
	maxReserved       = 1000 // an account's concurrency, of which 100 always stay unreserved
	minUnreserved     = 100
	maxAsyncEventAge  = 21_600 // seconds
	minAsyncEventAge  = 60
	maxAsyncRetries   = 2
	latestVersion     = "$LATEST"
	functionPrefix    = "function:"
)

// lambdaState is the functions of one account in one region.
type lambdaState struct {
	functions map[string]*lambdaFunction // by name
	mappings  map[string]*eventMapping   // by id
	made      map[string]bool            // names of all functions that ever were, whose events need the Lambda API's leave
}

// lambdaService is AWS Lambda without versions, aliases, layers and function URLs. What a function does is written in Go:
// see Lab.RegisterFunction. Records carry the API version that CloudTrail adds to many names.
// https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
var lambdaService = service{protocol: restJSON, route: routed(lambdaRoutes), operations: map[string]operation{
	"CreateFunction":                  {run: discreetly(createFunction), recordName: "CreateFunction20150331"},
	"GetFunction":                     {run: getFunction, readOnly: true, recordName: "GetFunction20150331v2"},
	"GetFunctionConfiguration":        {run: getFunctionConfiguration, readOnly: true, recordName: "GetFunctionConfiguration20150331v2"},
	"ListFunctions":                   {run: listFunctions, readOnly: true, recordName: "ListFunctions20150331"},
	"UpdateFunctionConfiguration":     {run: discreetly(updateFunctionConfiguration), recordName: "UpdateFunctionConfiguration20150331v2"},
	"UpdateFunctionCode":              {run: discreetly(updateFunctionCode), recordName: "UpdateFunctionCode20150331v2"},
	"DeleteFunction":                  {run: deleteFunction, recordName: "DeleteFunction20150331"},
	"PutFunctionConcurrency":          {run: putFunctionConcurrency, recordName: "PutFunctionConcurrency20171031"},
	"GetFunctionConcurrency":          {run: getFunctionConcurrency, readOnly: true, recordName: "GetFunctionConcurrency20190930"},
	"DeleteFunctionConcurrency":       {run: deleteFunctionConcurrency, recordName: "DeleteFunctionConcurrency20171031"},
	"AddPermission":                   {run: addFunctionPermission, recordName: "AddPermission20150331v2"},
	"RemovePermission":                {run: removeFunctionPermission, recordName: "RemovePermission20150331v2"},
	"GetPolicy":                       {run: getFunctionPolicy, readOnly: true, recordName: "GetPolicy20150331v2"},
	"PutFunctionEventInvokeConfig":    {run: putEventInvokeConfig},
	"UpdateFunctionEventInvokeConfig": {run: updateEventInvokeConfig},
	"GetFunctionEventInvokeConfig":    {run: getEventInvokeConfig, readOnly: true},
	"DeleteFunctionEventInvokeConfig": {run: deleteEventInvokeConfig},
	"CreateEventSourceMapping":        {run: createEventMapping, recordName: "CreateEventSourceMapping20150331"},
	"GetEventSourceMapping":           {run: getEventMapping, readOnly: true, recordName: "GetEventSourceMapping20150331"},
	"ListEventSourceMappings":         {run: listEventMappings, readOnly: true, recordName: "ListEventSourceMappings20150331"},
	"UpdateEventSourceMapping":        {run: updateEventMapping, recordName: "UpdateEventSourceMapping20150331"},
	"DeleteEventSourceMapping":        {run: deleteEventMapping, recordName: "DeleteEventSourceMapping20150331"},
	"ListTags":                        {run: listFunctionTags, readOnly: true, recordName: "ListTags20170331"},
	"TagResource":                     {run: tagFunction, recordName: "TagResource20170331v2"},
	"UntagResource":                   {run: untagFunction, recordName: "UntagResource20170331v2"},
	"Invoke":                          {run: invokeFunction, silent: true},
}}

var lambdaRoutes = []restRoute{
	{"POST", "/2015-03-31/functions", "CreateFunction"},
	{"GET", "/2015-03-31/functions", "ListFunctions"},
	{"GET", "/2015-03-31/functions/{FunctionName}", "GetFunction"},
	{"DELETE", "/2015-03-31/functions/{FunctionName}", "DeleteFunction"},
	{"GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration"},
	{"PUT", "/2015-03-31/functions/{FunctionName}/configuration", "UpdateFunctionConfiguration"},
	{"PUT", "/2015-03-31/functions/{FunctionName}/code", "UpdateFunctionCode"},
	{"PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "PutFunctionConcurrency"},
	{"GET", "/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency"},
	{"DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency"},
	{"POST", "/2015-03-31/functions/{FunctionName}/policy", "AddPermission"},
	{"GET", "/2015-03-31/functions/{FunctionName}/policy", "GetPolicy"},
	{"DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", "RemovePermission"},
	{"PUT", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "PutFunctionEventInvokeConfig"},
	{"POST", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "UpdateFunctionEventInvokeConfig"},
	{"GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "GetFunctionEventInvokeConfig"},
	{"DELETE", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "DeleteFunctionEventInvokeConfig"},
	{"POST", "/2015-03-31/event-source-mappings", "CreateEventSourceMapping"},
	{"GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"},
	{"GET", "/2015-03-31/event-source-mappings/{UUID}", "GetEventSourceMapping"},
	{"PUT", "/2015-03-31/event-source-mappings/{UUID}", "UpdateEventSourceMapping"},
	{"DELETE", "/2015-03-31/event-source-mappings/{UUID}", "DeleteEventSourceMapping"},
	{"GET", "/2017-03-31/tags/{Resource}", "ListTags"},
	{"POST", "/2017-03-31/tags/{Resource}", "TagResource"},
	{"DELETE", "/2017-03-31/tags/{Resource}", "UntagResource"},
	{"POST", "/2015-03-31/functions/{FunctionName}/invocations", "Invoke"},
}

// discreetly leaves out of the record what CloudTrail leaves out: code and environment variables.
func discreetly(run func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		parameters := c.restParameters()
		if _, ok := parameters["environment"]; ok {
			parameters["environment"] = map[string]any{}
		}
		delete(parameters, "zipFile")
		if code, ok := parameters["code"].(map[string]any); ok {
			delete(code, "zipFile")
		}
		c.recordParameters = parameters
		answer, err := run(c)
		if response, ok := c.recordResponse.(map[string]any); ok && response["environment"] != nil {
			response["environment"] = map[string]any{}
		}
		return answer, err
	}
}

// functionNamed finds the function that a request names: by name, by partial or by full ARN.
func (c *call) functionNamed(name string) (*lambdaFunction, error) {
	id := name
	if _, rest, ok := strings.Cut(id, functionPrefix); ok {
		id = rest
	}
	id, qualifier, _ := strings.Cut(id, ":")
	f := c.account.regions[c.region].lambda.functions[id]
	arn := functionARN(c.account.id, c.region, id)
	if f == nil || strings.HasPrefix(name, "arn:") && !strings.HasPrefix(name, f.arn) || qualifier != "" && qualifier != latestVersion {
		return nil, lambdaNotFound("Function not found: %s", arn)
	}
	return f, nil
}

func (c *call) pathFunction() (*lambdaFunction, error) {
	return c.functionNamed(c.path["FunctionName"])
}

func functionARN(account, region, name string) string {
	return "arn:aws:lambda:" + region + ":" + account + ":" + functionPrefix + name
}

func lambdaNotFound(format string, args ...any) error {
	return withStatus(http.StatusNotFound, errorf("ResourceNotFoundException", format, args...))
}

func lambdaConflict(format string, args ...any) error {
	return withStatus(http.StatusConflict, errorf("ResourceConflictException", format, args...))
}

func lambdaInvalid(format string, args ...any) error {
	return errorf("InvalidParameterValueException", format, args...)
}

// answeredWith is an answer with another status than 200.
func answeredWith(status int, answer any) *raw {
	body := ""
	if answer != nil {
		body = toJSON(answer)
	}
	return &raw{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(body)}
}
