package lab_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/trailhold/trailhold/internal/lab"
)

const secondAccount = "444455556666"

// twoAccounts makes a lab in which the access key "other" belongs to a second account.
func twoAccounts(t *testing.T) *lab.Lab {
	l := lab.New(lab.Options{Accounts: map[string]string{"other": secondAccount}})
	t.Cleanup(l.Close)
	return l
}

// sdk is the configuration of an SDK client that talks to the lab without a socket.
func sdk(l *lab.Lab, key, region string) aws.Config {
	return aws.Config{
		Region: region, HTTPClient: l.Client(), BaseEndpoint: aws.String("http://lab.test"), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	}
}

func s3Client(l *lab.Lab, key, region string) *s3.Client {
	return s3.NewFromConfig(sdk(l, key, region), func(o *s3.Options) { o.UsePathStyle = true })
}

// wantCode checks that an error has this code of AWS; "" is success.
func expectCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	switch {
	case code == "" && err != nil:
		t.Fatalf("unexpected error: %v", err)
	case code != "" && (!errors.As(err, &api) || api.ErrorCode() != code):
		t.Fatalf("error = %v, want code %s", err, code)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func makeBucket(t *testing.T, c *s3.Client, name string) {
	t.Helper()
	must[*s3.CreateBucketOutput](t)(c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}))
}

func putText(t *testing.T, c *s3.Client, bucket, key, body string) *s3.PutObjectOutput {
	t.Helper()
	return must[*s3.PutObjectOutput](t)(c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}))
}

func getText(t *testing.T, c *s3.Client, bucket, key string) string {
	t.Helper()
	out := must[*s3.GetObjectOutput](t)(c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key}))
	return string(must[[]byte](t)(io.ReadAll(out.Body)))
}

func TestBucketNamesAreGlobal(t *testing.T) {
	l := twoAccounts(t)
	mine, other, west := s3Client(l, "me", "us-east-1"), s3Client(l, "other", "us-east-1"), s3Client(l, "me", "us-west-2")
	makeBucket(t, mine, "trail-logs")
	makeBucket(t, mine, "trail-logs") // S3 answers so in us-east-1 only
	_, err := other.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("trail-logs")})
	expectCode(t, err, "BucketAlreadyExists")
	_, err = west.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("west")})
	expectCode(t, err, "IllegalLocationConstraintException")
	in := &s3.CreateBucketInput{Bucket: aws.String("west"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "us-west-2"}}
	_, err = west.CreateBucket(t.Context(), in)
	expectCode(t, err, "")
	_, err = west.CreateBucket(t.Context(), in)
	expectCode(t, err, "BucketAlreadyOwnedByYou")
	_, err = mine.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("Bad_Name")})
	expectCode(t, err, "InvalidBucketName")
	out := must[*s3.ListBucketsOutput](t)(mine.ListBuckets(t.Context(), &s3.ListBucketsInput{}))
	if len(out.Buckets) != 2 || *out.Buckets[1].Name != "west" || *out.Buckets[1].BucketRegion != "us-west-2" {
		t.Errorf("buckets = %+v", out.Buckets)
	}
	location := must[*s3.GetBucketLocationOutput](t)(mine.GetBucketLocation(t.Context(), &s3.GetBucketLocationInput{Bucket: aws.String("west")}))
	if location.LocationConstraint != "us-west-2" {
		t.Errorf("location = %q", location.LocationConstraint)
	}
}

func TestBucketOfAnotherRegionRedirects(t *testing.T) {
	l := twoAccounts(t)
	east, west := s3Client(l, "me", "us-east-1"), s3Client(l, "me", "us-west-2")
	makeBucket(t, east, "east")
	_, err := west.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String("east")})
	expectCode(t, err, "PermanentRedirect")
	request, _ := http.NewRequest(http.MethodHead, "http://lab.test/east", nil)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=me/20250101/us-west-2/s3/aws4_request")
	answer := must[*http.Response](t)(l.Client().Transport.RoundTrip(request))
	if answer.StatusCode != 301 || answer.Header.Get("X-Amz-Bucket-Region") != "us-east-1" {
		t.Errorf("HeadBucket: %d, region %q", answer.StatusCode, answer.Header.Get("X-Amz-Bucket-Region"))
	}
}

func TestDeletingBuckets(t *testing.T) {
	l := twoAccounts(t)
	c := s3Client(l, "me", "us-east-1")
	makeBucket(t, c, "logs")
	putText(t, c, "logs", "k", "v")
	_, err := c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("logs")})
	expectCode(t, err, "BucketNotEmpty")
	_, err = c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("logs"), Key: aws.String("k")})
	expectCode(t, err, "")
	_, err = c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("logs")})
	expectCode(t, err, "")
	_, err = c.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("logs")})
	expectCode(t, err, "NotFound")
	_, err = c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k")})
	expectCode(t, err, "NoSuchBucket")
}

func TestObjects(t *testing.T) {
	l := twoAccounts(t)
	c := s3Client(l, "me", "us-east-1")
	makeBucket(t, c, "logs")
	in := &s3.PutObjectInput{
		Bucket: aws.String("logs"), Key: aws.String("a//ü +%/b.json"), Body: strings.NewReader("0123456789"), ContentType: aws.String("application/json"),
		ContentEncoding: aws.String("gzip"), Metadata: map[string]string{"signature": "abc"}, ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256,
	}
	out := must[*s3.PutObjectOutput](t)(c.PutObject(t.Context(), in))
	if *out.ETag != `"781e5e245d69b566979b86e28d23f2c7"` {
		t.Errorf("ETag = %s", *out.ETag)
	}
	got := must[*s3.GetObjectOutput](t)(c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: in.Bucket, Key: in.Key, ChecksumMode: s3types.ChecksumModeEnabled}))
	body := must[[]byte](t)(io.ReadAll(got.Body))
	if string(body) != "0123456789" || *got.ContentEncoding != "gzip" || got.Metadata["signature"] != "abc" || aws.ToString(got.ChecksumSHA256) == "" || *got.ContentType != "application/json" {
		t.Errorf("object = %q, %+v", body, got)
	}
	head := must[*s3.HeadObjectOutput](t)(c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key}))
	if *head.ContentLength != 10 || head.ServerSideEncryption != "AES256" || head.VersionId != nil {
		t.Errorf("head = %+v", head)
	}
	for spec, want := range map[string]string{"bytes=2-4": "234", "bytes=7-": "789", "bytes=-2": "89", "bytes=5-99": "56789"} {
		part := must[*s3.GetObjectOutput](t)(c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: in.Bucket, Key: in.Key, Range: &spec}))
		if b, _ := io.ReadAll(part.Body); string(b) != want {
			t.Errorf("%s = %q, want %q", spec, b, want)
		}
	}
	_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: in.Bucket, Key: in.Key, Range: aws.String("bytes=10-")})
	expectCode(t, err, "InvalidRange")
	_, err = c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: in.Bucket, Key: aws.String("gone")})
	expectCode(t, err, "NoSuchKey")
}

func TestConditionalWrites(t *testing.T) {
	l := twoAccounts(t)
	c := s3Client(l, "me", "us-east-1")
	makeBucket(t, c, "journal")
	write := func(none, match *string) (*s3.PutObjectOutput, error) {
		return c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("journal"), Key: aws.String("k"), Body: strings.NewReader("v"), IfNoneMatch: none, IfMatch: match})
	}
	_, err := write(nil, aws.String(`"x"`))
	expectCode(t, err, "NoSuchKey")
	first, err := write(aws.String("*"), nil)
	expectCode(t, err, "")
	_, err = write(aws.String("*"), nil)
	expectCode(t, err, "PreconditionFailed")
	_, err = write(nil, aws.String(`"x"`))
	expectCode(t, err, "PreconditionFailed")
	_, err = write(nil, first.ETag)
	expectCode(t, err, "")
}

func TestStreamedBodyWithTrailer(t *testing.T) {
	l := twoAccounts(t)
	makeBucket(t, s3Client(l, "me", "us-east-1"), "logs")
	cfg := sdk(l, "me", "us-east-1")
	cfg.BaseEndpoint = aws.String("https://lab.test") // over TLS the SDK streams a reader that cannot seek
	c := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	body := io.MultiReader(strings.NewReader("stre"), strings.NewReader("amed"))
	_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Body: body, ContentLength: aws.Int64(8)})
	expectCode(t, err, "")
	if got := getText(t, c, "logs", "k"); got != "streamed" {
		t.Errorf("stored %q", got)
	}
}

func TestBrokenBodiesAreRefused(t *testing.T) {
	l := twoAccounts(t)
	makeBucket(t, s3Client(l, "me", "us-east-1"), "logs")
	cases := []struct{ header, value, body, code string }{
		{"X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5\r\nabc\r\n0\r\n\r\n", "IncompleteBody"},
		{"X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"},
		{"X-Amz-Checksum-Crc32", "AAAAAA==", "abc", "BadDigest"},
		{"Content-Md5", "AAAA", "abc", "BadDigest"},
		{"X-Amz-Content-Sha256", strings.Repeat("0", 64), "abc", "XAmzContentSHA256Mismatch"},
	}
	for _, c := range cases {
		request, _ := http.NewRequest(http.MethodPut, "http://lab.test/logs/k", strings.NewReader(c.body))
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=me/20250101/us-east-1/s3/aws4_request")
		request.Header.Set(c.header, c.value)
		answer := must[*http.Response](t)(l.Client().Do(request))
		b, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != 400 || !bytes.Contains(b, []byte("<Code>"+c.code+"</Code>")) {
			t.Errorf("%s: %s: %d %s", c.header, c.value, answer.StatusCode, b)
		}
	}
}

func TestListing(t *testing.T) {
	l := twoAccounts(t)
	c := s3Client(l, "me", "us-east-1")
	makeBucket(t, c, "logs")
	for _, key := range []string{"a/1", "a/2", "b", "c/1", "c/2", "d&e", "e"} {
		putText(t, c, "logs", key, "x")
	}
	var seen []string
	pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: aws.String("logs"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page := must[*s3.ListObjectsV2Output](t)(pages.NextPage(t.Context()))
		for _, p := range page.CommonPrefixes {
			seen = append(seen, *p.Prefix)
		}
		for _, o := range page.Contents {
			seen = append(seen, *o.Key)
		}
	}
	slices.Sort(seen)
	if want := []string{"a/", "b", "c/", "d&e", "e"}; !slices.Equal(seen, want) {
		t.Errorf("listed %q, want %q", seen, want)
	}
	out := must[*s3.ListObjectsV2Output](t)(c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: aws.String("c/"), StartAfter: aws.String("c/1")}))
	if len(out.Contents) != 1 || *out.Contents[0].Key != "c/2" || *out.KeyCount != 1 {
		t.Errorf("after c/1: %+v", out.Contents)
	}
	old := must[*s3.ListObjectsOutput](t)(c.ListObjects(t.Context(), &s3.ListObjectsInput{Bucket: aws.String("logs"), Marker: aws.String("c/"), Delimiter: aws.String("/")}))
	if len(old.Contents) != 2 || len(old.CommonPrefixes) != 0 {
		t.Errorf("after the prefix c/: %+v %+v", old.Contents, old.CommonPrefixes)
	}
}

func TestVersioning(t *testing.T) {
	l := twoAccounts(t)
	c := s3Client(l, "me", "us-east-1")
	bucket := aws.String("logs")
	makeBucket(t, c, "logs")
	putText(t, c, "logs", "k", "before")
	version := func(status s3types.BucketVersioningStatus) {
		t.Helper()
		_, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: status}})
		expectCode(t, err, "")
	}
	version("Enabled")
	first := putText(t, c, "logs", "k", "one")
	putText(t, c, "logs", "k", "two")
	gone := must[*s3.DeleteObjectOutput](t)(c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("k")}))
	if !aws.ToBool(gone.DeleteMarker) || aws.ToString(gone.VersionId) == "" {
		t.Errorf("delete = %+v", gone)
	}
	_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("k")})
	expectCode(t, err, "NoSuchKey")
	old := must[*s3.GetObjectOutput](t)(c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: first.VersionId}))
	if b, _ := io.ReadAll(old.Body); string(b) != "one" {
		t.Errorf("first version = %q", b)
	}
	_, err = c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: gone.VersionId})
	expectCode(t, err, "")
	if got := getText(t, c, "logs", "k"); got != "two" {
		t.Errorf("after the marker's removal: %q", got)
	}
	version("Suspended")
	putText(t, c, "logs", "k", "null again")
	var ids []string
	pages := s3.NewListObjectVersionsPaginator(c, &s3.ListObjectVersionsInput{Bucket: bucket, MaxKeys: aws.Int32(1)})
	for pages.HasMorePages() {
		page := must[*s3.ListObjectVersionsOutput](t)(pages.NextPage(t.Context()))
		for _, v := range page.Versions {
			ids = append(ids, *v.VersionId)
		}
	}
	if len(ids) != 3 || ids[0] != "null" || ids[2] != *first.VersionId {
		t.Errorf("versions = %q", ids)
	}
	var all []s3types.ObjectIdentifier
	for _, id := range ids {
		all = append(all, s3types.ObjectIdentifier{Key: aws.String("k"), VersionId: &id})
	}
	out := must[*s3.DeleteObjectsOutput](t)(c.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: bucket, Delete: &s3types.Delete{Objects: all}}))
	if len(out.Deleted) != 3 || len(out.Errors) != 0 {
		t.Errorf("deleted %+v, failed %+v", out.Deleted, out.Errors)
	}
	_, err = c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: bucket})
	expectCode(t, err, "")
}

func TestCopyObject(t *testing.T) {
	l := twoAccounts(t)
	c, other := s3Client(l, "me", "us-east-1"), s3Client(l, "other", "us-east-1")
	makeBucket(t, c, "logs")
	makeBucket(t, other, "elsewhere")
	putText(t, c, "logs", "a b", "v")
	_, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("logs"), Key: aws.String("copy"), CopySource: aws.String("logs/a%20b")})
	expectCode(t, err, "")
	if got := getText(t, c, "logs", "copy"); got != "v" {
		t.Errorf("copy = %q", got)
	}
	_, err = c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("logs"), Key: aws.String("copy"), CopySource: aws.String("logs/copy")})
	expectCode(t, err, "InvalidRequest")
	_, err = other.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("elsewhere"), Key: aws.String("copy"), CopySource: aws.String("logs/copy")})
	expectCode(t, err, "AccessDenied")
}

func TestBucketPolicyAndOwner(t *testing.T) {
	l := twoAccounts(t)
	mine, other := s3Client(l, "me", "us-east-1"), s3Client(l, "other", "us-east-1")
	bucket := aws.String("logs")
	makeBucket(t, mine, "logs")
	putText(t, mine, "logs", "open/k", "v")
	putText(t, mine, "logs", "open/shut", "v")
	_, err := mine.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: bucket})
	expectCode(t, err, "NoSuchBucketPolicy")
	read := func(key string) error {
		_, err := other.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: &key})
		return err
	}
	expectCode(t, read("open/k"), "AccessDenied")
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + secondAccount + `:root"},"Action":"s3:Get*","Resource":"arn:aws:s3:::logs/open/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/open/shut"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	_, err = mine.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &policy})
	expectCode(t, err, "")
	got := must[*s3.GetBucketPolicyOutput](t)(mine.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: bucket, ExpectedBucketOwner: aws.String(lab.DefaultAccount)}))
	if *got.Policy != policy {
		t.Errorf("policy = %s", *got.Policy)
	}
	expectCode(t, read("open/k"), "")
	expectCode(t, read("open/shut"), "AccessDenied")
	expectCode(t, read("closed"), "AccessDenied")
	_, err = mine.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: bucket, ExpectedBucketOwner: aws.String(secondAccount)})
	expectCode(t, err, "AccessDenied")
	public := `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}`
	_, err = mine.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &public})
	expectCode(t, err, "AccessDenied") // BlockPublicPolicy
	_, err = mine.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: bucket})
	expectCode(t, err, "")
	_, err = mine.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &public})
	expectCode(t, err, "")
	status := must[*s3.GetBucketPolicyStatusOutput](t)(mine.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: bucket}))
	if !aws.ToBool(status.PolicyStatus.IsPublic) {
		t.Error("a policy for everybody is not public")
	}
	_, err = mine.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(`{"Statement":[]}`)})
	expectCode(t, err, "MalformedPolicy")
}

func TestVirtualHostStyle(t *testing.T) {
	l := twoAccounts(t)
	makeBucket(t, s3Client(l, "me", "us-east-1"), "logs")
	cfg := sdk(l, "me", "us-east-1")
	cfg.BaseEndpoint = nil
	c := s3.NewFromConfig(cfg)
	putText(t, c, "logs", "a/b", "v")
	if got := getText(t, s3Client(l, "me", "us-east-1"), "logs", "a/b"); got != "v" {
		t.Errorf("got %q", got)
	}
}

func TestUnknownS3OperationsAreLoud(t *testing.T) {
	l := twoAccounts(t)
	c := s3Client(l, "me", "us-east-1")
	makeBucket(t, c, "logs")
	_, err := c.ListBucketInventoryConfigurations(t.Context(), &s3.ListBucketInventoryConfigurationsInput{Bucket: aws.String("logs")})
	if err == nil || !strings.Contains(err.Error(), "501") {
		t.Errorf("error = %v, want status 501", err)
	}
	_, err = c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("logs"), Key: aws.String("k")})
	if err == nil || !strings.Contains(err.Error(), "501") {
		t.Errorf("error = %v, want status 501", err)
	}
}
