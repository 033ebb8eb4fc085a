package harden

import (
	"cmp"
	"slices"

	"github.com/trailhold/trailhold/internal/posture"
)

// Options say what to mend and with what.
type Options struct {
	Checks []string // IDs; empty: all
	Region string   // where a trail is made if there is none

	// RetentionDays is for how many days log files and events have to be kept; 0: posture.DefaultRetention.
	RetentionDays int
	Mutes         []posture.MuteRule // what is muted is not mended

	// TopicARN is the topic that alarms lead to. Without one no alarm is made: it would tell nobody.
	TopicARN string
	// KeyARN is the KMS key with which log files, log groups and topics are encrypted that have none.
	KeyARN string
	// Compliance has Object Lock use compliance mode, in which nobody, the root user included, can delete a file before its
	// time. That cannot be undone, so it has to be asked for; otherwise files are locked in governance mode.
	Compliance bool
	// SecondTrail is the region in which a second trail is made, with a bucket of its own; empty: none is.
	SecondTrail string
}

func (o Options) days() int { return cmp.Or(o.RetentionDays, posture.DefaultRetention) }

func (o Options) wants(check string) bool {
	return len(o.Checks) == 0 || slices.Contains(o.Checks, check)
}

// audit puts all checks to an inventory: one that is not to be mended still counts for the score.
func (o Options) audit(inv posture.Inventory, command func(posture.Finding) string) posture.Report {
	return posture.Audit(inv, posture.Options{RetentionDays: o.days(), Mutes: o.Mutes, Command: command})
}
