package posture

import "strings"

// refs lists what frameworks call a check. Where all checks with an id pass, what the framework asks for is so; where it asks for
// something that a check takes something else for, the check's rationale says it. What a check says nothing about has no id here, such
// as S3.17, which wants a key of KMS, or S3.13, which wants a lifecycle. Of CIS it takes the numbers in versions 1.4, 3.0, 4.0, 5.0 and 6.0, with a - for
// none; of the others any number of ids, all separated by blanks.
func refs(cis, hub, config, pci, nist string) []Reference {
	all := []Reference{}
	for n, id := range strings.Fields(cis) {
		if id != "-" {
			all = append(all, Reference{[]Framework{CIS14, CIS30, CIS40, CIS50, CIS60}[n], id})
		}
	}
	for _, list := range []struct {
		framework Framework
		ids       string
	}{{SecurityHub, hub}, {ConfigRule, config}, {PCI321, pci}, {NIST80053, nist}} {
		for _, id := range strings.Fields(list.ids) {
			all = append(all, Reference{list.framework, id})
		}
	}
	return all
}

// noCIS stands for a check that no version of the benchmark has, nobodyElse for one that no framework has.
const noCIS = "- - - - -"

var nobodyElse = []Reference{}

// The requirements that AWS's Security Hub names for several of its controls, as the pages of its user guide have them:
// https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html for S3.15 and S3.20,
// https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html for CloudWatch.15 to 17, and so on.
const (
	nistRecords   = "AC-2(4) AC-4(26) AC-6(9) AU-2 AU-3 AU-6(3) AU-6(4) AU-10 AU-12 AU-14(1) CA-7 SA-8(22) SC-7(9) SI-3(8) SI-4(20) SI-7(8)"
	nistNotPublic = "AC-3 AC-3(7) AC-4 AC-4(21) AC-6 AC-21 SC-7 SC-7(3) SC-7(4) SC-7(9) SC-7(11) SC-7(16) SC-7(20) SC-7(21)"
	nistEncrypted = "CA-9(1) CM-3(6) SC-7(10) SC-13 SC-28 SC-28(1) SI-7(6)"
	pciRecords    = "10.1 10.2.1 10.2.2 10.2.3 10.2.4 10.2.5 10.2.6 10.2.7 10.3.1 10.3.2 10.3.3 10.3.4 10.3.5 10.3.6"
	pciNotPublic  = "1.2.1 1.3.1 1.3.2 1.3.4 1.3.6 7.2.1"
)
