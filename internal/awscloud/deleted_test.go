package awscloud

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestDeletedFilesAreFoundAndBroughtBack(t *testing.T) {
	w := newWorld(t)
	client, name := w.cloud.S3("us-east-1"), aws.String("kept-logs")
	must[s3.CreateBucketOutput](t)(client.CreateBucket(w.context, &s3.CreateBucketInput{Bucket: name}))
	must[s3.PutBucketVersioningOutput](t)(client.PutBucketVersioning(w.context, &s3.PutBucketVersioningInput{
		Bucket: name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	}))
	bucket := trail.Resource{Type: trail.Bucket, ARN: "arn:aws:s3:::kept-logs", Region: "us-east-1", Account: "111122223333"}
	versions := map[string]*string{}
	for n := range 5 {
		key := fmt.Sprintf("AWSLogs/%d", n)
		out, err := client.PutObject(w.context, &s3.PutObjectInput{Bucket: name, Key: &key, Body: strings.NewReader(key)})
		if err != nil {
			t.Fatal(err)
		}
		versions[key] = out.VersionId
	}
	remove := func(key string, version *string) {
		must[s3.DeleteObjectOutput](t)(client.DeleteObject(w.context, &s3.DeleteObjectInput{Bucket: name, Key: &key, VersionId: version}))
	}
	remove("AWSLogs/0", nil)
	remove("AWSLogs/1", nil)
	remove("AWSLogs/2", versions["AWSLogs/2"])

	keys := guard.DeletedSearch{Keys: []string{"AWSLogs/0", "AWSLogs/2", "AWSLogs/3"}, Most: 3}
	found, err := w.cloud.Deleted(w.context, bucket, keys)
	if err != nil || len(found.Hidden) != 1 || found.Hidden[0].Key != "AWSLogs/0" || fmt.Sprint(found.Gone) != "[AWSLogs/2]" || found.More {
		t.Fatalf("%+v, %v", found, err)
	}
	keys.Most = 2
	if found, err = w.cloud.Deleted(w.context, bucket, keys); err != nil || !found.More {
		t.Errorf("%+v, %v", found, err)
	}
	all := guard.DeletedSearch{Prefix: "AWSLogs/", Since: time.Now().Add(-time.Minute), Most: 10}
	if found, err = w.cloud.Deleted(w.context, bucket, all); err != nil || len(found.Hidden) != 2 || found.More {
		t.Fatalf("%+v, %v", found, err)
	}
	for name, s := range map[string]guard.DeletedSearch{
		"since later": {Prefix: "AWSLogs/", Since: time.Now().Add(time.Minute), Most: 10}, "elsewhere": {Prefix: "other/", Most: 10},
	} {
		if other, err := w.cloud.Deleted(w.context, bucket, s); err != nil || len(other.Hidden) > 0 {
			t.Errorf("%s: %+v, %v", name, other, err)
		}
	}

	step := trail.Step{ID: "undelete", Op: trail.OpDeleteObjects, Region: bucket.Region, ARN: bucket.ARN, Account: bucket.Account, Resource: bucket.Type}
	document, err := trail.NewDocument(map[string]any{"Objects": found.Hidden})
	if err != nil {
		t.Fatal(err)
	}
	step.Document = document
	if _, err := w.cloud.Apply(w.context, step); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"AWSLogs/0", "AWSLogs/1"} {
		must[s3.HeadObjectOutput](t)(client.HeadObject(w.context, &s3.HeadObjectInput{Bucket: name, Key: &key}))
	}

	step.Document = `{"Objects":[{"Key":"AWSLogs/3"}]}` // without a version it would delete the file
	if _, err := w.cloud.Apply(w.context, step); err == nil {
		t.Error("a file could be deleted")
	}
	step.Document, step.Account = document, "999988887777"
	if _, err := w.cloud.Apply(w.context, step); err == nil {
		t.Error("somebody else's bucket could be written to")
	}
}
