package metricfilter

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Result says what a filter does, measured by what a control asks for.
type Result struct {
	// Unjudged says why nothing can be said; it's empty if something can.
	Unjudged string

	Gaps   []Gap    // what the control asks for and the filter misses
	Advice []string // what the benchmark doesn't ask for, the control's Pattern finds and the filter misses
	Floods []string // everyday records that the filter matches, so that its alarm will not be heeded
}

// Gap is a record that a filter misses.
type Gap struct {
	Record string // safe to show
	Doubt  bool   // it may be found: the documentation doesn't say
}

// Covered says that the filter finds all that the control asks for. It may still find more than it should.
func (r Result) Covered() bool { return r.Unjudged == "" && len(r.Gaps) == 0 }

// Check measures a filter pattern by what it does to records. It has to match every record that the control is about,
// whatever the other fields say: each field that the pattern asks about gets, in every combination, the values that make
// a difference to it. So an exclusion is found whomever it excludes.
func Check(c Control, pattern string) Result {
	f, err := Parse(pattern)
	if err != nil {
		return Result{Unjudged: err.Error()}
	}
	var r Result
	tries, why := f.trials(c)
	if r.Unjudged = why; why != "" {
		return r
	}
	for _, s := range c.required {
		if gap, missed := f.miss(s, tries); missed {
			r.Gaps = append(r.Gaps, gap)
		}
	}
	for _, s := range c.advised {
		if f.matches(s.record) != Yes {
			r.Advice = append(r.Advice, s.name)
		}
	}
	for _, s := range c.harmless {
		if f.matches(s.record) == Yes {
			r.Floods = append(r.Floods, s.name)
		}
	}
	return r
}

// matches is Match for a record that is no text yet.
func (f Filter) matches(record map[string]any) Truth {
	if f.expression != nil {
		return f.expression.match(record)
	}
	line, err := json.Marshal(record)
	if err != nil {
		return No
	}
	return f.Match(line)
}

// change is a value that a trial gives a field.
type change struct {
	where selector
	value any
}

func (c change) String() string {
	switch v := c.value.(type) {
	case absent:
		return "without " + c.where.String()
	case nil:
		return c.where.String() + " = null"
	case string:
		return fmt.Sprintf("%s = %+.80q", c.where, v)
	default:
		return fmt.Sprintf("%s = %v", c.where, v)
	}
}

// miss looks for a variant of a record that the filter misses, for one that it certainly misses if there is one. The first
// has no change too many, since fewer changes are tried before more.
func (f Filter) miss(s sample, tries [][]change) (Gap, bool) {
	worst, at := Yes, 0
	for i, changes := range tries {
		if answer := f.matches(s.changed(changes)); answer < worst {
			worst, at = answer, i
		}
		if worst == No {
			break
		}
	}
	if worst == Yes {
		return Gap{}, false
	}
	return Gap{s.describe(tries[at]), worst == Maybe}, true
}

func (s sample) changed(changes []change) map[string]any {
	record := s.record
	for _, c := range changes {
		record, _ = c.where.set(record, c.value)
	}
	return record
}

func (s sample) describe(changes []change) string {
	if len(changes) == 0 {
		return s.name
	}
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = c.String()
	}
	return s.name + ", " + strings.Join(texts, ", ")
}
