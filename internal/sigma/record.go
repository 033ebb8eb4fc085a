package sigma

import "fmt"

// Record is a record's JSON together with the places of its fields, which are only read when a rule wants to know
// them. It is made to be used again for the next record, and by one goroutine at a time. It agrees with [JSON] about
// every record that is valid JSON.
type Record struct {
	raw     []byte
	members []keyed  // of the objects that were opened
	opened  []opened // where they are
	whole   JSON     // the decoded record, once a rule had to see all of it

	plan   *Plan
	cache  []cached // by slot of the plan's fields
	places []place  // by the places of the plan's steps
	round  uint32   // which of these are this record's
}

// keyed is a member, and whether its key has to be decoded before it can be compared.
type keyed struct {
	member
	odd bool
}

// opened is an object that begins at a place in the JSON, and which of the record's members are its own.
type opened struct{ at, from, to int }

type cached struct {
	round uint32
	value Value
}

// Limits of what is noted about a record. What is beyond them is looked for anew each time.
const (
	maxNoted  = 4096 // of an object: CloudTrail's records have some thirty
	maxOpened = 32   // objects
)

// SyntaxError says that there is no record.
type SyntaxError struct {
	Offset int    // bytes from the beginning of the data
	What   string // what is wrong there
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("byte %d: %s; give one record as a JSON object", e.Offset, e.What)
}

// Read takes the record that data begins with and returns how long it is, so that a file's records can be read one after
// another. The record refers to data, which must not change while it or one of its values is in use. It accepts what
// encoding/json accepts, except for more than 200 levels of nesting. An error is a *[SyntaxError].
func (r *Record) Read(data []byte) (int, error) {
	r.clear()
	start := skipSpace(data, 0)
	if start == len(data) || data[start] != '{' {
		return 0, &SyntaxError{start, "here begins no object"}
	}
	r.raw = data
	end := r.walk(start)
	if end < 0 {
		r.clear()
		return 0, &SyntaxError{brokenAt(end), fmt.Sprintf("the object breaks off, is no JSON or is nested deeper than %d", maxRecordNesting)}
	}
	r.raw = data[:end]
	return end, nil
}

// open notes the members of the object that begins at a place. It returns false if they are too many.
func (r *Record) open(start int) bool {
	from := len(r.members)
	for at := firstMember(r.raw, start); r.raw[at] != '}'; at = nextMember(r.raw, at) {
		if len(r.members)-from == maxNoted {
			r.members = r.members[:from]
			return false
		}
		var m member
		at = m.read(r.raw, at, maxRecordNesting)
		r.members = append(r.members, keyed{m, isOdd(r.raw[m.key.from:m.key.to])})
	}
	r.opened = append(r.opened, opened{start, from, len(r.members)})
	return true
}

// find returns the members of the object that begins at a place, unless they are too many to keep.
func (r *Record) find(start int) []keyed {
	for _, o := range r.opened {
		if o.at == start {
			return r.members[o.from:o.to]
		}
	}
	if len(r.opened) == maxOpened || !r.open(start) {
		return nil
	}
	last := r.opened[len(r.opened)-1]
	return r.members[last.from:last.to]
}

// Raw returns the record's JSON. White space may stand before it.
func (r *Record) Raw() []byte { return r.raw }

func (r *Record) clear() {
	r.raw, r.members, r.opened, r.whole = nil, r.members[:0], r.opened[:0], nil
	if r.round++; r.round == 0 {
		clear(r.cache)
		clear(r.places)
		r.round = 1
	}
}

// use makes the record one of those that a plan reads.
func (r *Record) use(p *Plan) {
	if r.plan == p {
		return
	}
	r.plan, r.cache, r.places, r.round = p, make([]cached, len(p.fields)), make([]place, p.places), 1
	if len(r.raw) > 0 {
		r.walk(skipSpace(r.raw, 0))
	}
}

// cached returns what the record has at a field of the plan that it is used by.
func (r *Record) cached(f *field) *Value {
	c := &r.cache[f.slot]
	if c.round != r.round {
		c.round, c.value = r.round, r.look(f)
	}
	return &c.value
}

// Field implements [Event].
func (r *Record) Field(path string) Value {
	f := finder{record: r, data: r.raw}
	if len(r.raw) > 0 {
		f.walk(extent{skipSpace(r.raw, 0), len(r.raw)}, path)
	}
	return f.values.value()
}

// AnyText implements [Event].
func (r *Record) AnyText(match func(string) bool) bool {
	if r.whole == nil {
		whole, err := Decode(r.raw)
		if err != nil {
			return false // can't be: the record was read
		}
		r.whole = whole
	}
	return r.whole.AnyText(match)
}
