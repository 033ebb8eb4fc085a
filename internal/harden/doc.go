// Package harden makes a plan of what an audit found wrong: which calls would mend it, what each of them changes from what
// to what, what that costs, how it is undone, and what is left for people because no call mends it safely.
//
// It is pure. It takes the inventory that an audit read and mends a copy of it, check after check, asking the audit again
// until nothing more can be mended. What differs between the two inventories is the plan, made by the same [trail.Plan] that
// a restoration uses. So a plan also tells what the audit will say after it.
//
// Whatever somebody else wrote stays: selectors, policies, lifecycle rules, metric filters and alarms are added to, and a
// statement or rule is changed only where a check fails because of it.
package harden
