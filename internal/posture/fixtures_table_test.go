package posture

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/shell/shelltest"
	"github.com/trailhold/trailhold/internal/trail"
)

// fixture is a change of the healthy account, and what a check says then: the worst status of all its findings.
type fixture struct {
	name   string
	check  string
	status Status
	change func(*Account)
	detail string // a part of what it has to say; may be empty
}

// setting is a change of one setting of a resource.
func setting(arn string, s trail.Setting, format string, args ...any) func(*Account) {
	return func(a *Account) { a.set(arn, s, doc(format, args...)) }
}

// unread leaves a setting unread.
func unreadable(arn string, s trail.Setting) func(*Account) {
	return func(a *Account) { a.set(arn, s, denied()) }
}

// gone says that a resource does not exist.
func gone(arn string) func(*Account) {
	return func(a *Account) {
		for s := range a.Resources[arn].State {
			a.set(arn, s, trail.Gone[trail.Document]())
		}
	}
}

func noStatus(a *Account) {
	a.Trails[0].Status = trail.NotKnown[trail.Status]("AccessDenied")
	a.Trails[1].Status = trail.NotKnown[trail.Status]("AccessDenied")
}

func noSelectors(a *Account) {
	a.Trails[0].Selectors = trail.NotKnown[trail.Selectors]("AccessDenied")
	a.Trails[1].Selectors = trail.NotKnown[trail.Selectors]("AccessDenied")
}

// alone takes the organization's trail away.
func alone(change func(*Account)) func(*Account) {
	return func(a *Account) {
		a.Trails = a.Trails[:1]
		change(a)
	}
}

func config(change func(*trail.Config)) func(*Account) {
	return func(a *Account) { a.config(change) }
}

func status(change func(*trail.Status)) func(*Account) {
	return func(a *Account) { a.status(change) }
}

func selectors(s trail.Selectors) func(*Account) {
	return func(a *Account) { a.Trails[0].Selectors = trail.Known(s) }
}

// basic are basic selectors.
func basic(kind string, excluded []string, data ...trail.DataResource) trail.Selectors {
	return trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: kind, IncludeManagementEvents: true, ExcludeManagementEventSources: excluded, DataResources: data}}}
}

// noTrails lists no trail, in regions that could be read.
func noTrails(a *Account) {
	a.Trails = nil
	for name := range a.Regions {
		a.region(name, func(r *Region) { r.Trails = trail.Known([]string{}) })
	}
}

// hiddenTrails lists no trail, in a region that could not be read.
func hiddenTrails(a *Account) {
	a.Trails = nil
	a.region("eu-west-1", func(r *Region) { r.Trails = trail.NotKnown[[]string]("AccessDenied") })
}

func fixtures() []fixture {
	all := append([]fixture(nil), trailFixtures...)
	for _, more := range [][]fixture{dataFixtures, bucketFixtures, dependentFixtures, monitoringFixtures(), activityFixtures(), guardFixtures} {
		all = append(all, more...)
	}
	return all
}

// TestFixtures changes the healthy account in one way at a time, and asks the check that is about it.
func TestFixtures(t *testing.T) {
	remedies := map[string]bool{}
	for _, f := range fixtures() {
		t.Run(f.check+"/"+f.name, func(t *testing.T) {
			inv := healthy()
			f.change(&inv.Accounts[0])
			r := Audit(inv, Options{Checks: []string{f.check}})
			if len(r.Checks) != 1 || len(r.Findings) == 0 {
				t.Fatalf("the check makes %d findings", len(r.Findings))
			}
			worst, told := r.Findings[0], false
			for _, found := range r.Findings {
				if rank(found.Status) < rank(worst.Status) {
					worst = found
				}
				told = told || found.Status == f.status && strings.Contains(found.Detail, f.detail)
			}
			if worst.Status != f.status || !told {
				t.Errorf("got %s, want %s with %q: %+v", worst.Status, f.status, f.detail, r.Findings)
			}
			for _, found := range r.Findings {
				if (found.Status == Fail) != (found.Remedy != "") {
					t.Errorf("%s has the remedy %q", found.Status, found.Remedy)
				}
				remedies[found.Remedy] = true
			}
		})
	}
	delete(remedies, "")
	if testing.Short() {
		return // a shell for each command
	}
	for command := range remedies {
		shelltest.Check(t, command)
	}
}

func rank(s Status) int {
	for n, one := range Statuses() {
		if one == s {
			return n
		}
	}
	return -1
}

// TestEveryCheckHasFixtures: one that fails, one that is unknown, and at least one more. That it passes, the healthy account
// shows.
func TestEveryCheckHasFixtures(t *testing.T) {
	have := map[string]map[Status]int{}
	for _, f := range fixtures() {
		if have[f.check] == nil {
			have[f.check] = map[Status]int{}
		}
		have[f.check][f.status]++
	}
	for _, c := range Checks() {
		total := 0
		for _, n := range have[c.ID] {
			total += n
		}
		if have[c.ID][Fail] == 0 || have[c.ID][Unknown] == 0 || total < 3 {
			t.Errorf("%s lacks fixtures: %v", c.ID, have[c.ID])
		}
		delete(have, c.ID)
	}
	if len(have) > 0 {
		t.Errorf("fixtures of checks that do not exist: %v", fmt.Sprint(have))
	}
}
