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
)

// What the range needs of SNS, EventBridge and STS is too little to be worth their SDK clients in the product: four
// calls in the wire protocols that the lab speaks. The lab reads the credential scope and checks no signature.

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// send makes one call as the account's owner and decodes the answer, which may be of no interest.
func (r *Range) send(ctx context.Context, service, region, contentType, target, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+service+"."+region+".amazonaws.com/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+ownerKeyID+"/20260101/"+region+"/"+service+"/aws4_request")
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
