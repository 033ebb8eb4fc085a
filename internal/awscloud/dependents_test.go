package awscloud

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// tampering is one way to change a setting of a resource, by the calls an intruder would make.
type tampering struct {
	name    string
	setting trail.Setting
	do      func(t *testing.T)
	// ops is what restores it, in this order.
	ops []trail.Op
}

// captured is the resource with all that can be read of it as the baseline.
func (w *world) captured(t *testing.T, r trail.Resource) trail.Resource {
	t.Helper()
	r = everything(r)
	for setting, f := range w.cloud.ObserveResource(w.context, r) {
		document, ok := f.Get()
		if !ok {
			t.Fatalf("%s of %s: %s", setting, r.ARN, text(f))
		}
		r.Settings[setting] = document
	}
	return r
}

// drifts looks at a resource, twice if it may have to, and says what is amiss.
func (w *world) drifts(t *testing.T, r trail.Resource) (trail.Guarded, trail.State, []trail.Field) {
	t.Helper()
	g := trail.Guarded{Restore: trail.RestoreAll, Dependents: []trail.Resource{r}}
	g.ARN, g.HomeRegion = r.ARN, r.Region
	state := w.cloud.Observe(w.context, g)
	diff := trail.Diff(g, state)
	if len(diff.Unknown) > 0 {
		t.Fatalf("unknown: %+v", diff.Unknown)
	}
	var fields []trail.Field
	for _, d := range diff.Drifts {
		fields = append(fields, d.Field)
	}
	return g, state, fields
}

// restored does what a plan says and returns the operations of its steps. Steps that fail are tried again in a second
// plan, as the guard does.
func (w *world) restored(t *testing.T, r trail.Resource) []trail.Op {
	t.Helper()
	var ops []trail.Op
	for range 2 {
		g, state, _ := w.drifts(t, r)
		for _, step := range trail.Plan(trail.Baseline{}, g, state) {
			if _, err := w.cloud.Apply(w.context, step); err != nil {
				t.Logf("%s: %v", step.ID, err)
			}
			ops = append(ops, step.Op)
		}
	}
	return ops
}

// withstands tampers with a resource in each way and proves that it is noticed where it was done, put back by the
// calls that are wanted, and then no different from before.
func (w *world) withstands(t *testing.T, r trail.Resource, tamperings []tampering) {
	t.Helper()
	baseline := w.captured(t, r)
	before := baseline.Settings
	if _, _, fields := w.drifts(t, baseline); len(fields) > 0 {
		t.Fatalf("untouched, and yet drifts: %v", fields)
	}
	for _, tampering := range tamperings {
		t.Run(tampering.name, func(t *testing.T) {
			tampering.do(t)
			_, _, fields := w.drifts(t, baseline)
			if want := trail.FieldOf(r.Type, tampering.setting); !slices.Contains(fields, want) {
				t.Fatalf("drifts are %v, want %s", fields, want)
			}
			if ops := w.restored(t, baseline); !slices.Equal(ops, tampering.ops) {
				t.Errorf("restored by %v, want %v", ops, tampering.ops)
			}
			for setting, document := range w.captured(t, r).Settings {
				if document != before[setting] {
					t.Errorf("%s is now\n%s\nand was\n%s", setting, document, before[setting])
				}
			}
		})
	}
}

// covers says which settings of a kind nothing tampered with.
func covers(t *testing.T, kind trail.ResourceType, all ...[]tampering) {
	t.Helper()
	var tried []trail.Setting
	for _, tampering := range slices.Concat(all...) {
		tried = append(tried, tampering.setting)
	}
	for _, s := range trail.SettingsOf(kind) {
		if !slices.Contains(tried, s) {
			t.Errorf("nothing tampers with the setting %s", s)
		}
	}
}

// must fails the test where a call of the intruder's failed.
func must[O any](t *testing.T) func(*O, error) {
	return func(_ *O, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Every setting of a kind is read by exactly one probe, and every operation that its plan can contain can be carried out.
func TestEverySettingIsReadAndWritten(t *testing.T) {
	for _, kind := range trail.Types() {
		reads := map[trail.Setting]int{}
		for _, p := range probesOf(kind) {
			for _, s := range p.settings {
				reads[s]++
			}
			if slices.Contains(p.settings, trail.Identity) != (len(p.gone) > 0) {
				t.Errorf("%s: only a probe of the identity can find that the resource is gone: %v", kind, p.settings)
			}
		}
		settings := trail.SettingsOf(kind)
		if got := slices.Sorted(maps.Keys(reads)); !slices.Equal(got, slices.Sorted(slices.Values(settings))) {
			t.Errorf("%s: the probes read %v, the settings are %v", kind, got, settings)
		}
		for setting, n := range reads {
			if n != 1 {
				t.Errorf("%s.%s is read %d times", kind, setting, n)
			}
		}
		for _, op := range opsOf(kind) {
			if writesOf(kind)[op] == nil {
				t.Errorf("%s: nothing carries out %s", kind, op)
			}
		}
	}
}

// opsOf lists what plans for a resource can contain: where all is wanted and gone, and where nothing is wanted.
func opsOf(kind trail.ResourceType) []trail.Op {
	full, none := trail.Resource{Type: kind, ARN: "arn:aws:x:::y", Settings: map[trail.Setting]trail.Document{}}, trail.Resource{}
	state := trail.ResourceState{trail.Identity: trail.Known(trail.EmptyDocument)}
	member := trail.Document(`{"a":{"b":true},"KeyState":"Enabled"}`)
	for _, s := range trail.SettingsOf(kind)[1:] {
		full.Settings[s] = member
		state[s] = trail.Known(trail.Document(`{"c":{"d":1},"KeyState":"PendingDeletion"}`))
	}
	none = everything(trail.Resource{Type: kind, ARN: full.ARN})
	var ops []trail.Op
	for _, r := range []trail.Resource{full, none} {
		g := trail.Guarded{Restore: trail.RestoreAll, Dependents: []trail.Resource{r}}
		g.ARN = r.ARN
		for _, have := range []trail.ResourceState{state, {trail.Identity: trail.Gone[trail.Document]()}} {
			for _, step := range trail.Plan(trail.Baseline{}, g, trail.State{Dependents: map[string]trail.ResourceState{r.ARN: have}}) {
				ops = append(ops, step.Op)
			}
		}
	}
	return ops
}

// neverMistakes proves that a call that fails is not taken for absence: whatever it reads is unknown, and nothing is planned.
func (w *world) neverMistakes(t *testing.T, r trail.Resource, service string, operations ...string) {
	t.Helper()
	baseline := w.captured(t, r)
	g := trail.Guarded{Restore: trail.RestoreAll, Dependents: []trail.Resource{baseline}}
	g.ARN, g.HomeRegion = r.ARN, r.Region
	impatient := dial(t, w.Lab.Client())
	impatient.config.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // others wait between their attempts
	for _, operation := range operations {
		for _, kind := range []lab.FaultKind{lab.AccessDenied, lab.Throttle, lab.ServerError} {
			remove := w.Inject(lab.Fault{Service: service, Operation: operation, Kind: kind})
			state := impatient.Observe(w.context, g)
			remove()
			diff := trail.Diff(g, state)
			if len(diff.Unknown) == 0 || len(diff.Drifts) > 0 {
				t.Errorf("%s %s: unknown %v, drifts %v", operation, kind, diff.Unknown, diff.Drifts)
			}
			if steps := trail.Plan(trail.Baseline{}, g, state); len(steps) > 0 {
				t.Errorf("%s %s: steps %v", operation, kind, steps)
			}
		}
	}
}
