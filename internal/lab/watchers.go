package lab

import (
	"encoding/xml"
	"net/http"
	"strings"
)

// watcherState is what watches a region beside CloudTrail: AWS Config, GuardDuty and Security Hub, as far as being on or off
// goes.
type watcherState struct {
	recorder *configRecorder
	detector *detector
	hub      bool
}

// configRecorder is AWS Config's, of which each region has one at most.
type configRecorder struct {
	name, role string
	group      map[string]any
	recording  bool
}

// configService is AWS Config's recorder.
var configService = service{protocol: awsJSON, operations: map[string]operation{
	"PutConfigurationRecorder":            {run: putRecorder},
	"DescribeConfigurationRecorders":      {run: describeRecorders, readOnly: true},
	"DescribeConfigurationRecorderStatus": {run: describeRecorderStatus, readOnly: true},
	"StartConfigurationRecorder":          {run: recording(true)},
	"StopConfigurationRecorder":           {run: recording(false)},
	"DeleteConfigurationRecorder":         {run: deleteRecorder},
}}

func putRecorder(c *call) (any, error) {
	var in struct {
		ConfigurationRecorder struct {
			Name           string         `json:"name"`
			RoleARN        string         `json:"roleARN"`
			RecordingGroup map[string]any `json:"recordingGroup"`
		}
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	r, w := in.ConfigurationRecorder, &c.account.regions[c.region].watchers
	switch {
	case r.Name == "" || r.RoleARN == "":
		return nil, errorf("InvalidRoleException", "The recorder needs a name and a role.")
	case w.recorder != nil && w.recorder.name != r.Name:
		return nil, errorf("MaxNumberOfConfigurationRecordersExceededException", "There is a configuration recorder already.")
	case w.recorder == nil:
		w.recorder = &configRecorder{}
	}
	w.recorder.name, w.recorder.role, w.recorder.group = r.Name, r.RoleARN, r.RecordingGroup
	return nil, nil
}

func describeRecorders(c *call) (any, error) {
	list := []any{}
	if r := c.account.regions[c.region].watchers.recorder; r != nil {
		list = append(list, map[string]any{"name": r.name, "roleARN": r.role, "recordingGroup": r.group})
	}
	return map[string]any{"ConfigurationRecorders": list}, nil
}

func describeRecorderStatus(c *call) (any, error) {
	list := []any{}
	if r := c.account.regions[c.region].watchers.recorder; r != nil {
		status := map[string]any{"name": r.name, "recording": r.recording}
		if r.recording {
			status["lastStatus"] = "Success"
		}
		list = append(list, status)
	}
	return map[string]any{"ConfigurationRecordersStatus": list}, nil
}

// namedRecorder finds the recorder that a call names.
func (c *call) namedRecorder() (*configRecorder, error) {
	var in struct{ ConfigurationRecorderName string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	r := c.account.regions[c.region].watchers.recorder
	if r == nil || r.name != in.ConfigurationRecorderName {
		return nil, errorf("NoSuchConfigurationRecorderException", "Cannot find configuration recorder with the specified name.")
	}
	return r, nil
}

func recording(on bool) func(*call) (any, error) {
	return func(c *call) (any, error) {
		r, err := c.namedRecorder()
		if err == nil {
			r.recording = on
		}
		return nil, err
	}
}

func deleteRecorder(c *call) (any, error) {
	if _, err := c.namedRecorder(); err != nil {
		return nil, err
	}
	c.account.regions[c.region].watchers.recorder = nil
	return nil, nil
}

// detector is GuardDuty's, of which each region has one at most.
type detector struct {
	id      string
	enabled bool
}

// guarddutyService is GuardDuty's detector.
var guarddutyService = service{
	protocol: restJSON,
	operations: map[string]operation{
		"CreateDetector": {run: createDetector}, "ListDetectors": {run: listDetectors, readOnly: true},
		"GetDetector": {run: getDetector, readOnly: true}, "UpdateDetector": {run: updateDetector}, "DeleteDetector": {run: deleteDetector},
	},
	route: routed([]restRoute{
		{http.MethodPost, "/detector", "CreateDetector"}, {http.MethodGet, "/detector", "ListDetectors"},
		{http.MethodGet, "/detector/{DetectorId}", "GetDetector"}, {http.MethodPost, "/detector/{DetectorId}", "UpdateDetector"},
		{http.MethodDelete, "/detector/{DetectorId}", "DeleteDetector"},
	}),
}

type detectorInput struct {
	Enable *bool `json:"enable"`
}

func createDetector(c *call) (any, error) {
	var in detectorInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	w := &c.account.regions[c.region].watchers
	if in.Enable == nil || w.detector != nil {
		return nil, errorf("BadRequestException", "The request is rejected because enable is missing, or a detector already exists for the current account.")
	}
	w.detector = &detector{strings.ToLower(c.lab.token(32)), *in.Enable}
	return map[string]string{"detectorId": w.detector.id}, nil
}

func listDetectors(c *call) (any, error) {
	ids := []string{}
	if d := c.account.regions[c.region].watchers.detector; d != nil {
		ids = append(ids, d.id)
	}
	return map[string]any{"detectorIds": ids}, nil
}

// namedDetector finds the detector that the path names.
func (c *call) namedDetector() (*detector, error) {
	d := c.account.regions[c.region].watchers.detector
	if d == nil || d.id != c.path["DetectorId"] {
		return nil, errorf("BadRequestException", "The request is rejected because the input detectorId is not owned by the current account.")
	}
	return d, nil
}

func getDetector(c *call) (any, error) {
	d, err := c.namedDetector()
	if err != nil {
		return nil, err
	}
	return map[string]any{"status": map[bool]string{true: "ENABLED", false: "DISABLED"}[d.enabled], "serviceRole": "arn:aws:iam::" + c.account.id + ":role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"}, nil
}

func updateDetector(c *call) (any, error) {
	var in detectorInput
	d, err := c.namedDetector()
	if err != nil {
		return nil, err
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Enable != nil {
		d.enabled = *in.Enable
	}
	return nil, nil
}

func deleteDetector(c *call) (any, error) {
	if _, err := c.namedDetector(); err != nil {
		return nil, err
	}
	c.account.regions[c.region].watchers.detector = nil
	return nil, nil
}

// securityhubService is AWS Security Hub, on or off, and as much of it as a product needs to import findings.
var securityhubService = service{
	protocol: restJSON,
	operations: map[string]operation{
		"EnableSecurityHub": {run: hub(true)}, "DisableSecurityHub": {run: hub(false)}, "DescribeHub": {run: describeHub, readOnly: true},
		"BatchImportFindings": {run: batchImportFindings},
	},
	route: routed([]restRoute{
		{http.MethodPost, "/accounts", "EnableSecurityHub"}, {http.MethodDelete, "/accounts", "DisableSecurityHub"}, {http.MethodGet, "/accounts", "DescribeHub"},
		{http.MethodPost, "/findings/import", "BatchImportFindings"},
	}),
}

func hub(on bool) func(*call) (any, error) {
	return func(c *call) (any, error) {
		w := &c.account.regions[c.region].watchers
		switch {
		case on && w.hub:
			return nil, &apiError{Status: http.StatusConflict, Code: "ResourceConflictException", Message: "Account is already subscribed to Security Hub"}
		case !on && !w.hub:
			return nil, notSubscribed(c)
		}
		w.hub = on
		return nil, nil
	}
}

func notSubscribed(c *call) error {
	return &apiError{Status: http.StatusForbidden, Code: "InvalidAccessException", Message: "Account " + c.account.id + " is not subscribed to AWS Security Hub"}
}

func describeHub(c *call) (any, error) {
	if !c.account.regions[c.region].watchers.hub {
		return nil, notSubscribed(c)
	}
	return map[string]any{"HubArn": "arn:aws:securityhub:" + c.region + ":" + c.account.id + ":hub/default", "AutoEnableControls": true}, nil
}

// accountBlock is S3's public access block for a whole account.
type accountBlock struct {
	XMLName                                                                     struct{} `xml:"PublicAccessBlockConfiguration"`
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

// accountBlockPath is where S3 Control keeps it. Its calls are signed for S3.
const accountBlockPath = "/v20180820/configuration/publicAccessBlock"

// accountBlockOperations are what S3 Control has to say of it.
func accountBlockOperations() map[string]operation {
	return map[string]operation{
		"GetAccountPublicAccessBlock":    {run: ownBlock(getAccountBlock), readOnly: true},
		"PutAccountPublicAccessBlock":    {run: ownBlock(putAccountBlock)},
		"DeleteAccountPublicAccessBlock": {run: ownBlock(func(c *call) (any, error) { c.account.block = nil; return nil, nil })},
	}
}

// ownBlock lets an account see to itself only.
func ownBlock(run func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if id := c.request.Header.Get("X-Amz-Account-Id"); id != c.account.id {
			return nil, s3Denied()
		}
		return run(c)
	}
}

func getAccountBlock(c *call) (any, error) {
	if c.account.block == nil {
		return nil, &apiError{Status: http.StatusNotFound, Code: "NoSuchPublicAccessBlockConfiguration", Message: "The public access block configuration was not found"}
	}
	return c.account.block, nil
}

func putAccountBlock(c *call) (any, error) {
	var in accountBlock
	if err := xml.Unmarshal(c.body, &in); err != nil {
		return nil, malformedXML()
	}
	c.account.block = &in
	return nil, nil
}
