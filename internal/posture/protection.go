package posture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// protectionChecks ask whether what was written can be made to vanish.
var protectionChecks = []check{
	{Check{ID: "ct-bucket-object-lock", Group: GroupBucket, Severity: severity.High,
		Title:      "Object Lock keeps log files from being deleted for as long as they are needed",
		Rationale:  "Without it whoever may delete objects deletes the evidence. In governance mode a permission suffices to do it all the same.",
		Remedy:     lockFiles,
		References: refs(noCIS, "S3.15", "s3-bucket-default-lock-enabled", "", "CP-6(2)"),
	}, perBucket(objectLock)},
	{Check{ID: "ct-bucket-versioning", Group: GroupBucket, Severity: severity.High,
		Title:      "The bucket keeps versions",
		Rationale:  "A log file that is deleted or overwritten can be brought back only where versions are kept.",
		Remedy:     keepVersions,
		References: refs(noCIS, "S3.14", "s3-bucket-versioning-enabled", "", "AU-9(2) CP-6 CP-6(1) CP-6(2) CP-9 CP-10 SC-5(2) SI-12 SI-13(5)"),
	}, perBucket(versioned)},
	{Check{ID: "ct-bucket-mfa-delete", Group: GroupBucket, Severity: severity.Low,
		Title:      "Versions can be deleted with a second factor only, or not at all",
		Rationale:  "A stolen key alone then deletes no version. Object Lock in compliance mode does the same, and better: with MFA delete there can be no lifecycle. Other tools ask for MFA delete alone, and fail where only the lock is.",
		Remedy:     "aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled,MFADelete=Enabled --mfa " + shell.Ask("MFA", "ARN of the device of the root user, a blank, and its code") + "\n# as the root user",
		References: refs("2.1.3 2.1.2 2.1.2 2.1.2 3.1.2", "S3.20", "s3-bucket-mfa-delete-enabled", "", "CA-9(1) CM-2 CM-2(2) CM-3 SC-5(2)"),
	}, perBucket(mfaDelete)},
	{Check{ID: "ct-bucket-lifecycle", Group: GroupBucket, Severity: severity.High,
		Title:      "No lifecycle rule deletes log files too soon",
		Rationale:  "A rule that expires files after a day is a deletion that nobody has to perform, and that no record of DeleteObject shows.",
		Remedy:     "aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration " + shell.Ask("LIFECYCLE", "what get-bucket-lifecycle-configuration shows, with a longer rule"),
		References: nobodyElse,
	}, perBucket(lifecycle)},
	{Check{ID: "ct-bucket-replication", Group: GroupBucket, Severity: severity.Low,
		Title:      "Log files are copied to another bucket",
		Rationale:  "A copy that another account or region holds survives whoever takes this one. Security Hub and AWS Config ask for another region, too.",
		Remedy:     replicate("{name}"),
		References: refs(noCIS, "S3.7", "s3-bucket-replication-enabled", "2.2", "AU-9(2) CP-6 CP-6(1) CP-6(2) CP-9 CP-10 SC-5(2) SC-36(2) SI-13(5)"),
	}, perBucket(replicated)},
	{Check{ID: "ct-copy-elsewhere", Group: GroupBucket, Severity: severity.Medium,
		Title:      "Another account holds the log files, or a copy of them",
		Rationale:  "Whoever becomes administrator of the account that is recorded can remove everything that this account holds.",
		Remedy:     replicate("{bucket}"),
		References: nobodyElse,
	}, perAccount(copyElsewhere)},
	{Check{ID: "ct-bucket-encryption", Group: GroupBucket, Severity: severity.Low,
		Title:      "The bucket encrypts what is written",
		Rationale:  "Copies and exports that others write into the bucket are encrypted by its default only.",
		Remedy:     `aws s3api put-bucket-encryption --bucket {name} --server-side-encryption-configuration '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'`,
		References: refs("2.1.1 - - - -", "", "s3-bucket-server-side-encryption-enabled", "", nistEncrypted),
	}, perBucket(bucketEncrypted)},
	{Check{ID: "ct-bucket-access-log", Group: GroupBucket, Severity: severity.Medium,
		Title:      "Access to the log files is recorded itself",
		Rationale:  "Who read or deleted log files shows only in the bucket's access log, or in data events of the bucket. Other tools ask for the access log alone.",
		Remedy:     "aws s3api put-bucket-logging --bucket {name} --bucket-logging-status '{\"LoggingEnabled\":{\"TargetBucket\":\"'" + shell.Ask("ACCESS_LOG_BUCKET", "name of another bucket") + "'\",\"TargetPrefix\":\"\"}}'",
		References: refs("3.6 3.4 3.4 3.4 4.4", "CloudTrail.7 S3.9", "cloudtrail-s3-bucket-access-logging s3-bucket-logging-enabled", "", "AC-2(4) AC-4(26) AC-6(9) AU-2 AU-3 AU-6(3) AU-6(4) AU-10 AU-12 CA-7 SC-7(9) SI-3(8) SI-4(20) SI-7(8)"),
	}, perBucket(accessLogged)},
	{Check{ID: "ct-bucket-events", Group: GroupBucket, Severity: severity.Info,
		Title:      "The bucket tells somebody of what happens to it",
		Rationale:  "A deletion is then noticed within seconds.",
		Remedy:     `aws s3api put-bucket-notification-configuration --bucket {name} --notification-configuration '{"EventBridgeConfiguration": {}}'`,
		References: refs(noCIS, "S3.11", "s3-event-notifications-enabled", "", "CA-7 SI-3(8) SI-4 SI-4(4)"),
	}, perBucket(bucketTells)},
}

// The commands that keep versions, and lock new files, which S3 refuses without versions.
const (
	keepVersions = "aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"
	lockFiles    = keepVersions + ` && aws s3api put-object-lock-configuration --bucket {name} --object-lock-configuration '{"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": {days}}}}'`
)

// replicate is the command that copies a bucket's files to another account, which has to be chosen and to agree.
func replicate(bucket string) string {
	return "aws s3api put-bucket-replication --bucket " + bucket + ` --replication-configuration '{"Role":"'` + shell.Ask("COPY_ROLE", "ARN of a role with which S3 may copy") +
		`'","Rules":[{"ID":"copy","Status":"Enabled","Priority":1,"Filter":{},"DeleteMarkerReplication":{"Status":"Disabled"},"Destination":{"Bucket":"arn:{partition}:s3:::'` +
		shell.Ask("COPY_BUCKET", "name of a bucket of another account that keeps versions") + `'"}}]}'`
}

// lock is a bucket's Object Lock.
type lock struct {
	ObjectLockEnabled string
	Rule              struct {
		DefaultRetention struct {
			Mode        string
			Days, Years int
		}
	}
}

func (l lock) days() int { return l.Rule.DefaultRetention.Days + 365*l.Rule.DefaultRetention.Years }

func objectLock(s scope, b Resource, _ []trail.State) verdict {
	var l lock
	if v, ok := read(b, "objectLock", &l); !ok {
		return v
	}
	mode, need := l.Rule.DefaultRetention.Mode, s.options.RetentionDays
	v := pass("new files are locked for %s, in compliance mode", count(l.days(), "day"))
	switch {
	case l.ObjectLockEnabled != "Enabled":
		v = fail("Object Lock is off")
	case mode == "" || l.days() == 0:
		v = fail("Object Lock is on, but new files are not locked: there is no default retention")
	case l.days() < need:
		v = fail("new files are locked for %s only, not %d", count(l.days(), "day"), need)
	case mode != "COMPLIANCE":
		v = fail("new files are locked in governance mode: whoever has s3:BypassGovernanceRetention deletes them").rated(severity.Medium)
	}
	return v.with("Mode", mode).with("days", l.days())
}

func versioned(_ scope, b Resource, _ []trail.State) verdict {
	document, known := b.Setting("versioning").Get()
	if !known {
		return notRead("whether the bucket keeps versions", b.Setting("versioning"))
	}
	switch status := document.Text("Status"); status {
	case "Enabled":
		return pass("the bucket keeps versions").with("Status", status)
	case "Suspended":
		return fail("the bucket no longer keeps versions: versioning is suspended").with("Status", status)
	}
	return fail("the bucket has never kept versions").with("Status", "none")
}

// mfaDelete accepts a lock in compliance mode in place of MFA delete: nobody can delete a locked version at all.
func mfaDelete(s scope, b Resource, users []trail.State) verdict {
	document, known := b.Setting("versioning").Get()
	if !known {
		return notRead("whether versions can be deleted with a second factor only", b.Setting("versioning"))
	}
	if document.Text("MFADelete") == "Enabled" {
		return pass("deleting a version takes a second factor").with("MFADelete", "Enabled")
	}
	switch l := objectLock(s, b, users); l.status {
	case Pass:
		return pass("no version can be deleted while it is locked: %s", l.detail).with("MFADelete", "Disabled")
	case Unknown:
		return l
	}
	return fail("a stolen key suffices to delete versions").with("MFADelete", "Disabled")
}

// lifecycleRule is one of a bucket's lifecycle.
type lifecycleRule struct {
	ID, Status, Prefix string
	Filter             struct {
		Prefix string
		Tag    *struct{}
		And    struct {
			Prefix string
			Tags   []struct{}
		}
	}
	Expiration struct {
		Days int
		Date time.Time
	}
	NoncurrentVersionExpiration struct{ NoncurrentDays int }
}

// touches says whether the rule is about log files below a prefix. CloudTrail's files have no tags.
func (r lifecycleRule) touches(logs string) bool {
	if r.Filter.Tag != nil || len(r.Filter.And.Tags) > 0 {
		return false
	}
	return strings.HasPrefix(r.prefix(), logs) || strings.HasPrefix(logs, r.prefix())
}

func (r lifecycleRule) prefix() string { return cmp.Or(r.Prefix, r.Filter.Prefix, r.Filter.And.Prefix) }

// logsOf is what the keys of a trail's log files and digests begin with.
func logsOf(c trail.Config) string {
	return strings.TrimPrefix(c.S3KeyPrefix+"/AWSLogs/", "/")
}

// touchesAny says whether the rule is about the files of one of the trails.
func (r lifecycleRule) touchesAny(users []trail.State) bool {
	return slices.ContainsFunc(users, func(t trail.State) bool {
		c, _ := t.Config.Get()
		return r.touches(logsOf(c))
	})
}

// lifecycle looks for rules that are on and about log files. One that deletes versions which are no longer current takes
// away what versioning was to bring back.
func lifecycle(s scope, b Resource, users []trail.State) verdict {
	var parsed struct{ Rules []lifecycleRule }
	if v, ok := read(b, "lifecycle", &parsed); !ok {
		return v
	}
	need := s.options.RetentionDays
	for _, r := range parsed.Rules {
		days, name := r.Expiration.Days, r.ID
		switch {
		case r.Status != "Enabled" || !r.touchesAny(users):
		case !r.Expiration.Date.IsZero():
			return fail("rule %q deletes every file at %s, old and new", name, stamp(r.Expiration.Date)).with("Expiration.Date", stamp(r.Expiration.Date))
		case days > 0 && days < need:
			return fail("rule %q deletes files after %s, not %d", name, count(days, "day"), need).with("Expiration.Days", days)
		case r.NoncurrentVersionExpiration.NoncurrentDays > 0 && r.NoncurrentVersionExpiration.NoncurrentDays < leastNoncurrent:
			return fail("rule %q deletes for good what was deleted or overwritten %s before", name, count(r.NoncurrentVersionExpiration.NoncurrentDays, "day")).
				with("NoncurrentDays", r.NoncurrentVersionExpiration.NoncurrentDays).rated(severity.Medium)
		}
	}
	return pass("no rule deletes files within %d days", need).with("rules", len(parsed.Rules))
}

// leastNoncurrent is for how many days a deleted file must be there to bring back: somebody has to notice first.
const leastNoncurrent = 30

func bucketEncrypted(_ scope, b Resource, _ []trail.State) verdict {
	var parsed struct {
		Rules []struct {
			ApplyServerSideEncryptionByDefault struct{ SSEAlgorithm string }
		}
	}
	if v, ok := read(b, "encryption", &parsed); !ok {
		return v
	}
	for _, r := range parsed.Rules {
		if with := r.ApplyServerSideEncryptionByDefault.SSEAlgorithm; with != "" {
			return pass("the bucket encrypts with %s", with).with("SSEAlgorithm", with)
		}
	}
	return fail("the bucket has no default encryption")
}

// accessLogged accepts data events of the bucket in place of its access log. A bucket that logs to itself records every line
// that it writes.
func accessLogged(s scope, b Resource, _ []trail.State) verdict {
	document, known := b.Setting("logging").Get()
	target, events := document.Text("TargetBucket"), s.selectsObjects(b.ARN)
	switch {
	case target != "" && target != b.Name():
		return pass("access is logged to %s", target).with("TargetBucket", target)
	case events == yes:
		return pass("a trail records data events of the bucket")
	case !known:
		return notRead("where access is logged to", b.Setting("logging"))
	case events == maybe:
		return unknown("access is not logged, and whether a trail records data events of the bucket could not be read")
	case target != "":
		return fail("access is logged to the bucket itself, which whoever tampers with it has in hand as well").with("TargetBucket", target)
	}
	return fail("nobody records who reads, writes or deletes log files")
}

// selectsObjects says whether a trail that is logging records all data events on the bucket's objects.
func (s scope) selectsObjects(bucket string) truth {
	want := trail.Selectors{Advanced: []trail.AdvancedEventSelector{{FieldSelectors: []trail.FieldSelector{
		{Field: "eventCategory", Equals: []string{trail.CategoryData}}, {Field: "resources.type", Equals: []string{s3Object}},
		{Field: "resources.ARN", StartsWith: []string{bucket + "/"}},
	}}}}
	found := no
	for _, t := range s.account.Trails {
		have, known := t.Selectors.Get()
		is, _ := logging(t)
		switch {
		case is == no || known && len(want.Missing(have, t.ARN)) > 0:
		case is == yes && known:
			return yes
		default:
			found = maybe
		}
	}
	return found
}

func bucketTells(_ scope, b Resource, _ []trail.State) verdict {
	document, known := b.Setting("notification").Get()
	switch {
	case !known:
		return notRead("whom the bucket tells", b.Setting("notification"))
	case document.Empty():
		return fail("the bucket tells nobody")
	}
	return pass("the bucket tells of what happens to it").with("bucket.notification", fmt.Sprintf("%.200s", document))
}
