package shell_test

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/shell"
)

// run lets a shell run a script, in an empty folder, and returns what it printed.
func run(t testing.TB, script string) (string, error) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, sh, "-c", script)
	cmd.Dir, cmd.Env = t.TempDir(), []string{}
	out, err := cmd.Output()
	return string(out), err
}

var hostile = []string{
	"", "plain", "two words", "'", "'; touch owned; '", "$(touch owned)", "`touch owned`", "a\nb", `\`, `\'`, "~", "x:~root", "*", "<trail>", "!1", "-rf", "#", "${HOME}", "%s", "\u202e",
}

// TestWord: a shell gets back what was quoted, as one word.
func TestWord(t *testing.T) {
	for _, value := range hostile {
		got, err := run(t, "printf '%s|' begin "+shell.Word(value)+" end")
		if err != nil || got != "begin|"+value+"|end|" {
			t.Errorf("%q is %q to a shell (%v)", value, got, err)
		}
	}
}

// FuzzWord: no value is more than one word, alone or folded with others.
func FuzzWord(f *testing.F) {
	for _, value := range hostile {
		f.Add(value, 10)
	}
	f.Add(`{"Statement":[{"Sid":"it's","Action":["a","b"],"Resource":"\"\\"}]}`, 20)
	f.Fuzz(func(t *testing.T, value string, width int) {
		if strings.ContainsRune(value, 0) {
			t.Skip("no argument of a program can have it")
		}
		command := "printf '%s|' begin " + shell.Word(value) + " end"
		if got, err := run(t, command); err != nil || got != "begin|"+value+"|end|" {
			t.Errorf("%q is %q to a shell (%v)", value, got, err)
		}
		folded := shell.Fold(command, max(1, width%100))
		got, err := run(t, strings.Join(folded, "\n"))
		if err != nil || dense(got) != dense("begin|"+value+"|end|") {
			t.Errorf("%q is %q to a shell when folded as %q (%v)", value, got, folded, err)
		}
		if !strings.ContainsAny(value, "{[,") && got != "begin|"+value+"|end|" {
			t.Errorf("%q, which has no members, is %q when folded", value, got)
		}
	})
}

// dense is a text without ends of lines, which are all that folding adds to JSON.
func dense(text string) string { return strings.ReplaceAll(text, "\n", "") }

// TestAsk: a command with an open question is refused, and runs once it is answered.
func TestAsk(t *testing.T) {
	command := "true && printf '%s' " + shell.Ask("TOPIC", "ARN of a topic to which somebody has subscribed")
	if out, err := run(t, command); err == nil || out != "" {
		t.Errorf("it ran: %q", out)
	}
	if out, err := run(t, "TOPIC='a b'; "+command); err != nil || out != "a b" {
		t.Errorf("with an answer: %q (%v)", out, err)
	}
}

// TestAskFirst: nothing is run before everything is known.
func TestAskFirst(t *testing.T) {
	ask := shell.Ask("TOPIC", "which")
	for command, want := range map[string]string{
		"a && b": "a && b", "a " + ask: "a " + ask, "a " + ask + " && b": "a " + ask + " && b",
		"a && b " + ask + " && c " + ask: ": " + ask + " && a && b " + ask + " && c " + ask,
	} {
		if got := shell.AskFirst(command); got != want {
			t.Errorf("%s becomes %s", command, got)
		}
	}
	if !shell.Asks("a "+ask) || shell.Asks("a "+shell.Word(`x"${`)) {
		t.Error("Asks is wrong")
	}
}

func TestLines(t *testing.T) {
	want := []string{"aws 'a\nb' \"c\nd\"", "# it's for you", "aws e"}
	if got := shell.Lines(strings.Join(want, "\n")); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestThen(t *testing.T) {
	if got := shell.Then("a", "", "b", "a"); got != "a && b" {
		t.Errorf("got %q", got)
	}
}

func TestFold(t *testing.T) {
	command := `aws s3api put-bucket-policy --bucket logs --policy '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*"}]}' && echo 'one two three four five six seven eight nine'`
	want := []string{
		`aws s3api put-bucket-policy \`,
		`--bucket logs --policy \`,
		`'{"Version":"2012-10-17",`,
		`"Statement":[{"Effect":"Deny",`,
		`"Principal":"*",`,
		`"Action":"s3:*"}]}' && echo \`,
		`'one two three four five six seven eight nine'`,
	}
	if got := shell.Fold(command, 36); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if got := shell.Fold("# or: trailhold harden --yes", 20); !slices.Equal(got, []string{"# or: trailhold", "# harden --yes"}) {
		t.Errorf("got %q", got)
	}
}
