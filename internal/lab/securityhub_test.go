package lab

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// spoken makes one signed call and returns the answer, or the code of the error.
func spoken(t *testing.T, l *Lab, service, target, path, body string) (answer map[string]any, code string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://lab"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAX/20260301/us-east-1/"+service+"/aws4_request")
	if target != "" {
		request.Header.Set("X-Amz-Target", target)
	}
	response, err := l.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	code, _ = answer["__type"].(string)
	return answer, code
}

const soundFinding = `{"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default","GeneratorId":"g",
"AwsAccountId":"111122223333","CreatedAt":"2026-03-01T03:12:11.000Z","UpdatedAt":"2026-03-01T03:12:11.000Z","Title":"t","Description":"d",
"FindingProviderFields":{"Severity":{"Label":"HIGH"}},"Resources":[{"Type":"Other","Id":"r"}],"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE"}`

func TestFindingsAreChecked(t *testing.T) {
	l := New(Options{})
	defer l.Close()
	send := func(finding string) string {
		answer, code := spoken(t, l, "securityhub", "", "/findings/import", `{"Findings":[`+finding+`]}`)
		if code != "" {
			return code
		}
		failed, _ := answer["FailedFindings"].([]any)
		if len(failed) == 0 {
			return ""
		}
		return failed[0].(map[string]any)["ErrorMessage"].(string)
	}
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{`"Title":"t"`, `"Title":"` + strings.Repeat("t", 257) + `"`, "finding.Title"},
		{`"Description":"d"`, `"Description":""`, "finding.Description"},
		{`"Label":"HIGH"`, `"x":"HIGH"`, "finding.Severity"},
		{`"AwsAccountId":"111122223333"`, `"AwsAccountId":"444455556666"`, "those of the caller"},
		{`:us-east-1:`, `:eu-west-1:`, "those of the caller"},
		{`2018-10-08`, `2019-10-08`, "SchemaVersion"},
		{`"UpdatedAt":"2026-03-01T03:12:11.000Z"`, `"UpdatedAt":"now"`, "UpdatedAt should be a timestamp"},
		{`[{"Type":"Other","Id":"r"}]`, `[]`, "finding.Resources"},
		{`{"Type":"Other","Id":"r"}`, `{"Type":"Other"}`, "finding.Resources"},
		{`"ACTIVE"`, `"OPEN"`, "RecordState"},
		{`"NEW"`, `"OLD"`, "Workflow"},
		{`"Id":"f"`, `"Id":"f","ProductFields":{"aws/x":"y"}`, "ProductFields"},
		{`"Id":"f"`, `"Id":"f","Remediation":{"Recommendation":{"Text":"` + strings.Repeat("x", 513) + `"}}`, "Remediation"},
		{`"Id":"f"`, `"Id":"f","x":"` + strings.Repeat("x", maxFindingSize) + `"`, "240 KB"},
	} {
		if got := send(strings.Replace(soundFinding, c.old, c.new, 1)); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%.60s: %q, want %q", c.new, got, c.want)
		}
	}
	if got := send(""); got != "InvalidInputException" {
		t.Errorf("no finding: %q", got)
	}
	if all := l.Findings(DefaultAccount, "us-east-1"); len(all) != 1 {
		t.Errorf("findings %v", all)
	}
}

func TestParametersAndSecrets(t *testing.T) {
	l := New(Options{})
	defer l.Close()
	for _, c := range []struct{ service, target, body, code, value string }{
		{"ssm", "AmazonSSM.GetParameter", `{"Name":"a"}`, "ParameterNotFound", ""},
		{"ssm", "AmazonSSM.PutParameter", `{"Name":"a","Value":"hush","Type":"SecureString"}`, "", ""},
		{"ssm", "AmazonSSM.PutParameter", `{"Name":"a","Value":"hush","Type":"SecureString"}`, "ParameterAlreadyExists", ""},
		{"ssm", "AmazonSSM.GetParameter", `{"Name":"a","WithDecryption":true}`, "", "hush"},
		{"ssm", "AmazonSSM.GetParameter", `{"Name":"a"}`, "", "AQICAHg4"},
		{"ssm", "AmazonSSM.PutParameter", `{"Name":"a","Value":"loud","Overwrite":true}`, "", ""},
		{"ssm", "AmazonSSM.GetParameter", `{"Name":"arn:aws:ssm:us-east-1:111122223333:parameter/a","WithDecryption":true}`, "", "loud"},
		{"ssm", "AmazonSSM.PutParameter", `{"Name":"a b","Value":"x","Type":"String"}`, "ValidationException", ""},
		{"ssm", "AmazonSSM.PutParameter", `{"Name":"b","Value":"","Type":"String"}`, "ValidationException", ""},
		{"ssm", "AmazonSSM.PutParameter", `{"Name":"b","Value":"x","Type":"Text"}`, "ValidationException", ""},
		{"ssm", "AmazonSSM.PutParameter", `{"Name":"b","Value":"` + strings.Repeat("x", 4097) + `","Type":"String"}`, "ValidationException", ""},
		{"secretsmanager", "secretsmanager.GetSecretValue", `{"SecretId":"s"}`, "ResourceNotFoundException", ""},
		{"secretsmanager", "secretsmanager.CreateSecret", `{"Name":"s","SecretString":"one"}`, "", ""},
		{"secretsmanager", "secretsmanager.CreateSecret", `{"Name":"s","SecretString":"one"}`, "ResourceExistsException", ""},
		{"secretsmanager", "secretsmanager.CreateSecret", `{"Name":"s s"}`, "ValidationException", ""},
		{"secretsmanager", "secretsmanager.GetSecretValue", `{"SecretId":"s"}`, "", "one"},
		{"secretsmanager", "secretsmanager.PutSecretValue", `{"SecretId":"s","SecretString":"two"}`, "", ""},
		{"secretsmanager", "secretsmanager.PutSecretValue", `{"SecretId":"x","SecretString":"two"}`, "ResourceNotFoundException", ""},
		{"secretsmanager", "secretsmanager.GetSecretValue", `{"SecretId":"s"}`, "", "two"},
	} {
		answer, code := spoken(t, l, c.service, c.target, "/", c.body)
		value, _ := answer["SecretString"].(string)
		if parameter, ok := answer["Parameter"].(map[string]any); ok {
			value, _ = parameter["Value"].(string)
		}
		if code != c.code || c.value != "" && value != c.value {
			t.Errorf("%s %.80s: code %q, value %q", c.target, c.body, code, value)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	history := ""
	for _, e := range l.accounts[DefaultAccount].regions["us-east-1"].trails.history.events {
		history += e.CloudTrailEvent
	}
	for _, secret := range []string{"hush", "loud", `"one"`, `"two"`} {
		if strings.Contains(history, secret) {
			t.Errorf("Event history gives %s away", secret)
		}
	}
}
