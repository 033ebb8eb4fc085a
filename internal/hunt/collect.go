package hunt

import "context"

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
