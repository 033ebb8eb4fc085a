package verifyjob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// notedMost is how many problems an incident lists.
const notedMost = 20

// findings are what people should hear of a verification: failures once, and that something could not be read once a day.
// What was found goes into seen.
func findings(t trail.Guarded, problems []digest.Problem, now time.Time, told, seen map[string]bool) (out []guard.Finding) {
	var failures, unknown []digest.Problem
	var ids []string // of the failures
	kinds := []string{now.Format(time.DateOnly)}
	for _, p := range problems {
		id := problemID(p)
		switch {
		case p.Class == digest.Unknown:
			unknown, kinds = append(unknown, p), append(kinds, string(p.Kind))
		case p.Class == digest.Failure && !told[id]:
			failures, ids = append(failures, p), append(ids, id)
		}
		seen[id] = true
	}
	if len(failures) > 0 {
		f := finding(t, failures, ids)
		f.Broken, f.Severity = true, severity.High
		out = append(out, f)
	}
	if len(unknown) > 0 {
		out = append(out, finding(t, unknown, kinds))
	}
	return out
}

// unfinished is what people should hear, once a day, of a verification that came to no end.
func unfinished(t trail.Guarded, cause error, now time.Time) guard.Finding {
	f := finding(t, nil, []string{now.Format(time.DateOnly), "unfinished"})
	f.Summary, f.Notes = "the verification came to no end", []string{strings.ReplaceAll(cause.Error(), "\n", "; ")}
	if errors.Is(cause, context.DeadlineExceeded) {
		f.Notes[0] = "There was not enough time to read all digests and logs. Give the function a longer timeout (the template's LambdaTimeout, " +
			"up to 900 seconds), or let a daemon verify (trailhold watch --verify-every 24h) and the function not (VerifySchedule empty)"
	}
	return f
}

// finding makes an incident's content of problems; ids are what makes it the same as another.
func finding(t trail.Guarded, problems []digest.Problem, ids []string) guard.Finding {
	var notes []string
	for _, p := range problems[:min(len(problems), notedMost)] {
		notes = append(notes, fmt.Sprintf("%s: %s: %s", p.Kind, p.Object, p.Detail))
	}
	if left := len(problems) - len(notes); left > 0 {
		notes = append(notes, fmt.Sprintf("and %d more", left))
	}
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(ids), "\n")))
	return guard.Finding{
		TrailARN: t.ARN, Region: t.HomeRegion, ID: "verification-" + hex.EncodeToString(sum[:16]),
		Summary: summary(problems), Notes: notes, Severity: severity.Medium,
	}
}

func problemID(p digest.Problem) string {
	sum := sha256.Sum256([]byte(string(p.Kind) + "\n" + p.Object + "\n" + p.Time.UTC().Format(time.RFC3339)))
	return hex.EncodeToString(sum[:16])
}
