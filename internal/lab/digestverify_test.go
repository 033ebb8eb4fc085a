package lab_test

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/lab"
)

// digest is a digest file as its reader finds it. Decoding is strict, so that a field too many is an error.
type digest struct {
	AwsAccountID                string    `json:"awsAccountId"`
	DigestStartTime             time.Time `json:"digestStartTime"`
	DigestEndTime               time.Time `json:"digestEndTime"`
	DigestS3Bucket              string    `json:"digestS3Bucket"`
	DigestS3Object              string    `json:"digestS3Object"`
	DigestPublicKeyFingerprint  string    `json:"digestPublicKeyFingerprint"`
	DigestSignatureAlgorithm    string    `json:"digestSignatureAlgorithm"`
	NewestEventTime             *string   `json:"newestEventTime"`
	OldestEventTime             *string   `json:"oldestEventTime"`
	PreviousDigestS3Bucket      *string   `json:"previousDigestS3Bucket"`
	PreviousDigestS3Object      *string   `json:"previousDigestS3Object"`
	PreviousDigestHashValue     *string   `json:"previousDigestHashValue"`
	PreviousDigestHashAlgorithm *string   `json:"previousDigestHashAlgorithm"`
	PreviousDigestSignature     *string   `json:"previousDigestSignature"`
	LogFiles                    []struct {
		S3Bucket        string `json:"s3Bucket"`
		S3Object        string `json:"s3Object"`
		HashValue       string `json:"hashValue"`
		HashAlgorithm   string `json:"hashAlgorithm"`
		NewestEventTime string `json:"newestEventTime"`
		OldestEventTime string `json:"oldestEventTime"`
	} `json:"logFiles"`

	hash, signature string
	modified        time.Time
}

var digestFields = []string{
	"awsAccountId", "digestEndTime", "digestPublicKeyFingerprint", "digestS3Bucket", "digestS3Object",
	"digestSignatureAlgorithm", "digestStartTime", "logFiles", "newestEventTime", "oldestEventTime",
	"previousDigestHashAlgorithm", "previousDigestHashValue", "previousDigestS3Bucket", "previousDigestS3Object",
	"previousDigestSignature",
}

// fetch reads an object and its uncompressed content; nothing may follow the one gzip stream.
func (k *kit) fetch(bucket, key string) (*s3.GetObjectOutput, []byte) {
	k.t.Helper()
	out, err := k.s3().GetObject(k.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	k.must(err)
	compressed, err := io.ReadAll(out.Body)
	k.must(err)
	rest := bytes.NewReader(compressed)
	z, err := gzip.NewReader(rest)
	k.must(err)
	z.Multistream(false)
	content, err := io.ReadAll(z)
	k.must(err)
	wantEqual(k.t, "bytes after the end of "+key, rest.Len(), 0)
	wantEqual(k.t, "content encoding", aws.ToString(out.ContentEncoding), "gzip")
	return out, content
}

// readDigest reads one digest and checks its signature, against the keys of its region.
func (k *kit) readDigest(bucket, key, region string) digest {
	k.t.Helper()
	out, content := k.fetch(bucket, key)
	var fields map[string]any
	k.must(json.Unmarshal(content, &fields))
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	wantEqual(k.t, "fields", names, digestFields)
	if fields["logFiles"] == nil {
		k.t.Error("logFiles is null")
	}
	var d digest
	k.must(json.Unmarshal(content, &d))
	wantEqual(k.t, "own place", d.DigestS3Bucket+"/"+d.DigestS3Object, bucket+"/"+key)
	wantEqual(k.t, "algorithms", d.DigestSignatureAlgorithm+" "+out.Metadata["signature-algorithm"], "SHA256withRSA SHA256withRSA")
	sum := sha256.Sum256(content)
	d.hash, d.signature, d.modified = hex.EncodeToString(sum[:]), out.Metadata["signature"], *out.LastModified
	k.checkSignature(d, fmt.Sprint(fields["digestEndTime"]), region)
	return d
}

func (k *kit) checkSignature(d digest, end, region string) {
	k.t.Helper()
	keys, err := k.trail(region).ListPublicKeys(k.ctx, &cloudtrail.ListPublicKeysInput{StartTime: &d.DigestStartTime, EndTime: &d.DigestEndTime})
	k.must(err)
	previous := "null"
	if d.PreviousDigestSignature != nil {
		previous = *d.PreviousDigestSignature
	}
	text := sha256.Sum256([]byte(strings.Join([]string{end, d.DigestS3Bucket + "/" + d.DigestS3Object, d.hash, previous}, "\n")))
	signature, err := hex.DecodeString(d.signature)
	k.must(err)
	for _, key := range keys.PublicKeyList {
		if *key.Fingerprint == d.DigestPublicKeyFingerprint {
			public, err := x509.ParsePKCS1PublicKey(key.Value)
			k.must(err)
			if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, text[:], signature); err != nil {
				k.t.Errorf("%s: %v", d.DigestS3Object, err)
			}
			return
		}
	}
	k.t.Errorf("%s: %s lists no key %s", d.DigestS3Object, region, d.DigestPublicKeyFingerprint)
}

// source is where digests come from: the trail "main" at home in us-east-1, in an account and region.
type source struct {
	folder, account, region string // folder: what comes before the account
}

var atHome = source{"AWSLogs/", lab.DefaultAccount, home}

// chains reads and verifies all digests of a source in some buckets, and the log files that they list. Chains are
// returned in order of time.
func (k *kit) chains(s source, buckets ...string) [][]digest {
	k.t.Helper()
	var all []digest
	for _, bucket := range buckets {
		for _, key := range k.objects(bucket) {
			if strings.Contains(key, s.account+"/CloudTrail-Digest/"+s.region+"/") {
				all = append(all, k.readDigest(bucket, key, s.region))
			}
		}
	}
	slices.SortFunc(all, func(a, b digest) int { return a.DigestEndTime.Compare(b.DigestEndTime) })
	var chains [][]digest
	listed := map[string]int{}
	for i, d := range all {
		name := fmt.Sprintf("%s%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_main_us-east-1_%s.json.gz", s.folder, s.account, s.region,
			d.DigestEndTime.Format("2006/01/02"), s.account, s.region, d.DigestEndTime.Format("20060102T150405Z"))
		if !strings.HasSuffix(d.DigestS3Object, name) {
			k.t.Errorf("the digest is %s, want %s", d.DigestS3Object, name)
		}
		if d.PreviousDigestSignature == nil {
			wantEqual(k.t, "starting digest", []any{d.PreviousDigestS3Bucket, d.PreviousDigestS3Object, d.PreviousDigestHashValue, d.PreviousDigestHashAlgorithm}, "[<nil> <nil> <nil> <nil>]")
			chains = append(chains, nil)
		} else if i == 0 {
			k.t.Fatalf("%s comes first and is no starting digest", d.DigestS3Object)
		} else {
			d.checkLink(k, all[i-1])
		}
		if !d.DigestEndTime.After(d.DigestStartTime) || i > 0 && d.DigestStartTime.Before(all[i-1].DigestEndTime) {
			k.t.Errorf("%s is of %v to %v", d.DigestS3Object, d.DigestStartTime, d.DigestEndTime)
		}
		k.checkLogs(d, listed)
		chains[len(chains)-1] = append(chains[len(chains)-1], d)
	}
	for key, times := range listed {
		if times != 1 {
			k.t.Errorf("%s is in %d digests", key, times)
		}
	}
	return chains
}

func (d digest) checkLink(k *kit, before digest) {
	k.t.Helper()
	wantEqual(k.t, "link to "+before.DigestS3Object,
		[]string{*d.PreviousDigestS3Bucket, *d.PreviousDigestS3Object, *d.PreviousDigestHashValue, *d.PreviousDigestHashAlgorithm, *d.PreviousDigestSignature},
		[]string{before.DigestS3Bucket, before.DigestS3Object, before.hash, "SHA-256", before.signature})
	wantEqual(k.t, "start", d.DigestStartTime, before.DigestEndTime)
}

// checkLogs compares the log files that a digest lists, and the times of their events.
func (k *kit) checkLogs(d digest, listed map[string]int) {
	k.t.Helper()
	var oldest, newest string
	for _, log := range d.LogFiles {
		_, content := k.fetch(log.S3Bucket, log.S3Object)
		sum := sha256.Sum256(content)
		wantEqual(k.t, log.S3Object, log.HashAlgorithm+" "+log.HashValue, "SHA-256 "+hex.EncodeToString(sum[:]))
		listed[log.S3Bucket+"/"+log.S3Object]++
		var file struct{ Records []written }
		k.must(json.Unmarshal(content, &file))
		var times []string
		for _, r := range file.Records {
			times = append(times, r.EventTime)
		}
		wantEqual(k.t, "events of "+log.S3Object, []string{log.OldestEventTime, log.NewestEventTime}, []string{slices.Min(times), slices.Max(times)})
		if oldest == "" || log.OldestEventTime < oldest {
			oldest = log.OldestEventTime
		}
		newest = max(newest, log.NewestEventTime)
	}
	if len(d.LogFiles) == 0 {
		wantEqual(k.t, "events of an empty digest", []any{d.OldestEventTime, d.NewestEventTime}, "[<nil> <nil>]")
	} else {
		wantEqual(k.t, "events", []string{*d.OldestEventTime, *d.NewestEventTime}, []string{oldest, newest})
	}
}

// spans tells what each digest of a chain covers, in minutes since the year 2000, where a bubble's clock starts.
func spans(chain []digest) []string {
	var all []string
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, d := range chain {
		all = append(all, fmt.Sprintf("%v-%v:%d", d.DigestStartTime.Sub(began).Minutes(), d.DigestEndTime.Sub(began).Minutes(), len(d.LogFiles)))
	}
	return all
}

// events names all events in the log files that a chain lists.
func (k *kit) events(chain []digest) []string {
	k.t.Helper()
	var all []string
	for _, d := range chain {
		for _, log := range d.LogFiles {
			_, content := k.fetch(log.S3Bucket, log.S3Object)
			var file struct{ Records []written }
			k.must(json.Unmarshal(content, &file))
			all = append(all, eventNames(file.Records)...)
		}
	}
	return all
}
