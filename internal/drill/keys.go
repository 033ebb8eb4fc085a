package drill

import (
	"context"
	"fmt"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// keyTechniques are attacks on the key that log files are encrypted under.
func keyTechniques() []Technique {
	on := naming("KeyId", arnOf)
	return []Technique{
		{ID: tamper.KMSDisable, On: trail.Key, calls: on("kms:DisableKey", nil), Outcome: Restored},
		{ID: tamper.KMSScheduleDeletion, On: trail.Key, calls: on("kms:ScheduleKeyDeletion", object{"PendingWindowInDays": 7}), Outcome: Restored},
		{ID: tamper.KMSPolicy, On: trail.Key, calls: closeKey, Outcome: Restored},
		{ID: tamper.KMSGrant, Variant: "revoked", On: trail.Key, Attack: revokeGrants, Outcome: Restored},
		{ID: tamper.KMSRotation, On: trail.Key, calls: on("kms:DisableKeyRotation", nil), Outcome: Restored},
	}
}

// closeKey leaves the key to its account, and takes it from CloudTrail.
func closeKey(s Scene, r trail.Resource) []request {
	return []request{{"kms:PutKeyPolicy", object{"KeyId": r.ARN, "Policy": policy(
		object{"Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + s.account() + ":root"}, "Action": "kms:*", "Resource": "*"},
		object{"Effect": "Deny", "Principal": cloudtrail, "Action": "kms:*", "Resource": "*"},
	)}}}
}

func revokeGrants(ctx context.Context, s Scene) error {
	r, err := s.resource(trail.Key, nil)
	if err != nil {
		return err
	}
	var list struct{ Grants []struct{ GrantID string } }
	if err := s.Call(ctx, r.Region, "kms:ListGrants", object{"KeyId": r.ARN}, &list); err != nil {
		return err
	}
	if len(list.Grants) == 0 {
		return fmt.Errorf("the key %s has no grants", r.ARN)
	}
	for _, g := range list.Grants {
		if err := perform(ctx, s, r.Region, []request{{"kms:RevokeGrant", object{"KeyId": r.ARN, "GrantId": g.GrantID}}}); err != nil {
			return err
		}
	}
	return nil
}
