package lab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// lambdaFunction is a function's only version, $LATEST.
type lambdaFunction struct {
	name, arn string
	settings  map[string]json.RawMessage // see functionSettings
	code      functionCode
	revision  string
	modified  time.Time
	tags      map[string]string
	policy    string
	reserved  *int // concurrency; nil: none is reserved
	async     *eventInvokeConfig

	credentials *session // that its code has; nil until it ran
}

// functionSettings are the parts of a function's configuration that requests set and answers show, which the lab keeps as
// they were sent, with the values that AWS gives to those left out.
var functionSettings = map[string]string{
	"Description": `""`, "Environment": "", "Handler": "", "MemorySize": "128", "Role": "", "Runtime": "", "Timeout": "3",
	"DeadLetterConfig": "", "TracingConfig": `{"Mode":"PassThrough"}`, "VpcConfig": "", "KMSKeyArn": "", "EphemeralStorage": `{"Size":512}`,
	"FileSystemConfigs": "", "LoggingConfig": "", "Layers": "",
}

// fixedSettings can only be given when the function is made.
var fixedSettings = map[string]string{"Architectures": `["x86_64"]`, "PackageType": `"Zip"`}

type functionCode struct {
	digest  string // SHA-256, in base64
	size    int
	content []byte
}

// codeInput is where a function's code comes from: one of three places.
type codeInput struct {
	ZipFile                          []byte
	S3Bucket, S3Key, S3ObjectVersion string
	ImageURI                         string `json:"ImageUri"`
	RevisionID                       string `json:"RevisionId"`
	DryRun, Publish                  bool
	Architectures                    []string
}

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	functionRole = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]{1,512}$`)
)

func createFunction(c *call) (any, error) {
	var in struct {
		FunctionName string
		Code         codeInput
		Publish      bool
		Tags         map[string]string
	}
	given := map[string]json.RawMessage{}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.decode(&given); err != nil {
		return nil, err
	}
	state := &c.account.regions[c.region].lambda
	switch {
	case !functionName.MatchString(in.FunctionName):
		return nil, errorf("ValidationException", "1 validation error detected: Value '%.200s' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?...([a-zA-Z0-9-_]+)", in.FunctionName)
	case in.Publish:
		return nil, lambdaInvalid("the lab has no versions of functions besides %s", latestVersion)
	case state.functions[in.FunctionName] != nil:
		return nil, lambdaConflict("Function already exist: %s", in.FunctionName)
	case len(state.functions) >= maxFunctions:
		return nil, errorf("CodeStorageExceededException", "the lab keeps at most %d functions per account and region", maxFunctions)
	}
	f := &lambdaFunction{
		name: in.FunctionName, arn: functionARN(c.account.id, c.region, in.FunctionName),
		settings: map[string]json.RawMessage{}, tags: map[string]string{},
	}
	f.apply(given, functionSettings)
	f.apply(given, fixedSettings)
	if err := f.check(); err != nil {
		return nil, err
	}
	code, err := c.readCode(&in.Code)
	if err != nil {
		return nil, err
	}
	f.code = code
	maps.Copy(f.tags, in.Tags)
	if state.functions == nil {
		state.functions, state.made = map[string]*lambdaFunction{}, map[string]bool{}
	}
	state.functions[f.name], state.made[f.name] = f, true
	return answeredWith(http.StatusCreated, c.answered(f.touch(c))), nil
}

// apply takes over the settings that are given; the others keep their value, or get their usual one.
func (f *lambdaFunction) apply(given map[string]json.RawMessage, settings map[string]string) {
	for name, usual := range settings {
		switch value := given[name]; {
		case value != nil && string(value) != "null":
			f.settings[name] = value
		case f.settings[name] == nil && usual != "":
			f.settings[name] = json.RawMessage(usual)
		}
	}
}

// text is a setting that is a string.
func (f *lambdaFunction) text(name string) string {
	var s string
	_ = json.Unmarshal(f.settings[name], &s) // the empty text if there is none
	return s
}

// number is a setting that is a number.
func (f *lambdaFunction) number(name string) int {
	var n int
	_ = json.Unmarshal(f.settings[name], &n)
	return n
}

// check checks the settings that the API documentation bounds.
func (f *lambdaFunction) check() error {
	switch memory, timeout := f.number("MemorySize"), f.number("Timeout"); {
	case !functionRole.MatchString(f.text("Role")):
		return errorf("ValidationException", "1 validation error detected: Value '%.300s' at 'role' failed to satisfy constraint", f.text("Role"))
	case memory < 128 || memory > 10240:
		return errorf("ValidationException", "1 validation error detected: Value '%d' at 'memorySize' failed to satisfy constraint: Member must have value from 128 to 10240", memory)
	case timeout < 1 || timeout > 900:
		return errorf("ValidationException", "1 validation error detected: Value '%d' at 'timeout' failed to satisfy constraint: Member must have value from 1 to 900", timeout)
	case f.text("PackageType") == "Zip" && (f.text("Runtime") == "" || f.text("Handler") == ""):
		return lambdaInvalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	return nil
}

// readCode finds the code that is meant, and its digest.
func (c *call) readCode(in *codeInput) (functionCode, error) {
	content := in.ZipFile
	switch {
	case in.ImageURI != "":
		content = []byte(in.ImageURI)
	case in.S3Bucket != "":
		b := c.lab.buckets[in.S3Bucket]
		if b == nil {
			return functionCode{}, lambdaInvalid("Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist")
		}
		o := b.current(in.S3Key)
		if in.S3ObjectVersion != "" {
			o = b.version(in.S3Key, in.S3ObjectVersion)
		}
		if o == nil || o.marker {
			return functionCode{}, lambdaInvalid("Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.")
		}
		content = o.body
	}
	if len(content) == 0 || len(content) > maxZip {
		return functionCode{}, lambdaInvalid("Please provide a source for function code of at most %d bytes.", maxZip)
	}
	sum := sha256.Sum256(content)
	return functionCode{base64.StdEncoding.EncodeToString(sum[:]), len(content), content}, nil
}

// touch notes a change and returns the configuration after it. Changes take effect at once: on AWS the function is Pending
// or its update InProgress for a while.
func (f *lambdaFunction) touch(c *call) map[string]any {
	f.modified, f.revision = c.now, c.lab.id()
	return f.show()
}

func (f *lambdaFunction) show() map[string]any {
	shown := map[string]any{
		"FunctionName": f.name, "FunctionArn": f.arn, "CodeSha256": f.code.digest, "CodeSize": f.code.size, "Version": latestVersion,
		"RevisionId": f.revision, "LastModified": f.modified.Format("2006-01-02T15:04:05.000-0700"),
		"State": "Active", "LastUpdateStatus": "Successful",
	}
	for name, value := range f.settings {
		shown[name] = value
	}
	var layers []string
	if json.Unmarshal(f.settings["Layers"], &layers) == nil {
		list := []map[string]string{}
		for _, arn := range layers {
			list = append(list, map[string]string{"Arn": arn})
		}
		shown["Layers"] = list
	}
	return shown
}

func getFunction(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"Configuration": f.show(), "Tags": f.tags, "Code": map[string]string{
		"RepositoryType": "S3", "Location": c.endpoint() + "/lambda-code/" + f.name,
	}}
	if f.reserved != nil {
		answer["Concurrency"] = map[string]int{"ReservedConcurrentExecutions": *f.reserved}
	}
	return answer, nil
}

func getFunctionConfiguration(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	return f.show(), nil
}

func listFunctions(c *call) (any, error) {
	functions := c.account.regions[c.region].lambda.functions
	page, next := pageAfter(slices.Sorted(maps.Keys(functions)), c.request.URL.Query().Get("Marker"), 50)
	list := []any{}
	for _, name := range page {
		list = append(list, functions[name].show())
	}
	return compact(map[string]any{"Functions": list, "NextMarker": next}), nil
}

// changeable finds the function to be changed, if it still is in the revision that the caller knows, if it says so.
func (c *call) changeable(revision string) (*lambdaFunction, error) {
	f, err := c.pathFunction()
	if err == nil && revision != "" && revision != f.revision {
		err = withStatus(http.StatusPreconditionFailed, errorf("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"))
	}
	return f, err
}

func updateFunctionConfiguration(c *call) (any, error) {
	given := map[string]json.RawMessage{}
	if err := c.decode(&given); err != nil {
		return nil, err
	}
	var in codeInput // for its RevisionId
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	f, err := c.changeable(in.RevisionID)
	if err != nil {
		return nil, err
	}
	changed := *f
	changed.settings = maps.Clone(f.settings)
	changed.apply(given, functionSettings)
	if err := changed.check(); err != nil {
		return nil, err
	}
	*f = changed
	return c.answered(f.touch(c)), nil
}

func updateFunctionCode(c *call) (any, error) {
	var in codeInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	f, err := c.changeable(in.RevisionID)
	if err != nil {
		return nil, err
	}
	code, err := c.readCode(&in)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return f.show(), nil
	}
	f.code = code
	if len(in.Architectures) > 0 {
		f.settings["Architectures"] = json.RawMessage(toJSON(in.Architectures))
	}
	return c.answered(f.touch(c)), nil
}

// deleteFunction deletes the function with its policy and concurrency. Its event source mappings stay, as on AWS.
func deleteFunction(c *call) (any, error) {
	f, err := c.pathFunction()
	if err != nil {
		return nil, err
	}
	delete(c.account.regions[c.region].lambda.functions, f.name)
	return answeredWith(http.StatusNoContent, nil), nil
}
