package digest

import "time"

// Options says what to verify, and against what. Only Bucket may be needed; every other field narrows or adds.
type Options struct {
	// Bucket holds the digests. Empty for a copy whose bucket is not known: objects are then listed and asked for with
	// an empty bucket name, and only their keys are compared with what digests say.
	Bucket string

	// Prefix is where to look: a trail's key prefix, a place above it or below it, or empty for the whole bucket.
	Prefix string

	// Exact says that Prefix is a trail's own, as GetTrail tells it: AWSLogs/ lies directly beneath, and nothing else is
	// searched or listed.
	Exact bool

	// Accounts, Regions (source regions), Trail (a name) and HomeRegion narrow what is verified; empty means all.
	Accounts   []string
	Regions    []string
	Trail      string
	HomeRegion string

	// From and To bound the time: the digests that cover any of [From, To) are verified. Zero leaves a side open.
	From, To time.Time

	// Now is the clock's time, against which missing newest digests show. Zero leaves the end of each chain unchecked,
	// except where Expect says more.
	Now time.Time

	// Expect names chains that must be there.
	Expect []Expectation

	// Stops are the known reasons for a chain to end or to begin anew.
	Stops []Stop

	// Anchors is what an earlier run returned.
	Anchors Anchors

	// Concurrency is the number of objects in flight; 0 means 128.
	Concurrency int

	// Progress is called now and then, never twice at once. It may be nil.
	Progress func(Progress)
}

// Expectation is a chain that must be there. In its Chain, empty Organization and Prefix mean any.
type Expectation struct {
	Chain
	// LatestDigestDelivery is what GetTrailStatus tells in the chain's region; zero if not known. It replaces the clock.
	LatestDigestDelivery time.Time
}

// Stop is a known call that ended a chain: StopLogging, DeleteTrail, or validation switched off.
type Stop struct {
	Account    string // of the trail; empty for any
	Trail      string // the name; empty for any
	HomeRegion string // empty for any
	At         time.Time
	Until      time.Time // when it was undone; zero while it lasts
}
