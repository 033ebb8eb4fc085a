package awscloud

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/lab"
)

func TestEvidence(t *testing.T) {
	_, c := plainLab(t)
	if _, err := c.S3("us-east-1").CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("evidence")}); err != nil {
		t.Fatal(err)
	}
	for place, location := range map[string]string{"s3://evidence": "s3://evidence/", "s3://evidence/a/b/": "s3://evidence/a/b"} {
		e, err := c.Evidence(place, lab.DefaultAccount)
		if err != nil || e.Location() != location {
			t.Fatalf("%s: %v, %v", place, e.Location(), err)
		}
		if _, err := e.Get(t.Context(), "x/y.gz", 10); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: before it is there: %v", place, err)
		}
		for _, content := range []string{"one", "other"} {
			if err := e.Put(t.Context(), "x/y.gz", []byte(content)); err != nil {
				t.Fatal(err)
			}
			if got, err := e.Get(t.Context(), "x/y.gz", 5); err != nil || string(got) != content {
				t.Errorf("%s: got %q, %v", place, got, err)
			}
		}
		if _, err := e.Get(t.Context(), "x/y.gz", 4); err == nil {
			t.Errorf("%s: more than the limit was read", place)
		}
	}
	if got, err := c.Object(t.Context(), "s3://evidence/a/b/x/y.gz", 10); err != nil || string(got) != "other" {
		t.Errorf("got %q, %v", got, err)
	}
	foreign, err := c.Evidence("s3://evidence", "444455556666")
	if err != nil {
		t.Fatal(err)
	}
	if err := foreign.Put(t.Context(), "z", nil); err == nil || !strings.Contains(err.Error(), "444455556666") {
		t.Errorf("evidence went to another account's bucket: %v", err)
	}
	if _, err := foreign.Get(t.Context(), "x/y.gz", 10); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a bucket of another account was read: %v", err)
	}
}

// TestEvidenceNamesTheOwner looks at what is sent: no call may go to a bucket without saying whose it must be.
func TestEvidenceNamesTheOwner(t *testing.T) {
	var owners []string
	w := &wire{answer: func(r *http.Request, _ string) (*http.Response, error) {
		owners = append(owners, r.Method+" "+r.Header.Get("X-Amz-Expected-Bucket-Owner"))
		return answer(200, "")
	}}
	e, err := connect(t, w).Evidence("s3://evidence/p", "111122223333")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Put(t.Context(), "a.json", []byte("{}")); err != nil {
		t.Error(err)
	}
	if _, err := e.Get(t.Context(), "a.json", 10); err != nil {
		t.Error(err)
	}
	if got := strings.Join(owners, ", "); got != "PUT 111122223333, GET 111122223333" {
		t.Errorf("sent %s", got)
	}
}
