// Package shelltest runs commands for people with a real shell, in which aws and trailhold only write down how they are called.
package shelltest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// prelude defines the two programs. What they print is what commands take from them.
const prelude = `
record() { { printf '%s\0' "$@"; printf '\n\0'; } >>"$LOG"; }
aws() { record aws "$@"; echo made; }
trailhold() { record trailhold "$@"; echo '{}'; }
sleep() { :; }
`

// Run lets a shell run a script, with some variables set, in an empty folder in which it may leave nothing behind. It returns the
// calls, each with its arguments, and whether the script succeeded.
func Run(t testing.TB, script string, variables ...string) (calls [][]string, ok bool) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	folder, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, sh, "-c", prelude+script)
	cmd.Dir, cmd.Env = folder, append([]string{"LOG=" + log, "PATH=" + os.Getenv("PATH")}, variables...)
	ok = cmd.Run() == nil
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("%q leaves files behind: %v", script, left)
	}
	content, _ := os.ReadFile(log) // of no call: there is none
	for _, call := range bytes.Split(content, []byte("\n\x00")) {
		if words := strings.Split(strings.TrimSuffix(string(call), "\x00"), "\x00"); words[0] != "" {
			calls = append(calls, words)
		}
	}
	return calls, ok
}

// question finds the variables that a command asks for.
var question = regexp.MustCompile(`"\$\{([A-Z_0-9]+):\?`)

// Check holds a command for people to what it promises: a shell runs it, it calls aws or trailhold and nothing else, its
// documents are JSON, nothing in braces was left to fill in, and what it asks for is asked before anything is called. It
// returns the calls.
func Check(t testing.TB, command string) [][]string {
	t.Helper()
	var answers []string
	for _, q := range question.FindAllStringSubmatch(command, -1) {
		answers = append(answers, q[1]+"=answer")
	}
	calls, ok := Run(t, command, answers...)
	if !ok || len(calls) == 0 {
		t.Errorf("a shell does not run %s: %q", command, calls)
	}
	for _, words := range calls {
		for _, w := range words {
			if document.MatchString(w) && !json.Valid([]byte(w)) {
				t.Errorf("%s has a document that is no JSON: %s", command, w)
			}
			if unfilled.MatchString(w) {
				t.Errorf("%s leaves %s to fill in", command, w)
			}
		}
	}
	if len(answers) > 0 {
		if called, ok := Run(t, command); ok || len(called) > 0 {
			t.Errorf("without an answer, %s runs: %q", command, called)
		}
	}
	return calls
}

// document is the beginning of an argument that has to be JSON. Filter patterns begin alike.
var document = regexp.MustCompile(`^(\{"|\[\{|\[")`)

// unfilled is a name in braces or in angle brackets.
var unfilled = regexp.MustCompile(`^(\{[a-zA-Z]+\}|<[a-zA-Z].*>)$`)
