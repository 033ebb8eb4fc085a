package lab

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

// actionPrefixes are the services whose actions have another prefix in policies than their signing name.
var actionPrefixes = map[string]string{"monitoring": "cloudwatch"}

// wanted is what the call needs a permission for. The lab knows which resource a call is about only for trails; elsewhere
// it is "*", so that statements about particular resources don't apply.
func (c *call) wanted() access {
	prefix := c.service
	if other := actionPrefixes[prefix]; other != "" {
		prefix = other
	}
	resource := c.deniedResource()
	if resource == "" {
		resource = "*"
	}
	a := c.access(prefix+":"+c.operation, resource)
	a.context["aws:requestedregion"] = c.region
	return a
}

// forbidden refuses what policies forbid the caller. The lab grants everything that nobody forbade: identities need no
// Allow. What forbids are the organization's service control policies, the Deny statements of the policies of an assumed
// role that was made through IAM, and its permissions boundary. GetCallerIdentity needs no permission and cannot be denied.
func (c *call) forbidden() error {
	if c.operation == "GetCallerIdentity" || c.accessKey == "" {
		return nil
	}
	if may := c.lab.options.Authorize; may != nil && !may(c.described()) {
		return deniedCall(c)
	}
	if c.lab.org.denies(c) {
		return c.denial("a service control policy")
	}
	if c.session == nil || c.session.role == nil {
		return nil
	}
	if kind := c.lab.account(c.session.account).iam.denies(c.session.role, c.wanted()); kind != "" {
		return c.denial(kind)
	}
	return nil
}

// Call is a call as Options.Authorize sees it.
type Call struct {
	AccessKeyID, Account, Region string
	Service, Operation           string // the signing name, and the API's own name
	ReadOnly                     bool

	// Parameters are those of the request, with the names that records have. Of a call of S3 they are bucketName, key and prefix, the
	// objects that DeleteObjects names, each with key and versionId, and whether CreateBucket asks for objectLock.
	Parameters json.RawMessage
}

// described is the call for whoever authorizes it.
func (c *call) described() Call {
	described := Call{
		AccessKeyID: c.accessKey, Account: c.account.id, Region: c.region, Service: c.service, Operation: c.operation,
		ReadOnly: c.lab.services[c.service].operations[c.operation].readOnly,
	}
	parameters := c.given()
	if c.service == "s3" {
		bucket, key := c.s3Path()
		parameters = map[string]any{
			"bucketName": bucket, "key": key, "prefix": c.request.URL.Query().Get("prefix"),
			"objects": deletion(c.body), "objectLock": c.request.Header.Get("X-Amz-Bucket-Object-Lock-Enabled") == "true",
		}
	}
	described.Parameters, _ = json.Marshal(parameters) // of what was decoded before
	return described
}

// deletion lists what a body of DeleteObjects names.
func deletion(body []byte) (objects []map[string]string) {
	var in struct {
		Object []struct {
			Key     string
			Version string `xml:"VersionId"`
		}
	}
	_ = xml.Unmarshal(body, &in) // bodies of other calls name none
	for _, o := range in.Object {
		objects = append(objects, map[string]string{"key": o.Key, "versionId": o.Version})
	}
	return objects
}

// denies names the kind of policy that keeps the role from what it wants; empty if none does.
func (s *iamState) denies(r *iamRole, a access) string {
	for _, document := range r.inline {
		if judgeOwn(document, a) == policyDenies {
			return "an identity-based policy"
		}
	}
	for _, arn := range r.attached {
		if s.judge(arn, a) == policyDenies {
			return "an identity-based policy"
		}
	}
	if r.boundary != "" && s.judge(r.boundary, a) != policyAllows {
		return "a permissions boundary"
	}
	return ""
}

// judge evaluates a managed policy. Of AWS's own policies the lab only knows the one whose name says it all.
func (s *iamState) judge(arn string, a access) verdict {
	if p := s.policies[arn]; p != nil {
		return judgeOwn(p.document(), a)
	}
	if arn == awsManagedPolicies+"AWSDenyAll" {
		return policyDenies
	}
	return policyAllows
}

// judgeOwn evaluates a policy that belongs to an identity or an account, and therefore names no principal.
func judgeOwn(text string, a access) verdict {
	document, err := parseStatements(text)
	if err != nil {
		return policySilent
	}
	return judge(document, a)
}

// denial is the refusal of a call because of one kind of policy.
func (c *call) denial(kind string) error {
	err, _ := deniedCall(c).(*apiError)
	reason, _, _ := strings.Cut(err.Message, " because ")
	return &apiError{Status: http.StatusForbidden, Code: err.Code, Message: reason + " with an explicit deny in " + kind}
}
