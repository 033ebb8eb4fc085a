package posture

import "github.com/trailhold/trailhold/internal/severity"

// Group is a family of checks.
type Group string

// The groups, in the order in which they are shown.
const (
	GroupTrail      Group = "trail"      // the trail itself
	GroupData       Group = "data"       // data events and event data stores
	GroupBucket     Group = "bucket"     // where log files go
	GroupDependent  Group = "dependent"  // key, log group, topic, and what else watches
	GroupMonitoring Group = "monitoring" // metric filters and alarms
	GroupActivity   Group = "activity"   // what Event history shows
	GroupGuard      Group = "guard"      // whatever keeps the trail recording
)

// Groups lists the groups in the order in which they are shown.
func Groups() []Group {
	return []Group{GroupTrail, GroupData, GroupBucket, GroupDependent, GroupMonitoring, GroupActivity, GroupGuard}
}

// Title is the group's heading.
func (g Group) Title() string {
	return map[Group]string{
		GroupTrail: "The trails", GroupData: "Data events and event data stores", GroupBucket: "The log files and their bucket",
		GroupDependent: "What delivery rests on, and who else watches", GroupMonitoring: "Metric filters and alarms",
		GroupActivity: "What Event history shows", GroupGuard: "The guard",
	}[g]
}

// Check is one question that an audit puts to an account.
type Check struct {
	ID        string            `json:"id"` // never changes: mute lists and comparisons rest on it
	Group     Group             `json:"group"`
	Title     string            `json:"title"` // what is true where it passes
	Severity  severity.Severity `json:"severity"`
	Rationale string            `json:"rationale"` // what an intruder gains where it fails
	// Remedy is the command that makes it pass, with {region}, {name}, {arn}, {account} and the like for what a finding
	// fills in. What people have to decide on, a shell asks for: see shell.Ask.
	Remedy     string      `json:"remedy"`
	References []Reference `json:"references"`
}

// Reference is what a framework calls the same demand.
type Reference struct {
	Framework Framework `json:"framework"`
	ID        string    `json:"id"`
}

// Framework is a benchmark, standard or service whose controls are referred to.
type Framework string

// The frameworks. Versions are part of the name, since numbers move from one to the next.
const (
	CIS14       Framework = "cis-1.4"
	CIS30       Framework = "cis-3.0"
	CIS40       Framework = "cis-4.0"
	CIS50       Framework = "cis-5.0"
	CIS60       Framework = "cis-6.0" // 7.0 has the same numbers
	SecurityHub Framework = "security-hub"
	ConfigRule  Framework = "aws-config"
	PCI321      Framework = "pci-3.2.1"
	NIST80053   Framework = "nist-800-53-r5"
)

// Frameworks lists all frameworks, and what people call them.
func Frameworks() []FrameworkName {
	return []FrameworkName{
		{CIS14, "CIS AWS Foundations Benchmark 1.4"}, {CIS30, "CIS AWS Foundations Benchmark 3.0"},
		{CIS40, "CIS AWS Foundations Benchmark 4.0"}, {CIS50, "CIS AWS Foundations Benchmark 5.0"},
		{CIS60, "CIS AWS Foundations Benchmark 6.0 and 7.0"}, {SecurityHub, "AWS Security Hub"}, {ConfigRule, "AWS Config rule"},
		{PCI321, "PCI DSS 3.2.1"}, {NIST80053, "NIST SP 800-53 Rev. 5"},
	}
}

// FrameworkName is a framework and what people call it.
type FrameworkName struct {
	Framework Framework `json:"framework"`
	Name      string    `json:"name"`
}
