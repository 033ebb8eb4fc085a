package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v4"
)

// script is what action.yml runs in its last step.
func script(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Runs struct {
			Steps []struct{ ID, Run string }
		}
	}
	if err := yaml.Unmarshal(data, &action); err != nil {
		t.Fatal(err)
	}
	last := action.Runs.Steps[len(action.Runs.Steps)-1]
	if last.ID != "run" || last.Run == "" {
		t.Fatalf("the last step is %+v", last)
	}
	return last.Run
}

// TestAction runs the action's script with a program in trailhold's place that prints its arguments.
func TestAction(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	const program = "#!/bin/sh\nfor a in \"$@\"; do echo \"[$a]\"; done\nexit 3\n"
	for _, test := range []struct {
		name, command, arguments, report string
		code                             int
		printed, output                  string
	}{
		{"arguments are lines", "verify", "--trail\narn:aws:x y\n\n--fail-on=high", "", 3, "[verify]\n[--trail]\n[arn:aws:x y]\n[--fail-on=high]\n", "exit-code=3\n"},
		{"arguments are no commands", "audit", "$(touch owned); `touch owned`\n*", "", 3, "[audit]\n[$(touch owned); `touch owned`]\n[*]\n", "exit-code=3\n"},
		{"none", "audit", "", "", 3, "[audit]\n", "exit-code=3\n"},
		{"a report", "audit", "--output\nsarif", "report.sarif", 3, "[audit]\n[--output]\n[sarif]\n", "exit-code=3\n"},
		{"another command", "destroy", "", "", 2, "::error::the input command must be audit or verify\n", "exit-code=2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "trailhold"), []byte(program), 0o755); err != nil {
				t.Fatal(err)
			}
			var printed bytes.Buffer
			cmd := exec.Command(bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script(t)) // as GitHub runs it
			cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &printed, &printed
			cmd.Env = append(os.Environ(), "RUNNER_TEMP="+dir, "GITHUB_OUTPUT="+filepath.Join(dir, "output"),
				"COMMAND="+test.command, "ARGUMENTS="+test.arguments, "REPORT="+test.report)
			_ = cmd.Run() // its exit code is looked at
			if got := cmd.ProcessState.ExitCode(); got != test.code {
				t.Errorf("it exits with %d, want %d", got, test.code)
			}
			got := printed.String()
			if test.report != "" {
				got = content(t, filepath.Join(dir, test.report))
			}
			if got != test.printed {
				t.Errorf("it prints\n%s\nwant\n%s", got, test.printed)
			}
			if got := content(t, filepath.Join(dir, "output")); got != test.output {
				t.Errorf("its output is %q, want %q", got, test.output)
			}
			if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
				t.Error("an argument was run")
			}
		})
	}
}

func content(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
