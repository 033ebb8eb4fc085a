package digest

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	signatureAlgorithm = "SHA256withRSA"
	hashAlgorithm      = "SHA-256"
	maxHours           = 48 // a digest covers an hour; one that claims more than this is absurd
)

// document is the content of a digest.
type document struct {
	account     string
	start, end  time.Time
	endText     string // as written: the signature covers the text
	bucket      string
	object      string
	fingerprint string
	algorithm   string
	previous    *link // nil in a starting digest
	logs        []logEntry
}

// link is what a digest says of its predecessor.
type link struct {
	bucket, object string
	hash           string // hex, lower case
	signature      string // hex, as written
}

// logEntry is one log file as a digest lists it.
type logEntry struct {
	Bucket    string `json:"s3Bucket"`
	Object    string `json:"s3Object"`
	Hash      string `json:"hashValue"`
	Algorithm string `json:"hashAlgorithm"`
}

// wire is the JSON form. Pointers tell what is absent or null.
type wire struct {
	Account       string      `json:"awsAccountId"`
	Start         *string     `json:"digestStartTime"`
	End           *string     `json:"digestEndTime"`
	Bucket        *string     `json:"digestS3Bucket"`
	Object        *string     `json:"digestS3Object"`
	Fingerprint   *string     `json:"digestPublicKeyFingerprint"`
	Algorithm     string      `json:"digestSignatureAlgorithm"`
	PrevBucket    *string     `json:"previousDigestS3Bucket"`
	PrevObject    *string     `json:"previousDigestS3Object"`
	PrevHash      *string     `json:"previousDigestHashValue"`
	PrevAlgorithm *string     `json:"previousDigestHashAlgorithm"`
	PrevSignature *string     `json:"previousDigestSignature"`
	Logs          *[]logEntry `json:"logFiles"`
}

// parseDocument reads an uncompressed digest. The size is bounded by the caller, the depth by encoding/json.
func parseDocument(text []byte) (*document, error) {
	var w wire
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, fmt.Errorf("it is no JSON of a digest: %w", err)
	}
	for name, field := range map[string]*string{
		"digestEndTime": w.End, "digestStartTime": w.Start, "digestS3Bucket": w.Bucket,
		"digestS3Object": w.Object, "digestPublicKeyFingerprint": w.Fingerprint,
	} {
		if field == nil {
			return nil, fmt.Errorf("it has no %s", name)
		}
	}
	if w.Logs == nil {
		return nil, errors.New("it has no logFiles")
	}
	d := &document{
		account: w.Account, endText: *w.End, bucket: *w.Bucket, object: *w.Object,
		fingerprint: *w.Fingerprint, algorithm: w.Algorithm, logs: *w.Logs,
	}
	if err := d.setTimes(*w.Start, *w.End); err != nil {
		return nil, err
	}
	if err := d.setPrevious(w); err != nil {
		return nil, err
	}
	return d, d.checkLogs()
}

func (d *document) setTimes(start, end string) (err error) {
	if d.start, err = time.Parse(time.RFC3339, start); err != nil {
		return errors.New("its digestStartTime is no time")
	}
	if d.end, err = time.Parse(time.RFC3339, end); err != nil {
		return errors.New("its digestEndTime is no time")
	}
	d.start, d.end = d.start.UTC(), d.end.UTC()
	if length := d.end.Sub(d.start); length <= 0 || length > maxHours*time.Hour || !plausible(d.start) {
		return fmt.Errorf("it claims to cover %s to %s", start, end)
	}
	return nil
}

// setPrevious takes over the link to the predecessor: all of it or, in a starting digest, nothing.
func (d *document) setPrevious(w wire) error {
	if w.PrevObject == nil && w.PrevSignature == nil && w.PrevHash == nil {
		return nil
	}
	if w.PrevObject == nil || w.PrevBucket == nil || w.PrevHash == nil || w.PrevSignature == nil {
		return errors.New("it names only a part of its predecessor")
	}
	if w.PrevAlgorithm != nil && *w.PrevAlgorithm != hashAlgorithm {
		return errors.New("its previousDigestHashAlgorithm is not SHA-256")
	}
	d.previous = &link{*w.PrevBucket, *w.PrevObject, strings.ToLower(*w.PrevHash), *w.PrevSignature}
	return nil
}

func (d *document) checkLogs() error {
	for i, log := range d.logs {
		hash, err := hex.DecodeString(log.Hash)
		if err != nil || log.Algorithm == hashAlgorithm && len(hash) != 32 || log.Object == "" || len(log.Object) > maxKey {
			return fmt.Errorf("its entry %d of logFiles is malformed", i+1)
		}
	}
	return nil
}

// signed is the string that CloudTrail signs: it names the digest's own place, so that a copy elsewhere shows.
func (d *document) signed(hash [32]byte) []byte {
	previous := "null"
	if d.previous != nil {
		previous = d.previous.signature
	}
	return []byte(d.endText + "\n" + d.bucket + "/" + d.object + "\n" + hex.EncodeToString(hash[:]) + "\n" + previous)
}

// seal is what a digest's object metadata tells.
type seal struct {
	signature []byte
	text      string // of the signature, as written
	algorithm string
	backfill  time.Time // when a backfill digest was generated; zero if it does not tell
}

const maxSignature = 4096 // hex digits: twice those of the largest key that is accepted

// parseSeal reads a digest's object metadata.
func parseSeal(metadata map[string]string) (seal, error) {
	var s seal
	for name, value := range metadata {
		switch strings.ToLower(name) {
		case "signature":
			s.text = value
		case "signature-algorithm":
			s.algorithm = value
		case "backfill-generation-timestamp":
			s.backfill = parseStamp(value)
		}
	}
	if s.text == "" {
		return s, errors.New("its object metadata holds no signature")
	}
	var err error
	if s.signature, err = hex.DecodeString(s.text); err != nil || len(s.text) > maxSignature {
		return s, errors.New("the signature in its object metadata is not hexadecimal")
	}
	return s, nil
}

// parseStamp reads a time in either of the forms that CloudTrail uses; zero if it is neither.
func parseStamp(text string) time.Time {
	for _, layout := range []string{time.RFC3339, stampLayout} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}
