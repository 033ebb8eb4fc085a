package lab_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/trailhold/trailhold/internal/lab"
)

const rootPolicy = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`

// trailPolicy is the key policy that AWS documents for trails.
const trailPolicy = `{"Version":"2012-10-17","Statement":[` + rootPolicy + `,
	{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*","Condition":{
		"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/main"},
		"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}},
	{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:DescribeKey","Resource":"*"}]}`

// makeKey makes a key with a policy and returns its ARN.
func makeKey(t *testing.T, c *kms.Client, policy string) string {
	t.Helper()
	in := &kms.CreateKeyInput{}
	if policy != "" {
		in.Policy = &policy
	}
	return *must[*kms.CreateKeyOutput](t)(c.CreateKey(t.Context(), in)).KeyMetadata.Arn
}

func keyState(t *testing.T, c *kms.Client, key string) kmstypes.KeyState {
	t.Helper()
	return must[*kms.DescribeKeyOutput](t)(c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &key})).KeyMetadata.KeyState
}

func TestKeyLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := twoAccounts(t)
		c, ctx := kms.NewFromConfig(sdk(l, "me", "us-east-1")), t.Context()
		arn := makeKey(t, c, "")
		_, id, _ := strings.Cut(arn, "key/")
		name := aws.String("alias/trail")
		_, err := c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: name, TargetKeyId: &id})
		expectCode(t, err, "")
		for _, given := range []string{id, arn, "alias/trail", "arn:aws:kms:us-east-1:111122223333:alias/trail"} {
			if state := keyState(t, c, given); state != kmstypes.KeyStateEnabled {
				t.Errorf("%s is %s", given, state)
			}
		}
		disable := func(key string) error {
			_, err := c.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &key})
			return err
		}
		expectCode(t, disable("alias/trail"), "NotFoundException")
		expectCode(t, disable("arn:aws:kms:eu-west-1:111122223333:key/"+id), "NotFoundException")
		expectCode(t, disable("arn:aws:s3:::x"), "InvalidArnException")
		expectCode(t, disable(strings.Repeat("0", 8)+id[8:]), "NotFoundException")
		expectCode(t, disable(id), "")
		_, err = c.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &id})
		expectCode(t, err, "DisabledException")
		cancel := func() error {
			_, err := c.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &id})
			return err
		}
		expectCode(t, cancel(), "KMSInvalidStateException")
		schedule := func(days int32) error {
			_, err := c.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: &days})
			return err
		}
		expectCode(t, schedule(6), "ValidationException")
		expectCode(t, schedule(7), "")
		expectCode(t, schedule(7), "KMSInvalidStateException")
		enable := func() error {
			_, err := c.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &id})
			return err
		}
		expectCode(t, enable(), "KMSInvalidStateException")
		expectCode(t, cancel(), "")
		if state := keyState(t, c, id); state != kmstypes.KeyStateDisabled {
			t.Errorf("after the cancellation it is %s", state)
		}
		expectCode(t, enable(), "")
		expectCode(t, schedule(7), "")
		time.Sleep(7*24*time.Hour - time.Second)
		if state := keyState(t, c, id); state != kmstypes.KeyStatePendingDeletion {
			t.Errorf("before the end it is %s", state)
		}
		time.Sleep(time.Second)
		_, err = c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: name})
		expectCode(t, err, "NotFoundException")
		if list := must[*kms.ListAliasesOutput](t)(c.ListAliases(ctx, &kms.ListAliasesInput{})); len(list.Aliases) != 0 {
			t.Errorf("aliases = %+v", list.Aliases)
		}
	})
}

func TestKeyPolicy(t *testing.T) {
	l := twoAccounts(t)
	c, other, ctx := kms.NewFromConfig(sdk(l, "me", "us-east-1")), kms.NewFromConfig(sdk(l, "other", "us-east-1")), t.Context()
	arn := makeKey(t, c, "")
	put := func(policy string, bypass bool) error {
		_, err := c.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &arn, Policy: &policy, BypassPolicyLockoutSafetyCheck: bypass})
		return err
	}
	look := func(c *kms.Client) error {
		_, err := c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &arn})
		return err
	}
	expectCode(t, look(other), "AccessDeniedException")
	expectCode(t, put(`{"Statement":[`+rootPolicy+`,{"Effect":"Allow","Principal":{"AWS":"`+secondAccount+`"},"Action":["kms:DescribeKey","kms:DisableKey"],"Resource":"*"}]}`, false), "")
	expectCode(t, look(other), "")
	_, err := other.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &arn})
	expectCode(t, err, "AccessDeniedException") // the API documentation: no cross-account use
	for policy, code := range map[string]string{
		`{`:                              "MalformedPolicyDocumentException",
		`{"Statement":[{"Effect":"x"}]}`: "MalformedPolicyDocumentException",
		`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:Get*","Resource":"*"}]}`: "MalformedPolicyDocumentException",
		`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*"}]}`:                   "MalformedPolicyDocumentException",
		`{"Statement":[` + rootPolicy + strings.Repeat(" ", 32<<10) + `]}`:                                         "LimitExceededException",
	} {
		expectCode(t, put(policy, false), code)
	}
	expectCode(t, put(`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}]}`, true), "")
	expectCode(t, look(c), "AccessDeniedException") // the owner is locked out too
	expectCode(t, put(`{"Statement":[`+rootPolicy+`]}`, false), "AccessDeniedException")
}

func TestGrants(t *testing.T) {
	l := twoAccounts(t)
	c, other, ctx := kms.NewFromConfig(sdk(l, "me", "us-east-1")), kms.NewFromConfig(sdk(l, "other", "us-east-1")), t.Context()
	arn := makeKey(t, c, "")
	in := kms.CreateGrantInput{KeyId: &arn, Name: aws.String("g"), GranteePrincipal: aws.String("arn:aws:iam::" + secondAccount + ":user/other"),
		Operations: []kmstypes.GrantOperation{"DescribeKey", "RetireGrant"}}
	first := must[*kms.CreateGrantOutput](t)(c.CreateGrant(ctx, &in))
	if again := must[*kms.CreateGrantOutput](t)(c.CreateGrant(ctx, &in)); *again.GrantId != *first.GrantId {
		t.Error("the same grant was made twice")
	}
	look := func() error {
		_, err := other.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &arn})
		return err
	}
	expectCode(t, look(), "")
	list := must[*kms.ListGrantsOutput](t)(c.ListGrants(ctx, &kms.ListGrantsInput{KeyId: &arn}))
	if len(list.Grants) != 1 || *list.Grants[0].GrantId != *first.GrantId || len(list.Grants[0].Operations) != 2 || *list.Grants[0].KeyId != arn {
		t.Errorf("grants = %+v", list.Grants)
	}
	deny := aws.String(`{"Statement":[` + rootPolicy + `,{"Effect":"Deny","Principal":{"AWS":"` + secondAccount + `"},"Action":"kms:DescribeKey","Resource":"*"}]}`)
	_, err := c.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &arn, Policy: deny})
	expectCode(t, err, "")
	expectCode(t, look(), "AccessDeniedException") // a grant is no match for a Deny
	_, err = c.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &arn, Policy: aws.String(`{"Statement":` + rootPolicy + `}`)})
	expectCode(t, err, "")
	expectCode(t, look(), "")
	_, err = c.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: &arn, GrantId: aws.String("x")})
	expectCode(t, err, "NotFoundException")
	_, err = other.RetireGrant(ctx, &kms.RetireGrantInput{GrantToken: first.GrantToken})
	expectCode(t, err, "")
	expectCode(t, look(), "AccessDeniedException")
	second := must[*kms.CreateGrantOutput](t)(c.CreateGrant(ctx, &in))
	_, err = other.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: &arn, GrantId: second.GrantId})
	expectCode(t, err, "AccessDeniedException")
	_, err = c.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: &arn, GrantId: second.GrantId})
	expectCode(t, err, "")
	in.Operations = []kmstypes.GrantOperation{"Sign"}
	_, err = c.CreateGrant(ctx, &in)
	expectCode(t, err, "ValidationException")
}

func TestAliasesTagsRotation(t *testing.T) {
	l := twoAccounts(t)
	c, ctx := kms.NewFromConfig(sdk(l, "me", "us-east-1")), t.Context()
	one, two := makeKey(t, c, ""), makeKey(t, c, "")
	alias := func(name string) error {
		_, err := c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &one})
		return err
	}
	expectCode(t, alias("alias/a"), "")
	expectCode(t, alias("alias/a"), "AlreadyExistsException")
	expectCode(t, alias("alias/b"), "")
	expectCode(t, alias("a"), "ValidationException")
	expectCode(t, alias("alias/aws/s3"), "NotAuthorizedException")
	_, err := c.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: aws.String("alias/a"), TargetKeyId: &two})
	expectCode(t, err, "")
	page := must[*kms.ListAliasesOutput](t)(c.ListAliases(ctx, &kms.ListAliasesInput{Limit: aws.Int32(1)}))
	rest := must[*kms.ListAliasesOutput](t)(c.ListAliases(ctx, &kms.ListAliasesInput{Marker: page.NextMarker}))
	if len(page.Aliases) != 1 || !page.Truncated || len(rest.Aliases) != 1 || rest.Truncated || !strings.HasSuffix(two, *page.Aliases[0].TargetKeyId) {
		t.Errorf("aliases = %+v, %+v", page.Aliases, rest.Aliases)
	}
	_, err = c.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String("alias/a")})
	expectCode(t, err, "")
	_, err = c.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String("alias/a")})
	expectCode(t, err, "NotFoundException")
	if keys := must[*kms.ListKeysOutput](t)(c.ListKeys(ctx, &kms.ListKeysInput{})); len(keys.Keys) != 2 {
		t.Errorf("keys = %+v", keys.Keys)
	}

	_, err = c.TagResource(ctx, &kms.TagResourceInput{KeyId: &one, Tags: []kmstypes.Tag{{TagKey: aws.String("k"), TagValue: aws.String("v")}, {TagKey: aws.String("x"), TagValue: aws.String("y")}}})
	expectCode(t, err, "")
	_, err = c.UntagResource(ctx, &kms.UntagResourceInput{KeyId: &one, TagKeys: []string{"x"}})
	expectCode(t, err, "")
	tags := must[*kms.ListResourceTagsOutput](t)(c.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: &one}))
	if len(tags.Tags) != 1 || *tags.Tags[0].TagValue != "v" {
		t.Errorf("tags = %+v", tags.Tags)
	}

	rotates := func() bool {
		return must[*kms.GetKeyRotationStatusOutput](t)(c.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &one})).KeyRotationEnabled
	}
	_, err = c.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &one, RotationPeriodInDays: aws.Int32(89)})
	expectCode(t, err, "ValidationException")
	_, err = c.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &one})
	expectCode(t, err, "")
	if !rotates() {
		t.Error("rotation is off")
	}
	_, err = c.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: &one})
	expectCode(t, err, "")
	if rotates() {
		t.Error("rotation is on")
	}
}

func TestKeyRecords(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	c := kms.NewFromConfig(k.config(home, "ALICE"))
	arn := makeKey(t, c, "")
	_, id, _ := strings.Cut(arn, "key/")
	_, err := c.DisableKey(k.ctx, &kms.DisableKeyInput{KeyId: &id})
	k.must(err)
	var r struct {
		EventSource, AwsRegion string
		RequestParameters      map[string]any
		Resources              []struct{ ARN, Type string }
	}
	if err := json.Unmarshal([]byte(k.lastEvent(home, "DisableKey")), &r); err != nil {
		t.Fatal(err)
	}
	if r.EventSource != "kms.amazonaws.com" || r.AwsRegion != home || r.RequestParameters["keyId"] != id || len(r.Resources) != 1 || r.Resources[0].ARN != arn {
		t.Errorf("record = %+v", r)
	}
}

// lastEvent is the newest event of a name in Event history.
func (k *kit) lastEvent(region, name string) string {
	k.t.Helper()
	out, err := k.trail(region).LookupEvents(k.ctx, &cloudtrail.LookupEventsInput{LookupAttributes: []cttypes.LookupAttribute{
		{AttributeKey: cttypes.LookupAttributeKeyEventName, AttributeValue: &name}}})
	k.must(err)
	if len(out.Events) == 0 {
		k.t.Fatalf("there is no event %s", name)
	}
	return *out.Events[0].CloudTrailEvent
}

func TestTrailKeyChecks(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.bucket("logs")
	c, far := kms.NewFromConfig(k.config(home, "ALICE")), kms.NewFromConfig(k.config(abroad, "ALICE"))
	good, silent, disabled, foreign := makeKey(t, c, trailPolicy), makeKey(t, c, ""), makeKey(t, c, trailPolicy), makeKey(t, far, trailPolicy)
	_, err := c.DisableKey(k.ctx, &kms.DisableKeyInput{KeyId: &disabled})
	k.must(err)
	_, err = c.CreateAlias(k.ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/good"), TargetKeyId: &good})
	k.must(err)
	create := func(name, key string) (string, error) {
		out, err := k.trail(home).CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: aws.String("logs"), KmsKeyId: &key})
		if err != nil {
			return "", err
		}
		return *out.KmsKeyId, nil
	}
	for _, test := range []struct{ name, key, code string }{
		{"main", good[:len(good)-1] + "f", "KmsKeyNotFoundException"},
		{"main", "alias/none", "KmsKeyNotFoundException"},
		{"main", foreign, "KmsKeyNotFoundException"},
		{"main", silent, "InsufficientEncryptionPolicyException"},
		{"other", good, "InsufficientEncryptionPolicyException"}, // aws:SourceArn
		{"main", disabled, "KmsException"},
	} {
		_, err := create(test.name, test.key)
		wantTrailError(t, err, test.code)
	}
	key, err := create("main", "alias/good")
	k.must(err)
	wantEqual(t, "the key that the alias names", key, good)
}

// TestTrailKeyTrouble is about what a trail delivers while its key cannot be used: nothing, and nothing gets lost.
func TestTrailKeyTrouble(t *testing.T) {
	for name, test := range map[string]struct {
		breaks, mends func(k *kit, c *kms.Client, key string) error
		code          string
	}{
		"disabled": {
			func(k *kit, c *kms.Client, key string) error {
				_, err := c.DisableKey(k.ctx, &kms.DisableKeyInput{KeyId: &key})
				return err
			},
			enabling, "KMS.DisabledException",
		},
		"pending deletion": {
			func(k *kit, c *kms.Client, key string) error {
				_, err := c.ScheduleKeyDeletion(k.ctx, &kms.ScheduleKeyDeletionInput{KeyId: &key})
				return err
			},
			func(k *kit, c *kms.Client, key string) error {
				if _, err := c.CancelKeyDeletion(k.ctx, &kms.CancelKeyDeletionInput{KeyId: &key}); err != nil {
					return err
				}
				return enabling(k, c, key)
			}, "KMS.KMSInvalidStateException",
		},
		"policy": {
			func(k *kit, c *kms.Client, key string) error {
				_, err := c.PutKeyPolicy(k.ctx, &kms.PutKeyPolicyInput{KeyId: &key, Policy: aws.String(`{"Statement":` + rootPolicy + `}`)})
				return err
			},
			func(k *kit, c *kms.Client, key string) error {
				_, err := c.PutKeyPolicy(k.ctx, &kms.PutKeyPolicyInput{KeyId: &key, Policy: aws.String(trailPolicy)})
				return err
			}, "AccessDenied",
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t, lab.Options{})
			k.main()
			c := kms.NewFromConfig(k.config(home, "ALICE"))
			key := makeKey(t, c, trailPolicy)
			_, err := k.trail(home).UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"), KmsKeyId: &key})
			k.must(err)
			k.must(test.breaks(k, c, key))
			wantEqual(t, "error", aws.ToString(k.status(home, "main").LatestDeliveryError), test.code)
			before := len(k.objects("logs"))
			_, err = c.ListKeys(k.ctx, &kms.ListKeysInput{}) // something to deliver
			k.must(err)
			k.status(home, "main")
			wantEqual(t, "files meanwhile", len(k.objects("logs")), before)
			k.must(test.mends(k, c, key))
			wantEqual(t, "error after it was mended", aws.ToString(k.status(home, "main").LatestDeliveryError), "")
			if len(k.objects("logs")) <= before {
				t.Error("what was pending was not delivered")
			}
		})
	}
}

func enabling(k *kit, c *kms.Client, key string) error {
	_, err := c.EnableKey(k.ctx, &kms.EnableKeyInput{KeyId: &key})
	return err
}
