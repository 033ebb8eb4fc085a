package harden

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// publicGroups are the groups of S3 that stand for everybody, and for everybody who has an account.
var publicGroups = []string{"http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}

// closeBucket completes the public access block and takes what the ACL gives to everybody. A statement of a policy that lets
// everybody in is left: whoever wrote it may need a part of it.
func closeBucket(d *draft, f posture.Finding) string {
	why := d.edit(f.Resource, "acl", func(acl map[string]any) string {
		grants, _ := acl["Grants"].([]any)
		acl["Grants"] = slices.DeleteFunc(grants, func(g any) bool {
			grant, _ := g.(map[string]any)
			grantee, _ := grant["Grantee"].(map[string]any)
			uri, _ := grantee["URI"].(string)
			return slices.Contains(publicGroups, uri)
		})
		return ""
	})
	if why != "" {
		return why
	}
	why = d.edit(f.Resource, "publicAccessBlock", func(block map[string]any) string {
		for _, part := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			block[part] = true
		}
		return ""
	})
	return orElse(why, "its policy lets everybody in: take that statement out by hand, since somebody may need a part of it")
}

// orElse is the first reason; the second is for what a remedy that has done everything it can still leaves.
func orElse(why, left string) string {
	if why != "" {
		return why
	}
	return left
}

func aclOff(d *draft, f posture.Finding) string {
	return d.edit(f.Resource, "ownershipControls", func(controls map[string]any) string {
		controls["Rules"] = []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}
		return ""
	})
}

// keepVersions leaves a bucket with MFA delete alone: changing its versioning takes the root user's device.
func keepVersions(d *draft, f posture.Finding) string {
	return d.edit(f.Resource, "versioning", func(versioning map[string]any) string {
		if versioning["MFADelete"] == "Enabled" {
			return "with MFA delete, only the root user can change versioning"
		}
		versioning["Status"] = "Enabled"
		return ""
	})
}

// lockObjects turns Object Lock on with a default retention, or lengthens what there is. It never makes one weaker: a lock in
// compliance mode stays one.
func lockObjects(d *draft, f posture.Finding) string {
	if why := keepVersions(d, f); why != "" { // without which S3 refuses
		return why
	}
	mode := "GOVERNANCE"
	why := d.edit(f.Resource, "objectLock", func(lock map[string]any) string {
		rule, _ := lock["Rule"].(map[string]any)
		retention, _ := rule["DefaultRetention"].(map[string]any)
		if d.options.Compliance || retention["Mode"] == "COMPLIANCE" {
			mode = "COMPLIANCE"
		}
		if have := number(retention["Days"]) + 365*number(retention["Years"]); have < d.options.days() {
			retention = map[string]any{"Days": d.options.days()}
		}
		retention["Mode"] = mode
		lock["ObjectLockEnabled"], lock["Rule"] = "Enabled", map[string]any{"DefaultRetention": retention}
		return ""
	})
	return orElse(why, "governance mode can be got round with a permission; compliance mode cannot be undone, and is used with --object-lock compliance only")
}

func mfaDelete(d *draft, f posture.Finding) string {
	if d.options.Compliance {
		return lockObjects(d, f)
	}
	return "only the root user can turn MFA delete on, with its device; Object Lock in compliance mode does the same: --object-lock compliance"
}

func encryptBucket(d *draft, f posture.Finding) string {
	return d.edit(f.Resource, "encryption", func(encryption map[string]any) string {
		encryption["Rules"] = []any{map[string]any{"ApplyServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "AES256"}}}
		return ""
	})
}

// tellOfBucket adds EventBridge to whom the bucket tells.
func tellOfBucket(d *draft, f posture.Finding) string {
	return d.edit(f.Resource, "notification", func(notification map[string]any) string {
		notification["EventBridgeConfiguration"] = true
		return ""
	})
}

// leastNoncurrent is for how many days the audit wants a version kept that was deleted or overwritten.
const leastNoncurrent = 30

// keepLonger changes the rules of a lifecycle that delete log files too soon, and no others. Rules for other files stay, and
// so does when files are moved to another storage class.
func keepLonger(d *draft, f posture.Finding) string {
	return d.edit(f.Resource, "lifecycle", func(lifecycle map[string]any) string {
		rules, _ := lifecycle["Rules"].([]any)
		for _, r := range rules {
			rule, _ := r.(map[string]any)
			if rule["Status"] == "Enabled" && d.touchesLogs(rule, f.Resource) {
				lengthen(rule, d.options.days())
			}
		}
		return ""
	})
}

// lengthen makes a rule's times long enough. A date on which everything goes becomes a number of days.
func lengthen(rule map[string]any, days int) {
	if expiration, ok := rule["Expiration"].(map[string]any); ok {
		_, dated := expiration["Date"]
		if have := number(expiration["Days"]); dated || have > 0 && have < days {
			delete(expiration, "Date")
			expiration["Days"] = days
		}
	}
	if old, ok := rule["NoncurrentVersionExpiration"].(map[string]any); ok {
		if have := number(old["NoncurrentDays"]); have > 0 && have < leastNoncurrent {
			old["NoncurrentDays"] = leastNoncurrent
		}
	}
}

// touchesLogs says whether a rule is about the log files of one of the bucket's trails. CloudTrail tags no files, so that a
// rule for tags is about others.
func (d *draft) touchesLogs(rule map[string]any, bucket string) bool {
	filter, _ := rule["Filter"].(map[string]any)
	and, _ := filter["And"].(map[string]any)
	if filter["Tag"] != nil || and["Tags"] != nil {
		return false
	}
	prefix := ""
	for _, of := range []map[string]any{rule, filter, and} {
		if text, ok := of["Prefix"].(string); ok && prefix == "" {
			prefix = text
		}
	}
	return slices.ContainsFunc(d.users(bucket), func(c trail.Config) bool {
		logs := strings.TrimPrefix(c.S3KeyPrefix+"/AWSLogs/", "/")
		return strings.HasPrefix(prefix, logs) || strings.HasPrefix(logs, prefix)
	})
}

// number is a whole number of a decoded document; 0 if there is none.
func number(value any) int {
	n, ok := value.(interface{ Int64() (int64, error) })
	if !ok {
		return 0
	}
	whole, _ := n.Int64() // of no whole number: 0, which is always too few
	return int(whole)
}
