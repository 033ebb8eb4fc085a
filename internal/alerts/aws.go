package alerts

import (
	"io"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/channel"
)

// OnAWS are the ports of channels that an account has. OCSF that is to be printed goes to out.
func OnAWS(cloud *awscloud.Cloud, getenv func(string) string, out io.Writer) Ports {
	places := Places{Getenv: getenv, ParameterStore: cloud.Parameter, SecretsManager: cloud.SecretValue}
	return Ports{
		Secret: places.Secret,
		Topic:  func(arn string) Topic { return cloud.Topic(arn) },
		Hub:    func(region string) channel.FindingImporter { return cloud.Hub(region) },
		Bus:    func(name, region string) channel.EventPutter { return cloud.Bus(name, region) },
		Out:    out,
	}
}

// SourceOf fetches files from an account.
func SourceOf(cloud *awscloud.Cloud) Source {
	return Source{Object: cloud.Object, Parameter: cloud.Parameter}
}
