package lab

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
)

// checkPolicy refuses policies that S3 would not take, and public ones while they are blocked.
func checkPolicy(_ *call, b *bucket, body []byte) error {
	if len(body) > maxBucketPolicy {
		return errorf("PolicyTooLarge", "Policies must not be larger than 20 KB")
	}
	document, err := parsePolicy(string(body))
	if err != nil {
		return errorf("MalformedPolicy", "%v", err)
	}
	for _, s := range document.Statements {
		for _, resource := range s.Resources {
			rest, ok := strings.CutPrefix(resource, "arn:aws:s3:::")
			name, _, _ := strings.Cut(rest, "/")
			if !ok || !policy.Match(name, b.name) {
				return errorf("MalformedPolicy", "Policy has invalid resource")
			}
		}
		if len(s.Resources) == 0 {
			return errorf("MalformedPolicy", "Missing required field Resource")
		}
	}
	if b.blocks("BlockPublicPolicy") && isPublic(string(body)) {
		return &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: "public policies are blocked by the BlockPublicPolicy setting in S3 Block Public Access"}
	}
	return nil
}

// isPublic says whether a policy lets everybody in: an Allow for anyone without a condition.
func isPublic(text string) bool {
	document, err := parsePolicy(text)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(document.Statements, func(s policy.Statement) bool {
		return !s.Deny && len(s.Conditions) == 0 && (s.NotPrincipal || s.Principals.Anyone)
	})
}

// blocks says whether one of the four public access blocks is on.
func (b *bucket) blocks(which string) bool {
	return bytes.Contains(b.config["publicAccessBlock"], []byte("<"+which+">true<"))
}

func checkVersioning(_ *call, b *bucket, body []byte) error {
	var in struct{ Status string }
	if err := xml.Unmarshal(body, &in); err != nil || in.Status != "Enabled" && in.Status != "Suspended" {
		return errorf("IllegalVersioningConfigurationException", "The Versioning element must be specified")
	}
	if in.Status == "Suspended" && b.config["object-lock"] != nil {
		return &apiError{Status: http.StatusConflict, Code: "InvalidBucketState", Message: "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."}
	}
	if in.Status == "Suspended" && b.config["replication"] != nil {
		return &apiError{Status: http.StatusConflict, Code: "InvalidBucketState", Message: "A replication configuration is present on this bucket, so you cannot change the versioning state. To change the versioning state, first delete the replication configuration."}
	}
	b.versioning = in.Status
	return nil
}

func checkObjectLock(_ *call, b *bucket, body []byte) error {
	var in struct{ ObjectLockEnabled string }
	if err := xml.Unmarshal(body, &in); err != nil || in.ObjectLockEnabled != "Enabled" {
		return malformedXML()
	}
	if b.versioning != "Enabled" {
		return &apiError{Status: http.StatusConflict, Code: "InvalidBucketState", Message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"}
	}
	return nil
}

func checkEncryption(_ *call, _ *bucket, body []byte) error {
	var in struct {
		Algorithms []string `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
	}
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Algorithms) > 1 {
		return malformedXML()
	}
	for _, algorithm := range in.Algorithms {
		if algorithm != "AES256" && algorithm != "aws:kms" && algorithm != "aws:kms:dsse" {
			return malformedXML()
		}
	}
	return nil
}

func checkReplication(_ *call, b *bucket, _ []byte) error {
	if b.versioning != "Enabled" {
		return errorf("InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
	}
	return nil
}

// checkOwnership refuses to turn ACLs off while the bucket's gives anybody but the owner something.
func checkOwnership(_ *call, b *bucket, body []byte) error {
	var in struct {
		Kind []string `xml:"Rule>ObjectOwnership"`
	}
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Kind) != 1 {
		return malformedXML()
	}
	switch in.Kind[0] {
	case "BucketOwnerEnforced":
		if b.sharedByACL() {
			return errorf("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
		}
		return nil
	case "BucketOwnerPreferred", "ObjectWriter":
		return nil
	}
	return malformedXML()
}

// sharedByACL says whether the bucket's ACL has a grant that is not the owner's.
func (b *bucket) sharedByACL() bool {
	var acl struct {
		Grantees []struct{ ID string } `xml:"AccessControlList>Grant>Grantee"`
	}
	if len(b.config["acl"]) == 0 || xml.Unmarshal(b.config["acl"], &acl) != nil {
		return false
	}
	return slices.ContainsFunc(acl.Grantees, func(g struct{ ID string }) bool { return g.ID != canonicalID(b.owner) })
}

// aclsDisabled says whether the bucket's ownership setting turns ACLs off.
func (b *bucket) aclsDisabled() bool {
	return bytes.Contains(b.config["ownershipControls"], []byte("BucketOwnerEnforced"))
}

// checkACL stores an ACL, given in the header x-amz-acl or as a document.
func checkACL(c *call, b *bucket, body []byte) error {
	if b.aclsDisabled() {
		return errorf("AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	for name := range c.request.Header {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			return &apiError{Status: http.StatusNotImplemented, Code: "NotImplemented", Message: "the lab does not know the x-amz-grant headers; send the ACL as a document"}
		}
	}
	if canned := c.request.Header.Get("X-Amz-Acl"); canned != "" {
		return b.setCannedACL(canned)
	}
	var in struct {
		Owner  s3Owner
		Grants []struct{} `xml:"AccessControlList>Grant"`
	}
	if err := xml.Unmarshal(body, &in); err != nil || in.Owner.ID == "" || len(in.Grants) > 100 {
		return malformedXML()
	}
	public := bytes.Contains(body, []byte(groupAllUsers)) || bytes.Contains(body, []byte(groupAuthenticated))
	if public && b.blocks("BlockPublicAcls") {
		return s3Denied()
	}
	b.config["acl"] = bytes.Clone(body)
	return nil
}

const (
	groupAllUsers      = "http://acs.amazonaws.com/groups/global/AllUsers"
	groupAuthenticated = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	groupLogDelivery   = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// setCannedACL stores one of the predefined ACLs.
func (b *bucket) setCannedACL(name string) error {
	acl := cannedACL(name, b.owner)
	if acl == nil {
		return errorf("InvalidArgument", "The canned ACL %s is invalid", name)
	}
	if (name == "public-read" || name == "public-read-write" || name == "authenticated-read") && b.blocks("BlockPublicAcls") {
		return s3Denied()
	}
	b.config["acl"] = acl
	return nil
}

// cannedACL is the document that a predefined ACL stands for; nil for an unknown one.
func cannedACL(name, owner string) []byte {
	grants := map[string][][2]string{
		"private":            {},
		"public-read":        {{groupAllUsers, "READ"}},
		"public-read-write":  {{groupAllUsers, "READ"}, {groupAllUsers, "WRITE"}},
		"authenticated-read": {{groupAuthenticated, "READ"}},
		"log-delivery-write": {{groupLogDelivery, "WRITE"}, {groupLogDelivery, "READ_ACP"}},
	}
	groups, ok := grants[name]
	if !ok {
		return nil
	}
	const schema = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type=`
	who := "<ID>" + canonicalID(owner) + "</ID><DisplayName>" + ownerOf(owner).DisplayName + "</DisplayName>"
	list := "<Grant><Grantee" + schema + `"CanonicalUser">` + who + "</Grantee><Permission>FULL_CONTROL</Permission></Grant>"
	for _, group := range groups {
		list += "<Grant><Grantee" + schema + `"Group"><URI>` + group[0] + "</URI></Grantee><Permission>" + group[1] + "</Permission></Grant>"
	}
	return []byte(`<AccessControlPolicy xmlns="` + s3Namespace + `"><Owner>` + who + "</Owner><AccessControlList>" + list + "</AccessControlList></AccessControlPolicy>")
}
