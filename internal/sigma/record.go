package sigma

import "fmt"

// Record is a record's JSON together with the places of its fields, which are only read when a rule wants to know
// them. It is made to be used again for the next record, and by one goroutine at a time. It agrees with [JSON] about
// every record that is valid JSON.
type Record struct {
	raw     []byte
	members []keyed  // of the objects that were opened, those of the record itself first
	opened  []opened // where they are
	whole   JSON     // the decoded record, once a rule had to see all of it

	plan  *Plan
	cache []cached // by slot of the plan's fields
	round uint32   // which entries of the cache are this record's
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

// Limits of what is noted about a record.
const (
	maxTop    = 4096 // fields of a record, of which CloudTrail knows some thirty, and of an object in it
	maxOpened = 32   // objects; the members of others are looked for anew each time
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
// another. The record refers to data, which must not change while it is in use. It accepts what encoding/json accepts,
// except for more than 200 levels of nesting and more than 4096 fields at the top. An error is a *[SyntaxError].
func (r *Record) Read(data []byte) (int, error) {
	r.clear()
	start := skipSpace(data, 0)
	if start == len(data) || data[start] != '{' {
		return 0, &SyntaxError{start, "here begins no object"}
	}
	r.raw = data
	end, enough := r.open(start, maxTop)
	switch {
	case !enough:
		r.clear()
		return 0, &SyntaxError{brokenAt(end), fmt.Sprintf("the record has more than %d fields", maxTop)}
	case end < 0:
		r.clear()
		return 0, &SyntaxError{brokenAt(end), fmt.Sprintf("the object breaks off, is no JSON or is nested deeper than %d", maxRecordNesting)}
	}
	r.raw = data[:end]
	return end, nil
}

// open notes the members of the object that begins at a place, and returns where it ends, inverted if it is broken or
// most members are not enough for it.
func (r *Record) open(start, most int) (end int, enough bool) {
	from := len(r.members)
	at := firstMember(r.raw, start)
	for at >= 0 && r.raw[at] != '}' {
		if len(r.members)-from == most {
			r.members = r.members[:from]
			return brokenAt(at), false
		}
		var m member
		if at = m.read(r.raw, at, maxRecordNesting); at >= 0 {
			r.members = append(r.members, keyed{m, isOdd(r.raw[m.key.from:m.key.to])})
			at = nextMember(r.raw, at)
		}
	}
	if at < 0 {
		return at, true
	}
	r.opened = append(r.opened, opened{start, from, len(r.members)})
	return at + 1, true
}

// find returns the members of the object that begins at a place, unless they are too many to keep.
func (r *Record) find(start int) []keyed {
	for _, o := range r.opened {
		if o.at == start {
			return r.members[o.from:o.to]
		}
	}
	if len(r.opened) == maxOpened {
		return nil
	}
	if end, _ := r.open(start, maxTop); end < 0 {
		return nil
	}
	return r.find(start)
}

// top returns the members of the record itself.
func (r *Record) top() []keyed {
	if len(r.opened) == 0 {
		return nil // nothing was read
	}
	return r.members[:r.opened[0].to]
}

// Raw returns the record's JSON. White space may stand before it.
func (r *Record) Raw() []byte { return r.raw }

func (r *Record) clear() {
	r.raw, r.members, r.opened, r.whole = nil, r.members[:0], r.opened[:0], nil
	if r.round++; r.round == 0 {
		clear(r.cache)
		r.round = 1
	}
}

// use makes room for what a plan reads.
func (r *Record) use(p *Plan) {
	if r.plan == p && len(r.cache) == len(p.fields) {
		return
	}
	r.plan, r.cache, r.round = p, make([]cached, len(p.fields)), 1
}

func (r *Record) cached(f *field) Value {
	c := &r.cache[f.slot]
	if c.round != r.round {
		*c = cached{r.round, r.Field(f.path)}
	}
	return c.value
}

// Field implements [Event].
func (r *Record) Field(path string) Value {
	f := finder{record: r, data: r.raw}
	if members := r.top(); members != nil {
		f.among(members, path)
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
