package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/incident"
)

// callsOfDocs are the aws commands that the documentation's sessions use, as attacks.
var callsOfDocs = map[string][]string{
	"aws cloudtrail update-trail --name audit --no-enable-log-file-validation": {"validation-off", "audit"},
	"aws cloudtrail stop-logging --name audit":                                 {"stop-logging", "audit"},
}

var (
	sessionBlock   = regexp.MustCompile("(?s)```console\n(.*?)```")
	sessionCommand = regexp.MustCompile(`^(?:[^\n]*\\\n)*[^\n]*(?:\n|$)`) // with the lines that a backslash continues it on
	sessionWord    = regexp.MustCompile(`"[^"]*"|[^\s"]+`)
	openedWindow   = regexp.MustCompile(`Change window (sweep-[0-9a-f]{16}) is open`)
	anyWindow      = regexp.MustCompile(`sweep-[0-9a-f]{16}`)
)

// session runs the first session of a file in the folder docs, and compares what it shows with what comes, or writes it
// anew if scripts are to be updated. The window that is opened in it has another id each time.
func (w *world) session(ts *testscript.TestScript, args []string) error {
	path := filepath.Join("..", "..", "docs", args[0])
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	block := sessionBlock.FindSubmatch(doc)
	if block == nil {
		return fmt.Errorf("%s has no session", path)
	}
	shown, window, anew := string(block[1]), "", ""
	for _, step := range strings.Split("\n"+shown, "\n$ ")[1:] {
		command := sessionCommand.FindString(step)
		got, err := w.typed(ts, anyWindow.ReplaceAllString(strings.ReplaceAll(command, "\\\n", ""), window))
		if err != nil {
			return err
		}
		if opened := openedWindow.FindStringSubmatch(got); opened != nil {
			window = opened[1]
		}
		want := strings.TrimPrefix(step, command)
		if masked(strings.TrimSpace(got)) != masked(strings.TrimSpace(want)) && !update {
			return fmt.Errorf("$ %sshows\n%s\nand in %s\n%s", command, got, path, want)
		}
		anew += "$ " + strings.TrimSuffix(command, "\n") + "\n" + got
	}
	if !update {
		return nil
	}
	return os.WriteFile(path, []byte(strings.Replace(string(doc), shown, anew, 1)), 0o644)
}

// typed runs a line of a session and returns what it writes, whatever its exit code.
func (w *world) typed(ts *testscript.TestScript, line string) (string, error) {
	words := sessionWord.FindAllString(line, -1)
	if attack := callsOfDocs[strings.Join(words, " ")]; attack != nil {
		return "", w.attack(ts, attack)
	}
	if len(words) == 0 || words[0] != "trailhold" {
		return "", fmt.Errorf("a session cannot have the command %q", line)
	}
	for n, word := range words {
		words[n] = strings.Trim(word, `"`)
	}
	_ = ts.Exec(words[0], words[1:]...) // what it writes says whether it failed
	return ts.ReadFile("stdout") + ts.ReadFile("stderr"), nil
}

// stage waits until an incident of the journal is at a stage.
func (w *world) stage(ts *testscript.TestScript, args []string) error {
	dir, want := ts.MkAbs(args[0]), incident.Stage(args[1])
	return soon(func() bool { return len(incidentsAt(dir, want)) > 0 })
}

// windowID sets $WINDOW to the id of the only open change window in the journal.
func (w *world) windowID(ts *testscript.TestScript, args []string) error {
	open := incidentsAt(ts.MkAbs(args[0]), incident.ChangeWindow)
	if len(open) != 1 {
		return fmt.Errorf("%d change windows are open", len(open))
	}
	ts.Setenv("WINDOW", open[0].ID)
	return nil
}
