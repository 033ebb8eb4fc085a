package awscloud

import "context"

// Parameter reads a parameter of Systems Manager's Parameter Store, decrypted, by its name or ARN, in the region that the ARN
// names, else the default region. No error contains the value.
func (c *Cloud) Parameter(ctx context.Context, name string) (string, error) {
	var out struct {
		Parameter struct{ Value string }
	}
	call := SignedCall{Service: "ssm", Region: arnRegion(name, c.config.Region), Op: "GetParameter", Path: "/", Target: "AmazonSSM.GetParameter"}
	err := call.do(ctx, c, map[string]any{"Name": name, "WithDecryption": true}, &out)
	return out.Parameter.Value, err
}

// SecretValue reads the current text of a secret in Secrets Manager, by its name or ARN, in the region that the ARN names,
// else the default region. No error contains the value.
func (c *Cloud) SecretValue(ctx context.Context, id string) (string, error) {
	var out struct{ SecretString string }
	call := SignedCall{Service: "secretsmanager", Region: arnRegion(id, c.config.Region), Op: "GetSecretValue", Path: "/", Target: "secretsmanager.GetSecretValue"}
	err := call.do(ctx, c, map[string]any{"SecretId": id}, &out)
	return out.SecretString, err
}
