package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
	"github.com/trailhold/trailhold/internal/verifytest"
)

var chainStart = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// chain makes a bucket "logs" with so many hours of digests, two logs in each, and serves it to whatever comes after in
// the script. Its trail is $TRAIL.
func (w *world) chain(ts *testscript.TestScript, args []string) error {
	hours, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	signer, err := digesttest.NewSigner(2048)
	if err != nil {
		return err
	}
	bucket := digesttest.NewWorld()
	bucket.AddKey(home, signer.Public(chainStart.Add(-time.Hour), chainStart.Add(1000*time.Hour)))
	w.delivered = &digesttest.Chain{
		World: bucket, Bucket: "logs", Account: "111122223333", Region: home, Trail: "audit", HomeRegion: home,
		Signer: signer, At: chainStart, LogsPerHour: 2,
	}
	w.delivered.Deliver(hours)
	arn := "arn:aws:cloudtrail:" + home + ":111122223333:trail/audit"
	w.aws = &verifytest.Server{
		World:  bucket,
		Trail:  verifytest.Trail{Name: "audit", TrailARN: arn, HomeRegion: home, S3BucketName: "logs", LogFileValidationEnabled: true},
		Status: map[string]any{"IsLogging": true, "StartLoggingTime": chainStart.Unix(), "LatestDigestDeliveryTime": w.delivered.At.Unix()},
	}
	server := httptest.NewServer(w.aws)
	ts.Defer(func() { server.CloseClientConnections(); server.Close() })
	ts.Setenv("TRAIL", arn)
	ts.Setenv("AWS_ENDPOINT_URL", server.URL)
	return nil
}

// spoil tampers with the nth object, counted from 0: log N or digest N.
func (w *world) spoil(_ *testscript.TestScript, args []string) error {
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	w.aws.Change(func() { err = w.spoilNow(args[0], args[1], n) })
	return err
}

func (w *world) spoilNow(how, what string, n int) error {
	var keys []string
	for _, key := range w.delivered.World.Names("logs") {
		if strings.Contains(key, "_CloudTrail-Digest_") == (what == "digest") {
			keys = append(keys, key)
		}
	}
	o := w.delivered.World.Object("logs", keys[n])
	switch how {
	case "delete":
		w.delivered.World.Delete("logs", keys[n])
	case "change":
		o.Body = digesttest.Gzip([]byte("{}"))
	case "deny":
		o.Fault = digest.Denied
	case "allow":
		o.Fault = ""
	case "plant":
		w.delivered.World.Put("logs", strings.Replace(keys[n], "Z_0", "Z_1", 1), *o)
	default:
		return errors.New("no such way to spoil: " + how)
	}
	return nil
}

// copyBucket writes the bucket into a directory, and the public keys beside it as DIR.keys, as the AWS CLI prints them.
func (w *world) copyBucket(ts *testscript.TestScript, args []string) error {
	var printed []map[string]any
	for _, k := range w.delivered.World.AllKeys()[home] {
		printed = append(printed, map[string]any{
			"Fingerprint": k.Fingerprint, "Value": k.Value, "ValidityStartTime": k.From.Format("2006-01-02T15:04:05+00:00"), "ValidityEndTime": k.To.Format("2006-01-02T15:04:05+00:00"),
		})
	}
	text, err := json.Marshal(map[string]any{"PublicKeyList": printed})
	return errors.Join(err, os.WriteFile(ts.MkAbs(args[0]+".keys"), text, 0o600), w.delivered.World.WriteDir("logs", ts.MkAbs(args[0])))
}

// follow is how the schema of a verification is checked in scripts: the file must follow it.
func (w *world) follows(ts *testscript.TestScript, args []string) error {
	if err := followsSchema([]byte(ts.ReadFile(args[0]))); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}
