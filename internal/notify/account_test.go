package notify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
)

// Every title of the table can stand inside a sentence, and names in it stay names.
func TestTitlesInsideSentences(t *testing.T) {
	kept := []string{
		"CloudWatch Logs delivery redirected or removed", "Insights turned off", "SNS topic deleted",
		"KMS key of the logs disabled", "KMS key of the logs about to be deleted",
	}
	for _, technique := range tamper.Techniques() {
		want := strings.ToLower(technique.Title[:1]) + technique.Title[1:]
		if slices.Contains(kept, technique.Title) {
			want = technique.Title
		}
		if got := lowerFirst(technique.Title); got != want {
			t.Errorf("%q is told as %q, want %q", technique.Title, got, want)
		}
	}
	for _, name := range []string{"KMS key changed", "SNS topic removed", "CloudWatch", "Insights", "X", "", "Äpfel"} {
		if got := lowerFirst(name); got != name {
			t.Errorf("%q is told as %q", name, got)
		}
	}
}

func TestDurations(t *testing.T) {
	for took, want := range map[time.Duration]string{
		0: "<1 ms", 999 * time.Microsecond: "<1 ms", time.Millisecond: "1 ms", 999 * time.Millisecond: "999 ms",
		1250 * time.Millisecond: "1.2 s", 61 * time.Second: "1 min 1 s", 49 * time.Hour: "2 d 1 h",
	} {
		if got := duration(took); got != want {
			t.Errorf("%v is told as %q, want %q", took, got, want)
		}
	}
}

// Records tell whole seconds: what is derived from them must not look more precise.
func TestTimesFromRecordsAreWholeSeconds(t *testing.T) {
	for took, want := range map[time.Duration]string{
		-time.Second: "", 0: instant, 99 * time.Millisecond: instant, time.Second: "1 s", 4990 * time.Millisecond: "4 s",
		59999 * time.Millisecond: "59 s", 60 * time.Second: "1 min 0 s",
	} {
		if got := coarse(attack, attack.Add(took)); got != want {
			t.Errorf("%v is told as %q, want %q", took, got, want)
		}
	}
	i := restored()
	i.Seen = i.Attack.Add(99 * time.Millisecond)
	text := Compose(i, incident.KindAlert).Text
	for _, want := range []string{"Trailhold saw it within a second and", ", within a second of the attack\n"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " ")+"\n"+text, want) {
			t.Errorf("want %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "99 ms") {
		t.Errorf("a record's time is taken for precise:\n%s", text)
	}
}
