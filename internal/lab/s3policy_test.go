package lab

import (
	"errors"
	"testing"
)

// TestPolicyLanguage makes sure that the lab's resources obey the language of policies as AWS documents it. The language
// itself is tested where it's implemented.
func TestPolicyLanguage(t *testing.T) {
	const trail = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
	cloudTrail := access{
		service: "cloudtrail.amazonaws.com", action: "s3:PutObject", resource: "arn:aws:s3:::logs/AWSLogs/1/x",
		context: map[string]string{"aws:sourcearn": trail, "s3:x-amz-acl": ""},
	}
	unsaid := cloudTrail
	unsaid.context, unsaid.partial = nil, true
	user := access{account: "111122223333", arn: "arn:aws:iam::111122223333:user/ann", action: "s3:GetObject", resource: "arn:aws:s3:::logs/ann/x"}
	const allow = `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`
	for name, c := range map[string]struct {
		a          access
		statements string
		want       verdict
	}{
		"none":                      {cloudTrail, ``, policySilent},
		"allowed":                   {cloudTrail, allow, policyAllows},
		"a wildcard across a colon": {cloudTrail, `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:trail/main:*:*"}}}`, policySilent},
		"a header that isn't sent":  {cloudTrail, allow + `,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Null":{"s3:x-amz-acl":"true"}}}`, policyDenies},
		"other trails denied":       {cloudTrail, allow + `,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"ArnNotEquals":{"aws:SourceArn":"` + trail + `"}}}`, policyAllows},
		"for whom isn't told":       {unsaid, allow + `,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"ArnNotEquals":{"aws:SourceArn":"` + trail + `"}}}`, policyAllows},
		"an unknown operator":       {cloudTrail, `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringResembles":{"aws:SourceArn":"` + trail + `"}}}`, policySilent},
		"a variable":                {user, `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::logs/${aws:username}/*"}`, policyAllows},
		"without TLS":               {user, allow + `,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, policyAllows},
		"no principal":              {user, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, policySilent},
	} {
		text := `{"Version":"2012-10-17","Statement":[` + c.statements + `]}`
		if got := ask(text, c.a); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestCheckPolicyResource(t *testing.T) {
	b := &bucket{name: "logs"}
	for resource, want := range map[string]string{
		"arn:aws:s3:::logs": "", "arn:aws:s3:::logs/*": "", "arn:aws:s3:::l*/x": "", "arn:aws:s3:::other/*": "MalformedPolicy", "*": "MalformedPolicy",
	} {
		err := checkPolicy(nil, b, []byte(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"`+resource+`"}}`))
		var refused *apiError
		if errors.As(err, &refused) != (want != "") || refused != nil && refused.Code != want {
			t.Errorf("%s: %v, want %q", resource, err, want)
		}
	}
}
