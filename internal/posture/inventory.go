package posture

import (
	"time"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// Inventory is what an audit read, of one or several accounts. It is a value: nothing in it is read later.
type Inventory struct {
	At       time.Time // when the reading began, UTC
	Accounts []Account // in the order of their ids
	Notes    []string  // what could not be read and belongs to no account, such as a list of members
}

// Account is what was read of one account.
type Account struct {
	ID        string
	Partition string // aws, aws-cn, aws-us-gov, …
	Caller    string // ARN of the identity that read it; empty if the account could not be reached
	// Failure says why the account could not be read at all, such as a role that could not be assumed. Everything else is
	// then unknown.
	Failure string

	Enabled trail.Facet[[]string] // the regions that are enabled, in the order of their names
	Regions map[string]Region     // what was read in each

	// Trails are all trails that the account sees in any region, each once, in the order of their ARNs: own ones, and
	// organization trails that the management account owns. They have no Dependents: see Resources. That the list is
	// complete only follows from every region's list being known.
	Trails []trail.State

	// Resources are what trails and their alarms rest on, and what the guard runs on, by ARN.
	Resources map[string]Resource

	PublicAccessBlock trail.Facet[trail.Document] // of S3, for the whole account
	Principals        trail.Facet[whocan.Account] // users, groups and roles; what limits the account is in Organization
	Organization      trail.Facet[Organization]   // absent: the account is in none
	Activity          trail.Facet[[]Actor]        // absent: nobody asked for it
	Guard             trail.Facet[Guard]          // absent: neither baseline nor journal was given
	Baseline          *trail.Baseline             // what is declared; nil if nothing is
}

// Region is what was read of an account in one region.
type Region struct {
	Trails   trail.Facet[[]string]       // ARNs of the trails that the region shows, shadow trails included
	Stores   trail.Facet[[]string]       // ARNs of the event data stores whose home it is
	Alarms   trail.Facet[[]string]       // ARNs of the metric alarms on metrics that a trail's log group makes; absent: no trail has a log group here
	Rules    trail.Facet[[]string]       // ARNs of the rules on the default event bus that listen to CloudTrail
	Recorder trail.Facet[ConfigRecorder] // AWS Config's; absent: there is none
	Detector trail.Facet[Detector]       // GuardDuty's; absent: there is none
	Hub      trail.Facet[Hub]            // Security Hub's; absent: it is off
}

// Resource is a resource as observed. What is known of whose it is, its identity says, not its ARN.
type Resource struct {
	Type    trail.ResourceType
	ARN     string
	Region  string // where it was read; empty if nobody knows where it is
	Account string // whose it is; empty if nobody knows, which with a bucket means: none of the accounts that were read
	State   trail.ResourceState
	Tags    map[string]string // nil: not read
	Aliases []string          // of a key: the other names by which something else names it
}

// Setting is one setting of the resource; unknown if it was not read.
func (r Resource) Setting(s trail.Setting) trail.Facet[trail.Document] { return r.State[s] }

// Name is what its service and people call it.
func (r Resource) Name() string { return trail.Resource{Type: r.Type, ARN: r.ARN}.Name() }

// ConfigRecorder is AWS Config's configuration recorder of a region.
type ConfigRecorder struct {
	Name       string
	Recording  bool
	LastStatus string // Success, Failure, Pending; empty if it says nothing
	AllTypes   bool   // records all types of resources that it supports
	Global     bool   // and those that belong to no region, which only one region need do
}

// Detector is GuardDuty's detector of a region.
type Detector struct {
	ID      string
	Enabled bool
}

// Hub is Security Hub in a region.
type Hub struct{ ARN string }

// Organization is the organization that an account is in, as that account sees it.
type Organization struct {
	ID, ManagementAccount string
	// TrustedServices are the services with trusted access. Only the management account and delegated administrators see them.
	TrustedServices trail.Facet[[]string]
	// Administrators are the accounts that administer CloudTrail for the organization.
	Administrators trail.Facet[[]string]
	// ServiceControls and ResourceControls are the policies that limit the account: one level for the root, for each unit
	// on the way, and for the account itself. They don't limit the management account.
	ServiceControls  trail.Facet[[][]*whocan.Policy]
	ResourceControls trail.Facet[[][]*whocan.Policy]
}

// Actor is what Event history has of one identity.
type Actor struct {
	ARN   string
	Names map[string]int // of the events, with how often
	Since time.Time      // the beginning of what was read
}

// Guard is what is known of the guard that a baseline declares, and of its journal.
type Guard struct {
	Resources []Resource // in the baseline's order
	// AlertedAt is when an alert last reached people, as the journal has it; absent: none did; unknown: no journal was
	// given, or it could not be read.
	AlertedAt trail.Facet[time.Time]
}
