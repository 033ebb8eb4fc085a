package digest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Store reads the objects of a bucket, or of a copy that has the bucket's layout. Every failure is a *FetchError. A
// store retries what is worth retrying (throttles, resets, 5xx) itself, and is safe for concurrent use.
type Store interface {
	// List calls each for every object whose key begins with prefix and sorts after startAfter, in ascending order of
	// the keys' bytes, however many there are. It stops at each's first error and returns that error unchanged. A bucket
	// that does not exist is an error of kind NotFound; a prefix without objects is none.
	List(ctx context.Context, bucket, prefix, startAfter string, each func(Object) error) error

	// Folders calls each for every folder directly beneath prefix, in ascending order: what S3 calls the common prefixes
	// with delimiter "/". A folder is given as its whole key prefix, with the slash at its end. Errors as for List.
	Folders(ctx context.Context, bucket, prefix string, each func(folder string) error) error

	// Get opens an object. The bytes are the stored ones: never inflated on the way, whatever Content-Encoding says.
	// The caller closes the body. An error of the body's Read means that the bytes were not delivered; Verify then asks
	// for the object anew a few times before it calls it unknown.
	Get(ctx context.Context, bucket, key string) (Content, error)
}

// Object is one entry of a listing.
type Object struct {
	Key          string
	Size         int64     // of the stored bytes; -1 where it is not known
	LastModified time.Time // zero where it is not known
}

// Content is an opened object.
type Content struct {
	Body         io.ReadCloser
	Size         int64             // of the stored bytes, as announced; -1 where it is not known
	Metadata     map[string]string // user metadata; names without "x-amz-meta-", compared without regard to case
	LastModified time.Time         // zero where it is not known
}

// Keys finds the public keys that CloudTrail signs digests with. It is safe for concurrent use.
type Keys interface {
	// Keys returns the keys of a region that were in use at any time between from and to (both included); more do no
	// harm. No key is an empty answer, not an error. An error makes the digests that need a key unknown.
	Keys(ctx context.Context, region string, from, to time.Time) ([]PublicKey, error)
}

// PublicKey is one answer of ListPublicKeys.
type PublicKey struct {
	Fingerprint string    `json:"fingerprint"` // opaque: digests name their key by it
	Value       []byte    `json:"value"`       // DER, PKCS#1 or SPKI
	From        time.Time `json:"from"`        // ValidityStartTime
	To          time.Time `json:"to"`          // ValidityEndTime
}

// FetchKind says why an object, a listing or a key could not be had.
type FetchKind string

// The kinds of FetchError. Only NotFound says anything about the object; every other one leaves it unknown.
const (
	NotFound  FetchKind = "not-found" // positively: the store answered that it is not there
	Denied    FetchKind = "denied"    // 403, or credentials that are missing or expired
	Archived  FetchKind = "archived"  // in a storage class that needs a restore first (Glacier, Deep Archive)
	KMS       FetchKind = "kms"       // it cannot be decrypted: key disabled, deleted or denied
	Throttled FetchKind = "throttled" // still throttled, reset or cut after every retry
	Other     FetchKind = "other"
)

// FetchError is a failure to read, which never is evidence of tampering unless its kind is NotFound.
type FetchError struct {
	Kind   FetchKind
	Object string // such as s3://bucket/key, or what else was asked for
	Err    error  // the cause; may be nil
}

func (e *FetchError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Object, e.Kind)
	}
	return fmt.Sprintf("%s: %s: %v", e.Object, e.Kind, e.Err)
}

// Unwrap gives the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// fetchKind classifies any error of a store: one that is no *FetchError is Other, so that it can never pass for absence.
func fetchKind(err error) FetchKind {
	if fetch, ok := errors.AsType[*FetchError](err); ok {
		return fetch.Kind
	}
	return Other
}
