package labrange

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/trailhold/trailhold/internal/lab"
)

// What the range needs of SNS, EventBridge, STS, IAM, KMS and CloudWatch Logs is too little to be worth clients of the SDK:
// seven calls in the wire protocols that the lab speaks. The lab reads the credential scope and checks no signature.

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// send makes one call as the account's owner and returns the answer, which may be of no interest.
func (r *Range) send(ctx context.Context, service, region, contentType, target, body string) ([]byte, error) {
	return r.sendAs(ctx, ownerKeyID, service, region, contentType, target, body)
}

// sendAs makes one call with an access key.
func (r *Range) sendAs(ctx context.Context, keyID, service, region, contentType, target, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+service+"."+region+".amazonaws.com/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+keyID+"/20260101/"+region+"/"+service+"/aws4_request")
	request.Header.Set("Content-Type", contentType)
	if target != "" {
		request.Header.Set("X-Amz-Target", target)
	}
	answer, err := r.lab.Client().Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %s", service, answer.Status, text)
	}
	return text, err
}

// query makes a call of the query protocol.
func (r *Range) query(ctx context.Context, service, action string, parameters map[string]string) ([]byte, error) {
	form := url.Values{"Action": {action}}
	for name, value := range parameters {
		form.Set(name, value)
	}
	return r.send(ctx, service, home, "application/x-www-form-urlencoded", "", form.Encode())
}

func (r *Range) createTopic(ctx context.Context, name string) error {
	_, err := r.query(ctx, "sns", "CreateTopic", map[string]string{"Name": name})
	return err
}

func (r *Range) subscribe(ctx context.Context, topic, protocol, endpoint string) error {
	_, err := r.query(ctx, "sns", "Subscribe", map[string]string{"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint})
	return err
}

// events makes a call of EventBridge.
func (r *Range) events(ctx context.Context, region, operation string, parameters any) error {
	body, err := json.Marshal(parameters)
	if err != nil {
		return err
	}
	_, err = r.send(ctx, "events", region, "application/x-amz-json-1.1", "AWSEvents."+operation, string(body))
	return err
}

// createLogGroup makes a log group that trails can send records to.
func (r *Range) createLogGroup(ctx context.Context, name string) error {
	body, err := json.Marshal(map[string]string{"logGroupName": name})
	if err != nil {
		return err
	}
	_, err = r.send(ctx, "logs", home, "application/x-amz-json-1.1", "Logs_20140328.CreateLogGroup", string(body))
	return err
}

// createKey makes a KMS key that CloudTrail may encrypt with for the drilled account's trails, and returns its ARN. The
// key belongs to the account of the access key.
func (r *Range) createKey(ctx context.Context, keyID, account string) (string, error) {
	policy, err := json.Marshal(keyPolicy(account))
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"Policy": string(policy)})
	if err != nil {
		return "", err
	}
	text, err := r.sendAs(ctx, keyID, "kms", home, "application/x-amz-json-1.1", "TrentService.CreateKey", string(body))
	if err != nil {
		return "", err
	}
	var answer struct{ KeyMetadata struct{ Arn string } }
	if err := json.Unmarshal(text, &answer); err != nil || answer.KeyMetadata.Arn == "" {
		return "", fmt.Errorf("kms answered without a key: %s", text)
	}
	return answer.KeyMetadata.Arn, nil
}

// keyPolicy lets a key's account do everything, and CloudTrail what AWS's documentation of encrypted trails asks for.
func keyPolicy(account string) any {
	type policy = map[string]any
	cloudtrail := policy{"Service": "cloudtrail.amazonaws.com"}
	return policy{"Version": "2012-10-17", "Statement": []policy{
		{"Effect": "Allow", "Principal": policy{"AWS": "arn:aws:iam::" + account + ":root"}, "Action": "kms:*", "Resource": "*"},
		{
			"Effect": "Allow", "Principal": cloudtrail, "Action": "kms:GenerateDataKey*", "Resource": "*",
			"Condition": policy{"StringLike": policy{"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:" + lab.DefaultAccount + ":trail/*"}},
		},
		{"Effect": "Allow", "Principal": cloudtrail, "Action": "kms:DescribeKey", "Resource": "*"},
	}}
}

// createRole makes a role that a principal may assume.
func (r *Range) createRole(ctx context.Context, arn string, principal map[string]string) error {
	type policy = map[string]any
	trust, err := json.Marshal(policy{"Version": "2012-10-17", "Statement": []policy{{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}}})
	if err != nil {
		return err
	}
	_, err = r.query(ctx, "iam", "CreateRole", map[string]string{"RoleName": roleName(arn), "AssumeRolePolicyDocument": string(trust)})
	return err
}

// allow gives a role a policy that lets it do some things.
func (r *Range) allow(ctx context.Context, arn string, actions ...string) error {
	type policy = map[string]any
	text, err := json.Marshal(policy{"Version": "2012-10-17", "Statement": []policy{{"Effect": "Allow", "Action": actions, "Resource": "*"}}})
	if err != nil {
		return err
	}
	_, err = r.query(ctx, "iam", "PutRolePolicy", map[string]string{"RoleName": roleName(arn), "PolicyName": "allow", "PolicyDocument": string(text)})
	return err
}

func roleName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// assumeRole returns the access key id of a new session.
func (r *Range) assumeRole(ctx context.Context, role, session string) (string, error) {
	text, err := r.query(ctx, "sts", "AssumeRole", map[string]string{"RoleArn": role, "RoleSessionName": session})
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessKeyID string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	}
	if err := xml.Unmarshal(text, &answer); err != nil || answer.AccessKeyID == "" {
		return "", fmt.Errorf("sts answered without an access key: %s", text)
	}
	return answer.AccessKeyID, nil
}
