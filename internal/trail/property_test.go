package trail

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// attacks are the ways in which a test mutates a trail. Those that need the trail do nothing once it is deleted.
var attacks = map[string]func(r *rand.Rand, w *world, t *modelTrail){
	"stop":         func(_ *rand.Rand, _ *world, t *modelTrail) { t.stop() },
	"delete":       func(_ *rand.Rand, w *world, t *modelTrail) { delete(w.trails, t.config.ARN) },
	"bucket":       func(_ *rand.Rand, _ *world, t *modelTrail) { t.config.S3BucketName = "evil" },
	"prefix":       func(_ *rand.Rand, _ *world, t *modelTrail) { t.config.S3KeyPrefix = "lost" },
	"clear prefix": func(_ *rand.Rand, _ *world, t *modelTrail) { t.config.S3KeyPrefix = "" },
	"clear topic":  func(_ *rand.Rand, _ *world, t *modelTrail) { t.config.SnsTopicARN = "" },
	"foreign topic": func(_ *rand.Rand, _ *world, t *modelTrail) {
		t.config.SnsTopicARN = "arn:aws:sns:us-east-1:999999999999:t"
	},
	"clear logs": func(_ *rand.Rand, _ *world, t *modelTrail) {
		t.config.CloudWatchLogsLogGroupARN, t.config.CloudWatchLogsRoleARN = "", ""
	},
	"foreign logs": func(_ *rand.Rand, _ *world, t *modelTrail) {
		t.config.CloudWatchLogsLogGroupARN, t.config.CloudWatchLogsRoleARN = "arn:aws:logs:us-east-1:111122223333:log-group:x:*", "arn:aws:iam::111122223333:role/x"
	},
	"clear key": func(_ *rand.Rand, _ *world, t *modelTrail) { t.config.KMSKeyID = "" },
	"foreign key": func(_ *rand.Rand, _ *world, t *modelTrail) {
		t.config.KMSKeyID = "arn:aws:kms:us-east-1:999999999999:key/x"
	},
	"validation": func(_ *rand.Rand, _ *world, t *modelTrail) { t.config.LogFileValidationEnabled = false },
	"regions": func(r *rand.Rand, _ *world, t *modelTrail) {
		t.config.IsMultiRegionTrail = r.IntN(2) == 0
		t.config.IncludeGlobalServiceEvents = t.config.IsMultiRegionTrail || r.IntN(2) == 0
	},
	"organization": func(_ *rand.Rand, _ *world, t *modelTrail) {
		t.config.IsOrganizationTrail = !t.config.IsOrganizationTrail
	},
	"minimise": func(_ *rand.Rand, _ *world, t *modelTrail) {
		c := t.config
		t.config = Config{Name: c.Name, ARN: c.ARN, HomeRegion: c.HomeRegion, S3BucketName: c.S3BucketName}
	},
	"selectors":    func(r *rand.Rand, _ *world, t *modelTrail) { t.selectors = randomSelectors(r) },
	"no insights":  func(_ *rand.Rand, _ *world, t *modelTrail) { t.insights = nil },
	"event config": func(_ *rand.Rand, _ *world, t *modelTrail) { t.events = EventConfiguration{} },
	"tags": func(r *rand.Rand, _ *world, t *modelTrail) {
		t.tags = map[string]string{"owner": fmt.Sprint(r.IntN(3)), "x": "y"}
	},
	"squat": func(r *rand.Rand, w *world, _ *modelTrail) {
		w.squat("us-east-1", fmt.Sprintf("squat%d", r.IntN(9)), false)
	},
	"shadow": func(r *rand.Rand, w *world, _ *modelTrail) {
		w.squat("eu-west-1", fmt.Sprintf("shadow%d", r.IntN(9)), true)
	},
	"namesake":      func(r *rand.Rand, w *world, t *modelTrail) { w.squat("eu-west-1", t.config.Name, r.IntN(2) == 0) },
	"fill the home": func(_ *rand.Rand, w *world, _ *modelTrail) { fill(w) },
}

// fill takes the whole quota of the home region.
func fill(w *world) {
	for i := range 5 {
		w.squat("us-east-1", fmt.Sprintf("filler%d", i), false)
	}
}

// randomSelectors makes a selection that CloudTrail accepts.
func randomSelectors(r *rand.Rand) Selectors {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	some := func(values ...string) []string { return values[:r.IntN(len(values)+1)] }
	if r.IntN(2) == 0 {
		return Selectors{Basic: []EventSelector{{
			pick("All", "ReadOnly", "WriteOnly"), r.IntN(3) > 0, some("kms.amazonaws.com", "rdsdata.amazonaws.com"),
			[]DataResource{{pick("AWS::S3::Object", "AWS::Lambda::Function"), some("arn:aws:s3:::a/", "arn:aws:s3")}},
		}}}
	}
	s := Selectors{Advanced: []AdvancedEventSelector{advanced(is("eventCategory", "Management"), is("readOnly", pick("true", "false")))}}
	for range r.IntN(4) {
		f := FieldSelector{Field: pick("eventName", "resources.ARN", "userIdentity.arn"), StartsWith: some("a", "ab", "b")}
		if len(f.StartsWith) == 0 {
			f.NotEndsWith = []string{pick("x", "yx", "y")}
		}
		s.Advanced = append(s.Advanced, advanced(is("eventCategory", "Data"), is("resources.type", "AWS::S3::Object"), f))
	}
	return s
}

// randomBaseline varies which facets are guarded and how.
func randomBaseline(r *rand.Rand) Guarded {
	g := guardedTrail()
	chance := func() bool { return r.IntN(4) == 0 }
	if chance() {
		g.Selectors, g.Insights = nil, nil // CloudTrail refuses Insights on events that nothing makes a trail record
	} else if chance() {
		s := randomSelectors(r)
		g.Selectors, g.Insights = &s, nil // not every selection allows Insights
	}
	if chance() {
		g.Insights = nil
	}
	if chance() {
		g.Tags = &map[string]string{}
	}
	if chance() {
		g.EventConfiguration = nil
	}
	if chance() {
		g.IsMultiRegionTrail, g.IsOrganizationTrail = false, false
	}
	if chance() {
		g.CloudWatchLogsLogGroupARN, g.CloudWatchLogsRoleARN, g.SnsTopicARN, g.KMSKeyID, g.S3KeyPrefix = "", "", "", "", ""
	}
	if chance() {
		g.Logging, g.Insights = false, nil
	}
	return g
}

// tampered is a baseline and a world in which its trail was attacked.
func tampered(r *rand.Rand) (Baseline, Guarded, *world) {
	g := randomBaseline(r)
	b := Baseline{Account: "111122223333", Policy: Policy{Impostors: ImpostorsDelete}, Trails: []Guarded{g}}
	w := worldOf(g)
	names := slices.Sorted(maps.Keys(attacks))
	for range 1 + r.IntN(5) {
		t := w.trails[g.ARN]
		if t == nil {
			t = &modelTrail{config: g.Config, tags: map[string]string{}}
		}
		attacks[names[r.IntN(len(names))]](r, w, t)
	}
	if r.IntN(3) == 0 && w.trails[g.ARN] != nil { // a full region keeps a deleted trail from coming back
		delete(w.trails, g.ARN)
		fill(w)
	}
	return b, g, w
}

// carryOut applies steps in a random order that honours After. A step that fails, or that fail names, keeps those that
// depend on it from being tried; the errors of the others are returned.
func carryOut(r *rand.Rand, w *world, steps []Step, fail string) (errs []error) {
	done, left := map[string]bool{}, slices.Clone(steps)
	for len(left) > 0 {
		var ready []int
		for i, s := range left {
			if !slices.ContainsFunc(s.After, func(id string) bool { return !done[id] }) {
				ready = append(ready, i)
			}
		}
		if len(ready) == 0 {
			break
		}
		i := ready[r.IntN(len(ready))]
		s := left[i]
		left = slices.Delete(left, i, i+1)
		if s.ID == fail {
			continue
		}
		if err := w.apply(s); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.ID, err))
			continue
		}
		done[s.ID] = true
	}
	return errs
}

// checkRestores makes sure of what a plan promises, for the trail and the attack that a seed gives.
func checkRestores(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	b, g, w := tampered(r)
	before := w.observe(g)
	steps := Plan(b, g, before)
	checkShape(t, seed, g, before, steps)
	if len(steps) > 0 && r.IntN(3) == 0 { // one step fails at first: the others go on, and the next plan does the rest
		if errs := carryOut(r, w, steps, steps[r.IntN(len(steps))].ID); len(errs) > 0 {
			t.Fatalf("seed %d: beside the failing step: %v", seed, errs)
		}
		steps = Plan(b, g, w.observe(g))
	}
	if errs := carryOut(r, w, steps, ""); len(errs) > 0 {
		t.Fatalf("seed %d: %v\nsteps %+v", seed, errs, steps)
	}
	after := w.observe(g)
	if left, _ := restorable(g, Diff(g, after)); len(left) > 0 {
		t.Fatalf("seed %d: not restored: %+v", seed, left)
	}
	if again := Plan(b, g, after); len(again) > 0 {
		t.Fatalf("seed %d: a second plan is not empty: %+v", seed, again)
	}
	if trail := w.trails[g.ARN]; trail == nil || g.Logging && !trail.logging {
		t.Fatalf("seed %d: the trail does not log: %+v", seed, trail)
	}
}

// checkShape makes sure that a plan's dependencies are sound and that logging starts as early as it may.
func checkShape(t *testing.T, seed uint64, g Guarded, have State, steps []Step) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range steps {
		for _, id := range s.After {
			if !seen[id] { // also rules out cycles
				t.Fatalf("seed %d: %s depends on %s, which does not come before it", seed, s.ID, id)
			}
		}
		if seen[s.ID] {
			t.Fatalf("seed %d: two steps have the id %s", seed, s.ID)
		}
		seen[s.ID] = true
		if s.Op == OpDeleteTrail && s.ARN == g.ARN {
			t.Fatalf("seed %d: the plan deletes the guarded trail", seed)
		}
	}
	start := slices.IndexFunc(steps, func(s Step) bool { return s.Op == OpStartLogging })
	config, exists := have.Config.Get()
	if !exists || start < 0 {
		return
	}
	bucketOK := config.S3BucketName == g.S3BucketName
	switch stray := !bucketOK || !samePrefix(g.S3KeyPrefix, config.S3KeyPrefix); {
	case stray && (start != 1 || steps[0].ID != idBucket):
		t.Fatalf("seed %d: a stray trail is started before it is put right: %+v", seed, steps)
	case !stray && start != 0:
		t.Fatalf("seed %d: something comes before the start: %+v", seed, steps)
	case bucketOK && len(steps[start].After) > 0, !bucketOK && !slices.Equal(steps[start].After, []string{idBucket}):
		t.Fatalf("seed %d: the start depends on %v", seed, steps[start].After)
	}
}

func TestPlanRestores(t *testing.T) {
	for seed := range uint64(1500) {
		checkRestores(t, seed)
	}
}

// forget makes each facet unknown with a chance of a half.
func forget(r *rand.Rand, s State) State {
	coin := func() bool { return r.IntN(2) == 0 }
	const why = "ThrottlingException"
	if coin() {
		s.Config = NotKnown[Config](why)
	}
	if coin() {
		s.Status = NotKnown[Status](why)
	}
	if coin() {
		s.Selectors = NotKnown[Selectors](why)
	}
	if coin() {
		s.Insights = NotKnown[[]InsightSelector](why)
	}
	if coin() {
		s.EventConfiguration = NotKnown[EventConfiguration](why)
	}
	if coin() {
		s.Tags = NotKnown[map[string]string](why)
	}
	if coin() {
		s.Others = NotKnown[[]Config](why)
	}
	return s
}

// checkUnknown makes sure that nothing is written to what is not known.
func checkUnknown(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	b, g, w := tampered(r)
	have := forget(r, w.observe(g))
	for _, s := range Plan(b, g, have) {
		creating := have.Config.Knowledge() == Absent // a trail that is known to be gone lacks everything else too
		known := map[Op]bool{
			OpCreateTrail: creating, OpDeleteTrail: creating && have.Others.Knowledge() == Present,
			OpStartLogging: creating || have.Status.Knowledge() == Present, OpUpdateTrail: have.Config.Knowledge() == Present,
			OpPutEventSelectors:     creating || have.Selectors.Knowledge() == Present,
			OpPutInsightSelectors:   creating || have.Insights.Knowledge() != Unknown,
			OpPutEventConfiguration: creating || have.EventConfiguration.Knowledge() != Unknown,
			OpAddTags:               have.Tags.Knowledge() == Present, OpRemoveTags: have.Tags.Knowledge() == Present,
		}
		if !known[s.Op] {
			t.Fatalf("seed %d: %s is planned on what is not known", seed, s.ID)
		}
	}
}

func TestUnknownIsNeverWritten(t *testing.T) {
	for seed := range uint64(1000) {
		checkUnknown(t, seed)
	}
}

// FuzzDiff lets the fuzzer choose the attack.
func FuzzDiff(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkRestores(t, seed)
		checkUnknown(t, seed)
		checkCoverage(t, seed)
	})
}

// checkCoverage compares two random selections with what they do to single events.
func checkCoverage(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	want, have := randomSelectors(r), randomSelectors(r)
	change := compareSelectors(want, have, "aws")
	if self := compareSelectors(want, want.Canonical(), "aws"); len(self.lost)+len(self.gained) > 0 {
		t.Fatalf("seed %d: a selection differs from itself: %+v", seed, self)
	}
	for range 50 {
		event := randomEvent(r)
		inWant, inHave := records(want, event), records(have, event)
		if inWant && !inHave && len(change.lost) == 0 {
			t.Fatalf("seed %d: %v is lost, which the comparison does not see\n%+v\n%+v", seed, event, want, have)
		}
		if inHave && !inWant && len(change.gained) == 0 {
			t.Fatalf("seed %d: %v is gained, which the comparison does not see", seed, event)
		}
	}
}

func randomEvent(r *rand.Rand) map[string]string {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	return map[string]string{
		"eventCategory": pick("Management", "Data"), "readOnly": pick("true", "false"), "eventSource": pick("kms.amazonaws.com", "s3.amazonaws.com"),
		"resources.type": pick("AWS::S3::Object", "AWS::Lambda::Function"), "resources.ARN": pick("arn:aws:s3:::a/k", "arn:aws:s3:::b/k", "ax", "abyx", "b"),
		"eventName": pick("a", "abx", "by", "c"), "userIdentity.arn": pick("ax", "ab", "bbyx", "q"),
	}
}

// records decides by itself, event by event, whether selectors record an event.
func records(s Selectors, event map[string]string) bool {
	for _, c := range selectionOf(s, "aws") {
		matches := true
		for field, condition := range c {
			matches = matches && sample{text: event[field], exact: true}.meets(condition)
		}
		if matches {
			return true
		}
	}
	return false
}

func TestCoverage(t *testing.T) {
	for seed := range uint64(1500) {
		checkCoverage(t, seed)
	}
}
