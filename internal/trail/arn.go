package trail

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// ARN is a trail's ARN in parts: arn:Partition:cloudtrail:Region:Account:trail/Name. Region is the home region. An
// organization trail carries the management account, whoever created it.
type ARN struct {
	Partition, Region, Account, Name string
}

var (
	arnPartition = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	arnRegion    = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)
	arnAccount   = regexp.MustCompile(`^\d{12}$`)
	arnName      = regexp.MustCompile(`^[A-Za-z0-9]([._-]?[A-Za-z0-9]+)*$`)
)

// ParseARN takes a trail's ARN apart. The error says which part is wrong and what it should look like.
func ParseARN(text string) (ARN, error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "cloudtrail" {
		return ARN{}, fmt.Errorf("%s is not the ARN of a trail: it looks like arn:aws:cloudtrail:us-east-1:111122223333:trail/name", show(text))
	}
	name, isTrail := strings.CutPrefix(parts[5], "trail/")
	a := ARN{Partition: parts[1], Region: parts[3], Account: parts[4], Name: name}
	switch {
	case !isTrail:
		return ARN{}, fmt.Errorf("%s is not the ARN of a trail: its last part must be trail/ and a name", show(text))
	case !arnPartition.MatchString(a.Partition):
		return ARN{}, fmt.Errorf("the partition %s in the ARN is not one of AWS's, such as aws, aws-cn or aws-us-gov", show(a.Partition))
	case !ValidRegion(a.Region):
		return ARN{}, fmt.Errorf("the region %s in the ARN does not look like us-east-1", show(a.Region))
	case !ValidAccount(a.Account):
		return ARN{}, fmt.Errorf("the account %s in the ARN is not 12 digits", show(a.Account))
	case !ValidName(a.Name):
		return ARN{}, fmt.Errorf("the name %s in the ARN breaks CloudTrail's rules: 3 to 128 letters, digits and single . _ - between them", show(a.Name))
	}
	return a, nil
}

// String puts the ARN together again.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":cloudtrail:" + a.Region + ":" + a.Account + ":trail/" + a.Name
}

// ValidRegion says whether text has the shape of a region's name.
func ValidRegion(text string) bool { return len(text) <= 32 && arnRegion.MatchString(text) }

// ValidAccount says whether text is an account id: twelve digits.
func ValidAccount(text string) bool { return arnAccount.MatchString(text) }

// ValidName says whether text may name a trail; the rules are those of CreateTrail's Name.
func ValidName(text string) bool {
	if len(text) < 3 || len(text) > 128 || !arnName.MatchString(text) {
		return false
	}
	_, err := netip.ParseAddr(text)
	return err != nil
}
