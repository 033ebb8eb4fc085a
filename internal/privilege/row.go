package privilege

import "slices"

// Role is one of the two roles.
type Role string

// The roles. What Restore is given includes what Read is given: whoever restores has to look.
const (
	Read    Role = "read"
	Restore Role = "restore"
)

// Row is one call that the code can make.
type Row struct {
	// Operation is the SDK's package and method, such as "cloudwatchlogs:DescribeLogGroups".
	Operation string

	Role Role // that the call belongs to

	// Of is what calls for it: "trail", a kind of resource, or one of the uses beside the guarding, such as "alerts".
	Of string

	// Settings are the settings of the resource, or of a trail, any of which calls for it if it is guarded, and for a write if
	// it may be restored; none: it is called in any case.
	Settings []string

	// Wants says for which wanted content a write is called.
	Wants Wants

	// Grants are what AWS checks. There are none for calls that need no permission.
	Grants []Grant

	Why string // in one sentence
}

// Wants says for which content of the baseline a write is called.
type Wants string

// The contents.
const (
	Whatever  Wants = ""
	Something Wants = "something" // the baseline has something in this setting
	Nothing   Wants = "nothing"   // the baseline has this setting, and in it nothing
)

// Grant is one action on some resources.
type Grant struct {
	Action string
	On     Form
	Only   Limit  // its zero value: without condition
	Notice string // what else to know before granting it; may be empty
}

// Form is how the resources of a grant are named.
type Form struct {
	Shape string                 // as documentation shows it
	Why   string                 // why it is wider than the resource that is meant; empty if it is not
	arns  func(subject) []string // none: the grant is not needed for this subject
}

// Limit is a condition of a grant.
type Limit struct {
	Words     string // as documentation shows it
	condition func(subject) Condition
}

// Condition is a statement's Condition element: operator → key → values.
type Condition map[string]map[string][]string

// Table lists all rows: an operation has one for each kind of thing that calls for it.
func Table() []Row {
	return slices.Concat(trailRows, bucketRows, keyRows, topicRows, roleRows, logGroupRows, alarmRows, ruleRows, functionRows, scheduleRows,
		queueRows, tableRows, organizationRows, lakeRows, useRows, auditRows)
}

// reads makes a row of the role that observes.
func reads(operation, of, settings, why string, grants ...Grant) Row {
	return Row{Operation: operation, Role: Read, Of: of, Settings: words(settings), Grants: grants, Why: why}
}

// writes makes a row of the role that restores.
func writes(operation, of, settings string, wants Wants, why string, grants ...Grant) Row {
	return Row{Operation: operation, Role: Restore, Of: of, Settings: words(settings), Wants: wants, Grants: grants, Why: why}
}

// on is a grant without a condition.
func on(form Form, action string) Grant { return Grant{Action: action, On: form} }

// only adds a condition.
func (g Grant) only(limit Limit) Grant {
	g.Only = limit
	return g
}

// noting adds a notice.
func (g Grant) noting(notice string) Grant {
	g.Notice = notice
	return g
}
