// Package posture judges how well the record of an account's activity is protected: would an intruder who got in be
// recorded, could they stop that, could they make what was recorded vanish, and would anybody be told?
//
// It is pure. An [Inventory] holds what was read of one or several accounts, each value known, absent or unknown; [Audit]
// puts a list of checks to it and returns a [Report]. [Checks] is the table of all checks. Unknown is a result of its own:
// what could not be read never passes.
package posture
