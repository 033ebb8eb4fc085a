package digest

import "time"

// Chain identifies one chain of digests.
type Chain struct {
	Account      string `json:"account"`
	Region       string `json:"region"` // the source region: where the events happened
	Trail        string `json:"trail,omitempty"`
	HomeRegion   string `json:"homeRegion,omitempty"`
	Organization string `json:"organization,omitempty"` // such as o-exampleorgid, in an organization trail's layout
	Prefix       string `json:"prefix,omitempty"`       // what precedes AWSLogs/, without its slash
	Backfill     bool   `json:"backfill,omitempty"`     // backfill digests form a chain of their own
}

// Result is the verdict on everything that was found. Its JSON form is published.
type Result struct {
	Chains   []ChainResult `json:"chains"`
	Problems []Problem     `json:"problems"`
	Digests  Counts        `json:"digests"` // over all chains
	Logs     Counts        `json:"logs"`
	OK       bool          `json:"ok"` // there is something, and nothing invalid, missing, unknown or unexplained
	Anchors  Anchors       `json:"-"`  // the newest verified digest of each chain, for next time
}

// ChainResult is the verdict on one chain.
type ChainResult struct {
	Chain
	Bucket    string     `json:"bucket,omitempty"` // of the newest digest
	Intervals []Interval `json:"intervals"`        // ascending, without overlap
	Digests   Counts     `json:"digests"`
	Logs      Counts     `json:"logs"`
}

// Counts tells objects apart by verdict. Every object that was listed or expected is counted once.
type Counts struct {
	Valid   int64 `json:"valid"`
	Invalid int64 `json:"invalid"`
	Missing int64 `json:"missing"`
	Unknown int64 `json:"unknown"` // could not be read, or is not proved; never counted valid
}

func (c *Counts) add(d Counts) {
	c.Valid += d.Valid
	c.Invalid += d.Invalid
	c.Missing += d.Missing
	c.Unknown += d.Unknown
}

// Interval is a stretch of a chain's time.
type Interval struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	State State     `json:"state"`
}

// State says what is known of the logs that were delivered in an interval.
type State string

// The states of an interval, worst first.
const (
	Broken   State = "broken"   // a digest or a log is invalid or missing
	Unproven State = "unproven" // no digest covers it, or something could not be read
	Proven   State = "proven"   // every digest and every log is whole
)

// Anchors remembers, outside the account, the newest digest that was verified of each chain.
type Anchors struct {
	Version int      `json:"version"` // 1
	Chains  []Anchor `json:"chains"`
}

// Anchor is the newest verified digest of one chain.
type Anchor struct {
	Chain
	Bucket  string    `json:"bucket"`
	Object  string    `json:"object"`
	EndTime time.Time `json:"endTime"`
	SHA256  string    `json:"sha256"` // of the uncompressed digest, in hex
}

// Progress is what has been done so far.
type Progress struct {
	Digests, Logs int64   // objects looked at
	Bytes         int64   // stored bytes read
	Problems      int64   // found so far
	Done          float64 // the part of the whole that is done, from 0 to 1, as estimated from the time covered
}
