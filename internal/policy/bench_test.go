package policy_test

import (
	"fmt"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
)

// BenchmarkOrganization asks for 1,000 accounts and 30 regions, with a policy that lets nothing through.
func BenchmarkOrganization(b *testing.B) {
	d := organization()
	for i := range 1000 {
		d.Accounts = append(d.Accounts, fmt.Sprintf("%012d", i))
	}
	d.Regions = nil
	for i := range 30 {
		d.Regions = append(d.Regions, fmt.Sprintf("eu-west-%d", i))
	}
	for name, text := range map[string]string{
		"open":   doc(acl(source), write(folder, both), write("AWSLogs/o-example/*", both)),
		"closed": doc(acl(source), write(folder, both), write("AWSLogs/o-other/*", both)),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := d.CheckBucket(text); len(got) > 1 {
					b.Fatal(policy.Obstacle{}, got)
				}
			}
		})
	}
}
