package digesttest

import (
	"cmp"
	"crypto"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// Signer is a private key that CloudTrail might have.
type Signer struct {
	Private     *rsa.PrivateKey
	Fingerprint string
}

// NewSigner makes a key of so many bits; CloudTrail's have 2048.
func NewSigner(bits int) (*Signer, error) {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, err
	}
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	return &Signer{private, hex.EncodeToString(sum[:])}, nil
}

// Public is the key as ListPublicKeys tells it.
func (s *Signer) Public(from, to time.Time) digest.PublicKey {
	return digest.PublicKey{Fingerprint: s.Fingerprint, Value: x509.MarshalPKCS1PublicKey(&s.Private.PublicKey), From: from, To: to}
}

// Sign signs a text as digests are signed, and gives the hex form.
func (s *Signer) Sign(text string) string {
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, s.Private, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // only a key too short for SHA-256 gets here: a mistake in a test
	}
	return hex.EncodeToString(signature)
}

// Document is a digest's JSON form, with the names of CloudTrail.
type Document struct {
	Account       string     `json:"awsAccountId"`
	Start         string     `json:"digestStartTime"`
	End           string     `json:"digestEndTime"`
	Bucket        string     `json:"digestS3Bucket"`
	Object        string     `json:"digestS3Object"`
	Fingerprint   string     `json:"digestPublicKeyFingerprint"`
	Algorithm     string     `json:"digestSignatureAlgorithm"`
	Newest        *string    `json:"newestEventTime"`
	Oldest        *string    `json:"oldestEventTime"`
	PrevBucket    *string    `json:"previousDigestS3Bucket"`
	PrevObject    *string    `json:"previousDigestS3Object"`
	PrevHash      *string    `json:"previousDigestHashValue"`
	PrevAlgorithm *string    `json:"previousDigestHashAlgorithm"`
	PrevSignature *string    `json:"previousDigestSignature"`
	Logs          []LogEntry `json:"logFiles"`
	hash          string
}

// LogEntry is one log as a digest lists it.
type LogEntry struct {
	Bucket    string `json:"s3Bucket"`
	Object    string `json:"s3Object"`
	Hash      string `json:"hashValue"`
	Algorithm string `json:"hashAlgorithm"`
	Newest    string `json:"newestEventTime"`
	Oldest    string `json:"oldestEventTime"`
}

// Delivered is one digest that a chain delivered, with what is needed to forge its successors.
type Delivered struct {
	Document
	Signature string
	Logs      []string // keys
	EndTime   time.Time
}

// Key is where the digest lies.
func (d Delivered) Key() string { return d.Object }

// Chain delivers logs and digests hour by hour into a World.
type Chain struct {
	World        *World
	Bucket       string
	Prefix       string
	Organization string
	Account      string
	Region       string
	Trail        string
	HomeRegion   string
	Backfill     bool
	Signer       *Signer
	At           time.Time        // the end of the newest digest: the next hour begins here
	Every        time.Duration    // what a digest covers; 0 stands for an hour
	LogsPerHour  int              // in each digest; 0 delivers empty ones
	Content      func(int) []byte // the compressed content of the nth log; nil for a small one that is its own

	Digests []Delivered
	fresh   bool // the next digest is a starting one
	logs    int
	hashes  map[*byte]string // of contents that logs share
}

// root is what precedes the account's folders.
func (c *Chain) folder(kind string, at time.Time) string {
	folder := "AWSLogs/"
	if c.Prefix != "" {
		folder = c.Prefix + "/" + folder
	}
	if c.Organization != "" {
		folder += c.Organization + "/"
	}
	return folder + c.Account + "/" + kind + "/" + c.Region + "/" + at.Format("2006/01/02/")
}

// DigestKey is where the digest of an end lies.
func (c *Chain) DigestKey(end time.Time) string {
	key := c.folder("CloudTrail-Digest", end) + c.Account + "_CloudTrail-Digest_" + c.Region + "_" + c.Trail + "_" + c.HomeRegion +
		"_" + end.Format("20060102T150405Z")
	if c.Backfill {
		key += "_backfill"
	}
	return key + ".json.gz"
}

// LogKey is where a log of a minute lies.
func (c *Chain) LogKey(at time.Time, unique string) string {
	return c.folder("CloudTrail", at) + c.Account + "_CloudTrail_" + c.Region + "_" + at.Format("20060102T1504Z") + "_" + unique + ".json.gz"
}

// Restart makes the next digest a starting one, after some time without any.
func (c *Chain) Restart(after time.Duration) {
	c.At, c.fresh = c.At.Add(after), true
}

// Deliver delivers so many digests.
func (c *Chain) Deliver(hours int) *Chain {
	for range hours {
		c.deliver()
	}
	return c
}

func (c *Chain) deliver() {
	every := cmp.Or(c.Every, time.Hour)
	start, end := c.At, c.At.Add(every)
	d := Delivered{EndTime: end, Document: Document{
		Account: c.Account, Start: start.Format(time.RFC3339), End: end.Format(time.RFC3339),
		Bucket: c.Bucket, Object: c.DigestKey(end), Fingerprint: c.Signer.Fingerprint, Algorithm: "SHA256withRSA",
		Logs: nil,
	}}
	d.Document.Logs = []LogEntry{}
	for i := range c.LogsPerHour {
		entry := c.deliverLog(start.Add(time.Duration(i+1) * every / time.Duration(c.LogsPerHour+1)))
		d.Document.Logs, d.Logs = append(d.Document.Logs, entry), append(d.Logs, entry.Object)
	}
	if len(c.Digests) > 0 && !c.fresh {
		c.link(&d.Document, c.Digests[len(c.Digests)-1])
	}
	c.fresh, c.At = false, end
	c.Seal(&d)
	c.Digests = append(c.Digests, d)
}

func (c *Chain) deliverLog(at time.Time) LogEntry {
	c.logs++
	c.World.logs++
	body := c.content(at)
	key := c.LogKey(at, fmt.Sprintf("%016d", c.World.logs))
	c.World.Put(c.Bucket, key, Object{Body: body, LastModified: at.Add(20 * time.Second)})
	stamp := at.Format(time.RFC3339)
	return LogEntry{c.Bucket, key, c.hashOf(body), "SHA-256", stamp, stamp}
}

// hashOf is the hash of a log's content. Logs that share their bytes are hashed once.
func (c *Chain) hashOf(body []byte) string {
	if hash, ok := c.hashes[&body[0]]; ok {
		return hash
	}
	text, err := Gunzip(body)
	if err != nil {
		panic(err) // Content has to be gzip: a mistake in a test
	}
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	if c.Content != nil {
		if c.hashes == nil {
			c.hashes = map[*byte]string{}
		}
		c.hashes[&body[0]] = hash
	}
	return hash
}

func (c *Chain) content(at time.Time) []byte {
	if c.Content != nil {
		return c.Content(c.logs)
	}
	return Gzip(fmt.Appendf(nil, `{"Records":[{"eventID":"%s-%s-%d","eventTime":%q}]}`, c.Account, c.Trail, c.logs, at.Format(time.RFC3339)))
}

// link names a digest's predecessor.
func (c *Chain) link(d *Document, previous Delivered) {
	algorithm := "SHA-256"
	d.PrevBucket, d.PrevObject, d.PrevHash = &previous.Bucket, &previous.Object, &previous.hash
	d.PrevAlgorithm, d.PrevSignature = &algorithm, &previous.Signature
}

// Seal signs a digest as it is and stores it where it says.
func (c *Chain) Seal(d *Delivered) {
	text, err := json.Marshal(d.Document)
	if err != nil {
		panic(err) // strings and pointers to strings always marshal
	}
	sum := sha256.Sum256(text)
	d.hash = hex.EncodeToString(sum[:])
	previous := "null"
	if d.PrevSignature != nil {
		previous = *d.PrevSignature
	}
	d.Signature = c.Signer.Sign(d.End + "\n" + d.Bucket + "/" + d.Object + "\n" + d.hash + "\n" + previous)
	metadata := map[string]string{"signature": d.Signature, "signature-algorithm": d.Algorithm}
	if c.Backfill {
		metadata["backfill-generation-timestamp"] = d.EndTime.Add(30 * time.Minute).Format(time.RFC3339)
	}
	c.World.Put(d.Bucket, d.Object, Object{Body: Gzip(text), Metadata: metadata, LastModified: d.EndTime.Add(5 * time.Minute)})
}

// Reforge signs the digests from the nth on anew, each linked to the one before: what somebody with CloudTrail's key could do.
func (c *Chain) Reforge(n int) {
	for i := n; i < len(c.Digests); i++ {
		if d := &c.Digests[i]; i > 0 && d.PrevObject != nil {
			c.link(&d.Document, c.Digests[i-1])
		}
		c.Digests[i].Fingerprint = c.Signer.Fingerprint
		c.Seal(&c.Digests[i])
	}
}
