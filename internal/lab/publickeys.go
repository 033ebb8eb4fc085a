package lab

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"time"
)

// signingKey is a region's key pair for digest files.
type signingKey struct {
	private     *rsa.PrivateKey
	fingerprint string // MD5 of the public key's DER, in hex, as ListPublicKeys tells it
	from, to    time.Time
}

// signingKeyLife is how long a key pair is valid. The lab never outlives it, so that each region has one.
const signingKeyLife = 365 * 24 * time.Hour

// signingKey returns a region's key pair, making it on first use. The lab is locked.
func (l *Lab) signingKey(region string) (signingKey, error) {
	if key, ok := l.keys[region]; ok {
		return key, nil
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return signingKey{}, err
	}
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	from := l.started.Add(-time.Hour)
	key := signingKey{private: private, fingerprint: hex.EncodeToString(sum[:]), from: from, to: from.Add(signingKeyLife)}
	l.keys[region] = key
	return key, nil
}

type publicKey struct {
	Value             []byte
	Fingerprint       string
	ValidityStartTime epoch
	ValidityEndTime   epoch
}

func (c *call) listPublicKeys() (any, error) {
	var in struct {
		StartTime, EndTime *epoch
		NextToken          string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.NextToken != "" {
		return nil, errorf("InvalidTokenException", "The token is reserved for future use.")
	}
	start, end := in.StartTime.or(c.now), in.EndTime.or(c.now)
	if start.After(end) {
		return nil, errorf("InvalidTimeRangeException", "The start time is after the end time.")
	}
	key, err := c.lab.signingKey(c.region)
	if err != nil {
		return nil, err
	}
	list := []publicKey{}
	if !key.to.Before(start) && !key.from.After(end) {
		list = append(list, publicKey{
			Value:             x509.MarshalPKCS1PublicKey(&key.private.PublicKey),
			Fingerprint:       key.fingerprint,
			ValidityStartTime: epoch{key.from}, ValidityEndTime: epoch{key.to},
		})
	}
	return map[string]any{"PublicKeyList": list}, nil
}
