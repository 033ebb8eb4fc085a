package lab

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

// subresource is one configuration document of a bucket.
type subresource struct {
	query  string // selects it: ?policy
	api    string // PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy have "BucketPolicy"
	record string // the same in records; as api if empty
	remove string // what DeleteBucketX calls it if that differs
	root   string // root element; empty: JSON

	deletable, readOnly bool

	action  string // s3:PutX, s3:GetX; as api if empty
	absent  string // error without a configuration
	message string
	usual   string // answer without a configuration, for those that have no error for it

	check func(*call, *bucket, []byte) error // beyond the root element; may change the bucket
}

// subresources is all that a bucket can be configured with.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html has the names in records.
var subresources = []subresource{
	{query: "policy", api: "BucketPolicy", deletable: true, absent: "NoSuchBucketPolicy", message: "The bucket policy does not exist", check: checkPolicy},
	{query: "policyStatus", api: "BucketPolicyStatus", readOnly: true, absent: "NoSuchBucketPolicy", message: "The bucket policy does not exist"},
	{query: "lifecycle", api: "BucketLifecycleConfiguration", record: "BucketLifecycle", remove: "BucketLifecycle", root: "LifecycleConfiguration", deletable: true, action: "LifecycleConfiguration", absent: "NoSuchLifecycleConfiguration", message: "The lifecycle configuration does not exist"},
	{query: "versioning", api: "BucketVersioning", root: "VersioningConfiguration", usual: "", check: checkVersioning},
	{query: "object-lock", api: "ObjectLockConfiguration", record: "BucketObjectLockConfiguration", root: "ObjectLockConfiguration", action: "BucketObjectLockConfiguration", absent: "ObjectLockConfigurationNotFoundError", message: "Object Lock configuration does not exist for this bucket", check: checkObjectLock},
	{query: "encryption", api: "BucketEncryption", root: "ServerSideEncryptionConfiguration", deletable: true, action: "EncryptionConfiguration", usual: "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>", check: checkEncryption},
	{query: "replication", api: "BucketReplication", root: "ReplicationConfiguration", deletable: true, action: "ReplicationConfiguration", absent: "ReplicationConfigurationNotFoundError", message: "The replication configuration was not found", check: checkReplication},
	{query: "acl", api: "BucketAcl", root: "AccessControlPolicy", check: checkACL},
	{query: "ownershipControls", api: "BucketOwnershipControls", root: "OwnershipControls", deletable: true, absent: "OwnershipControlsNotFoundError", message: "The bucket ownership controls were not found", check: checkOwnership},
	{query: "publicAccessBlock", api: "PublicAccessBlock", record: "BucketPublicAccessBlock", root: "PublicAccessBlockConfiguration", deletable: true, action: "BucketPublicAccessBlock", absent: "NoSuchPublicAccessBlockConfiguration", message: "The public access block configuration was not found"},
	{query: "requestPayment", api: "BucketRequestPayment", root: "RequestPaymentConfiguration", usual: "<Payer>BucketOwner</Payer>"},
	{query: "logging", api: "BucketLogging", root: "BucketLoggingStatus"},
	{query: "notification", api: "BucketNotificationConfiguration", record: "BucketNotification", root: "NotificationConfiguration", action: "BucketNotification"},
	{query: "tagging", api: "BucketTagging", root: "Tagging", deletable: true, absent: "NoSuchTagSet", message: "The TagSet does not exist"},
	{query: "cors", api: "BucketCors", root: "CORSConfiguration", deletable: true, action: "BucketCORS", absent: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist"},
	{query: "website", api: "BucketWebsite", root: "WebsiteConfiguration", deletable: true, absent: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration"},
	{query: "accelerate", api: "BucketAccelerateConfiguration", root: "AccelerateConfiguration", action: "AccelerateConfiguration"},
}

// operations names the API operations by HTTP method.
func (s subresource) operations() map[string]string {
	names := map[string]string{http.MethodGet: "Get" + s.api}
	if !s.readOnly {
		names[http.MethodPut] = "Put" + s.api
	}
	if s.deletable {
		names[http.MethodDelete] = "Delete" + s.api
		if s.remove != "" {
			names[http.MethodDelete] = "Delete" + s.remove
		}
	}
	return names
}

// recorded is the event name in records; empty if it is the operation's own.
func (s subresource) recorded(method string) string {
	if s.record == "" {
		return ""
	}
	return map[string]string{http.MethodGet: "Get", http.MethodPut: "Put", http.MethodDelete: "Delete"}[method] + s.record
}

// run is the operation for a method. Only a policy and a website have permissions of their own for deleting.
func (s subresource) run(method string) func(*call) (any, error) {
	noun := s.action
	if noun == "" {
		noun = s.api
	}
	switch method {
	case http.MethodGet:
		return inBucket("s3:Get"+noun, s.get)
	case http.MethodPut:
		return inBucket("s3:Put"+noun, s.put)
	}
	verb := "s3:Put"
	if s.query == "policy" || s.query == "website" {
		verb = "s3:Delete"
	}
	return inBucket(verb+noun, func(_ *call, b *bucket) (any, error) {
		delete(b.config, s.query)
		return &raw{status: http.StatusNoContent}, nil
	})
}

func (s subresource) get(_ *call, b *bucket) (any, error) {
	header := http.Header{"Content-Type": {"application/xml"}}
	document, ok := b.config[s.query]
	switch {
	case s.query == "policyStatus":
		if document, ok = b.config["policy"]; ok {
			document = []byte("<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>")
			if isPublic(string(b.config["policy"])) {
				document = []byte("<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>")
			}
		}
	case s.query == "policy":
		header.Set("Content-Type", "application/json")
	case s.query == "acl" && !ok:
		document, ok = cannedACL("private", b.owner), true
	}
	if !ok && s.absent != "" {
		return nil, &apiError{Status: http.StatusNotFound, Code: s.absent, Message: s.message}
	}
	if !ok {
		document = []byte("<" + s.root + ` xmlns="` + s3Namespace + `">` + s.usual + "</" + s.root + ">")
	}
	return &raw{header: header, body: document}, nil
}

func (s subresource) put(c *call, b *bucket) (any, error) {
	if err := c.checkBody(); err != nil {
		return nil, err
	}
	body := c.body
	if s.query == "acl" && len(bytes.TrimSpace(body)) == 0 {
		body = []byte("<AccessControlPolicy/>") // the ACL is in the headers
	}
	parameters, _ := c.recordParameters.(map[string]any)
	if s.root == "" {
		var policy any
		if json.Unmarshal(body, &policy) == nil {
			parameters["bucketPolicy"] = policy
		}
	} else {
		root, tree, err := xmlTree(body)
		if err != nil || root != s.root {
			return nil, malformedXML()
		}
		parameters[root] = tree
	}
	if s.check != nil {
		if err := s.check(c, b, body); err != nil {
			return nil, err
		}
	}
	if s.query != "acl" {
		b.config[s.query] = bytes.Clone(body)
	}
	if s.query == "policy" {
		return &raw{status: http.StatusNoContent}, nil
	}
	return nil, nil
}

// xmlTree turns an XML document into what records show of it: elements are keys, and a list of one element is no list.
func xmlTree(document []byte) (root string, tree any, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if err != nil {
			return "", nil, err
		}
		if start, ok := token.(xml.StartElement); ok {
			tree, err := xmlElement(decoder, start, 0)
			return start.Name.Local, tree, err
		}
	}
}

// maxXMLDepth bounds how deeply elements nest; no configuration of S3 comes near.
const maxXMLDepth = 50

func xmlElement(decoder *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth > maxXMLDepth {
		return nil, malformedXML()
	}
	children := map[string]any{}
	for _, attribute := range start.Attr {
		children[attribute.Name.Local] = attribute.Value
	}
	var text strings.Builder
	elements := 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			elements++
			child, err := xmlElement(decoder, token, depth+1)
			if err != nil {
				return nil, err
			}
			name := token.Name.Local
			switch have := children[name].(type) {
			case nil:
				children[name] = child
			case []any:
				children[name] = append(have, child)
			default:
				children[name] = []any{have, child}
			}
		case xml.EndElement:
			if elements == 0 && len(start.Attr) == 0 {
				return strings.TrimSpace(text.String()), nil
			}
			return children, nil
		}
	}
}
