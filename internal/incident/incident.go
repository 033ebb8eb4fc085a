// Package incident is the account of one tampering: what was seen, who did it, what changed, what was done about it,
// what proves that the trail records again, and what is lost.
package incident

import (
	"encoding/json"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Stage is how far an incident has come.
type Stage string

// The stages. An incident has ended when it is Proved, Observed or Planned; every sweep looks at the others again.
const (
	Open      Stage = "open"       // seen, not yet acted on
	Planned   Stage = "planned"    // dry run: what would have been done is recorded, nothing was changed
	Failed    Stage = "failed"     // restoration did not reach the baseline
	Restored  Stage = "restored"   // state was read back equal to the baseline; fresh delivery not yet seen
	Proved    Stage = "proved"     // fresh delivery was seen
	Observed  Stage = "observed"   // nothing had drifted: a denied or failed attempt, or a harmless call
	AlertOnly Stage = "alert-only" // drift that is there and is not to be reverted: by policy, or because it widens
	Unread    Stage = "unread"     // the state, or a part of it, could not be read
	Permitted Stage = "permitted"  // drift that a change window allows: it is restored when the window ends

	ChangeWindow Stage = "change-window" // no tampering: somebody opened a change window, which has not ended
)

// Incident is one tampering with one trail. Times are UTC; those not reached are zero.
type Incident struct {
	ID           string `json:"id"`
	Version      int    `json:"version"` // grows by one with each save; for compare-and-swap
	Stage        Stage  `json:"stage"`
	TrailARN     string `json:"trailArn"`
	Account      string `json:"account"`
	Region       string `json:"region"` // the trail's home region
	BaselineHash string `json:"baselineHash"`
	DryRun       bool   `json:"dryRun,omitempty"`

	Techniques  []string          `json:"techniques"` // ids of the tamper table, the most severe first
	Severity    severity.Severity `json:"severity"`
	Cause       Cause             `json:"cause"`
	Actor       Actor             `json:"actor"`
	Occurrences int               `json:"occurrences"` // records folded into this incident; 0 if a sweep found it

	Attack     time.Time `json:"attack,omitzero"` // of the earliest record; zero if unknown
	Seen       time.Time `json:"seen"`
	Restored   time.Time `json:"restored,omitzero"`
	Proved     time.Time `json:"proved,omitzero"`
	Identified time.Time `json:"identified,omitzero"` // when it became known who did it, where that was after the alert

	Drifts    []trail.Drift        `json:"drifts"`
	Unknown   []trail.UnknownFacet `json:"unknown,omitempty"`
	Steps     []StepResult         `json:"steps"`
	Proof     []RegionProof        `json:"proof,omitempty"`
	Blind     []BlindWindow        `json:"blindWindows,omitempty"`
	Lost      []string             `json:"lost,omitempty"`
	Recovered *Recovered           `json:"recovered,omitempty"` // what Event history had of the blind windows
	Window    *Window              `json:"window,omitempty"`    // of a change window, and of nothing else
	Permitted string               `json:"permitted,omitempty"` // id of the change window that allowed the drift
	Left      []trail.Field        `json:"left,omitempty"`      // fields of a contest that the policy says not to fight
	Notes     []string             `json:"notes,omitempty"`     // what else a reader must know: a journal that was down, say

	EventIDs []string          `json:"eventIds,omitempty"` // of all records folded in, for deduplication
	Records  []json.RawMessage `json:"records,omitempty"`  // the first of them, as received
	Told     []Telling         `json:"told,omitempty"`
}

// Cause is what made the guard look.
type Cause string

// What can make the guard look.
const (
	CauseEvent Cause = "event"
	CauseSweep Cause = "sweep"

	CauseVerification Cause = "verification" // of the logs that the trail delivered
)

// Actor is who did it, as far as the first record tells. All of it is hostile text.
type Actor struct {
	ARN             string `json:"arn,omitempty"`
	Type            string `json:"type,omitempty"`
	AccountID       string `json:"accountId,omitempty"`
	AccessKeyID     string `json:"accessKeyId,omitempty"`
	SessionIssuer   string `json:"sessionIssuer,omitempty"`
	InvokedBy       string `json:"invokedBy,omitempty"`
	MFA             bool   `json:"mfa"`
	SourceIPAddress string `json:"sourceIPAddress,omitempty"`
	UserAgent       string `json:"userAgent,omitempty"`
}

// Known says whether any record told who did it.
func (a Actor) Known() bool { return a != Actor{} }

// StepOutcome is how a step of the plan ended.
type StepOutcome string

// How a step can end.
const (
	StepDone    StepOutcome = "done"
	StepFailed  StepOutcome = "failed"
	StepSkipped StepOutcome = "skipped" // a step it depends on failed
	StepPlanned StepOutcome = "planned" // dry run
)

// StepResult is a step and what became of it.
type StepResult struct {
	trail.Step
	Outcome    StepOutcome   `json:"outcome"`
	Error      string        `json:"error,omitempty"`
	Attempts   int           `json:"attempts"`
	Started    time.Time     `json:"started,omitzero"`
	Duration   time.Duration `json:"durationNanoseconds"`
	RequestIDs []string      `json:"requestIds,omitempty"` // of the answers AWS gave: they tell our own echo from others' calls
}

// ProofState says what delivery in a region shows.
type ProofState string

// What delivery in a region can show.
const (
	ProofFresh   ProofState = "fresh"   // delivered after the restoration, no delivery error
	ProofPending ProofState = "pending" // nothing delivered since
	ProofFailing ProofState = "failing" // CloudTrail reports a delivery error
	ProofUnknown ProofState = "unknown" // status could not be read
)

// RegionProof is what one region's status showed when last looked at.
type RegionProof struct {
	Region             string     `json:"region"`
	State              ProofState `json:"state"`
	LatestDeliveryTime time.Time  `json:"latestDeliveryTime,omitzero"`
	Detail             string     `json:"detail,omitempty"`
}

// Kind is what a notification about an incident says.
type Kind string

// The notifications an incident can cause, each at most once (escalations excepted).
const (
	KindAlert      Kind = "alert"      // seen, and restored, failed, or not to be restored
	KindProved     Kind = "proved"     // fresh delivery was seen
	KindIdentified Kind = "identified" // it is known now who did it
	KindRecovered  Kind = "recovered"  // Event history told who did what in the blind window
	KindEscalate   Kind = "escalate"   // it goes on: a flood, or a restoration that keeps failing
)

// Telling is a notification that was sent, or could not be.
type Telling struct {
	Kind  Kind      `json:"kind"`
	At    time.Time `json:"at"`
	Error string    `json:"error,omitempty"`
}
