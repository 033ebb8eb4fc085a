package digest

import (
	"fmt"
	"time"
)

// Problem is one thing that is wrong with, or not known of, a chain. Everything in it may come from hostile objects.
type Problem struct {
	Kind     Kind      `json:"kind"`
	Class    Class     `json:"class"`              // of the kind
	Object   string    `json:"object"`             // s3://bucket/key, or what else is meant where there is no object
	Chain    Chain     `json:"chain"`              // of a planted log: without trail, since none listed it
	Detail   string    `json:"detail"`             // one sentence
	Expected string    `json:"expected,omitempty"` // what had to be there
	Found    string    `json:"found,omitempty"`    // what was there
	Time     time.Time `json:"time,omitzero"`      // the end of the digest, or the time in a log's name
}

// SecurityError is a failed verification, with the evidence. A failure to read is a *FetchError instead.
type SecurityError struct{ Problem Problem }

func (e *SecurityError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Problem.Kind, e.Problem.Object, e.Problem.Detail)
}

// Class says what a problem means for the verdict.
type Class string

// The classes.
const (
	Failure Class = "failure" // evidence of tampering or loss: not ok
	Unknown Class = "unknown" // could not be read or proved: not ok either
	Notice  Class = "notice"  // worth knowing, explained: ok
)

// Kind names a sort of problem. It begins with log-, digest-, chain- or key-.
type Kind string

// The kinds. Kinds explains each.
const (
	LogMissing      Kind = "log-missing"
	LogModified     Kind = "log-modified"
	LogTrailingData Kind = "log-trailing-data"
	LogTruncated    Kind = "log-truncated"
	LogUnreadable   Kind = "log-unreadable"
	LogUnlisted     Kind = "log-unlisted"
	LogUnproven     Kind = "log-unproven"
	LogUnknown      Kind = "log-unknown"

	DigestMissing       Kind = "digest-missing"
	DigestNewestMissing Kind = "digest-newest-missing"
	DigestModified      Kind = "digest-modified"
	DigestBadSignature  Kind = "digest-bad-signature"
	DigestTrailingData  Kind = "digest-trailing-data"
	DigestTruncated     Kind = "digest-truncated"
	DigestUnreadable    Kind = "digest-unreadable"
	DigestMoved         Kind = "digest-moved"
	DigestDuplicate     Kind = "digest-duplicate"
	DigestOutOfOrder    Kind = "digest-out-of-order"
	DigestUnknown       Kind = "digest-unknown"

	ChainMissing           Kind = "chain-missing"
	ChainGap               Kind = "chain-gap"
	ChainRestart           Kind = "chain-restart"
	ChainRestartExplained  Kind = "chain-restart-explained"
	ChainPreviousObject    Kind = "chain-previous-object"
	ChainPreviousHash      Kind = "chain-previous-hash"
	ChainPreviousSignature Kind = "chain-previous-signature"
	ChainCut               Kind = "chain-cut"
	ChainRewritten         Kind = "chain-rewritten"
	ChainUnknown           Kind = "chain-unknown"
	ChainOmitted           Kind = "chain-omitted"

	KeyUnknown     Kind = "key-unknown"
	KeyOutOfPeriod Kind = "key-out-of-period"
	KeyMalformed   Kind = "key-malformed"
	KeyUnavailable Kind = "key-unavailable"
)

// KindInfo explains a kind.
type KindInfo struct {
	Kind    Kind
	Class   Class
	Meaning string // one line
}

// Kinds lists every kind of problem, in the order in which reports explain them.
func Kinds() []KindInfo {
	return []KindInfo{
		{LogMissing, Failure, "A log file that a digest lists is not there."},
		{LogModified, Failure, "A log file's content is not what its digest recorded."},
		{LogTrailingData, Failure, "A log file has bytes, or a further gzip member, after its end."},
		{LogTruncated, Failure, "A log file ends early."},
		{LogUnreadable, Failure, "A log file is not what CloudTrail writes: no gzip, or broken inside."},
		{LogUnlisted, Failure, "A log file lies among the others, in hours that are covered, and no digest lists it: planted."},
		{LogUnproven, Unknown, "A log file is as its digest says, but that digest is itself invalid."},
		{LogUnknown, Unknown, "A log file could not be read, so nothing is known of it."},
		{DigestMissing, Failure, "A digest that must have been delivered is not there."},
		{DigestNewestMissing, Failure, "A digest after the last one there is must have been delivered by now."},
		{DigestModified, Failure, "A digest carries a genuine signature, but of another content."},
		{DigestBadSignature, Failure, "A digest's signature is absent, malformed or made with no key of CloudTrail."},
		{DigestTrailingData, Failure, "A digest has bytes, or a further gzip member, after its end."},
		{DigestTruncated, Failure, "A digest ends early."},
		{DigestUnreadable, Failure, "A digest is not what CloudTrail writes: no gzip, no JSON, or fields that are absent or absurd."},
		{DigestMoved, Failure, "A genuine digest lies elsewhere than where CloudTrail delivered it."},
		{DigestDuplicate, Failure, "A genuine digest lies there a second time, under another name."},
		{DigestOutOfOrder, Failure, "A genuine digest stands in another one's place, or covers time that its predecessor covers."},
		{DigestUnknown, Unknown, "A digest could not be read, so nothing is known of it or of its logs."},
		{ChainMissing, Failure, "A chain that must be there has no digest at all."},
		{ChainGap, Failure, "A digest follows its predecessor by name, but not in time."},
		{ChainRestart, Failure, "A chain began anew, and no known stop explains it."},
		{ChainRestartExplained, Notice, "A chain began anew after a known stop: nothing proves the logs of the time between."},
		{ChainPreviousObject, Failure, "A digest names another predecessor than the one before it."},
		{ChainPreviousHash, Failure, "A digest recorded another content of its predecessor."},
		{ChainPreviousSignature, Failure, "A digest recorded another signature of its predecessor."},
		{ChainCut, Failure, "The chain ends before the anchor: its newest digests were cut off."},
		{ChainRewritten, Failure, "The digest at the anchor is genuine, but not the one that was seen there before."},
		{ChainUnknown, Unknown, "A part of the bucket could not be listed, so what it holds is not known."},
		{ChainOmitted, Unknown, "There was more than can be looked at or told one by one."},
		{KeyUnknown, Failure, "A digest names a public key that CloudTrail does not have."},
		{KeyOutOfPeriod, Failure, "A digest is signed with a key that was not in use at the time."},
		{KeyMalformed, Failure, "A public key cannot be parsed."},
		{KeyUnavailable, Unknown, "The public keys could not be had, so the digest is not proved."},
	}
}

// class finds a kind's class; a kind that nobody listed is a failure.
func (k Kind) class() Class {
	for _, info := range Kinds() {
		if info.Kind == k {
			return info.Class
		}
	}
	return Failure
}
