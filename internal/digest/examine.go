package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// finding is what is wrong with one object, before it is known whose problem that is.
type finding struct {
	kind                    Kind
	detail, expected, found string
}

// examined is one digest as it was found.
type examined struct {
	digestName           // where it lies
	object     string    // its key
	modified   time.Time // LastModified
	doc        *document // nil where it could not be read
	hash       [32]byte
	seal       seal
	wrong      *finding // the first thing that is wrong with it; nil if it is valid
	inPlace    bool     // its signature is CloudTrail's and it lies where CloudTrail put it: its links count
}

// maxUnprovenLogs bounds what an invalid digest can make the verification hold and fetch: twenty times the logs of a
// large account's hour.
const maxUnprovenLogs = 10_000

// examiner checks digests one by one.
type examiner struct {
	*fetcher
	keyring
	bucketKnown bool // compare the bucket too
}

// examine fetches a digest and checks all that can be checked without its neighbours.
func (e *examiner) examine(ctx context.Context, name digestName, key string) *examined {
	x := &examined{digestName: name, object: key}
	text, content, err := e.digest(ctx, name.bucket, key)
	x.modified = content.LastModified
	if x.wrong = readFinding(err, digestReadKinds); x.wrong != nil && x.wrong.kind != DigestTrailingData {
		return x
	}
	x.hash = sha256.Sum256(text)
	doc, err := parseDocument(text)
	if err != nil {
		x.wrong = &finding{kind: DigestUnreadable, detail: err.Error()}
		return x
	}
	x.doc = doc
	defer func() {
		if !x.inPlace && len(doc.logs) > maxUnprovenLogs {
			x.doc = nil
		}
	}()
	if wrong := e.checkSeal(ctx, x, content.Metadata); wrong != nil {
		x.wrong = wrong
		return x
	}
	if wrong := e.checkPlace(ctx, x); wrong != nil {
		x.wrong = wrong
		return x
	}
	x.inPlace = true
	return x
}

// readKinds names the kinds of problem for each way in which an object can fail to be read.
type readKinds struct{ missing, truncated, trailing, unreadable, unknown Kind }

var (
	digestReadKinds = readKinds{DigestMissing, DigestTruncated, DigestTrailingData, DigestUnreadable, DigestUnknown}
	logReadKinds    = readKinds{LogMissing, LogTruncated, LogTrailingData, LogUnreadable, LogUnknown}
)

// readFinding turns an error of the fetcher into a finding; nil for no error.
func readFinding(err error, kinds readKinds) *finding {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault](err); ok {
		kind := map[faultKind]Kind{
			truncated: kinds.truncated, trailing: kinds.trailing, malformed: kinds.unreadable, tooLarge: kinds.unknown,
		}[f.kind]
		return &finding{kind: kind, detail: f.detail, expected: "one whole gzip member"}
	}
	if fetchKind(err) == NotFound {
		return &finding{kind: kinds.missing, detail: "it is not there"}
	}
	return &finding{kind: kinds.unknown, detail: "it could not be read: " + err.Error(), found: string(fetchKind(err))}
}

// checkSeal checks the signature.
func (e *examiner) checkSeal(ctx context.Context, x *examined, metadata map[string]string) *finding {
	var err error
	if x.seal, err = parseSeal(metadata); err != nil {
		return &finding{kind: DigestBadSignature, detail: err.Error(), expected: "a signature by key " + x.doc.fingerprint}
	}
	for _, algorithm := range []string{x.seal.algorithm, x.doc.algorithm} {
		if algorithm != signatureAlgorithm {
			return &finding{DigestUnknown, "its signature algorithm is not one that can be checked", signatureAlgorithm, algorithm}
		}
	}
	from, to := x.doc.start, x.doc.end.Add(keySlack)
	if x.backfill {
		if x.seal.backfill.IsZero() {
			return &finding{kind: DigestUnreadable, detail: "its object metadata does not tell when it was generated"}
		}
		from, to = x.seal.backfill.Add(-keySlack), x.seal.backfill.Add(keySlack)
	}
	return e.checkSignature(ctx, x, from, to)
}

// checkSignature looks for a key of that fingerprint, in the source region first: each region signs with keys of its
// own. from and to bound the time of signing.
func (e *examiner) checkSignature(ctx context.Context, x *examined, from, to time.Time) *finding {
	var candidates []PublicKey
	for _, region := range []string{x.region, x.home} {
		if region == "" {
			continue // a digest of a strange name has no home region
		}
		keys, err := e.find(ctx, region, x.doc.fingerprint, from, to)
		if err != nil {
			return &finding{kind: KeyUnavailable, detail: "the public keys of " + region + " could not be had: " + err.Error(), expected: x.doc.fingerprint}
		}
		if candidates = keys; len(keys) > 0 {
			break
		}
	}
	if len(candidates) == 0 {
		return &finding{KeyUnknown, "no public key of the region has its fingerprint", "a key of CloudTrail", x.doc.fingerprint}
	}
	signed := x.doc.signed(x.hash)
	worst := &finding{kind: KeyMalformed, detail: "the public key with its fingerprint cannot be parsed", found: x.doc.fingerprint}
	for _, candidate := range candidates {
		key, err := parseKey(candidate.Value)
		switch {
		case err != nil:
		case verifies(key, signed, x.seal.signature):
			if candidate.usable(from, to) {
				return nil
			}
			worst = &finding{
				KeyOutOfPeriod, "its key was not in use when it was signed",
				span(candidate.From, candidate.To), span(x.doc.start, x.doc.end),
			}
		case worst.kind == KeyOutOfPeriod:
		case genuine(key, x.seal.signature):
			worst = &finding{
				kind: DigestModified, detail: "its signature is genuine, but of another content",
				found: "sha256 " + hex.EncodeToString(x.hash[:]),
			}
		case worst.kind != DigestModified:
			worst = &finding{
				DigestBadSignature, "its signature was not made with the key that it names",
				"a signature by key " + x.doc.fingerprint, abridged(x.seal.text),
			}
		}
	}
	return worst
}

// checkPlace compares where a genuine digest lies with where CloudTrail put it.
func (e *examiner) checkPlace(ctx context.Context, x *examined) *finding {
	if x.doc.object == x.object && (!e.bucketKnown || x.doc.bucket == x.bucket) {
		return nil
	}
	wrong := &finding{
		DigestMoved, "it does not lie where CloudTrail delivered it",
		objectURL(x.doc.bucket, x.doc.object), objectURL(x.bucket, x.object),
	}
	bucket := x.doc.bucket
	if !e.bucketKnown {
		bucket = x.bucket
	}
	text, _, err := e.digest(ctx, bucket, x.doc.object)
	if err == nil {
		if wrong.kind, wrong.detail = DigestOutOfOrder, "it stands in the place of another digest"; sha256.Sum256(text) == x.hash {
			wrong.kind, wrong.detail = DigestDuplicate, "it lies where CloudTrail delivered it, too"
		}
	}
	return wrong
}

func span(from, to time.Time) string { return stampOf(from) + " to " + stampOf(to) }

func stampOf(t time.Time) string {
	if t.IsZero() {
		return "open"
	}
	return t.UTC().Format(time.RFC3339)
}

// abridged shortens hostile text for a report.
func abridged(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s… (%d characters)", strings.ToValidUTF8(text[:most], ""), len(text))
}
