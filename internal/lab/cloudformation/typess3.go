package cloudformation

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// bucketSettings says where S3 keeps a property, and under which name its XML has it.
var bucketSettings = []struct{ property, query, root string }{
	{"VersioningConfiguration", "versioning", "VersioningConfiguration"},
	{"PublicAccessBlockConfiguration", "publicAccessBlock", "PublicAccessBlockConfiguration"},
	{"OwnershipControls", "ownershipControls", "OwnershipControls"},
	{"BucketEncryption", "encryption", "ServerSideEncryptionConfiguration"},
	{"ObjectLockConfiguration", "object-lock", "ObjectLockConfiguration"},
	{"LifecycleConfiguration", "lifecycle", "LifecycleConfiguration"},
}

// elementNames are the elements that S3's XML calls otherwise than the properties.
var elementNames = map[string]string{
	"Id": "ID", "Rules": "Rule", "ServerSideEncryptionConfiguration": "Rule", "ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault",
}

var bucketKind = kind{
	properties: "BucketEncryption BucketName LifecycleConfiguration ObjectLockConfiguration ObjectLockEnabled OwnershipControls " +
		"PublicAccessBlockConfiguration VersioningConfiguration",
	fixed: "BucketName", name: "BucketName", numbers: "Days DaysAfterInitiation NoncurrentDays",
	booleans: "ObjectLockEnabled BlockPublicAcls BlockPublicPolicy BucketKeyEnabled IgnorePublicAcls RestrictPublicBuckets",
	create:   createBucket, update: putBucketSettings, remove: removeBucket, adopt: adoptBucket,
}

func createBucket(j *job) error {
	name := strings.ToLower(j.named("BucketName", 63))
	body := ""
	if j.aws.region != "us-east-1" {
		body = "<CreateBucketConfiguration><LocationConstraint>" + j.aws.region + "</LocationConstraint></CreateBucketConfiguration>"
	}
	lock := strconv.FormatBool(j.p["ObjectLockEnabled"] == true)
	if _, err := j.aws.send("s3", "CreateBucket", http.MethodPut, "/"+url.PathEscape(name), "application/xml", []byte(body), "X-Amz-Bucket-Object-Lock-Enabled", lock); err != nil {
		return err
	}
	j.isBucket(name)
	return putBucketSettings(j)
}

func (j *job) isBucket(name string) {
	j.id = name
	j.attributes = map[string]string{"Arn": "arn:aws:s3:::" + name, "DomainName": name + ".s3.amazonaws.com", "RegionalDomainName": name + ".s3." + j.aws.region + ".amazonaws.com"}
}

func adoptBucket(j *job) (bool, error) {
	name := j.text("BucketName")
	if _, err := j.aws.send("s3", "HeadBucket", http.MethodHead, "/"+url.PathEscape(name), "application/xml", nil, "X-Amz-Expected-Bucket-Owner", j.account); err != nil {
		return false, unlessGone(err)
	}
	j.isBucket(name)
	return true, nil
}

func putBucketSettings(j *job) error {
	for _, s := range bucketSettings {
		if !j.changed(s.property) {
			continue
		}
		value, ok := j.p[s.property].(object)
		if !ok {
			return errors.New("the lab does not take the property " + s.property + " of a bucket away")
		}
		if s.query == "lifecycle" {
			var err error
			if value, err = lifecycle(value); err != nil {
				return err
			}
		}
		body := xmlOf(s.root, value)
		if _, err := j.aws.send("s3", "Put"+s.property, http.MethodPut, "/"+url.PathEscape(j.id)+"?"+s.query, "application/xml", []byte(body)); err != nil {
			return err
		}
	}
	return nil
}

// lifecycleKeys are what the lab knows of a lifecycle rule. CloudFormation's form of the others is not S3's.
var lifecycleKeys = []string{"Id", "Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"}

// lifecycle gives the rules the filter that S3 asks of them: that of all objects.
func lifecycle(value object) (object, error) {
	rules := []any{}
	list, _ := value["Rules"].([]any)
	for _, one := range list {
		rule, _ := one.(object)
		if err := onlyKeys("a lifecycle rule", rule, lifecycleKeys); err != nil {
			return nil, err
		}
		filtered := maps.Clone(rule)
		filtered["Filter"] = object{}
		rules = append(rules, filtered)
	}
	return object{"Rules": rules}, nil
}

// xmlOf writes a property as S3's XML: lists as repeated elements. Names that differ are in elementNames.
func xmlOf(name string, v any) string {
	var out strings.Builder
	if list, ok := v.([]any); ok {
		for _, one := range list {
			out.WriteString(xmlOf(name, one))
		}
		return out.String()
	}
	fmt.Fprintf(&out, "<%s>", name)
	if m, ok := v.(object); ok {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			child := key
			if other := elementNames[key]; other != "" {
				child = other
			}
			out.WriteString(xmlOf(child, m[key]))
		}
	} else {
		_ = xml.EscapeText(&out, []byte(asText(v))) // a strings.Builder takes everything
	}
	fmt.Fprintf(&out, "</%s>", name)
	return out.String()
}

func removeBucket(j *job) error {
	_, err := j.aws.send("s3", "DeleteBucket", http.MethodDelete, "/"+url.PathEscape(j.id), "application/xml", nil)
	return unlessGone(err)
}

var bucketPolicyKind = kind{
	properties: "Bucket PolicyDocument", required: "Bucket PolicyDocument", fixed: "Bucket",
	create: putBucketPolicy, update: putBucketPolicy, remove: removeBucketPolicy,
}

func putBucketPolicy(j *job) error {
	j.id = j.text("Bucket")
	_, err := j.aws.send("s3", "PutBucketPolicy", http.MethodPut, "/"+url.PathEscape(j.id)+"?policy", "application/json", []byte(document(j.p["PolicyDocument"])))
	return err
}

func removeBucketPolicy(j *job) error {
	_, err := j.aws.send("s3", "DeleteBucketPolicy", http.MethodDelete, "/"+url.PathEscape(j.id)+"?policy", "application/json", nil)
	return unlessGone(err)
}
