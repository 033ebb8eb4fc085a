package lab

import (
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits of buckets. Where AWS has none or a larger one, the lab's memory has.
const (
	maxBuckets        = 1000      // of one account
	maxObjectVersions = 100_000   // of all objects in a bucket
	maxBucketSize     = 512 << 20 // bytes in a bucket
	maxKey            = 1024
	maxMetadata       = 2 << 10
	maxListed         = 1000
	maxBucketPolicy   = 20 << 10
)

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// bucket is one S3 bucket.
type bucket struct {
	name, owner, region string
	created             time.Time
	versioning          string               // "", Enabled or Suspended
	config              map[string][]byte    // subresources that are configured, as they were sent
	objects             map[string][]*object // versions by key, the newest first
	versions, size      int                  // of all objects
}

// s3Service is Amazon S3 without multipart uploads and without the subresources of objects.
var s3Service = service{protocol: restXML, route: s3Route, operations: s3Operations()}

func s3Operations() map[string]operation {
	operations := map[string]operation{
		"ListBuckets":        {run: listBuckets, readOnly: true},
		"CreateBucket":       {run: createBucket},
		"DeleteBucket":       {run: inBucket("s3:DeleteBucket", deleteBucket)},
		"HeadBucket":         {run: inBucket("s3:ListBucket", headBucket), readOnly: true},
		"GetBucketLocation":  {run: inBucket("s3:GetBucketLocation", getBucketLocation), readOnly: true},
		"ListObjects":        {run: inBucket("s3:ListBucket", listObjects), readOnly: true, silent: true},
		"ListObjectsV2":      {run: inBucket("s3:ListBucket", listObjectsV2), readOnly: true, silent: true},
		"ListObjectVersions": {run: inBucket("s3:ListBucketVersions", listObjectVersions), readOnly: true, silent: true},
		"PutObject":          {run: inBucket("s3:PutObject", putS3Object), silent: true},
		"CopyObject":         {run: inBucket("s3:PutObject", copyObject), silent: true},
		"GetObject":          {run: inBucket("s3:GetObject", getObject), readOnly: true, silent: true},
		"HeadObject":         {run: inBucket("s3:GetObject", getObject), readOnly: true, silent: true},
		"DeleteObject":       {run: inBucket("s3:DeleteObject", deleteObject), data: true},
		"DeleteObjects":      {run: inBucket("", deleteObjects), data: true},
	}
	maps.Copy(operations, accountBlockOperations())
	for _, s := range subresources {
		for method, name := range s.operations() {
			operations[name] = operation{run: s.run(method), readOnly: method == http.MethodGet, recordName: s.recorded(method)}
		}
	}
	return operations
}

// s3Path splits a request into bucket and key. The bucket is the first part of the path, or of a host such as
// name.s3.us-east-1.amazonaws.com.
func (c *call) s3Path() (bucket, key string) {
	path := strings.TrimPrefix(c.request.URL.Path, "/")
	host, _, _ := strings.Cut(c.request.Host, ":")
	if i := strings.Index(host, ".s3"); i > 0 && (len(host) == i+3 || host[i+3] == '.' || host[i+3] == '-') {
		return host[:i], path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// listParameters are the query parameters that do not change which operation is meant.
var listParameters = []string{
	"prefix", "delimiter", "marker", "max-keys", "encoding-type", "list-type", "continuation-token", "start-after",
	"fetch-owner", "key-marker", "version-id-marker", "x-id", "versionId", "max-buckets", "bucket-region",
	"response-content-type", "response-content-disposition", "response-content-encoding", "response-cache-control",
	"response-content-language", "response-expires",
}

// s3Route names the operation by method, path and query. What the lab does not have gets a name that tells what it is.
func s3Route(c *call) string {
	if c.request.URL.Path == accountBlockPath {
		return strings.ToUpper(c.request.Method[:1]) + strings.ToLower(c.request.Method[1:]) + "AccountPublicAccessBlock"
	}
	bucket, key := c.s3Path()
	method, query := c.request.Method, c.request.URL.Query()
	selector := ""
	for name := range query {
		if !slices.Contains(listParameters, name) && !strings.HasPrefix(name, "X-Amz-") {
			selector = name
		}
	}
	switch {
	case bucket == "":
		return s3Name(method, selector, map[string]string{"GET": "ListBuckets"})
	case key != "" && c.request.Header.Get("X-Amz-Copy-Source") != "":
		return s3Name(method, selector, map[string]string{"PUT": "CopyObject"})
	case key != "":
		return s3Name(method, selector, map[string]string{"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"})
	case query.Get("list-type") == "2":
		return s3Name(method, selector, map[string]string{"GET": "ListObjectsV2"})
	case selector == "":
		return s3Name(method, "", map[string]string{"PUT": "CreateBucket", "DELETE": "DeleteBucket", "HEAD": "HeadBucket", "GET": "ListObjects"})
	}
	special := map[string]map[string]string{
		"location": {"GET": "GetBucketLocation"}, "versions": {"GET": "ListObjectVersions"}, "delete": {"POST": "DeleteObjects"},
	}
	for _, s := range subresources {
		special[s.query] = s.operations()
	}
	return s3Name(method, "", special[selector], "?"+selector)
}

// s3Name picks the operation for a method, or makes up a name for one that the lab does not have.
func s3Name(method, selector string, names map[string]string, suffix ...string) string {
	if name := names[method]; name != "" && selector == "" {
		return name
	}
	return method + " ?" + selector + strings.Join(suffix, "")
}

// inBucket finds the bucket and checks that the caller may do this: region, expected owner, policy. An operation without an
// action asks the policy itself.
func inBucket(action string, run func(*call, *bucket) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		name, key := c.s3Path()
		parameters := c.recordBucket(name)
		if key != "" {
			parameters["key"] = key
		}
		c.recordObject = "arn:aws:s3:::" + name + "/" + key
		b, err := c.openBucket(name, c.request.Header.Get("X-Amz-Expected-Bucket-Owner"))
		if err != nil {
			return nil, err
		}
		if action == "" {
			return run(c, b)
		}
		if err := c.mayIn(b, action, key, c.request.URL.Query().Get("versionId")); err != nil {
			return nil, err
		}
		return run(c, b)
	}
}

// openBucket finds a bucket by name. One of another region answers with a redirect, as S3 does, but for
// GetBucketLocation, which serves to find that region.
func (c *call) openBucket(name, expectedOwner string) (*bucket, error) {
	b := c.lab.buckets[name]
	if b == nil {
		return nil, &apiError{Status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist"}
	}
	if c.accessKey != "" && c.region != b.region && c.operation != "GetBucketLocation" {
		c.header.Set("X-Amz-Bucket-Region", b.region)
		return nil, &apiError{Status: http.StatusMovedPermanently, Code: "PermanentRedirect", Message: "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."}
	}
	if expectedOwner != "" && expectedOwner != b.owner {
		return nil, s3Denied()
	}
	return b, nil
}

func s3Denied() error {
	return &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}
}

// versionActions are the permissions for what is done to a version that a request names.
var versionActions = map[string]string{"s3:GetObject": "s3:GetObjectVersion", "s3:DeleteObject": "s3:DeleteObjectVersion"}

// mayIn checks access: the owner's account may do everything that the bucket policy does not deny; others may do what the
// policy allows.
func (c *call) mayIn(b *bucket, action, key, version string) error {
	if version != "" && versionActions[action] != "" {
		action = versionActions[action]
	}
	resource := "arn:aws:s3:::" + b.name
	if key != "" {
		resource += "/" + key
	}
	a := c.access(action, resource)
	a.context["s3:x-amz-acl"] = c.request.Header.Get("X-Amz-Acl")
	owns := c.account.id == b.owner && c.accessKey != ""
	switch verdict := ask(string(b.config["policy"]), a); {
	case verdict == policyAllows, verdict == policySilent && owns:
		return nil
	}
	return s3Denied()
}

// recordBucket notes what the call's record shows of the request.
func (c *call) recordBucket(name string) map[string]any {
	parameters := map[string]any{"bucketName": name, "Host": c.request.Host}
	for key, values := range c.request.URL.Query() {
		if key != "x-id" && !strings.HasPrefix(key, "X-Amz-") {
			parameters[key] = values[0]
		}
	}
	c.recordParameters = parameters
	return parameters
}

// bucketOwner returns the account that owns a bucket. The lab is locked.
func (l *Lab) bucketOwner(name string) (accountID string, ok bool) {
	b := l.buckets[name]
	if b == nil {
		return "", false
	}
	return b.owner, true
}

// bucketPolicy returns a bucket's policy, empty if it has none. The lab is locked.
func (l *Lab) bucketPolicy(name string) string {
	if b := l.buckets[name]; b != nil {
		return string(b.config["policy"])
	}
	return ""
}

// decodeXML reads an XML body into v and insists on its root element, which v's XMLName tells.
func (c *call) decodeXML(v any) error {
	if err := xml.Unmarshal(c.body, v); err != nil {
		return malformedXML()
	}
	return nil
}

func malformedXML() error {
	return errorf("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}
