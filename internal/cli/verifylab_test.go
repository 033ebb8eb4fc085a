package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
)

// elsewhere sends every request to one address.
type elsewhere string

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = r.URL.Host, "http", string(e)
	return http.DefaultTransport.RoundTrip(r)
}

// move makes the script go on in the lab that listens on $METRICS.
func (w *world) move(ts *testscript.TestScript, _ []string) error {
	cloud, err := awscloud.New(context.Background(), awscloud.Options{
		Region: home, AccessKeyID: "AKIAINTRUDER", SecretAccessKey: "x", HTTPClient: &http.Client{Transport: elsewhere(w.metrics)},
	})
	if err != nil {
		return err
	}
	w.intruder, w.cloud = intruder.New(cloud), cloud
	ts.Setenv("AWS_ENDPOINT_URL", "http://"+w.metrics)
	return nil
}

// objects lists the logs or the digests in a bucket of the lab, in the order of their delivery.
func (w *world) objects(bucket, what string) (keys []string, err error) {
	out, err := w.cloud.S3(home).ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out.Contents, func(a, b types.Object) int { return a.LastModified.Compare(*b.LastModified) })
	for _, o := range out.Contents {
		if strings.Contains(*o.Key, "_CloudTrail-Digest_") == (what == "digest") {
			keys = append(keys, *o.Key)
		}
	}
	return keys, nil
}

// digested waits until a bucket of the lab has so many logs, and a digest of a later time. It remembers them in the order of
// their delivery, which the bucket does not once they are tampered with.
func (w *world) digested(_ *testscript.TestScript, args []string) error {
	logs, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var since time.Time
	w.labFiles = map[string][]string{}
	return soon(func() bool {
		have, err := w.objects(args[0], "log")
		if err != nil || len(have) < logs {
			return false
		}
		if since.IsZero() {
			since = time.Now().UTC().Add(time.Second)
		}
		digests, err := w.objects(args[0], "digest")
		w.labFiles["log"], w.labFiles["digest"] = have, digests
		return err == nil && len(digests) > 2 && strings.Split(digests[len(digests)-1], "_")[5] > since.Format("20060102T150405Z")
	})
}

// tamper deletes or changes the Nth log or digest in a bucket of the lab.
func (w *world) tamper(_ *testscript.TestScript, args []string) error {
	how, bucket := args[0], args[1]
	n, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	keys := w.labFiles[args[2]]
	if err == nil && n >= len(keys) {
		err = fmt.Errorf("there are %d of them", len(keys))
	}
	if err != nil {
		return err
	}
	switch how {
	case "delete":
		_, err = w.cloud.S3(home).DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &keys[n]})
	case "change":
		_, err = w.cloud.S3(home).PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: &keys[n], Body: bytes.NewReader(digesttest.Gzip([]byte("{}")))})
	default:
		return errors.New("no such way to tamper: " + how)
	}
	return err
}
