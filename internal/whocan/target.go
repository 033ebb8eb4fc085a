package whocan

import (
	"cmp"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// Targets are the trails that were read, with what they rest on, and resources that are guarded by themselves. The policies in
// force are taken from the settings; a resource that could have one and whose settings don't say may have any.
func Targets(trails []trail.Guarded, resources ...trail.Resource) []Target {
	var all []Target
	for _, t := range trails {
		all = append(all, Target{Type: Trail, ARN: t.ARN, Region: t.HomeRegion, Account: ownerOf(t.ARN)})
		for _, r := range t.Dependents {
			target := targetOf(r)
			if r.Type == trail.Bucket {
				target.Objects = logFiles(r, t)
			}
			all = append(all, target)
		}
	}
	for _, r := range resources {
		all = append(all, targetOf(r))
	}
	return all
}

// ownerOf is the account that an ARN names.
func ownerOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// logFiles are the objects that a trail writes. An organization's trail writes below the organization's id as well, which a
// trail's configuration doesn't name.
func logFiles(bucket trail.Resource, t trail.Guarded) string {
	folder := cmp.Or(strings.Trim(t.S3KeyPrefix, "/"), "AWSLogs")
	if t.S3KeyPrefix != "" {
		folder += "/AWSLogs"
	}
	if t.IsOrganizationTrail {
		folder += "/" + string(policy.AnyName)
	}
	return bucket.ARN + "/" + folder + "/" + ownerOf(t.ARN) + "/CloudTrail/" + string(policy.AnyName)
}

// withPolicy are the kinds of resources that have a policy in a form that says who may change them.
var withPolicy = map[trail.ResourceType]bool{
	trail.Bucket: true, trail.Key: true, trail.Topic: true, trail.Queue: true, trail.EventBus: true, trail.EventDataStore: true, trail.Channel: true,
}

func targetOf(r trail.Resource) Target {
	t := Target{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account}
	if !withPolicy[r.Type] {
		return t
	}
	document, known := r.Settings["policy"]
	if !known {
		t.Unread = true
		return t
	}
	if document == trail.EmptyDocument {
		return t
	}
	if parsed, err := policy.Parse(string(document)); err == nil {
		t.Policy = &parsed
	} else {
		t.Unread = true
	}
	return t
}
