package posture

import (
	"encoding/json"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// keyChecks ask about the key that log files are encrypted with. Without it they cannot be written, nor ever be read again.
var keyChecks = []check{
	{Check{ID: "ct-kms-state", Group: GroupDependent, Severity: severity.Critical,
		Title:      "The trail's key is enabled and will not be deleted",
		Rationale:  "While the key is disabled nothing is delivered. Once it is deleted every log file under it is lost for ever, and that takes a waiting period of 7 days only.",
		Remedy:     "aws kms enable-key --region {region} --key-id {arn}",
		References: refs(noCIS, "KMS.3", "kms-cmk-not-scheduled-for-deletion", "", "SC-12 SC-12(2)"),
	}, perResource(trail.Key, keyOf, keyUsable)},
	{Check{ID: "ct-kms-rotation", Group: GroupDependent, Severity: severity.Low,
		Title:      "The trail's key is rotated every year",
		Rationale:  "Whoever got hold of the key's material reads what is written until the next rotation, and no further.",
		Remedy:     "aws kms enable-key-rotation --region {region} --key-id {arn}",
		References: refs("3.8 3.6 3.6 3.6 4.6", "KMS.4", "cmk-backing-key-rotation-enabled", "3.6.4", "SC-12 SC-12(2) SC-28(3)"),
	}, perKey(rotated)},
	{Check{ID: "ct-kms-policy", Group: GroupDependent, Severity: severity.High,
		Title:      "The key's policy lets CloudTrail encrypt, and not everybody",
		Rationale:  "A policy that keeps CloudTrail out stops delivery; one that lets everybody in hands out the record.",
		Remedy:     "aws kms put-key-policy --region {region} --key-id {arn} --policy-name default --policy " + shell.Ask("POLICY", "the policy, with what lets cloudtrail.amazonaws.com call kms:GenerateDataKey* for the trail"),
		References: refs(noCIS, "KMS.5", "kms-key-policy-no-public-access", "", ""),
	}, perKey(keyPolicy)},
}

// keyUsable asks for the key's state.
func keyUsable(_ scope, key Resource, _ []trail.State) verdict {
	if key.Setting(trail.Identity).Knowledge() == trail.Absent {
		return fail("the key does not exist: what it encrypted is lost").by("aws cloudtrail update-trail --name {trail} --kms-key-id " + shell.Ask("KEY", "ARN of another key whose policy lets CloudTrail use it"))
	}
	state, known := key.Setting("state").Get()
	if !known {
		return notRead("the key's state", key.Setting("state"))
	}
	switch is := state.Text("KeyState"); is {
	case "Enabled":
		return pass("the key is enabled").with("KeyState", is)
	case "PendingDeletion":
		return fail("the key will be deleted, and with it everything that it encrypted").with("KeyState", is).
			by("aws kms cancel-key-deletion --region {keyRegion} --key-id {key} && aws kms enable-key --region {keyRegion} --key-id {key}", "key", key.ARN, "keyRegion", regionIn(key.ARN))
	default:
		return fail("the key is in state %s", is).with("KeyState", is).
			by("aws kms enable-key --region {keyRegion} --key-id {key}", "key", key.ARN, "keyRegion", regionIn(key.ARN))
	}
}

func rotated(_ scope, key Resource, _ []trail.State) verdict {
	rotation, known := key.Setting("rotation").Get()
	switch {
	case !known:
		return notRead("whether the key is rotated", key.Setting("rotation"))
	case rotation.Flag("KeyRotationEnabled"):
		v := pass("the key is rotated")
		if days, ok := rotation.Number("RotationPeriodInDays"); ok {
			if days > 366 {
				v = fail("the key is rotated only every %d days", days)
			}
			v = v.with("RotationPeriodInDays", days)
		}
		return v.with("KeyRotationEnabled", true)
	}
	return fail("the key is not rotated").with("KeyRotationEnabled", false)
}

// keyPolicy asks the policy for every trail that uses the key.
func keyPolicy(s scope, key Resource, users []trail.State) verdict {
	document, known := key.Setting("policy").Get()
	if !known {
		return notRead("the key's policy", key.Setting("policy"))
	}
	verdicts := []verdict{openToAll("key policy", policyText(document), keyActions, key.ARN)}
	for _, t := range users {
		c, _ := t.Config.Get()
		_, read := s.controlsOf(accountIn(key.ARN))
		verdicts = append(verdicts, keyLets(s, key, c), s.uncontrolled(read, t))
	}
	return all(verdicts...)
}

// keyActions are those that nobody but the account's own may have.
var keyActions = []string{"kms:Decrypt", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant"}

// keyLets says whether the key's policy lets CloudTrail encrypt a trail's files. With an S3 Bucket Key it must be able to
// decrypt as well.
func keyLets(s scope, key Resource, c trail.Config) verdict {
	document, known := key.Setting("policy").Get()
	if !known {
		return notRead("the key's policy", key.Setting("policy"))
	}
	d := s.deliveryOf(c)
	bucket, _ := s.resource(bucketOf(c))
	encryption, _ := bucket.Setting("encryption").Get()
	d.BucketKey = bucketKeyOn(encryption)
	d.Controls, _ = s.controlsOf(accountIn(key.ARN))
	return obstacles(d.CheckKey(policyText(document)), "the key's policy lets CloudTrail encrypt")
}

// bucketKeyOn says whether a bucket's encryption uses an S3 Bucket Key.
func bucketKeyOn(encryption trail.Document) bool {
	var parsed struct {
		Rules []struct{ BucketKeyEnabled bool }
	}
	_ = json.Unmarshal([]byte(encryption), &parsed) // of another shape: it says nothing of one
	for _, r := range parsed.Rules {
		if r.BucketKeyEnabled {
			return true
		}
	}
	return false
}
