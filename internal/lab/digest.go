package lab

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
)

// digestFile is the content of a digest file.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
type digestFile struct {
	AccountID                   string        `json:"awsAccountId"`
	StartTime                   string        `json:"digestStartTime"`
	EndTime                     string        `json:"digestEndTime"`
	Bucket                      string        `json:"digestS3Bucket"`
	Object                      string        `json:"digestS3Object"`
	PublicKeyFingerprint        string        `json:"digestPublicKeyFingerprint"`
	SignatureAlgorithm          string        `json:"digestSignatureAlgorithm"`
	NewestEventTime             *string       `json:"newestEventTime"` // null in a digest without log files
	OldestEventTime             *string       `json:"oldestEventTime"`
	PreviousDigestBucket        *string       `json:"previousDigestS3Bucket"` // null, like the next four, in a starting digest
	PreviousDigestObject        *string       `json:"previousDigestS3Object"`
	PreviousDigestHashValue     *string       `json:"previousDigestHashValue"`
	PreviousDigestHashAlgorithm *string       `json:"previousDigestHashAlgorithm"`
	PreviousDigestSignature     *string       `json:"previousDigestSignature"`
	LogFiles                    []digestedLog `json:"logFiles"`
}

// digestedLog is a log file as a digest lists it.
type digestedLog struct {
	Bucket          string `json:"s3Bucket"`
	Object          string `json:"s3Object"`
	HashValue       string `json:"hashValue"` // of the uncompressed content
	HashAlgorithm   string `json:"hashAlgorithm"`
	NewestEventTime string `json:"newestEventTime"`
	OldestEventTime string `json:"oldestEventTime"`

	delivered time.Time
}

// signedDigest is what a digest needs to know of the one before it.
type signedDigest struct {
	bucket, object, hash, signature string
}

// The algorithms as digests name them.
const (
	digestHash      = "SHA-256"
	digestSignature = "SHA256withRSA"
)

// listed is the log file as a digest will list it.
func listed(bucket, key string, content []byte, records []pendingRecord, now time.Time) digestedLog {
	oldest, newest := records[0].at, records[0].at
	for _, r := range records {
		if r.at.Before(oldest) {
			oldest = r.at
		}
		if r.at.After(newest) {
			newest = r.at
		}
	}
	return digestedLog{
		Bucket: bucket, Object: key, HashValue: hexSHA256(content), HashAlgorithm: digestHash,
		NewestEventTime: newest.Format(time.RFC3339), OldestEventTime: oldest.Format(time.RFC3339), delivered: now,
	}
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// digestKey names a digest file after its account, source region, trail, home region and end.
func (t *trail) digestKey(p place, end time.Time) string {
	return t.folder(p.account, "CloudTrail-Digest") + p.region + end.Format("/2006/01/02/") + p.account + "_CloudTrail-Digest_" +
		p.region + "_" + t.name + "_" + t.home + end.Format("_20060102T150405Z") + ".json.gz"
}

// newDigest lists log files in a digest from the chain's start to end.
func (c *digestChain) newDigest(t *trail, p place, end time.Time, logs []digestedLog, key signingKey) digestFile {
	d := digestFile{
		AccountID: p.account, StartTime: c.start.Format(time.RFC3339), EndTime: end.Format(time.RFC3339),
		Bucket: t.bucket, Object: t.digestKey(p, end),
		PublicKeyFingerprint: key.fingerprint, SignatureAlgorithm: digestSignature,
		LogFiles: append([]digestedLog{}, logs...), // never null
	}
	for i := range d.LogFiles {
		log := &d.LogFiles[i]
		if d.OldestEventTime == nil || log.OldestEventTime < *d.OldestEventTime {
			d.OldestEventTime = &log.OldestEventTime
		}
		if d.NewestEventTime == nil || log.NewestEventTime > *d.NewestEventTime {
			d.NewestEventTime = &log.NewestEventTime
		}
	}
	if before := c.previous; before != nil {
		algorithm := digestHash
		d.PreviousDigestBucket, d.PreviousDigestObject = &before.bucket, &before.object
		d.PreviousDigestHashValue, d.PreviousDigestHashAlgorithm = &before.hash, &algorithm
		d.PreviousDigestSignature = &before.signature
	}
	return d
}

// sign signs the digest with the text that CloudTrail's documentation prescribes.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
func (d *digestFile) sign(content []byte, key signingKey) (*signedDigest, error) {
	previous := "null"
	if d.PreviousDigestSignature != nil {
		previous = *d.PreviousDigestSignature
	}
	hash := hexSHA256(content)
	sum := sha256.Sum256([]byte(d.EndTime + "\n" + d.Bucket + "/" + d.Object + "\n" + hash + "\n" + previous))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key.private, crypto.SHA256, sum[:])
	if err != nil {
		return nil, err
	}
	return &signedDigest{bucket: d.Bucket, object: d.Object, hash: hash, signature: hex.EncodeToString(signature)}, nil
}

// putDigest writes the chain's next digest, of the time from its start to end. The error's code is S3's.
func (l *Lab) putDigest(c *digestChain, t *trail, p place, end time.Time, logs []digestedLog, at time.Time) error {
	if code := l.deliveryTrouble(t, t.digestKey(p, end)); code != "" {
		return errorf(code, "CloudTrail cannot write to %s", t.bucket)
	}
	key, err := l.signingKey(p.region, end)
	if err != nil {
		return err
	}
	d := c.newDigest(t, p, end, logs, key)
	content, err := json.Marshal(d)
	if err != nil {
		return err
	}
	signed, err := d.sign(content, key)
	if err != nil {
		return err
	}
	if err := l.putObject(d.Bucket, d.Object, compress(content), signed.header(t), at); err != nil {
		return err
	}
	c.start, c.previous = end, signed
	return nil
}

// header is what CloudTrail sends with a digest file of a trail.
func (s *signedDigest) header(t *trail) http.Header {
	h := t.fileHeader()
	h.Set("X-Amz-Meta-Signature", s.signature)
	h.Set("X-Amz-Meta-Signature-Algorithm", digestSignature)
	return h
}

func compress(content []byte) []byte {
	var file bytes.Buffer
	z := gzip.NewWriter(&file) // writing to memory cannot fail
	_, _ = z.Write(content)
	_ = z.Close()
	return file.Bytes()
}
