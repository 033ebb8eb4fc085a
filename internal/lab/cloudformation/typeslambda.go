package cloudformation

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// functionSettings are the properties of a function that both CreateFunction and UpdateFunctionConfiguration take as they are.
const functionSettings = "DeadLetterConfig Description Environment EphemeralStorage Handler KmsKeyArn LoggingConfig MemorySize Role Runtime Timeout TracingConfig"

var functionKind = kind{
	properties: functionSettings + " Architectures Code FunctionName PackageType ReservedConcurrentExecutions Tags",
	required:   "Code Role", fixed: "FunctionName PackageType", name: "FunctionName",
	numbers: "MemorySize ReservedConcurrentExecutions Size Timeout",
	create:  createFunction, update: updateFunction, remove: removeFunction, drifted: driftedFunction,
}

const functionsPath = "/2015-03-31/functions"

// settings are the parts of the configuration, under the API's names.
func (j *job) functionSettings() object {
	in := j.pick(strings.Fields(functionSettings)...)
	if key, ok := in["KmsKeyArn"]; ok {
		in["KMSKeyArn"] = key
		delete(in, "KmsKeyArn")
	}
	return in
}

func createFunction(j *job) error {
	in := j.functionSettings()
	for name, value := range j.pick("Architectures", "PackageType") {
		in[name] = value
	}
	code, err := functionCode(j.p)
	if err != nil {
		return err
	}
	in["FunctionName"], in["Code"], in["Tags"] = j.named("FunctionName", 64), code, j.tags()
	answer, err := j.aws.rest("lambda", "CreateFunction", http.MethodPost, functionsPath, in)
	if err != nil {
		return err
	}
	j.id = asText(answer["FunctionName"])
	j.attributes = map[string]string{"Arn": asText(answer["FunctionArn"])}
	return j.reserve()
}

// functionCode is where the code is: in S3, as templates of compiled functions have it.
func functionCode(properties object) (object, error) {
	code, _ := properties["Code"].(object)
	if asText(code["S3Bucket"]) == "" || asText(code["S3Key"]) == "" {
		return nil, errors.New("the lab makes functions from S3Bucket and S3Key only")
	}
	return code, nil
}

// reserve sets the reserved concurrency, or frees it.
func (j *job) reserve() error {
	if !j.changed("ReservedConcurrentExecutions") {
		return nil
	}
	path := "/2017-10-31/functions/" + url.PathEscape(j.id) + "/concurrency"
	if j.p["ReservedConcurrentExecutions"] == nil {
		_, err := j.aws.rest("lambda", "DeleteFunctionConcurrency", http.MethodDelete, path, nil)
		return err
	}
	_, err := j.aws.rest("lambda", "PutFunctionConcurrency", http.MethodPut, path, j.pick("ReservedConcurrentExecutions"))
	return err
}

func updateFunction(j *job) error {
	if j.changed("Tags") {
		return errors.New("the lab does not change a function's tags")
	}
	path := functionsPath + "/" + url.PathEscape(j.id)
	if j.changed("Code") || j.changed("Architectures") {
		code, err := functionCode(j.p)
		if err != nil {
			return err
		}
		in := object{"Architectures": j.p["Architectures"]}
		for name, value := range code {
			in[name] = value
		}
		if _, err := j.aws.rest("lambda", "UpdateFunctionCode", http.MethodPut, path+"/code", in); err != nil {
			return err
		}
	}
	if _, err := j.aws.rest("lambda", "UpdateFunctionConfiguration", http.MethodPut, path+"/configuration", j.functionSettings()); err != nil {
		return err
	}
	return j.reserve()
}

func removeFunction(j *job) error {
	_, err := j.aws.rest("lambda", "DeleteFunction", http.MethodDelete, functionsPath+"/"+url.PathEscape(j.id), nil)
	return unlessGone(err)
}

var permissionKind = kind{
	properties: "Action FunctionName Principal PrincipalOrgID SourceAccount SourceArn", required: "Action FunctionName Principal",
	create: createPermission, remove: removePermission,
}

func createPermission(j *job) error {
	in := j.pick("Action", "Principal", "PrincipalOrgID", "SourceAccount", "SourceArn")
	in["StatementId"] = j.named("", 100)
	path := functionsPath + "/" + url.PathEscape(functionOf(j.p)) + "/policy"
	if _, err := j.aws.rest("lambda", "AddPermission", http.MethodPost, path, in); err != nil {
		return err
	}
	j.id = asText(in["StatementId"])
	j.attributes = map[string]string{"Id": j.id}
	return nil
}

// functionOf is the name of the function that a property names, by name or ARN.
func functionOf(properties object) string {
	name := asText(properties["FunctionName"])
	if _, after, ok := strings.Cut(name, ":function:"); ok {
		return after
	}
	return name
}

func removePermission(j *job) error {
	path := functionsPath + "/" + url.PathEscape(functionOf(j.old)) + "/policy/" + url.PathEscape(j.id)
	_, err := j.aws.rest("lambda", "RemovePermission", http.MethodDelete, path, nil)
	return unlessGone(err)
}

var invokeConfigKind = kind{
	properties: "DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier", required: "FunctionName Qualifier",
	fixed: "FunctionName Qualifier", numbers: "MaximumEventAgeInSeconds MaximumRetryAttempts",
	create: putInvokeConfig, update: putInvokeConfig, remove: removeInvokeConfig,
}

func invokeConfigPath(properties object) string {
	return "/2019-09-25/functions/" + url.PathEscape(functionOf(properties)) + "/event-invoke-config"
}

func putInvokeConfig(j *job) error {
	if j.text("Qualifier") != "$LATEST" {
		return errors.New("the lab has no versions of functions besides $LATEST")
	}
	in := j.pick("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
	if _, err := j.aws.rest("lambda", "PutFunctionEventInvokeConfig", http.MethodPut, invokeConfigPath(j.p), in); err != nil {
		return err
	}
	j.id = j.named("", 64)
	return nil
}

func removeInvokeConfig(j *job) error {
	_, err := j.aws.rest("lambda", "DeleteFunctionEventInvokeConfig", http.MethodDelete, invokeConfigPath(j.old), nil)
	return unlessGone(err)
}
