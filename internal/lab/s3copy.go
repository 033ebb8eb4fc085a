package lab

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// copyObject copies within the lab; the caller must be allowed to read the source.
func copyObject(c *call, b *bucket) (any, error) {
	_, key := c.s3Path()
	from, source, err := c.copySource()
	if err != nil {
		return nil, err
	}
	header := c.request.Header
	if err := checkObject(b, key, header); err != nil {
		return nil, err
	}
	replace := header.Get("X-Amz-Metadata-Directive") == "REPLACE"
	if from == b && source.key == key && !replace && b.current(key) == source && header.Get("X-Amz-Server-Side-Encryption") == "" && header.Get("X-Amz-Storage-Class") == "" {
		return nil, errorf("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	attributes := header.Clone()
	if !replace {
		attributes = source.header.Clone()
		for _, name := range []string{"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Storage-Class", lockMode, lockUntil, lockHold} {
			attributes.Del(name)
			if value := header.Get(name); value != "" {
				attributes.Set(name, value)
			}
		}
	}
	o := newObject(key, source.body, attributes, c.now)
	if err := b.add(c.lab, o); err != nil {
		return nil, err
	}
	c.showVersion(b, o)
	if from.versioning != "" {
		c.header.Set("X-Amz-Copy-Source-Version-Id", source.version)
	}
	maps.Copy(c.header, o.checksum)
	copyEncryption(c.header, o)
	return struct {
		XMLName            xml.Name `xml:"CopyObjectResult"`
		ETag, LastModified string
	}{ETag: o.etag, LastModified: s3Time(o.modified)}, nil
}

// copySource finds what the header x-amz-copy-source names: /bucket/key, perhaps with ?versionId=.
func (c *call) copySource() (*bucket, *object, error) {
	path, version, _ := strings.Cut(c.request.Header.Get("X-Amz-Copy-Source"), "?versionId=")
	path, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	name, key, ok := strings.Cut(path, "/")
	if err != nil || !ok || key == "" {
		return nil, nil, errorf("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	b := c.lab.buckets[name]
	if b == nil {
		return nil, nil, &apiError{Status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist"}
	}
	if expected := c.request.Header.Get("X-Amz-Source-Expected-Bucket-Owner"); expected != "" && expected != b.owner {
		return nil, nil, s3Denied()
	}
	if err := c.mayIn(b, "s3:GetObject", key, version); err != nil {
		return nil, nil, err
	}
	o, err := c.find(b, key, version)
	return b, o, err
}
