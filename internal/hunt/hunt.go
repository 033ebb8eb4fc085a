package hunt

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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
	plan  *sigma.Plan
	rules []*Rule // by number; nil for those that only serve the timeline
	index map[*sigma.Matcher]int32
	seed  maphash.Seed
	emit  func(Finding) error

	batches    chan *batch // that nobody uses
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
		batches:    make(chan *batch, 4*o.Workers),
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
	plan, err := sigma.Compile(append(wanted, own...), o.Placeholders)
	if err != nil {
		return nil, err
	}
	h.plan, h.matchers = plan, plan.Matchers()
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

// job is one file with what is found in it.
type job struct {
	file  File
	place filePlace
	found chan *batch // closed when the file was read

	ready    chan struct{} // of a file that is fetched ahead: closed when it was
	fetched  []byte
	fetchErr error

	problems int
	outcome  outcome // once found is closed
}

func (j *job) isFetched() bool { return j.ready != nil }

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

// do reads a job's file once it is there.
func (w *worker) do(j *job) {
	defer close(j.found)
	if j.isFetched() {
		select {
		case <-j.ready:
		case <-w.ctx.Done():
			return
		}
	}
	if w.stopped() {
		return
	}
	w.read(j)
	j.fetched = nil
	if j.file.Done != nil {
		j.file.Done()
	}
}

// collect takes the results of all jobs in their order.
func (h *hunter) collect(ctx context.Context, order <-chan *job) error {
	for j := range order {
		for b := range j.found {
			if err := h.takeBatch(j, b); err != nil {
				return err
			}
			h.free(b)
		}
		if ctx.Err() == nil || j.outcome.verdict != unread {
			h.account(j)
		}
	}
	return nil
}

func (h *hunter) takeBatch(j *job, b *batch) error {
	for _, p := range b.problems {
		h.problem(p)
	}
	h.sessions.issued(j.file, b.issued)
	for i := range b.matches {
		if err := h.takeMatch(j, &b.matches[i]); err != nil {
			return err
		}
	}
	return nil
}

// takeMatch makes findings of a record, unless it was seen before.
func (h *hunter) takeMatch(j *job, m *match) error {
	if m.hasID && h.fold.seen(m.id) {
		h.result.Stats.Duplicates++
		return nil
	}
	if m.event.Time.IsZero() {
		h.result.Stats.Undated++
	}
	for _, n := range m.rules {
		rule := h.rules[n]
		if rule == nil {
			h.history.take(m, j.file.Name)
			continue
		}
		source := h.matchers[n].Rule()
		if h.correlator.Needs(source) && !m.event.Time.IsZero() {
			if _, err := h.rec.Read(m.raw); err == nil {
				h.correlator.Add(source, &h.rec, m.event.Time, m.event.ID)
			}
		}
		if source.Hidden || rule.Severity < h.Level {
			continue
		}
		f := Finding{Rule: rule, Event: m.event, Record: m.raw, File: j.file.Name, Offset: m.offset}
		if err := h.report(f); err != nil {
			return err
		}
	}
	return nil
}

// report hands on a finding.
func (h *hunter) report(f Finding) error {
	h.result.Stats.Findings++
	h.Meter.Findings.Add(1)
	h.result.Levels.add(f.Rule.Severity)
	if f.Correlation == nil {
		h.people.take(&f)
		h.sessions.want(f.Event.Actor.AccessKeyID)
		h.history.near(&f)
	}
	return h.emit(f)
}

// account adds up what a file was.
func (h *hunter) account(j *job) {
	s := &h.result.Stats
	o := j.outcome
	s.Files++
	s.Records += int64(o.records)
	s.Malformed += int64(o.malformed)
	h.result.OmittedProblems += o.omitted
	switch o.verdict {
	case wasDigest:
		s.Digests++
	case wasForeign:
		s.Foreign++
	case damaged:
		s.Damaged++
	case unreadable:
		s.Unreadable++
	}
	h.Meter.Files.Add(1)
	h.Meter.Records.Add(int64(o.records))
}

// correlate reports what the records mean together.
func (h *hunter) correlate() error {
	for _, hit := range h.correlator.Hits() {
		rule := ruleOf(hit.Correlation.Meta)
		if rule.Severity < h.Level {
			continue
		}
		c := &Correlation{
			Type: string(hit.Correlation.Type), From: hit.From, To: hit.To, Value: hit.Value, Events: hit.Events, Total: hit.Total,
		}
		for i, name := range hit.Correlation.GroupBy {
			if c.Group == nil {
				c.Group = map[string]string{}
			}
			if i < len(hit.Group) {
				c.Group[name] = hit.Group[i]
			}
		}
		if err := h.report(Finding{Rule: rule, Correlation: c}); err != nil {
			return err
		}
	}
	h.result.Stats.NotCorrelated = int64(h.correlator.Dropped())
	return nil
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

// list makes jobs of the sources' files.
func (h *hunter) list(ctx context.Context, sources []Source, queue, order, fetch chan<- *job) (failed []error) {
	for _, s := range sources {
		err := s.Each(ctx, &h.Filter, func(f File) error { return h.offer(ctx, f, queue, order, fetch) })
		if err != nil && ctx.Err() == nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// offer makes a job of a file, unless its name says that it is none to read.
func (h *hunter) offer(ctx context.Context, f File, queue, order, fetch chan<- *job) error {
	j := &job{file: f, found: make(chan *batch, 1), place: placeOf(f.Path)}
	if j.place.digest {
		j.outcome.verdict = wasDigest
		close(j.found)
		if f.Done != nil {
			f.Done()
		}
		return send(ctx, order, j)
	}
	if f.Remote && f.Size >= 0 && f.Size <= maxFetched {
		j.ready = make(chan struct{})
	}
	if err := send(ctx, order, j); err != nil {
		return err
	}
	if j.isFetched() {
		if err := send(ctx, fetch, j); err != nil {
			close(j.found)
			return err
		}
	}
	if err := send(ctx, queue, j); err != nil {
		close(j.found) // nobody will read it
		return err
	}
	return nil
}

func send(ctx context.Context, to chan<- *job, j *job) error {
	select {
	case to <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxFetched bounds a file that is fetched ahead, in bytes. Larger ones are read when it is their turn.
const maxFetched = 2 << 20

// fetchers get files ahead of the workers. A slot is free again once a worker has taken the file.
func (h *hunter) fetchers(ctx context.Context, group *sync.WaitGroup, jobs <-chan *job) {
	for range h.Fetch {
		group.Go(func() {
			for j := range jobs {
				j.fetched, j.fetchErr = h.fetch(ctx, j.file)
				close(j.ready)
			}
		})
	}
}

func (h *hunter) fetch(ctx context.Context, f File) ([]byte, error) {
	body, err := f.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // only read from
	data, err := readUpTo(&counting{r: body, meter: h.Meter}, make([]byte, 0, f.Size+512), maxStored)
	if err == nil && len(data) == maxStored {
		err = errors.New("it is much larger than the listing said")
	}
	return data, err
}
