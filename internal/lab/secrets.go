package lab

import "regexp"

// Limits of secrets, from the API documentation of Secrets Manager.
const (
	maxSecrets     = 10_000
	maxSecretValue = 65_536 // bytes
)

var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

// secretsService is as much of AWS Secrets Manager as it takes to keep a secret and read it. It keeps one version of each.
var secretsService = service{protocol: awsJSON, operations: map[string]operation{
	"CreateSecret":   {run: createSecret},
	"PutSecretValue": {run: putSecretValue},
	"GetSecretValue": {run: getSecretValue, readOnly: true},
}}

// secret is a secret in Secrets Manager.
type secret struct {
	name, arn, value, version string
	created                   epoch
}

func createSecret(c *call) (any, error) {
	var in struct{ Name, SecretString string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	c.recordParameters = map[string]any{"name": in.Name}
	switch {
	case !secretName.MatchString(in.Name):
		return nil, errorf("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	case len(in.SecretString) > maxSecretValue:
		return nil, errorf("ValidationException", "Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to %d", maxSecretValue)
	case c.secrets()[in.Name] != nil:
		return nil, errorf("ResourceExistsException", "The operation failed because the secret %s already exists.", in.Name)
	case len(c.secrets()) >= maxSecrets:
		return nil, errorf("LimitExceededException", "You have reached the limit of secrets.")
	}
	s := &secret{name: in.Name, value: in.SecretString, version: c.lab.id(), created: epoch{c.now}}
	s.arn = "arn:aws:secretsmanager:" + c.region + ":" + c.account.id + ":secret:" + in.Name + "-" + c.lab.token(6)
	c.secrets()[in.Name] = s
	return map[string]any{"ARN": s.arn, "Name": s.name, "VersionId": s.version}, nil
}

func putSecretValue(c *call) (any, error) {
	var in struct{ SecretId, SecretString string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	c.recordParameters = map[string]any{"secretId": in.SecretId}
	s, err := c.secretNamed(in.SecretId)
	if err != nil {
		return nil, err
	}
	s.value, s.version = in.SecretString, c.lab.id()
	return map[string]any{"ARN": s.arn, "Name": s.name, "VersionId": s.version, "VersionStages": []string{"AWSCURRENT"}}, nil
}

func getSecretValue(c *call) (any, error) {
	var in struct{ SecretId string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s, err := c.secretNamed(in.SecretId)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"ARN": s.arn, "Name": s.name, "VersionId": s.version, "SecretString": s.value, "VersionStages": []string{"AWSCURRENT"}, "CreatedDate": s.created,
	}, nil
}

// secretNamed finds a secret by its name or ARN.
func (c *call) secretNamed(id string) (*secret, error) {
	if s := c.secrets()[id]; s != nil {
		return s, nil
	}
	for _, s := range c.secrets() {
		if s.arn == id {
			return s, nil
		}
	}
	return nil, errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

// secrets are those of the account in the region, by name.
func (c *call) secrets() map[string]*secret {
	r := c.account.regions[c.region]
	if r.secrets == nil {
		r.secrets = map[string]*secret{}
	}
	return r.secrets
}
