package sigma

import (
	"errors"
	"fmt"
	"slices"
)

// Plan is any number of rules, compiled so that most of them need not be looked at for most records. It can be used by
// several goroutines at once, each with a [Record] of its own.
type Plan struct {
	matchers []*Matcher
	fields   map[string]*field
	steps    steps // to the fields that are read of nearly every record
	places   int   // where these lead
	event    *field
	read     []*Field
	byEvent  map[string][]int // which matchers need an event name, by its folded text
	others   []int            // matchers that no event name rules out
	all      []int
	anchors  *anchors
}

// Field is a path that a plan was given, which is found much faster than by [Record.Field].
type Field struct {
	plan *Plan
	*field
}

// In returns what a record has there.
func (f *Field) In(r *Record) Value {
	r.use(f.plan)
	return *r.cached(f.field)
}

// AppendText appends the text that a record has there to b, if it is a string or a number.
func (f *Field) AppendText(b []byte, r *Record) []byte {
	r.use(f.plan)
	switch v := r.cached(f.field); {
	case v.kind != String && v.kind != Number:
		return b
	case v.raw != nil:
		return append(b, v.raw...)
	default:
		return append(b, v.text...)
	}
}

// Matcher is a compiled rule.
type Matcher struct {
	plan   *Plan
	rule   *Rule
	root   node
	fields []*field
}

// maxRules is how many rules a plan can have. All public ones are four thousand.
const maxRules = 100_000

// Compile makes rules ready to match, together with the filters that Link has attached to them. The error joins *Error,
// at least one for each rule that can't be used; the plan has the others. Paths are what else is read of nearly every
// record: [Plan.Fields] has them.
func Compile(rules []*Rule, placeholders Placeholders, paths ...string) (*Plan, error) {
	p := &Plan{fields: map[string]*field{}, byEvent: map[string][]int{}}
	var failed []error
	for i, r := range rules {
		if i == maxRules {
			failed = append(failed, &Error{r.Position, fmt.Sprintf("more than %d rules", maxRules), "load fewer"})
			break
		}
		c := compiler{plan: p, placeholders: placeholders}
		root := c.rule(r)
		if err := c.err(); err != nil {
			failed = append(failed, err)
			continue
		}
		p.matchers = append(p.matchers, &Matcher{p, r, root, c.fields})
	}
	p.index()
	for _, path := range paths {
		f := p.field(path)
		p.always(f)
		p.read = append(p.read, &Field{p, f})
	}
	return p, errors.Join(failed...)
}

// field returns the field for a path.
func (p *Plan) field(path string) *field {
	f, ok := p.fields[path]
	if !ok {
		f = &field{path, len(p.fields), -1}
		p.fields[path] = f
	}
	return f
}

// always lets records find a field while they are read. A path that JSON may write in several ways is left to a finder.
func (p *Plan) always(f *field) {
	if f.place < 0 && !isOdd([]byte(f.path)) {
		f.place = p.steps.add(f.path, &p.places)
	}
}

// index decides how each rule is found.
func (p *Plan) index() {
	p.event = p.field(eventName)
	p.always(p.event)
	var demanded [][]demand
	for i, m := range p.matchers {
		demands := m.root.demands()
		demanded = append(demanded, demands)
		p.all = append(p.all, i)
		names := eventNames(demands)
		if names == nil {
			p.others = append(p.others, i)
			for _, f := range m.fields {
				p.always(f)
			}
		}
		for _, name := range names {
			p.byEvent[name] = append(p.byEvent[name], i)
		}
	}
	p.anchors = newAnchors(demanded)
}

// Matchers returns the compiled rules, in the order in which they were given.
func (p *Plan) Matchers() []*Matcher { return slices.Clone(p.matchers) }

// Fields returns the fields of the paths that Compile was given, in their order.
func (p *Plan) Fields() []*Field { return p.read }

// Match calls found for each rule that looks for records such as this one, in the order of the rules.
func (p *Plan) Match(r *Record, found func(*Matcher)) {
	r.use(p)
	for named, others := p.candidates(r); len(named)+len(others) > 0; {
		var next int
		if len(others) == 0 || len(named) > 0 && named[0] < others[0] {
			next, named = named[0], named[1:]
		} else {
			next, others = others[0], others[1:]
		}
		m := p.matchers[next]
		if m.root.match(r) {
			found(m)
		}
	}
}

// candidates returns the matchers that the record's event name doesn't rule out, as two sorted lists.
func (p *Plan) candidates(r *Record) (named, others []int) {
	at := &r.places[p.event.place]
	switch {
	case at.round != r.round:
		return nil, p.others
	case at.unclear:
		return nil, p.all
	}
	var folded [maxAnchored]byte
	name, ok := foldToken(folded[:0], r.raw[at.at.from:at.at.to])
	if !ok {
		return nil, p.all
	}
	return p.byEvent[string(name)], p.others
}

// Rule returns what the matcher was compiled from.
func (m *Matcher) Rule() *Rule { return m.rule }

// Match says whether a record is one of those that the rule looks for. It looks at this rule alone.
func (m *Matcher) Match(e Event) bool {
	if r, ok := e.(*Record); ok {
		r.use(m.plan)
	}
	return m.root.match(e)
}
