package alerts

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// use is something outside the file that a channel needs: a secret, a topic, an event bus, Security Hub.
type use struct {
	service string // of AWS, by the name that ARNs have; or the place of a secret
	name    string // or ARN
	region  string // empty: that of whoever tells
}

// At is where a guard runs: the partition, region and account that its ARNs have.
type At struct{ Partition, Region, Account string }

// arn makes an ARN of a resource there.
func (at At) arn(service, region, resource string) string {
	if region == "" {
		region = at.Region
	}
	return "arn:" + at.Partition + ":" + service + ":" + region + ":" + at.Account + ":" + resource
}

// ARNs lists what the function of a guard needs permission for to tell the channels: nothing else. A secret's ARN ends in six
// characters that only AWS knows, for which IAM takes question marks. The error names a channel that no function could tell: it has
// neither files nor variables of one's own.
func (c Config) ARNs(at At) ([]string, error) {
	var arns []string
	for _, one := range c.Channels {
		for _, u := range one.uses {
			arn := u.arn(at)
			if arn == "" {
				return nil, fmt.Errorf("the channel %s needs %s:%s, which the function does not have: put the secret into Parameter Store or Secrets Manager, and have OCSF written to - or sent to a url", clip(one.Name), u.service, u.name)
			}
			if !slices.Contains(arns, arn) {
				arns = append(arns, arn)
			}
		}
	}
	slices.Sort(arns)
	return arns, nil
}

// Granted lists what anybody needs permission for to tell the channels. Files and variables of one's own, which ARNs refuses, are
// not in it: AWS gives no permission for those.
func (c Config) Granted(at At) []string {
	var arns []string
	for _, one := range c.Channels {
		for _, u := range one.uses {
			arns = append(arns, u.arn(at))
		}
	}
	slices.Sort(arns)
	return slices.DeleteFunc(slices.Compact(arns), func(arn string) bool { return arn == "" })
}

// ParameterARN is the ARN of the parameter that a location names; empty for locations elsewhere.
func ParameterARN(location string, at At) string {
	name, ok := strings.CutPrefix(location, InParameterStore+":")
	if !ok {
		return ""
	}
	return use{service: InParameterStore, name: name}.arn(at)
}

// suffix ends the complete ARN of a secret.
var suffix = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// arn is what permission is needed for; empty if that is nothing that AWS could give.
func (u use) arn(at At) string {
	whole := strings.HasPrefix(u.name, "arn:")
	switch u.service {
	case InParameterStore:
		if whole {
			head, name, _ := strings.Cut(u.name, ":parameter/")
			return head + ":parameter/" + version(name)
		}
		return at.arn("ssm", u.region, "parameter/"+strings.TrimPrefix(version(u.name), "/"))
	case InSecretsManager:
		name := u.name
		if !whole {
			name = at.arn("secretsmanager", u.region, "secret:"+u.name)
		}
		if !whole || !suffix.MatchString(name) {
			name += "-??????"
		}
		return name
	case "sns":
		return u.name
	case "events":
		if whole {
			return u.name
		}
		return at.arn("events", u.region, "event-bus/"+cmp.Or(u.name, "default"))
	case "securityhub":
		return at.arn("securityhub", u.region, "product/"+at.Account+"/default")
	}
	return ""
}

// version takes the version or label away that may follow a parameter's name: the permission is for the parameter.
func version(name string) string {
	name, _, _ = strings.Cut(name, ":")
	return name
}
