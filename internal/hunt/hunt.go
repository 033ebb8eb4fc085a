package hunt

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/sigma"
)

// Options say what to look for. Rules is required.
type Options struct {
	Rules        *sigma.Set
	Placeholders sigma.Placeholders
	Level        severity.Severity // findings of less are left out; None: all are reported
	Filter       Filter
	Partial      bool // the sources are a part of what there is: silence means nothing then
	Workers      int  // 0: as many as there are processors
	Fetch        int  // files that are fetched ahead, where that takes time; 0: 32
	Meter        *Meter

	whole int // bytes of a file that is read in one piece; 0: maxStored
	chunk int // bytes that a stream reads at a time; 0: 1 MB
}

// Meter tells how far a hunt has come. It may be read at any time.
type Meter struct {
	Files, Records, Findings atomic.Int64
	Stored                   atomic.Int64 // bytes read
	Bytes                    atomic.Int64 // that they inflated to
	Total                    atomic.Int64 // bytes that there are to read; 0 while that is not known
}

// Finding is a record that a rule looks for, or a correlation of several.
type Finding struct {
	Rule        *Rule
	Event       Event           // zero for a correlation
	Record      json.RawMessage // nil for a correlation; only valid until the function that was given it returns
	File        string
	Offset      int64 // of the record in the file's content
	Correlation *Correlation
}

// Time is when it happened; of a correlation, when it was complete.
func (f *Finding) Time() time.Time {
	if f.Correlation != nil {
		return f.Correlation.To
	}
	return f.Event.Time
}

// Rule is what a finding says of its rule.
type Rule struct {
	ID             string            `json:"id"`
	Title          string            `json:"title"`
	Level          string            `json:"level"`
	Author         string            `json:"author"`
	License        string            `json:"license,omitempty"`
	Description    string            `json:"-"`
	Tags           []string          `json:"tags,omitempty"`
	References     []string          `json:"references,omitempty"`
	FalsePositives []string          `json:"falsePositives,omitempty"`
	Severity       severity.Severity `json:"-"`
}

// Correlation is what several records mean together.
type Correlation struct {
	Type   string            `json:"type"`
	Group  map[string]string `json:"group,omitempty"`
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to"`
	Value  float64           `json:"value"`
	Events []string          `json:"events"` // ids of the first of them
	Total  int               `json:"total"`
}

// hunter is one run.
type hunter struct {
	Options
	plan   *sigma.Plan
	fields []*sigma.Field // by the names of eventPaths
	rules  []*Rule        // by number; nil for those that only serve the timeline
	index  map[*sigma.Matcher]int32
	seed   maphash.Seed
	emit   func(Finding) error

	batches    chan *batch // that nobody uses: results of small files may wait for those of a large one
	correlator *sigma.Correlator
	matchers   []*sigma.Matcher
	fold       fold
	coverage   *coverage
	history    *history
	people     *people
	sessions   *sessions
	result     Result
	rec        sigma.Record
}

// Run hunts through the sources and calls emit for each finding: those of records in the order of the files, then the
// correlations in order of time. If ctx ends, what was found until then is the result, which says so. An error is emit's, or one
// that makes hunting impossible.
func Run(ctx context.Context, o Options, sources []Source, emit func(Finding) error) (Result, error) {
	h, err := prepare(o, emit)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	if err := h.read(ctx, sources); err != nil {
		return h.result, err
	}
	if err := h.correlate(); err != nil {
		return h.result, err
	}
	h.finish(ctx)
	h.result.Stats.Seconds = time.Since(began).Seconds()
	return h.result, nil
}

func prepare(o Options, emit func(Finding) error) (*hunter, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Fetch <= 0 {
		o.Fetch = 32
	}
	if o.Meter == nil {
		o.Meter = &Meter{}
	}
	o.whole, o.chunk = cmp.Or(o.whole, maxStored), cmp.Or(o.chunk, usualChunk)
	h := &hunter{
		Options: o, emit: emit, seed: maphash.MakeSeed(), index: map[*sigma.Matcher]int32{},
		coverage: newCoverage(), history: newHistory(), people: newPeople(), sessions: newSessions(),
		batches:    make(chan *batch, 16*o.Workers),
		correlator: sigma.NewCorrelator(o.Rules, sigma.DefaultLimit),
	}
	wanted := []*sigma.Rule{}
	for _, r := range o.Rules.Rules {
		if sigma.Applies(r.LogSource) && (!r.Hidden && severityOf(r.Level) >= o.Level || h.correlator.Needs(r)) {
			wanted = append(wanted, r)
		}
	}
	own, err := historyRules()
	if err != nil {
		return nil, err
	}
	plan, err := sigma.Compile(append(wanted, own...), o.Placeholders, eventPaths[:]...)
	if err != nil {
		return nil, err
	}
	h.plan, h.fields, h.matchers = plan, plan.Fields(), plan.Matchers()
	for i, m := range h.matchers {
		h.index[m] = int32(i)
		if i < len(wanted) {
			h.rules = append(h.rules, ruleOf(m.Rule().Meta))
		} else {
			h.rules = append(h.rules, nil)
		}
	}
	return h, nil
}

func ruleOf(m sigma.Meta) *Rule {
	return &Rule{
		ID: m.ID, Title: m.Title, Level: m.Level, Author: m.Author, License: m.License, Description: m.Description,
		Tags: m.Tags, References: m.References, FalsePositives: m.FalsePositives, Severity: severityOf(m.Level),
	}
}

// severityOf ranks a rule's level. A rule without one is worth knowing.
func severityOf(level string) severity.Severity {
	if s, err := severity.Parse(level); err == nil {
		return s
	}
	return severity.Info
}

// read reads all files. Jobs reach the workers in the order in which their results are taken, so that the file whose
// results are awaited is always being read.
func (h *hunter) read(ctx context.Context, sources []Source) error {
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	queue, order, fetch := make(chan *job, h.Fetch), make(chan *job, 4*h.Workers+2*h.Fetch), make(chan *job)
	var listErrors []error
	group.Go(func() {
		defer close(order)
		defer close(queue)
		defer close(fetch)
		listErrors = h.list(working, sources, queue, order, fetch)
	})
	h.fetchers(working, &group, fetch)
	coverages := make([]*coverage, h.Workers)
	for n := range h.Workers {
		w := &worker{hunt: h, ctx: working, coverage: newCoverage()}
		coverages[n] = w.coverage
		group.Go(func() {
			for j := range queue {
				w.do(j)
			}
		})
	}
	err := h.collect(working, order)
	if err != nil {
		cancel()
		for range order { // so that the lister ends
		}
	}
	group.Wait()
	for _, c := range coverages {
		h.coverage.merge(c)
	}
	for _, listErr := range listErrors {
		h.problem(Problem{Kind: Unreadable, What: listErr.Error()})
	}
	h.result.Interrupted = ctx.Err() != nil
	return err
}

// finish makes the timeline.
func (h *hunter) finish(ctx context.Context) {
	r := &h.result
	r.Stats.Bytes, r.Stats.StoredBytes = h.Meter.Bytes.Load(), h.Meter.Stored.Load()
	r.Trails, r.BlindWindows = h.history.close()
	if !h.Partial && !r.Interrupted {
		for _, g := range h.coverage.gaps() {
			r.BlindWindows = append(r.BlindWindows, g.window())
		}
	}
	sortWindows(r.BlindWindows)
	r.Regions = h.coverage.regions()
	r.Actors = h.people.ranked(h.history)
	r.Sessions = h.sessions.stitch(ctx, h)
	h.around()
}
