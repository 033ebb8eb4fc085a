package drill

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// script is a range in which everything happens as written: what the guard says, what people receive, what is there.
type script struct {
	drifted   bool // what a look at the trail finds after the attack
	others    []trail.Config
	incidents []incident.Incident // that records lead to
	proved    incident.Stage      // of the incident once the guard has looked for delivery
	letters   []Letter            // received after the attack
	late      []Letter            // received only after the judgement
	guardErr  error
	found     []incident.Incident

	attacked bool
	judged   bool
}

var target = trail.Guarded{
	Config:  trail.Config{Name: "audit", ARN: "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit", HomeRegion: "us-east-1", S3BucketName: "logs"},
	Logging: true,
}

const key = "ASIAINTRUDER"

func (s *script) Target() trail.Guarded { return target }

func (s *script) Enter(context.Context) (Scene, error) {
	return Scene{AccessKeyID: key, Target: target}, nil
}

func (s *script) Hold() func() { return func() {} }

func (s *script) Guarded() []trail.Guarded { return []trail.Guarded{target} }

func (s *script) Sweep(context.Context) ([]incident.Incident, error) { return s.found, nil }

func (s *script) Observe(context.Context, trail.Guarded) trail.State {
	return trail.State{
		ARN: target.ARN, Config: trail.Known(target.Config), Others: trail.Known(s.others),
		Status: trail.Known(trail.Status{IsLogging: !s.attacked || !s.drifted}),
	}
}

func (s *script) Next(ctx context.Context) (incident.Incident, error) {
	if err := s.guardErr; err != nil {
		s.guardErr = nil
		return incident.Incident{}, err
	}
	if len(s.incidents) > 0 {
		i := s.incidents[0]
		s.incidents = s.incidents[1:]
		return i, nil
	}
	<-ctx.Done()
	return incident.Incident{}, ctx.Err()
}

func (s *script) Prove(context.Context, string) (incident.Incident, error) {
	return account(s.proved), nil
}

func (s *script) Letters() ([]Letter, error) {
	switch {
	case s.judged:
		return append(slices.Clone(s.letters), s.late...), nil
	case s.attacked:
		return s.letters, nil
	}
	return nil, nil
}

func account(stage incident.Stage, techniques ...string) incident.Incident {
	if len(techniques) == 0 {
		techniques = []string{tamper.StopLogging}
	}
	return incident.Incident{ID: "event-1", TrailARN: target.ARN, Stage: stage, Techniques: techniques, Actor: incident.Actor{AccessKeyID: key}}
}

func letter(stage incident.Stage) Letter { return Letter{Incident: account(stage)} }

// perfect is a drill in which all goes well.
func perfect() *script {
	return &script{
		incidents: []incident.Incident{account(incident.Restored)}, proved: incident.Proved,
		letters: []Letter{letter(incident.Restored), letter(incident.Proved)},
	}
}

func drilled(s *script, outcome Outcome) (Report, error) {
	runner := Runner{Range: s, OnResult: func(Result) { s.judged = true }}
	return runner.Run(context.Background(), []Technique{{
		ID: tamper.StopLogging, Outcome: outcome,
		Attack: func(context.Context, Scene) error { s.attacked = true; return nil },
	}})
}

func TestVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*script)
		outcome Outcome
		problem string // none: all is well
	}{
		"all well": {},
		"the guard says restored and proved, the trail says no": {
			change: func(s *script) { s.drifted = true }, problem: "not at its baseline: logging"},
		"nothing was noticed": {
			change: func(s *script) { s.incidents = nil }, problem: "had not dealt with it"},
		"taken for something else": {
			change:  func(s *script) { s.incidents[0].Techniques = []string{tamper.TagFlip} },
			problem: "seen as [tag-flip], not as stop-logging"},
		"somebody else's incident": {
			change: func(s *script) { s.incidents[0].Actor.AccessKeyID = "ASIAOTHER" }, problem: "last incident: none"},
		"another trail's incident": {
			change: func(s *script) { s.incidents[0].TrailARN = "other" }, problem: "last incident: none"},
		"dry run": {
			change: func(s *script) { s.incidents[0].Stage = incident.Planned }, problem: "left it at stage planned"},
		"failed": {
			change: func(s *script) { s.incidents[0].Stage = incident.Failed }, problem: "left it at stage failed"},
		"never proved": {
			change: func(s *script) { s.proved = incident.Restored }, problem: "fresh delivery was not seen"},
		"nobody was told": {
			change: func(s *script) { s.letters = nil }, problem: "0 alerts were received, not 1"},
		"told twice": {
			change:  func(s *script) { s.letters = append(s.letters, letter(incident.Restored)) },
			problem: "2 alerts were received, not 1"},
		"told once more, later": {
			change: func(s *script) { s.late = []Letter{letter(incident.Restored)} }, problem: "1 more alerts were received later"},
		"the guard complained": {
			change: func(s *script) { s.guardErr = errors.New("no topic") }, problem: "the guard failed: no topic"},
		"restored what had not changed": {outcome: Reported, problem: "restored what had not changed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := perfect()
				if c.change != nil {
					c.change(s)
				}
				outcome := c.outcome
				if outcome == "" {
					outcome = Restored
				}
				report, err := drilled(s, outcome)
				if err != nil || len(report.Incidents) != 1 {
					t.Fatalf("error %v, report %+v", err, report)
				}
				r := report.Incidents[0]
				if problems := strings.Join(r.Problems, "\n"); !strings.Contains(problems, c.problem) || (c.problem == "") != (problems == "") {
					t.Errorf("problems: %q", problems)
				}
				if ok := c.problem == ""; report.OK != ok || r.OK != ok {
					t.Errorf("ok is %v in %+v", report.OK, r)
				}
			})
		})
	}
}

func TestReportedTechniqueIsNeitherRestoredNorProved(t *testing.T) {
	s := &script{incidents: []incident.Incident{account(incident.Observed)}, letters: []Letter{letter(incident.Observed)}}
	report, err := drilled(s, Reported)
	if r := report.Incidents[0]; err != nil || !report.OK || r.Restored || r.Proved || r.Alerts != 1 {
		t.Errorf("error %v, result %+v", err, r)
	}
}

func TestWhatAnAttackLeavesIsNoticed(t *testing.T) {
	s := perfect()
	runner := Runner{Range: s}
	_, err := runner.Run(t.Context(), []Technique{{
		ID: tamper.StopLogging, Outcome: Restored,
		Attack: func(context.Context, Scene) error {
			s.attacked, s.others = true, []trail.Config{{ARN: "arn:aws:cloudtrail:us-east-1:111122223333:trail/left"}}
			return nil
		},
		Clean: func(context.Context, Scene) error { return errors.New("denied") },
	}})
	if err == nil || !strings.Contains(err.Error(), "trail/left") || !strings.Contains(err.Error(), "denied") {
		t.Errorf("error %v", err)
	}
}

func TestFailedAttackIsNoVerdict(t *testing.T) {
	report, err := (&Runner{Range: perfect()}).Run(t.Context(), []Technique{{
		ID: tamper.StopLogging, Outcome: Restored, Attack: func(context.Context, Scene) error { return errSucceeded },
	}})
	if !errors.Is(err, errSucceeded) || report.OK || len(report.Incidents) != 0 {
		t.Errorf("error %v, report %+v", err, report)
	}
}

func TestNoTechniquesAreNoSuccess(t *testing.T) {
	if report, err := (&Runner{Range: perfect()}).Run(t.Context(), nil); err != nil || report.OK {
		t.Errorf("error %v, report %+v", err, report)
	}
}

func TestSweepMustFindWhatNoEventTells(t *testing.T) {
	for name, c := range map[string]struct {
		cause   incident.Cause
		problem string
	}{
		"found by a sweep": {incident.CauseSweep, ""},
		"told by an event": {incident.CauseEvent, "a sweep found it: false"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, found := perfect(), account(incident.Restored)
			found.Cause, found.Actor = c.cause, incident.Actor{} // Event history does not tell who it was
			s.found, s.incidents = []incident.Incident{found}, nil
			s.letters = []Letter{{Incident: found}, letter(incident.Proved)}
			report, err := (&Runner{Range: s}).Run(t.Context(), []Technique{{
				ID: tamper.StopLogging, Outcome: Restored, Unheard: true,
				Attack: func(context.Context, Scene) error { s.attacked = true; return nil },
			}})
			if err != nil || len(report.Incidents) != 1 {
				t.Fatalf("%s: error %v, report %+v", name, err, report)
			}
			r := report.Incidents[0]
			if problems := strings.Join(r.Problems, ", "); problems != c.problem || r.OK != (c.problem == "") || r.Swept != (c.cause == incident.CauseSweep) {
				t.Errorf("%s: %+v", name, r)
			}
		})
	}
}

func TestWhatRuinsARangeGetsItsOwn(t *testing.T) {
	ruin := func(stage incident.Stage, drifted bool) (Result, *script, int) {
		used, fresh, closed := perfect(), perfect(), 0
		fresh.incidents, fresh.letters = []incident.Incident{account(stage)}, []Letter{letter(stage)}
		fresh.drifted = drifted
		runner := Runner{Range: used, Fresh: func(context.Context) (Range, func(), error) { return fresh, func() { closed++ }, nil }}
		report, err := runner.Run(t.Context(), []Technique{{
			ID: tamper.StopLogging, Outcome: Alerted, Ruins: true,
			Attack: func(context.Context, Scene) error { fresh.attacked = true; return nil },
		}})
		if err != nil || len(report.Incidents) != 1 {
			t.Fatalf("error %v, report %+v", err, report)
		}
		return report.Incidents[0], used, closed
	}
	if r, used, closed := ruin(incident.AlertOnly, true); !r.OK || r.Restored || used.attacked || closed != 1 {
		t.Errorf("%+v, closed %d times", r, closed)
	}
	if r, _, _ := ruin(incident.AlertOnly, false); r.OK || !strings.Contains(strings.Join(r.Problems, ""), "cannot be restored, and it was") {
		t.Errorf("%+v", r)
	}
	if _, err := (&Runner{Range: perfect()}).Run(t.Context(), []Technique{{ID: tamper.StopLogging, Outcome: Alerted, Ruins: true}}); err == nil {
		t.Error("the only range was ruined")
	}
}
