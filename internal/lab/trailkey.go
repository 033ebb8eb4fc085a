package lab

import (
	"regexp"
	"strings"
)

var (
	keyIDForm  = regexp.MustCompile(`^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32})$`)
	aliasForm  = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)
	keyARNForm = regexp.MustCompile(`^arn:aws[a-z-]*:kms:([a-z0-9-]+):(\d{12}):(?:key/(.+)|(alias/.+))$`)
)

// applyKey takes every well-formed way to name a key and keeps the key's ARN. What is no ARN means a key of the trail's
// account and home region. That the key exists is found out here, because an alias says nothing about its key by itself.
func (c *call) applyKey(given *string, t *trail) error {
	if given == nil {
		return nil
	}
	where, name := place{t.account, t.home}, *given
	if m := keyARNForm.FindStringSubmatch(name); m != nil {
		where, name = place{m[2], m[1]}, m[3]+m[4]
	}
	switch {
	case name == "":
		t.kmsKey = ""
		return nil
	case !keyIDForm.MatchString(name) && !aliasForm.MatchString(name):
		return errorf("InvalidKmsKeyIdException", "The KMS key %.300q is not valid.", *given)
	}
	k := c.lab.keyNamed(where, name)
	if k == nil {
		return keyNotFound(*given)
	}
	t.kmsKey = k.arn
	return nil
}

func keyNotFound(key string) error {
	return errorf("KmsKeyNotFoundException", "KMS key %.300s does not exist or is not in the region of the S3 bucket.", key)
}

// keyDependency checks that the key is in the bucket's region and lets CloudTrail encrypt. A disabled key is "an issue
// with the specified KMS key", which is KmsException's; KmsKeyDisabledException is documented as no longer in use.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
func (c *call) keyDependency(in *trailInput, t *trail) error {
	if t.kmsKey == "" || in.KmsKeyID == nil && in.S3BucketName == nil {
		return nil
	}
	parts, _ := splitARN(t.kmsKey, "kms")
	if b := c.lab.buckets[t.bucket]; b != nil && b.region != parts.region {
		return keyNotFound(t.kmsKey)
	}
	if in.KmsKeyID == nil {
		return nil
	}
	switch code := c.lab.keyTrouble(t); code {
	case "":
		return nil
	case "AccessDenied":
		return errorf("InsufficientEncryptionPolicyException", "Insufficient permissions to access S3 bucket %s or KMS key %s.", t.bucket, t.kmsKey)
	case "KMS.NotFoundException":
		return keyNotFound(t.kmsKey)
	default:
		return errorf("KmsException", "The KMS key %s cannot be used: %s", t.kmsKey, strings.TrimPrefix(code, "KMS."))
	}
}

// keyTrouble tells why what CloudTrail delivers could not be encrypted with the trail's key, as S3's error code; empty if
// it could, or if there is no key.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func (l *Lab) keyTrouble(t *trail) string {
	if t.kmsKey == "" {
		return ""
	}
	a := t.access("kms:GenerateDataKey", t.kmsKey)
	a.context["kms:encryptioncontext:aws:cloudtrail:arn"] = t.arn
	return l.keyByARN(t.kmsKey).trouble(a)
}
