package guard_test

import (
	"context"
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// restAttacks are attacks on what the trail's delivery rests on: its bucket and its key.
var restAttacks = []attack{
	{"bucket-policy", onBucket("s3:DeleteBucketPolicy", nil)},
	{"bucket-policy", onBucket("s3:PutBucketPolicy", map[string]any{"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",
		"Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::audit-logs/*"}]}`})},
	{"bucket-lifecycle", onBucket("s3:PutBucketLifecycleConfiguration", map[string]any{"LifecycleConfiguration": map[string]any{"Rules": []map[string]any{
		{"ID": "soon", "Status": "Enabled", "Filter": map[string]any{"Prefix": ""}, "Expiration": map[string]any{"Days": 1}}}}})},
	{"bucket-public-access", onBucket("s3:DeletePublicAccessBlock", nil)},
	{"bucket-requester-pays", onBucket("s3:PutBucketRequestPayment", map[string]any{"RequestPaymentConfiguration": map[string]any{"Payer": "Requester"}})},
	{"kms-disable", onKey("kms:DisableKey", nil)},
	{"kms-schedule-deletion", onKey("kms:ScheduleKeyDeletion", map[string]any{"PendingWindowInDays": 7})},
	{"kms-policy", onKey("kms:PutKeyPolicy", map[string]any{"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}`})},
}

func onBucket(operation string, input map[string]any) func(context.Context, *world) error {
	return on(trail.Bucket, "Bucket", trail.Resource.Name, operation, input)
}

func onKey(operation string, input map[string]any) func(context.Context, *world) error {
	return on(trail.Key, "KeyId", func(r trail.Resource) string { return r.ARN }, operation, input)
}

// on makes a call on the dependent of a kind; its input names that as the operation calls it.
func on(kind trail.ResourceType, parameter string, name func(trail.Resource) string, operation string, input map[string]any) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		n := slices.IndexFunc(w.want.Dependents, func(r trail.Resource) bool { return r.Type == kind })
		all := map[string]any{parameter: name(w.want.Dependents[n])}
		for key, value := range input {
			all[key] = value
		}
		return w.intruder.Call(ctx, home, operation, all, nil)
	}
}
