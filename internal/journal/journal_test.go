package journal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/journal/journaltest"
)

// counterVar makes this test binary count in a journal instead of running tests: another process, for the lock.
const counterVar = "TRAILHOLD_TEST_COUNT_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(counterVar); dir != "" {
		if err := countFromOutside(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const countsPerProcess = 25

func countFromOutside(dir string) error {
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil { // all start together
		return err
	}
	j, err := journal.OpenFile(dir)
	for range countsPerProcess {
		err = errors.Join(err, journaltest.Count(context.Background(), j, "count"))
	}
	return err
}

func open(t *testing.T, dir string) *journal.File {
	t.Helper()
	j, err := journal.OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func save(t *testing.T, j guard.Journal, i incident.Incident) incident.Incident {
	t.Helper()
	saved, err := j.Save(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func TestMemory(t *testing.T) {
	journaltest.Run(t, func(*testing.T) guard.Journal { return journal.NewMemory(20) })
}

func TestFile(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) guard.Journal { return open(t, t.TempDir()) })
}

func TestMemoryDropsEndedAndOldFirst(t *testing.T) {
	j := journal.NewMemory(3)
	at := func(hour int) time.Time { return journaltest.Noon.Add(time.Duration(hour) * time.Hour) }
	steps := []struct {
		id    string
		stage incident.Stage
		hour  int
		left  string
	}{
		{"a", incident.Open, 1, "a"},
		{"b", incident.Proved, 3, "b a"},
		{"c", incident.Proved, 2, "b c a"},
		{"d", incident.Failed, 4, "d b a"},      // c: ended, and older than b
		{"e", incident.Restored, 0, "d a e"},    // b: ended
		{"f", incident.Open, -1, "d a f"},       // e: none has ended; the new one stays though it is the oldest
		{"g", incident.Observed, -2, "d a g"},   // f, although g has ended: g was just saved
		{"h", incident.AlertOnly, 5, "h d a"},   // g
		{"a2", incident.AlertOnly, 1, "h d a2"}, // a
	}
	for _, s := range steps {
		save(t, j, journaltest.Incident(s.id, s.stage, at(s.hour)))
		found, err := j.Recent(t.Context(), "", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, i := range found {
			ids = append(ids, i.ID)
		}
		if got := strings.Join(ids, " "); got != s.left {
			t.Errorf("after %s: kept %s, want %s", s.id, got, s.left)
		}
	}
}

func TestFileSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	save(t, open(t, dir), journaltest.Incident("a", incident.Failed, journaltest.Noon))
	again := open(t, dir)
	i, err := again.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if saved := save(t, again, i); saved.Version != 2 {
		t.Errorf("the version is %d", saved.Version)
	}
}

func TestFileIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are not in the mode there")
	}
	dir := filepath.Join(t.TempDir(), "deep", "journal")
	save(t, open(t, dir), journaltest.Incident("a", incident.Open, journaltest.Noon))
	for path, want := range map[string]os.FileMode{"": 0o700, "a.json": 0o600, ".lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, want %v", path, info.Mode().Perm(), want)
		}
	}
}

func TestDamagedFilesDontHideOthers(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	save(t, j, journaltest.Incident("good", incident.Open, journaltest.Noon))
	for name, content := range map[string]string{
		"empty.json": "", "cut.json": `{"id":"cut","ver`, "renamed.json": `{"id":"other","version":1}`,
		"list.json": "[]", "big.json": strings.Repeat(" ", 17<<20), "notes.txt": "not ours", "..json": "not ours either", ".draft": "left by a crash",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := j.Recent(t.Context(), "", time.Time{})
	if len(found) != 1 || found[0].ID != "good" {
		t.Errorf("found %d incidents", len(found))
	}
	for _, name := range []string{"empty.json", "cut.json", "renamed.json", "list.json", "big.json"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), "not ours") || strings.Contains(fmt.Sprint(err), "good.json") {
		t.Errorf("the error names too much: %v", err)
	}
	var damaged *journal.Damaged
	if _, err := j.Get(t.Context(), "cut"); !errors.As(err, &damaged) || errors.Is(err, guard.ErrNotFound) {
		t.Errorf("a damaged incident is not missing: %v", err)
	}
	if _, err := j.Save(t.Context(), journaltest.Incident("cut", incident.Open, journaltest.Noon)); !errors.As(err, &damaged) {
		t.Errorf("a damaged file must not be overwritten: %v", err)
	}
	save(t, j, journaltest.Incident("more", incident.Open, journaltest.Noon)) // in spite of the left-over draft
}

func TestLinksAreNotWrittenThrough(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	j := open(t, dir)
	if err := os.WriteFile(outside, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".draft", "a.json"} {
		if err := os.Symlink(outside, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	save(t, j, journaltest.Incident("b", incident.Open, journaltest.Noon))
	_, err := j.Save(t.Context(), journaltest.Incident("a", incident.Open, journaltest.Noon))
	if content, _ := os.ReadFile(outside); string(content) != "mine" {
		t.Errorf("a file outside the directory was overwritten (%v)", err)
	}
}

func TestProcessesShareADirectory(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	save(t, j, journaltest.Incident("count", incident.Open, journaltest.Noon))
	const processes = 4
	var waits []func() error
	for range processes {
		waits = append(waits, startCounter(t, dir))
	}
	for _, wait := range waits {
		if err := wait(); err != nil {
			t.Error(err)
		}
	}
	i, err := j.Get(t.Context(), "count")
	if want := processes * countsPerProcess; err != nil || i.Occurrences != want || i.Version != want+1 {
		t.Errorf("%d changes were made, %d were kept (version %d): %v", want, i.Occurrences, i.Version, err)
	}
}

func startCounter(t *testing.T, dir string) (wait func() error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), counterVar+"="+dir)
	cmd.Stdin, cmd.Stderr = strings.NewReader("go\n"), os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd.Wait
}

func TestUnwritableDirectoryIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenFile(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the error must name the path: %v", err)
	}
}
