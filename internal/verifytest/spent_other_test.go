//go:build !unix

package verifytest_test

import (
	"os"
	"testing"
)

// spent reports what a process took: the machine may be busy with others.
func spent(b *testing.B, process *os.ProcessState) {
	b.ReportMetric((process.UserTime() + process.SystemTime()).Seconds(), "cpu-s")
}
