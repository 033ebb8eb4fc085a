package lab

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// signingKey is a region's key pair for digest files.
type signingKey struct {
	private     *rsa.PrivateKey
	fingerprint string // MD5 of the public key's DER, in hex, as ListPublicKeys tells it
	from, to    time.Time
}

// keyPeriod is when and where a key pair signs: periods are counted from the lab's start.
type keyPeriod struct {
	region string
	period int
}

// KeyRing keeps private keys, because making one takes some tenths of a second. The zero value is usable, by several labs
// at once.
type KeyRing struct {
	mu   sync.Mutex
	keys map[keyPeriod]*rsa.PrivateKey
}

// private returns a key, making it on first use.
func (r *KeyRing) private(p keyPeriod) (*rsa.PrivateKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key := r.keys[p]; key != nil {
		return key, nil
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	if r.keys == nil {
		r.keys = map[keyPeriod]*rsa.PrivateKey{}
	}
	r.keys[p] = key
	return key, nil
}

// signingKeyLife is how long a key pair is valid.
const signingKeyLife = 365 * 24 * time.Hour

// signingKey returns the key pair of a region at a time since the lab's start, making it on first use. The lab is locked.
func (l *Lab) signingKey(region string, at time.Time) (signingKey, error) {
	first := l.started.Add(-time.Hour).Truncate(time.Second)
	p := keyPeriod{region, int(at.Sub(first) / signingKeyLife)}
	if key, ok := l.keys[p]; ok {
		return key, nil
	}
	private, err := l.options.Keys.private(p)
	if err != nil {
		return signingKey{}, err
	}
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	from := first.Add(time.Duration(p.period) * signingKeyLife)
	key := signingKey{private: private, fingerprint: hex.EncodeToString(sum[:]), from: from, to: from.Add(signingKeyLife)}
	l.keys[p] = key
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
	if _, err := c.lab.signingKey(c.region, c.now); err != nil { // there always is a current one
		return nil, err
	}
	list := []publicKey{}
	for p, key := range c.lab.keys {
		if p.region == c.region && !key.to.Before(start) && !key.from.After(end) {
			list = append(list, publicKey{
				Value:             x509.MarshalPKCS1PublicKey(&key.private.PublicKey),
				Fingerprint:       key.fingerprint,
				ValidityStartTime: epoch{key.from}, ValidityEndTime: epoch{key.to},
			})
		}
	}
	slices.SortFunc(list, func(a, b publicKey) int { return a.ValidityStartTime.Compare(b.ValidityStartTime.Time) })
	return map[string]any{"PublicKeyList": list}, nil
}
