package harden

import (
	"github.com/trailhold/trailhold/internal/trail"
)

// undoOf is the command of the AWS CLI that takes a step back.
func undoOf(s Step) string {
	before := trail.EmptyDocument
	if len(s.Changes) > 0 {
		if document, ok := s.Changes[0].From.(trail.Document); ok {
			before = document
		}
	}
	u := commandOf(s, before, func(c Change) any { return c.From })
	if undo, ok := undos[s.Call]; ok {
		return undo(u)
	}
	if write, ok := writes[s.Call]; ok {
		return write(u)
	}
	return ""
}

// undos are how calls are undone that do more than write a document: each call that a plan may have is either here or in writes.
var undos = map[trail.Op]func(command) string{
	trail.OpStartLogging:        func(c command) string { return c.aws("cloudtrail stop-logging", "--name", c.Resource) },
	trail.OpCreateTrail:         func(c command) string { return c.aws("cloudtrail delete-trail", "--name", c.Resource) },
	trail.OpUpdateTrail:         command.updateTrail,
	trail.OpPutEventSelectors:   command.putSelectors,
	trail.OpPutInsightSelectors: command.putInsights,

	trail.OpCreateBucket: func(c command) string { return c.bucket("delete-bucket") },
	trail.OpPutBucketVersioning: func(c command) string {
		return c.bucket("put-bucket-versioning", "--versioning-configuration", "Status=Suspended")
	},
	trail.OpCancelKeyDeletion: func(c command) string {
		return c.aws("kms schedule-key-deletion", "--key-id", c.Resource, "--pending-window-in-days", "30")
	},
	trail.OpEnableKey:         func(c command) string { return c.aws("kms disable-key", "--key-id", c.Resource) },
	trail.OpEnableKeyRotation: func(c command) string { return c.aws("kms disable-key-rotation", "--key-id", c.Resource) },

	trail.OpCreateRole:     func(c command) string { return c.aws("iam delete-role", "--role-name", c.name) },
	trail.OpCreateLogGroup: func(c command) string { return c.aws("logs delete-log-group", "--log-group-name", c.name) },
	trail.OpAssociateKmsKey: func(c command) string {
		return c.aws("logs disassociate-kms-key", "--log-group-name", c.name)
	},
	trail.OpEnableAlarmActions: func(c command) string { return c.aws("cloudwatch disable-alarm-actions", "--alarm-names", c.name) },
}
