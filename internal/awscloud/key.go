package awscloud

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// maxGrantPages bounds the pages of a key's grants, each of 100.
const maxGrantPages = 20

// keyProbes read a key. A policy of a key has the one name that there is.
var keyProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "state"}, gone: []string{"NotFoundException"}, read: keyItself},
	{settings: []trail.Setting{"policy"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.kms(r.Region).GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &r.ARN, PolicyName: aws.String("default")})
		if err != nil {
			return nil, failure(ctx, "GetKeyPolicy", err)
		}
		return map[trail.Setting]any{"policy": jsonText(out.Policy)}, nil
	}},
	{settings: []trail.Setting{"grants"}, read: keyGrants},
	{settings: []trail.Setting{"rotation"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.kms(r.Region).GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &r.ARN})
		if err != nil {
			return nil, unless(failure(ctx, "GetKeyRotationStatus", err), "UnsupportedOperationException")
		}
		return map[trail.Setting]any{"rotation": stripped(described(out), "KeyId", "NextRotationDate", "OnDemandRotationStartDate")}, nil
	}},
}

func keyItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.kms(r.Region).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &r.ARN})
	if err != nil {
		return nil, failure(ctx, "DescribeKey", err)
	}
	if out.KeyMetadata == nil || out.KeyMetadata.KeyState == "" {
		return nil, strange("DescribeKey", "the answer does not say what state the key is in")
	}
	return map[trail.Setting]any{
		trail.Identity: map[string]*string{"Owner": out.KeyMetadata.AWSAccountId},
		"state":        map[string]string{"KeyState": string(out.KeyMetadata.KeyState)},
	}, nil
}

// keyGrants leaves out the grants that AWS's services made for themselves: they come and go with what uses the key, and
// nobody else can make them. A grant cannot be changed, so that it is named by who was granted and a hash of all the rest.
func keyGrants(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	grants, err := listed("ListGrants", maxGrantPages, func(token *string) ([]kmstypes.GrantListEntry, *string, error) {
		out, err := c.kms(r.Region).ListGrants(ctx, &kms.ListGrantsInput{KeyId: &r.ARN, Limit: aws.Int32(100), Marker: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListGrants", err)
		}
		return out.Grants, out.NextMarker, nil
	})
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	for _, g := range grants {
		grantee := aws.ToString(g.GranteePrincipal)
		if strings.HasSuffix(grantee, ".amazonaws.com") || strings.Contains(grantee, ":assumed-role/aws:") {
			continue
		}
		document, err := trail.NewDocument(stripped(described(g), "GrantId", "CreationDate", "IssuingAccount", "KeyId"))
		if err != nil {
			return nil, strange("ListGrants", err.Error())
		}
		sum := sha256.Sum256([]byte(document))
		grantee = cmp.Or(grantee, aws.ToString(g.GranteeServicePrincipal))
		members[grantee+" "+hex.EncodeToString(sum[:6])] = document
	}
	return map[trail.Setting]any{"grants": members}, nil
}

// keyWrites put a key's settings back. Nobody can make a key again.
var keyWrites = map[trail.Op]write{
	trail.OpCancelKeyDeletion: keyWrite((*kms.Client).CancelKeyDeletion, func(s trail.Step, in *kms.CancelKeyDeletionInput) error {
		in.KeyId = &s.ARN
		return nil
	}),
	trail.OpEnableKey: keyWrite((*kms.Client).EnableKey, func(s trail.Step, in *kms.EnableKeyInput) error {
		in.KeyId = &s.ARN
		return nil
	}),
	trail.OpPutKeyPolicy: keyWrite((*kms.Client).PutKeyPolicy, func(s trail.Step, in *kms.PutKeyPolicyInput) error {
		in.KeyId, in.PolicyName, in.Policy = &s.ARN, aws.String("default"), aws.String(string(s.Document))
		return nil
	}),
	trail.OpCreateGrant: keyWrite((*kms.Client).CreateGrant, func(s trail.Step, in *kms.CreateGrantInput) (err error) {
		*in, err = into[kms.CreateGrantInput](s.Document)
		in.KeyId = &s.ARN
		return err
	}),
	trail.OpEnableKeyRotation: keyWrite((*kms.Client).EnableKeyRotation, func(s trail.Step, in *kms.EnableKeyRotationInput) error {
		wanted, err := into[struct {
			KeyRotationEnabled   bool
			RotationPeriodInDays *int32
		}](s.Document)
		in.KeyId, in.RotationPeriodInDays = &s.ARN, wanted.RotationPeriodInDays
		return err
	}),
}

func keyWrite[I, O any](call operation[*kms.Client, I, O, kms.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).kms, func(o *kms.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}
