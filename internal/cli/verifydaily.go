package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/keyring"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/verification"
)

const (
	leastVerify  = time.Hour
	verifyOver   = time.Hour // that two verifications overlap: digests come late
	dailyFlights = 16        // the guard's own calls must not wait behind a verification
	notedMost    = 20        // problems that an incident lists
)

// daily verifies the logs of the last day, or of the time since the last verification if that is longer, again and again.
type daily struct {
	parts *parts
	span  time.Duration
	log   *slog.Logger
	ring  *keyring.Ring
	told  map[string]bool // by problem: what the last run found
}

func newDaily(p *parts, every time.Duration, log *slog.Logger) *daily {
	return &daily{parts: p, span: max(every, 24*time.Hour) + verifyOver, log: log, ring: keyring.New(p.cloud.PublicKeys()), told: map[string]bool{}}
}

// run verifies every trail of the baseline that has validation. What is wrong and was not wrong the last time becomes an
// incident of its trail.
func (d *daily) run(ctx context.Context) (incidents []incident.Incident, err error) {
	seen := map[string]bool{}
	for _, t := range d.parts.baseline.Trails {
		if !t.LogFileValidationEnabled {
			continue
		}
		v, failed := d.verify(ctx, t)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("trail %s: %w", t.ARN, failed))
			continue
		}
		d.log.Info("verified", "trail", t.ARN, "ok", v.OK, "digests", v.Digests.Valid, "logs", v.Logs.Valid, "problems", len(v.Problems))
		for _, f := range findings(t, v, d.told, seen) {
			i, failed := d.parts.guard.Report(ctx, f)
			err = errors.Join(err, failed)
			if i != nil {
				incidents = append(incidents, *i)
			}
		}
	}
	if ctx.Err() == nil {
		d.told = seen
	}
	return incidents, err
}

func (d *daily) verify(ctx context.Context, t trail.Guarded) (verification.Outcome, error) {
	now := time.Now().UTC()
	options, err := trailOptions(ctx, d.parts.cloud, t, verifyFlags{organization: t.IsOrganizationTrail}, digest.Options{
		From: now.Add(-d.span), Now: now, Concurrency: dailyFlights,
	}, d.log)
	if err != nil {
		return verification.Outcome{}, err
	}
	result, err := digest.Verify(ctx, options, d.parts.cloud.LogStore(dailyFlights), d.ring)
	return verification.Outcome{Source: t.ARN, From: options.From, Result: result, Ended: now}, err
}

// findings are what people should hear of a verification: failures once, and that something could not be read once a day.
// What was found goes into seen.
func findings(t trail.Guarded, v verification.Outcome, told, seen map[string]bool) (out []guard.Finding) {
	var failures, unknown []digest.Problem
	for _, p := range v.Problems {
		id := problemID(p)
		switch {
		case p.Class == digest.Unknown:
			unknown = append(unknown, p)
		case p.Class == digest.Failure && !told[id]:
			failures = append(failures, p)
		}
		seen[id] = true
	}
	if len(failures) > 0 {
		out = append(out, finding(t, failures, severity.High, "", "The delivered logs are not whole: "))
	}
	if len(unknown) > 0 {
		out = append(out, finding(t, unknown, severity.Medium, v.Ended.Format(time.DateOnly), "The delivered logs could not all be verified: "))
	}
	return out
}

// finding makes an incident's content of problems. With a day, it is not the problems that identify it, but their kinds and
// the day.
func finding(t trail.Guarded, problems []digest.Problem, worst severity.Severity, day, head string) guard.Finding {
	var ids []string
	count := map[digest.Kind]int{}
	notes := []string{""}
	for _, p := range problems {
		count[p.Kind]++
		id := problemID(p)
		if day != "" {
			id = string(p.Kind)
		}
		ids = append(ids, id)
		if len(notes) <= notedMost {
			notes = append(notes, fmt.Sprintf("%s: %s: %s", p.Kind, p.Object, p.Detail))
		}
	}
	var kinds []string
	for kind, n := range count {
		kinds = append(kinds, fmt.Sprintf("%d %s", n, kind))
	}
	slices.Sort(kinds)
	notes[0] = head + strings.Join(kinds, ", ") + ". \"trailhold verify --trail\" shows all of it."
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(day + "\n" + strings.Join(slices.Compact(ids), "\n")))
	return guard.Finding{TrailARN: t.ARN, Region: t.HomeRegion, ID: "verification-" + hex.EncodeToString(sum[:16]), Notes: notes, Severity: worst}
}

func problemID(p digest.Problem) string {
	sum := sha256.Sum256([]byte(string(p.Kind) + "\n" + p.Object + "\n" + p.Time.UTC().Format(time.RFC3339)))
	return hex.EncodeToString(sum[:16])
}
