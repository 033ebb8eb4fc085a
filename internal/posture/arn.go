package posture

import (
	"fmt"
	"strings"
)

// arnOf is an ARN in parts.
type arnOf struct{ partition, service, region, account, resource string }

func arnParts(arn string) (arnOf, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return arnOf{}, fmt.Errorf("%q is not an ARN", arn)
	}
	return arnOf{partition: parts[1], service: parts[2], region: parts[3], account: parts[4], resource: parts[5]}, nil
}

// accountIn is the account that an ARN names; empty if it names none.
func accountIn(arn string) string {
	a, _ := arnParts(arn)
	return a.account
}

// regionIn is the region that an ARN names; empty if it names none.
func regionIn(arn string) string {
	a, _ := arnParts(arn)
	return a.region
}
