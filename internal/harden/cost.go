package harden

import (
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Prices are AWS's list prices in US East (N. Virginia), looked up in 2026 in stored copies of the pages below and of what others quote of them,
// without taxes and free tiers; other regions cost up to twice as much.
// https://aws.amazon.com/cloudtrail/pricing/ https://aws.amazon.com/cloudwatch/pricing/ https://aws.amazon.com/s3/pricing/
// https://aws.amazon.com/kms/pricing/ https://aws.amazon.com/sns/pricing/
const (
	free           = "nothing"
	freeButStorage = "nothing but storage: $0.023 per GB and month in S3 Standard"
	managementCopy = "the first copy of management events is free in each region; each further copy $2.00 per 100,000 events; storage $0.023 per GB and month"
	dataEvents     = "$0.10 per 100,000 data events, and their storage; of a busy bucket or table that can be more than everything else together"
	insightsPrice  = "$0.35 per 100,000 management events that are looked at, for each kind of Insights: writes for rates, all for errors"
	logsPrice      = "$0.50 per GB of events taken in, and $0.03 per GB and month kept"
	metricPrice    = "$0.30 per metric and month"
	alarmPrice     = "$0.10 per alarm and month"
	rotationPrice  = "$1.00 a month for each of the first two rotations of the key"
	keyPrice       = "$0.03 per 10,000 requests to KMS"
)

// costs are what calls cost that a plan may have. What is not in it costs nothing.
var costs = map[trail.Op]string{
	trail.OpCreateTrail:                        managementCopy,
	trail.OpStartLogging:                       managementCopy,
	trail.OpPutInsightSelectors:                insightsPrice,
	trail.OpPutBucketVersioning:                "$0.023 per GB and month for versions that are deleted or overwritten, which CloudTrail's files never are",
	trail.OpPutObjectLockConfiguration:         freeButStorage + ", of files that cannot be deleted sooner",
	trail.OpPutBucketLifecycleConfiguration:    freeButStorage + ", of files that are kept longer",
	trail.OpCreateBucket:                       freeButStorage,
	trail.OpCreateLogGroup:                     logsPrice,
	trail.OpPutRetentionPolicy:                 "$0.03 per GB and month for events that are kept longer",
	trail.OpPutMetricFilter:                    metricPrice,
	trail.OpPutMetricAlarm:                     alarmPrice,
	trail.OpEnableAlarmActions:                 "what its actions cost",
	trail.OpEnableKeyRotation:                  rotationPrice,
	trail.OpAssociateKmsKey:                    keyPrice,
	trail.OpEnableKey:                          "$1.00 a month, as for every key",
	trail.OpPutBucketNotificationConfiguration: free + " within the account: S3's events on the default event bus are free",
}

// costOf is what a step costs, in words.
func costOf(s Step) string {
	switch s.Call {
	case trail.OpPutEventSelectors:
		return selectionCost(s)
	case trail.OpUpdateTrail:
		return updateCost(s)
	case trail.OpSetTopicAttributes:
		if s.call.Setting == "encryption" {
			return keyPrice
		}
	}
	if words, ok := costs[s.Call]; ok {
		return words
	}
	return free
}

// selectionCost tells the price of those categories of events that are newly selected.
func selectionCost(s Step) string {
	var words []string
	before := trail.Selectors{}
	if len(s.Changes) > 0 {
		before, _ = s.Changes[0].From.(trail.Selectors)
	}
	added := s.call.Selectors.Missing(before, s.Resource)
	if _, more := added[trail.CategoryManagement]; more {
		words = append(words, managementCopy)
	}
	if _, more := added[trail.CategoryData]; more {
		words = append(words, dataEvents)
	}
	if len(words) == 0 {
		return free
	}
	return strings.Join(words, "; ")
}

func updateCost(s Step) string {
	switch u := s.call.Update; {
	case u.IsMultiRegionTrail != nil || u.IncludeGlobalServiceEvents != nil:
		return managementCopy
	case u.CloudWatchLogsLogGroupARN != nil:
		return logsPrice
	case u.KMSKeyID != nil:
		return keyPrice
	case u.EnableLogFileValidation != nil:
		return freeButStorage + ", of a digest file for each hour and region"
	}
	return free
}

// cautionOf says what cannot be undone, or may surprise.
func cautionOf(s Step) string {
	switch s.Call {
	case trail.OpPutObjectLockConfiguration:
		if strings.Contains(string(s.call.Document), "COMPLIANCE") {
			return "Object Lock cannot be turned off again, and nobody, the root user and AWS included, can delete a file before its time or shorten that"
		}
		return "Object Lock cannot be turned off again; only the default retention of new files can be taken back"
	case trail.OpPutBucketVersioning:
		return "versioning can only be suspended again, not removed"
	case trail.OpPutBucketOwnershipControls:
		return "whoever reads the bucket by an ACL needs a policy from then on"
	case trail.OpPutPublicAccessBlock:
		return "whoever reads the bucket in public no longer can"
	case trail.OpPutBucketPolicy:
		return "requests without TLS, and trails that the policy does not name, may be refused from then on"
	case trail.OpCreateBucket:
		return "its name is then taken; it can only be deleted while it is empty"
	case trail.OpEnableKeyRotation:
		return "what was rotated stays rotated; old files can still be read"
	case trail.OpPutInsightSelectors:
		return "Insights take up to 36 hours to learn what is usual"
	case trail.OpSetTopicAttributes:
		if s.call.Setting == "encryption" {
			return "whoever else publishes to the topic, such as S3 or EventBridge, needs the key from then on"
		}
	case trail.OpAssociateKmsKey:
		return "if the key is disabled or deleted, the events cannot be read"
	case trail.OpUpdateTrail:
		if s.call.Update.KMSKeyID != nil {
			return "whoever reads log files needs kms:Decrypt from then on, and if the key is deleted they are lost"
		}
	}
	return ""
}
