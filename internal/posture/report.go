package posture

import (
	"crypto/sha256"
	_ "embed" // for the schema
	"encoding/hex"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
)

// Schema names the form of a report as JSON.
const Schema = "trailhold/audit/v1"

// SchemaText is the JSON Schema of that form. Nobody changes it.
//
//go:embed audit.schema.json
var SchemaText []byte

// Report is everything that an audit has to say. Its JSON form is what `trailhold audit --output json` prints and
// `--compare` reads.
type Report struct {
	Schema   string    `json:"schema"`
	At       time.Time `json:"at"`
	Accounts []Summary `json:"accounts"`
	Checks   []Check   `json:"checks"` // those that were put
	Findings []Finding `json:"findings"`
	Score    Score     `json:"score"`
	Coverage Coverage  `json:"coverage"`
	// WhoCan tells which principals can impair the trails and what they rest on: one for each account and technique.
	WhoCan []WhoCan `json:"whoCan"`
	// NotEvaluated says what WhoCan leaves open, in words.
	NotEvaluated []string `json:"notEvaluated"`

	Comparison *Comparison `json:"comparison,omitempty"` // with an earlier report
	// Unread says what could not be read, in words. Findings that rest on it are unknown.
	Unread []string `json:"unread"`
}

// Summary is one account of a report.
type Summary struct {
	ID      string   `json:"id"`
	Caller  string   `json:"caller,omitempty"`  // who read it
	Failure string   `json:"failure,omitempty"` // why it could not be read at all
	Regions []string `json:"regions"`           // that are enabled
	Trails  []string `json:"trails"`            // ARNs
}

// Status is the result of a check for one thing.
type Status string

// The statuses. Only pass is good; unknown never counts as pass.
const (
	Pass          Status = "pass"
	Fail          Status = "fail"
	Unknown       Status = "unknown"        // it could not be read, or not decided
	NotApplicable Status = "not-applicable" // there is nothing to ask
	Muted         Status = "muted"          // fails or is unknown, and somebody answers for that
)

// Statuses lists all statuses, the worst first.
func Statuses() []Status { return []Status{Fail, Unknown, Muted, Pass, NotApplicable} }

// Finding is the result of one check for one thing: a trail, a bucket, a region, an account. Whatever it quotes may have
// been chosen by an intruder: make it harmless before you show it.
type Finding struct {
	// ID stays the same from one audit to the next: it is made of check, account, region and resource.
	ID       string            `json:"id"`
	Check    string            `json:"check"` // ID of its Check
	Severity severity.Severity `json:"severity"`
	Status   Status            `json:"status"`
	Account  string            `json:"account"`
	Region   string            `json:"region,omitempty"`
	Resource string            `json:"resource,omitempty"` // ARN; empty if it is about the account or region as a whole
	Tags     map[string]string `json:"tags,omitempty"`     // of the resource, where they were read
	Detail   string            `json:"detail"`             // one sentence: what was found
	Evidence []Evidence        `json:"evidence,omitempty"` // on which that rests
	Remedy   string            `json:"remedy,omitempty"`   // the exact command; where it fails
	Mute     *Mute             `json:"mute,omitempty"`     // why it is muted, where it is
}

// Evidence is a value that was read.
type Evidence struct {
	Name  string `json:"name"` // such as IsLogging, or bucket.lifecycle
	Value string `json:"value"`
}

// findingID makes the ID of a finding.
func findingID(check, account, region, resource string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{check, account, region, resource}, "\x00")))
	return check + "-" + hex.EncodeToString(sum[:6])
}

// Mute says who answers for a finding, and until when.
type Mute struct {
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"` // zero: for ever
	Place  string    `json:"place"`          // where it is written, such as mute.yaml:7
}

// Score is one number for everything, with its arithmetic.
type Score struct {
	Value    float64 `json:"value"` // 0 to 10, one decimal, rounded down; 10 means that nothing fails and all was read
	Earned   float64 `json:"earned"`
	Possible float64 `json:"possible"`
	// Parts are the arithmetic: one for each check that applies. Value is 10 × Earned ÷ Possible, but at most Cap.
	Parts []ScorePart `json:"parts"`
	// Cap is the most that the worst failure leaves, and CapBy the check that fails; 10 and empty if none does.
	Cap   float64 `json:"cap"`
	CapBy string  `json:"capBy,omitempty"`
	// Changes are the three changes that lower the risk most, the best first, each on top of those before it.
	Changes []Change `json:"changes"`
}

// ScorePart is what one check adds to the score.
type ScorePart struct {
	Check   string  `json:"check"`
	Weight  float64 `json:"weight"` // by severity
	Passed  int     `json:"passed"`
	Failed  int     `json:"failed"`
	Unknown int     `json:"unknown"`
	Earned  float64 `json:"earned"` // Weight × Passed ÷ (Passed + Failed + Unknown)
}

// Change is something to do: everything that one check asks for.
type Change struct {
	Check    string   `json:"check"`
	Title    string   `json:"title"`
	Findings []string `json:"findings"` // IDs of all that it mends, those of other checks among them
	Remedies []string `json:"remedies"` // commands, each once
	Score    float64  `json:"score"`    // after this change and those before it
}

// Comparison is how the findings differ from those of an earlier report. Fixed lists the earlier findings, the others those
// of this report, by their IDs.
type Comparison struct {
	With      time.Time `json:"with"`      // when the earlier audit was made
	New       []string  `json:"new"`       // fail or are unknown now and did not before
	Fixed     []Finding `json:"fixed"`     // failed or were unknown and do no longer, as they were
	Unchanged []string  `json:"unchanged"` // fail or are unknown as before
	Before    float64   `json:"before"`    // the earlier score
}

// WhoCan is a technique and the principals of an account that can perform it.
type WhoCan struct {
	Account   string            `json:"account"`
	Technique string            `json:"technique"` // id, such as stop-logging
	Title     string            `json:"title"`
	Severity  severity.Severity `json:"severity"`
	Grants    []Grant           `json:"grants"` // the surest first
	// Denied names the statements of control policies that deny it, or a part of it, to everybody but their exceptions; empty if
	// none does.
	Denied []string `json:"denied"`
	// Shielded says that every way to do it is denied, on all resources.
	Shielded bool `json:"shielded"`
}

// Grant is one principal that can perform a technique, and why.
type Grant struct {
	Principal string   `json:"principal"`         // ARN; * is everybody
	Action    string   `json:"action"`            // such as cloudtrail:StopLogging
	Resources []string `json:"resources"`         // ARNs of those on which it can; * for calls that name none
	Perhaps   []string `json:"perhaps,omitempty"` // if Maybe is empty: ARNs of those on which it's not sure
	Policy    string   `json:"policy"`            // name of the policy that allows it; empty if it could not be read
	Statement string   `json:"statement"`         // name of the statement; empty if it's none
	Broad     bool     `json:"broad"`             // granted by a wildcard such as cloudtrail:*
	Maybe     string   `json:"maybe,omitempty"`   // what it depends on, if it isn't sure
}
