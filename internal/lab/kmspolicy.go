package lab

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
)

// defaultKeyPolicy is what KMS gives a key without a policy: the account decides, through IAM.
func defaultKeyPolicy(account string) string {
	return `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::` + account + `:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`
}

// parseKeyPolicy reads a key policy. Unlike other services KMS takes statements without Action or Resource, which have no
// effect.
func parseKeyPolicy(text string) (policy.Document, error) {
	document, err := policy.Parse(text)
	if err != nil {
		return policy.Document{}, errorf("MalformedPolicyDocumentException", "%v", err)
	}
	for _, s := range document.Statements {
		if s.Principals == nil {
			return policy.Document{}, errorf("MalformedPolicyDocumentException", "each statement needs a Principal")
		}
	}
	document.Statements = slices.DeleteFunc(document.Statements, func(s policy.Statement) bool {
		return len(s.Actions) == 0 || len(s.Resources) == 0
	})
	return document, nil
}

// checkKeyPolicy refuses a policy that is too long, malformed or, unless the caller wants it so, would lock the caller out.
func (c *call) checkKeyPolicy(k *kmsKey, text string, bypass bool) error {
	if len(text) > maxKeyPolicy {
		return errorf("LimitExceededException", "A key policy must not be larger than %d bytes.", maxKeyPolicy)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r > 0xff || r < ' ' && r != '\t' && r != '\n' && r != '\r' }) {
		return errorf("MalformedPolicyDocumentException", "a key policy may have characters of Latin-1 only")
	}
	p, err := parseKeyPolicy(text)
	if err != nil {
		return err
	}
	if !bypass && judge(p, c.keyAccess(k, "kms:PutKeyPolicy")) != policyAllows {
		return errorf("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")
	}
	return nil
}

// keyAccess is what the call wants of a key.
func (c *call) keyAccess(k *kmsKey, action string) access {
	a := c.access(action, k.arn)
	a.context["kms:calleraccount"] = c.account.id
	a.context["kms:grantisforawsresource"] = "false"
	return a
}

// mayWithKey checks that the key's policy, or a grant, lets the caller do this. Nobody has rights by owning the account:
// that is so only because usual key policies name it.
func (c *call) mayWithKey(k *kmsKey) error {
	if c.accessKey != "" {
		switch k.ask(c.keyAccess(k, "kms:"+c.operation)) {
		case policyAllows:
			return nil
		case policySilent:
			if k.granted(c.callerARN(), c.operation) || c.session != nil && k.granted(c.session.roleARN, c.operation) {
				return nil
			}
		}
	}
	return c.keyDenied(k)
}

// ask asks the key's policy. It was parsed before it was stored.
func (k *kmsKey) ask(a access) verdict {
	p, err := parseKeyPolicy(k.policy)
	if err != nil {
		return policySilent
	}
	return judge(p, a)
}

// trouble tells why a service cannot use the key for what it wants, as the code that S3 has for it; empty if it can.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func (k *kmsKey) trouble(a access) string {
	switch {
	case k == nil:
		return "KMS.NotFoundException"
	case k.ask(a) != policyAllows:
		return "AccessDenied"
	case k.state == keyDisabled:
		return "KMS.DisabledException"
	case k.state != keyEnabled:
		return "KMS.KMSInvalidStateException"
	}
	return ""
}

type keyPolicyInput struct {
	Policy                         *string
	PolicyName                     string
	BypassPolicyLockoutSafetyCheck bool
}

// readKeyPolicyInput insists on the only name that a key policy can have.
func (c *call) readKeyPolicyInput() (in keyPolicyInput, err error) {
	if err = c.decode(&in); err == nil && in.PolicyName != "" && in.PolicyName != "default" {
		err = errorf("NotFoundException", "No such policy exists")
	}
	return in, err
}

func getKeyPolicy(c *call, k *kmsKey) (any, error) {
	if _, err := c.readKeyPolicyInput(); err != nil {
		return nil, err
	}
	return map[string]any{"Policy": k.policy, "PolicyName": "default"}, nil
}

func putKeyPolicy(c *call, k *kmsKey) (any, error) {
	in, err := c.readKeyPolicyInput()
	if err != nil {
		return nil, err
	}
	if in.Policy == nil || *in.Policy == "" {
		return nil, errorf("ValidationException", "Value at 'policy' failed to satisfy constraint: Member must not be null")
	}
	if err := c.checkKeyPolicy(k, *in.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	k.policy = *in.Policy
	return nil, nil
}

func listKeyPolicies(*call, *kmsKey) (any, error) {
	return map[string]any{"PolicyNames": []string{"default"}, "Truncated": false}, nil
}
