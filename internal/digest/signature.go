package digest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"math/big"
	"sync"
	"time"
)

// keySlack is how long after its end a digest may be signed: its key may have come into use only then.
const keySlack = 2 * time.Hour

// maxKeyBits bounds the work that a hostile key file can cause.
const maxKeyBits = 8192

// parseKey reads a public key: DER of PKCS#1, as documented, or of SPKI, as one documented sample is.
func parseKey(der []byte) (*rsa.PublicKey, error) {
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		other, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return nil, errors.New("the public key is neither PKCS#1 nor SPKI")
		}
		spki, ok := other.(*rsa.PublicKey)
		if !ok {
			return nil, errors.New("the public key is not of RSA")
		}
		key = spki
	}
	if key.N.BitLen() > maxKeyBits {
		return nil, errors.New("the public key is absurdly long")
	}
	return key, nil
}

// verifies checks an RSA PKCS #1 v1.5 signature with SHA-256.
func verifies(key *rsa.PublicKey, signed, signature []byte) bool {
	sum := sha256.Sum256(signed)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
}

// sha256Info is the ASN.1 prefix of a SHA-256 hash inside a PKCS #1 v1.5 signature (RFC 8017, 9.2).
var sha256Info = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

// genuine says whether the key's owner made the signature, whatever it signs. It tells a digest that was changed under
// its signature from one whose signature was made up; it never makes anything valid.
func genuine(key *rsa.PublicKey, signature []byte) bool {
	if len(signature) != key.Size() {
		return false
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(key.N) >= 0 {
		return false
	}
	padded := s.Exp(s, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	rest, ok := bytes.CutPrefix(padded, []byte{0, 1})
	if !ok || len(rest) < sha256.Size {
		return false
	}
	rest = bytes.TrimLeft(rest[:len(rest)-sha256.Size], "\xff")
	return bytes.Equal(rest, append([]byte{0}, sha256Info...))
}

// keyring asks for keys a month at a time, and remembers the answers.
type keyring struct {
	keys Keys

	mu     sync.Mutex // guards months
	months map[keyMonth]*keyAnswer
}

type keyMonth struct {
	region string
	month  time.Time
}

type keyAnswer struct {
	asked sync.Once
	keys  []PublicKey
	err   error
}

// find returns the keys of that fingerprint, of whatever period, that a region had around a time.
func (k *keyring) find(ctx context.Context, region, fingerprint string, from, to time.Time) ([]PublicKey, error) {
	var found []PublicKey
	for month := monthOf(from); !month.After(to); month = month.AddDate(0, 1, 0) {
		keys, err := k.ask(ctx, region, month)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if key.Fingerprint == fingerprint {
				found = append(found, key)
			}
		}
	}
	return found, nil
}

func (k *keyring) ask(ctx context.Context, region string, month time.Time) ([]PublicKey, error) {
	k.mu.Lock()
	answer, ok := k.months[keyMonth{region, month}]
	if !ok {
		answer = &keyAnswer{}
		k.months[keyMonth{region, month}] = answer
	}
	k.mu.Unlock()
	answer.asked.Do(func() {
		answer.keys, answer.err = k.keys.Keys(ctx, region, month, month.AddDate(0, 1, 0))
	})
	return answer.keys, answer.err
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// usable says whether the key was in use at any time between from and to. An open end is open.
func (p PublicKey) usable(from, to time.Time) bool {
	return !p.From.After(to) && (p.To.IsZero() || !p.To.Before(from))
}
