package posture

// Coverage is which events are recorded, and where.
type Coverage struct {
	Categories []Category `json:"categories"`
	Cells      []Cell     `json:"cells"` // in the order of account, region and category
	Blind      []Blind    `json:"blind"` // what is recorded nowhere, or not known to be
	// Never is what CloudTrail records in no configuration, in words.
	Never []string `json:"never"`
}

// Category is a kind of events, as fine as the map tells them apart.
type Category struct {
	Name         string `json:"name"`                   // such as "management write" or "S3 object read"
	Event        string `json:"event"`                  // CloudTrail's eventCategory: Management, Data, NetworkActivity or Insight
	ResourceType string `json:"resourceType,omitempty"` // of data events, such as AWS::S3::Object
	Access       string `json:"access,omitempty"`       // read or write; empty: both
	Source       string `json:"source,omitempty"`       // of network activity events: the service
	Insight      string `json:"insight,omitempty"`      // ApiCallRateInsight or ApiErrorRateInsight
}

// Cell says how the events of a category are recorded in one region of an account.
type Cell struct {
	Account  string      `json:"account"`
	Region   string      `json:"region"`
	Category string      `json:"category"` // its name
	State    Recorded    `json:"state"`
	Detail   string      `json:"detail,omitempty"` // what of it no recorder selects, in words, where it is partly; or why that is unknown
	By       []Recording `json:"by,omitempty"`
}

// Recorded says how much of the events of a cell is recorded.
type Recorded string

// How much is recorded.
const (
	Whole     Recorded = "whole"
	Partly    Recorded = "partly"
	None      Recorded = "none"
	Uncertain Recorded = "unknown"
)

// Recording is one trail or event data store that records events of a cell.
type Recording struct {
	ARN     string   `json:"arn"`
	Missing string   `json:"missing,omitempty"` // what of the category it does not record, in words
	To      []string `json:"to"`                // where the events go: s3://bucket/prefix, ARNs of a log group or topic, or the store itself
	// Held are the accounts in whose hands it lies: whoever holds power in one of them can stop it, or what it rests on.
	Held []Holder `json:"held"`
}

// Holder is an account that holds a part of what a recording rests on.
type Holder struct {
	Account string `json:"account"` // empty: nobody knows whose it is
	What    string `json:"what"`    // trail, bucket, key, …
}

// Blind is something that is not recorded.
type Blind struct {
	Account  string   `json:"account"`
	Regions  []string `json:"regions"`
	Category string   `json:"category"`
	State    Recorded `json:"state"` // partly, none or unknown
	Text     string   `json:"text"`
}
