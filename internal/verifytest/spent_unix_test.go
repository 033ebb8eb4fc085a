//go:build unix

package verifytest_test

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// spent reports what a process took: the machine may be busy with others.
func spent(b *testing.B, process *os.ProcessState) {
	peak := float64(process.SysUsage().(*syscall.Rusage).Maxrss) // in kilobytes, on macOS in bytes
	if runtime.GOOS != "darwin" {
		peak *= 1024
	}
	b.ReportMetric(peak/1e6, "peak-MB")
	b.ReportMetric((process.UserTime() + process.SystemTime()).Seconds(), "cpu-s")
}
