package inventory

import "strings"

// partition is a part of AWS that shares nothing with the others. The names of its regions begin alike.
type partition struct {
	name    string
	prefix  string
	regions []string
}

// partitions are those that there are, with the regions that are known here. It is a guess that saves an answer: what is enabled
// in an account AWS says, and a region that is missing here is only read later. The source are the rules by which AWS's SDK resolves
// endpoints (internal/endpoints/awsrulesfn/partitions.json in github.com/aws/aws-sdk-go-v2), with which a test compares it.
var partitions = []partition{
	{"aws-cn", "cn-", []string{"cn-north-1", "cn-northwest-1"}},
	{"aws-us-gov", "us-gov-", []string{"us-gov-east-1", "us-gov-west-1"}},
	{"aws-eusc", "eusc-", []string{"eusc-de-east-1"}},
	{"aws-iso", "us-iso-", []string{"us-iso-east-1", "us-iso-west-1"}},
	{"aws-iso-b", "us-isob-", []string{"us-isob-east-1", "us-isob-west-1"}},
	{"aws-iso-e", "eu-isoe-", []string{"eu-isoe-west-1"}},
	{"aws-iso-f", "us-isof-", []string{"us-isof-east-1", "us-isof-south-1"}},
	{"aws", "", []string{
		"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
		"ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
		"il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}},
}

// partitionOf is the partition of a region.
func partitionOf(region string) partition {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return partition{name: "aws"} // never: the last prefix fits everything
}
