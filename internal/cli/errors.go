package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
)

// The exit codes besides 0.
const (
	exitFailed = 1
	exitUsage  = 2
	exitDrift  = 3
)

// maxErrorLine is how many characters of an error's line are shown: errors can quote what came from outside.
const maxErrorLine = 1000

// exitError is an error that has an exit code of its own. All others exit with 1.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usagef is an error of whoever typed the command.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// driftf says that what was looked for was found.
func driftf(format string, args ...any) error {
	return &exitError{exitDrift, fmt.Errorf(format, args...)}
}

// exit prints the error, if any, and returns the exit code. This is the one place where errors become codes.
func (a *app) exit(err error) int {
	if err == nil {
		return 0
	}
	for line := range strings.Lines(err.Error()) {
		_, _ = fmt.Fprintln(a.stderr, "trailhold: "+plain.Text(strings.TrimSpace(line), maxErrorLine)) // nowhere left to complain
	}
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitFailed
}
