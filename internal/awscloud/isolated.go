package awscloud

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Isolated is a cloud made of its arguments alone: neither the environment nor any file is read, so that nothing a user
// has configured can lead its calls anywhere but through client. It is for the lab, and for what runs inside it.
func Isolated(region, accessKeyID, secretAccessKey string, client *http.Client) *Cloud {
	c := &Cloud{
		config: aws.Config{
			Region:      region,
			Credentials: credentials.NewStaticCredentialsProvider(accessKeyID, secretAccessKey, ""),
		},
		clients: map[clientKey]any{},
	}
	c.useHTTP(client)
	c.useRetries()
	c.useCredentials(Options{})
	return c
}

// Config is what the cloud's clients are made of. It is exported for the intruder of the drill, who calls far more than the
// product does.
func (c *Cloud) Config() aws.Config { return c.config.Copy() }
