package rulepack

import "github.com/trailhold/trailhold/internal/sigma"

// Names of the pack's placeholders.
const (
	// LoggingNames are names of what trails deliver to and through: buckets, topics, log groups, roles, queues.
	LoggingNames = "logging_names"
	// GuardNames are names of what watches trails: rules, functions, schedules, queues, tables, alarms, stacks.
	GuardNames = "guard_names"
)

// Placeholders are the values of the pack's placeholders, for [sigma.Compile]: patterns of names that such resources
// usually have. They are ours to guess only because a record doesn't tell.
func Placeholders() sigma.Placeholders {
	logging := []string{"*trail*", "*audit*", "*-logs*", "*logs-*", "*logging*", "*log-archive*", "*logarchive*", "*siem*"}
	guard := []string{"*trail*", "*audit*", "*guard*", "*security*", "*siem*", "*detect*", "*cis-*", "*unauthorized*", "*responder*"}
	return sigma.Placeholders{LoggingNames: logging, GuardNames: guard}
}
