package lab

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is one version of an object, or a delete marker.
type object struct {
	key, version string // version is "null" for those made without versioning
	marker       bool
	body         []byte
	header       http.Header // what GetObject gives back
	checksum     http.Header
	etag         string
	modified     time.Time
}

// keptHeaders are the request headers that belong to the object, besides x-amz-meta-*.
var keptHeaders = []string{
	"Content-Type", "Content-Disposition", "Content-Language", "Cache-Control", "Expires", "X-Amz-Storage-Class",
	"X-Amz-Website-Redirect-Location", "X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
	"X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Object-Lock-Legal-Hold",
}

// newObject makes an object of a request's headers and body.
func newObject(key string, body []byte, header http.Header, now time.Time) *object {
	sum := md5.Sum(body)
	o := &object{
		key: key, body: bytes.Clone(body), header: http.Header{}, etag: `"` + hex.EncodeToString(sum[:]) + `"`,
		modified: now, checksum: checksumHeader(header, body),
	}
	for name, values := range header {
		if slices.Contains(keptHeaders, name) || strings.HasPrefix(name, "X-Amz-Meta-") {
			o.header[name] = values
		}
	}
	encodings := strings.Split(header.Get("Content-Encoding"), ",")
	encodings = slices.DeleteFunc(encodings, func(e string) bool { e = strings.TrimSpace(e); return e == "" || e == "aws-chunked" })
	if len(encodings) > 0 {
		o.header.Set("Content-Encoding", strings.Join(encodings, ","))
	}
	if o.header.Get("Content-Type") == "" {
		o.header.Set("Content-Type", "binary/octet-stream")
	}
	if o.header.Get("X-Amz-Server-Side-Encryption") == "" {
		o.header.Set("X-Amz-Server-Side-Encryption", "AES256")
	}
	return o
}

// current is the newest version of an object, nil if there is none or it is a delete marker.
func (b *bucket) current(key string) *object {
	if versions := b.objects[key]; len(versions) > 0 && !versions[0].marker {
		return versions[0]
	}
	return nil
}

// version finds a version of an object, nil if there is none.
func (b *bucket) version(key, id string) *object {
	for _, o := range b.objects[key] {
		if o.version == id {
			return o
		}
	}
	return nil
}

// add makes an object the newest version. Without versioning it replaces the version "null".
func (b *bucket) add(l *Lab, o *object) error {
	if b.versions >= maxObjectVersions || b.size+len(o.body) > maxBucketSize {
		return &apiError{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: fmt.Sprintf("the lab keeps at most %d versions and %d bytes in a bucket", maxObjectVersions, maxBucketSize)}
	}
	o.version = "null"
	if b.versioning == "Enabled" {
		o.version = l.token(32)
	} else {
		b.drop(o.key, "null")
	}
	b.lock(o)
	b.objects[o.key] = slices.Insert(b.objects[o.key], 0, o)
	b.versions++
	b.size += len(o.body)
	return nil
}

// drop removes a version for good and returns it, nil if there was none.
func (b *bucket) drop(key, id string) *object {
	o := b.version(key, id)
	if o == nil {
		return nil
	}
	b.objects[key] = slices.DeleteFunc(slices.Clone(b.objects[key]), func(have *object) bool { return have == o })
	if len(b.objects[key]) == 0 {
		delete(b.objects, key)
	}
	b.versions--
	b.size -= len(o.body)
	return o
}

// showVersion tells the version in the answer's headers if the bucket has or had versioning.
func (c *call) showVersion(b *bucket, o *object) {
	if b.versioning != "" {
		c.header.Set("X-Amz-Version-Id", o.version)
	}
}

func putS3Object(c *call, b *bucket) (any, error) {
	_, key := c.s3Path()
	if err := c.checkBody(); err != nil {
		return nil, err
	}
	if err := checkObject(b, key, c.request.Header); err != nil {
		return nil, err
	}
	if err := precondition(b.current(key), c.request.Header); err != nil {
		return nil, err
	}
	o := newObject(key, c.body, c.request.Header, c.now)
	if err := b.add(c.lab, o); err != nil {
		return nil, err
	}
	c.showVersion(b, o)
	c.header.Set("ETag", o.etag)
	maps.Copy(c.header, o.checksum)
	copyEncryption(c.header, o)
	return nil, nil
}

func copyEncryption(header http.Header, o *object) {
	for _, name := range []string{"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"} {
		if value := o.header.Get(name); value != "" {
			header.Set(name, value)
		}
	}
}

// checkObject checks what may be put: the key's and the metadata's length, and ACLs where the bucket has them off.
func checkObject(b *bucket, key string, header http.Header) error {
	if len(key) > maxKey {
		return errorf("KeyTooLongError", "Your key is too long")
	}
	size := 0
	for name, values := range header {
		if meta, ok := strings.CutPrefix(name, "X-Amz-Meta-"); ok {
			size += len(meta) + len(strings.Join(values, ","))
		}
	}
	if size > maxMetadata {
		return errorf("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
	}
	if acl := header.Get("X-Amz-Acl"); acl != "" && acl != "bucket-owner-full-control" && b.aclsDisabled() {
		return errorf("AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	return b.checkLock(header)
}

// precondition evaluates the conditions of a write.
func precondition(current *object, header http.Header) error {
	failed := &apiError{Status: http.StatusPreconditionFailed, Code: "PreconditionFailed", Message: "At least one of the pre-conditions you specified did not hold"}
	switch none := header.Get("If-None-Match"); {
	case none != "" && none != "*":
		return &apiError{Status: http.StatusNotImplemented, Code: "NotImplemented", Message: "A header you provided implies functionality that is not implemented"}
	case none == "*" && current != nil:
		return failed
	}
	match := header.Get("If-Match")
	if match == "" {
		return nil
	}
	if current == nil {
		return noSuchKey()
	}
	if !sameETag(match, current.etag) {
		return failed
	}
	return nil
}

func sameETag(a, b string) bool { return a == "*" || strings.Trim(a, `"`) == strings.Trim(b, `"`) }

func noSuchKey() error {
	return &apiError{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist."}
}

// find finds the object, or version of it, that a request reads.
func (c *call) find(b *bucket, key, version string) (*object, error) {
	var o *object
	if version != "" {
		if o = b.version(key, version); o == nil {
			return nil, &apiError{Status: http.StatusNotFound, Code: "NoSuchVersion", Message: "The specified version does not exist."}
		}
		if o.marker {
			c.header.Set("X-Amz-Delete-Marker", "true")
			return nil, &apiError{Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed", Message: "The specified method is not allowed against this resource."}
		}
		return o, nil
	}
	if o = b.current(key); o != nil {
		return o, nil
	}
	if versions := b.objects[key]; len(versions) > 0 {
		c.header.Set("X-Amz-Delete-Marker", "true")
		c.showVersion(b, versions[0])
	}
	return nil, noSuchKey()
}

// getObject is GetObject and HeadObject, which differ in what the connection carries.
func getObject(c *call, b *bucket) (any, error) {
	_, key := c.s3Path()
	query, header := c.request.URL.Query(), c.request.Header
	o, err := c.find(b, key, query.Get("versionId"))
	if err != nil {
		return nil, err
	}
	if match := header.Get("If-Match"); match != "" && !sameETag(match, o.etag) {
		return nil, &apiError{Status: http.StatusPreconditionFailed, Code: "PreconditionFailed", Message: "At least one of the pre-conditions you specified did not hold"}
	}
	c.showVersion(b, o)
	answer := &raw{header: o.shown(), body: o.body}
	answer.header.Set("ETag", o.etag)
	answer.header.Set("Last-Modified", o.modified.Format(http.TimeFormat))
	answer.header.Set("Accept-Ranges", "bytes")
	for name, values := range query {
		if override, ok := strings.CutPrefix(name, "response-"); ok {
			answer.header.Set(override, values[0])
		}
	}
	if none := header.Get("If-None-Match"); none != "" && sameETag(none, o.etag) {
		return &raw{status: http.StatusNotModified, header: http.Header{"Etag": {o.etag}}}, nil
	}
	if err := answer.cut(header.Get("Range")); err != nil {
		return nil, err
	}
	if answer.status == 0 && header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		maps.Copy(answer.header, o.checksum)
	}
	answer.header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	return answer, nil
}

// shown is the object's header as S3 writes it. Some clients take the names of metadata as they stand, and S3's are in
// lower case.
func (o *object) shown() http.Header {
	shown := http.Header{}
	for name, values := range o.header {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			name = strings.ToLower(name)
		}
		shown[name] = slices.Clone(values)
	}
	return shown
}

// cut reduces an answer to the range that was asked for. Ranges that are not understood are ignored, as HTTP wants.
func (r *raw) cut(asked string) error {
	spec, ok := strings.CutPrefix(asked, "bytes=")
	from, to, dash := strings.Cut(spec, "-")
	if !ok || !dash || strings.Contains(spec, ",") {
		return nil
	}
	size := len(r.body)
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	switch {
	case from == "" && err2 == nil:
		first, last = max(0, size-last), size-1
	case err1 == nil && to == "":
		last = size - 1
	case err1 != nil || err2 != nil || last < first:
		return nil
	}
	if first >= size {
		return &apiError{Status: http.StatusRequestedRangeNotSatisfiable, Code: "InvalidRange", Message: "The requested range is not satisfiable"}
	}
	last = min(last, size-1)
	r.status = http.StatusPartialContent
	r.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, size))
	r.body = r.body[first : last+1]
	return nil
}

// putObject stores an object as CloudTrail delivered it at a time. That CloudTrail may write is checked by its caller; here only an
// explicit Deny in the bucket policy counts. The error's code is S3's. The lab is locked.
func (l *Lab) putObject(bucket, key string, body []byte, header http.Header, at time.Time) error {
	b := l.buckets[bucket]
	if b == nil {
		return &apiError{Status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist"}
	}
	a := serviceAccess(cloudtrailPrincipal, "", "s3:PutObject", "arn:aws:s3:::"+bucket+"/"+key)
	a.context["s3:x-amz-acl"] = header.Get("X-Amz-Acl")
	a.partial = true // for which trail it is isn't told here
	if ask(string(b.config["policy"]), a) == policyDenies {
		return s3Denied()
	}
	if err := checkObject(b, key, header); err != nil {
		return err
	}
	return b.add(l, newObject(key, body, header, at))
}
