package lab

import (
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func s3Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

type s3Owner struct{ ID, DisplayName string }

// ownerOf is an account as ACLs and lists show it.
func ownerOf(account string) s3Owner {
	return s3Owner{ID: canonicalID(account), DisplayName: "account-" + account}
}

// canonicalID is the 64-digit id that S3 has for an account; the lab derives it from the account's number.
func canonicalID(account string) string { return strings.Repeat("0", 64-len(account)) + account }

func createBucket(c *call) (any, error) {
	name, _ := c.s3Path()
	parameters := c.recordBucket(name)
	region, err := c.location(parameters)
	if err != nil {
		return nil, err
	}
	if checkBucketName(name) != nil {
		return nil, errorf("InvalidBucketName", "The specified bucket is not valid.")
	}
	c.header.Set("Location", "/"+name)
	if b := c.lab.buckets[name]; b != nil {
		if b.owner != c.account.id {
			return nil, &apiError{Status: http.StatusConflict, Code: "BucketAlreadyExists", Message: "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."}
		}
		if b.region == "us-east-1" && region == "us-east-1" {
			return nil, nil // for compatibility with its past, S3 answers that all is well there
		}
		return nil, &apiError{Status: http.StatusConflict, Code: "BucketAlreadyOwnedByYou", Message: "Your previous request to create the named bucket succeeded and you already own it."}
	}
	owned := 0
	for _, b := range c.lab.buckets {
		if b.owner == c.account.id {
			owned++
		}
	}
	if owned >= maxBuckets {
		return nil, errorf("TooManyBuckets", "You have attempted to create more buckets than allowed")
	}
	b := newBucket(name, c.account.id, region, c.now)
	if err := b.apply(c.request.Header); err != nil {
		return nil, err
	}
	c.lab.buckets[name] = b
	return nil, nil
}

// location reads the region that a bucket is to be in. Only us-east-1 needs no constraint, and only it can create
// buckets elsewhere.
func (c *call) location(parameters map[string]any) (string, error) {
	if len(c.body) == 0 {
		if c.region != "us-east-1" {
			return "", errorf("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
		}
		return c.region, nil
	}
	var in struct {
		XMLName            xml.Name `xml:"CreateBucketConfiguration"`
		LocationConstraint string
	}
	if err := c.decodeXML(&in); err != nil {
		return "", err
	}
	parameters["CreateBucketConfiguration"] = map[string]string{"LocationConstraint": in.LocationConstraint}
	region := in.LocationConstraint
	if region == "" {
		region = "us-east-1"
	}
	if region != c.region && c.region != "us-east-1" {
		return "", errorf("IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", region)
	}
	if !c.account.enabled(region) || in.LocationConstraint == "us-east-1" {
		return "", errorf("InvalidLocationConstraint", "The specified location-constraint is not valid")
	}
	return region, nil
}

// newBucket makes a bucket with the settings that new buckets have since April 2023.
func newBucket(name, owner, region string, now time.Time) *bucket {
	return &bucket{
		name: name, owner: owner, region: region, created: now, objects: map[string][]*object{},
		config: map[string][]byte{
			"ownershipControls": ownership("BucketOwnerEnforced"),
			"publicAccessBlock": []byte(`<PublicAccessBlockConfiguration xmlns="` + s3Namespace + `"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`),
		},
	}
}

func ownership(kind string) []byte {
	return []byte(`<OwnershipControls xmlns="` + s3Namespace + `"><Rule><ObjectOwnership>` + kind + `</ObjectOwnership></Rule></OwnershipControls>`)
}

// apply sets what the headers of CreateBucket ask for.
func (b *bucket) apply(header http.Header) error {
	switch kind := header.Get("X-Amz-Object-Ownership"); kind {
	case "":
	case "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter":
		b.config["ownershipControls"] = ownership(kind)
	default:
		return errorf("InvalidArgument", "Invalid x-amz-object-ownership header: %s", kind)
	}
	if header.Get("X-Amz-Bucket-Object-Lock-Enabled") == "true" {
		b.versioning = "Enabled"
		b.config["versioning"] = []byte(`<VersioningConfiguration xmlns="` + s3Namespace + `"><Status>Enabled</Status></VersioningConfiguration>`)
		b.config["object-lock"] = []byte(`<ObjectLockConfiguration xmlns="` + s3Namespace + `"><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`)
	}
	acl := header.Get("X-Amz-Acl")
	if acl == "" || acl == "private" {
		return nil
	}
	if b.aclsDisabled() {
		return errorf("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	return b.setCannedACL(acl)
}

func deleteBucket(c *call, b *bucket) (any, error) {
	if b.versions > 0 {
		return nil, &apiError{Status: http.StatusConflict, Code: "BucketNotEmpty", Message: "The bucket you tried to delete is not empty. You must delete all versions in the bucket."}
	}
	delete(c.lab.buckets, b.name)
	return &raw{status: http.StatusNoContent}, nil
}

func headBucket(_ *call, b *bucket) (any, error) {
	return &raw{header: http.Header{
		"X-Amz-Bucket-Region": {b.region}, "X-Amz-Access-Point-Alias": {"false"}, "Content-Type": {"application/xml"},
	}}, nil
}

func getBucketLocation(_ *call, b *bucket) (any, error) {
	answer := struct {
		XMLName xml.Name `xml:"LocationConstraint"`
		Region  string   `xml:",chardata"`
	}{Region: b.region}
	if b.region == "us-east-1" {
		answer.Region = ""
	}
	return answer, nil
}

func listBuckets(c *call) (any, error) {
	type entry struct{ Name, CreationDate, BucketRegion string }
	answer := struct {
		XMLName           xml.Name `xml:"ListAllMyBucketsResult"`
		Owner             s3Owner
		Buckets           []entry `xml:"Buckets>Bucket"`
		Prefix            string  `xml:",omitempty"`
		ContinuationToken string  `xml:",omitempty"`
	}{Owner: ownerOf(c.account.id)}
	if c.accessKey == "" {
		return nil, s3Denied()
	}
	query := c.request.URL.Query()
	limit := maxListed
	if n, err := strconv.Atoi(query.Get("max-buckets")); err == nil && n > 0 {
		limit = min(n, maxListed)
	}
	answer.Prefix = query.Get("prefix")
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(c.lab.buckets)), func(name string) bool {
		b := c.lab.buckets[name]
		region := query.Get("bucket-region")
		return b.owner != c.account.id || !strings.HasPrefix(name, answer.Prefix) || region != "" && region != b.region
	})
	page, next := pageAfter(names, query.Get("continuation-token"), limit)
	for _, name := range page {
		b := c.lab.buckets[name]
		answer.Buckets = append(answer.Buckets, entry{name, s3Time(b.created), b.region})
	}
	answer.ContinuationToken = next
	return answer, nil
}
