package labrange

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/lab"
)

// object is a part of a request, or of a policy.
type object = map[string]any

// builder makes resources as their owner. After its first error it does nothing more.
type builder struct {
	ctx   context.Context
	owner *intruder.Intruder
	err   error
}

func (b *builder) do(step func() error) {
	if b.err == nil {
		b.err = step()
	}
}

// call makes a call in the home region. Of the answer, output gets what it has fields for; nil: nothing.
func (b *builder) call(operation string, input object, output any) {
	b.callIn(home, operation, input, output)
}

func (b *builder) callIn(region, operation string, input object, output any) {
	b.do(func() error { return b.owner.Call(b.ctx, region, operation, input, output) })
}

// policy is a policy as a text.
func policy(statements ...object) string {
	text, _ := json.Marshal(object{"Version": "2012-10-17", "Statement": statements}) // of texts, lists and maps
	return string(text)
}

// role makes a role that a principal may assume, and lets it do some things.
func (b *builder) role(arn string, principal map[string]string, actions ...string) {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	b.call("iam:CreateRole", object{
		"RoleName": name, "AssumeRolePolicyDocument": policy(object{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}),
	}, nil)
	if len(actions) > 0 {
		b.call("iam:PutRolePolicy", object{
			"RoleName": name, "PolicyName": "allow", "PolicyDocument": policy(object{"Effect": "Allow", "Action": actions, "Resource": "*"}),
		}, nil)
	}
}

// service is a principal that is a service.
func service(name string) map[string]string {
	return map[string]string{"Service": name + ".amazonaws.com"}
}

// key makes a KMS key that CloudTrail may encrypt with for the drilled account's trails, and returns its ARN. Its account may
// do everything, and CloudTrail and CloudWatch Logs what AWS's documentation of encrypted trails and log groups asks for.
func (b *builder) key(account string) string {
	cloudtrail := service("cloudtrail")
	var answer struct{ KeyMetadata struct{ Arn string } }
	b.call("kms:CreateKey", object{"Policy": policy(
		object{"Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + account + ":root"}, "Action": "kms:*", "Resource": "*"},
		object{
			"Effect": "Allow", "Principal": cloudtrail, "Action": "kms:GenerateDataKey*", "Resource": "*",
			"Condition": object{"StringLike": object{"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:" + lab.DefaultAccount + ":trail/*"}},
		},
		object{"Effect": "Allow", "Principal": cloudtrail, "Action": "kms:DescribeKey", "Resource": "*"},
		object{"Effect": "Allow", "Principal": service("logs." + home), "Action": []string{"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"}, "Resource": "*"},
	)}, &answer)
	arn := answer.KeyMetadata.Arn
	b.call("kms:EnableKeyRotation", object{"KeyId": arn, "RotationPeriodInDays": 365}, nil)
	b.call("kms:CreateGrant", object{
		"KeyId": arn, "Name": "forensics", "GranteePrincipal": "arn:aws:iam::" + account + ":role/forensics", "Operations": []string{"Decrypt"},
	}, nil)
	return arn
}
