package awscloud

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const keyPolicy = `{"Version":"2012-10-17","Statement":[
	{"Sid":"own","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
	{"Sid":"trail","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*"}]}`

// guardedKey makes a key with every setting that a key can have.
func (w *world) guardedKey(t *testing.T, region string) trail.Resource {
	t.Helper()
	c := w.cloud.kms(region)
	out, err := c.CreateKey(w.context, &kms.CreateKeyInput{Policy: aws.String(keyPolicy)})
	if err != nil {
		t.Fatal(err)
	}
	key := out.KeyMetadata.Arn
	must[kms.EnableKeyRotationOutput](t)(c.EnableKeyRotation(w.context, &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: aws.Int32(180)}))
	must[kms.CreateGrantOutput](t)(c.CreateGrant(w.context, &kms.CreateGrantInput{
		KeyId: key, GranteePrincipal: aws.String("arn:aws:iam::111122223333:role/reader"), Name: aws.String("read"),
		Operations:  []kmstypes.GrantOperation{"DescribeKey", "Decrypt"},
		Constraints: &kmstypes.GrantConstraints{EncryptionContextSubset: map[string]string{"aws:cloudtrail:arn": guardedARN}},
	}))
	return trail.Resource{Type: trail.Key, ARN: *key, Region: region, Account: lab.DefaultAccount}
}

func TestKeyWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.guardedKey(t, "us-west-2")
	c := w.cloud.kms(r.Region)
	tamperings := []tampering{
		{"disabled", "state", func(t *testing.T) {
			must[kms.DisableKeyOutput](t)(c.DisableKey(w.context, &kms.DisableKeyInput{KeyId: &r.ARN}))
		}, []trail.Op{trail.OpEnableKey}},
		{"to be deleted", "state", func(t *testing.T) {
			must[kms.ScheduleKeyDeletionOutput](t)(c.ScheduleKeyDeletion(w.context, &kms.ScheduleKeyDeletionInput{KeyId: &r.ARN, PendingWindowInDays: aws.Int32(7)}))
		}, []trail.Op{trail.OpCancelKeyDeletion, trail.OpEnableKey, trail.OpEnableKeyRotation}}, // which counts as off meanwhile
		{"policy", "policy", func(t *testing.T) {
			must[kms.PutKeyPolicyOutput](t)(c.PutKeyPolicy(w.context, &kms.PutKeyPolicyInput{KeyId: &r.ARN, Policy: aws.String(strings.Replace(keyPolicy, "kms:GenerateDataKey*", "kms:ListGrants", 1))}))
		}, []trail.Op{trail.OpPutKeyPolicy}},
		{"revoked", "grants", func(t *testing.T) {
			out, err := c.ListGrants(w.context, &kms.ListGrantsInput{KeyId: &r.ARN})
			if err != nil || len(out.Grants) != 1 {
				t.Fatalf("%d grants, error %v", len(out.Grants), err)
			}
			must[kms.RevokeGrantOutput](t)(c.RevokeGrant(w.context, &kms.RevokeGrantInput{KeyId: &r.ARN, GrantId: out.Grants[0].GrantId}))
		}, []trail.Op{trail.OpCreateGrant}},
		{"not rotated", "rotation", func(t *testing.T) {
			must[kms.DisableKeyRotationOutput](t)(c.DisableKeyRotation(w.context, &kms.DisableKeyRotationInput{KeyId: &r.ARN}))
		}, []trail.Op{trail.OpEnableKeyRotation}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.Key, tamperings, []tampering{{setting: trail.Identity}})

	t.Run("gone", func(t *testing.T) {
		gone := r
		gone.ARN = r.ARN[:len(r.ARN)-4] + "0000"
		if f := w.cloud.ObserveResource(w.context, everything(gone))[trail.Identity]; f.Knowledge() != trail.Absent {
			t.Errorf("a key that does not exist is %s", text(f))
		}
	})
}

// Grants that AWS's services make for themselves come and go, which is nobody's tampering.
func TestGrantsOfServicesAreNoDrift(t *testing.T) {
	w := newWorld(t)
	r := w.captured(t, w.guardedKey(t, "us-east-1"))
	for _, grantee := range []string{"ec2.us-east-1.amazonaws.com", "arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0"} {
		must[kms.CreateGrantOutput](t)(w.cloud.kms("us-east-1").CreateGrant(w.context, &kms.CreateGrantInput{KeyId: &r.ARN, GranteePrincipal: &grantee, Operations: []kmstypes.GrantOperation{"Decrypt"}}))
	}
	if _, _, fields := w.drifts(t, r); len(fields) != 0 {
		t.Errorf("drifts in %v", fields)
	}
	must[kms.CreateGrantOutput](t)(w.cloud.kms("us-east-1").CreateGrant(w.context, &kms.CreateGrantInput{KeyId: &r.ARN, GranteePrincipal: aws.String("arn:aws:iam::444455556666:root"), Name: aws.String("read"), Operations: []kmstypes.GrantOperation{"Decrypt"}}))
	if _, _, fields := w.drifts(t, r); len(fields) != 1 || fields[0] != "key.grants" {
		t.Errorf("a foreign grant under the name of a known one drifts in %v", fields)
	}
}
