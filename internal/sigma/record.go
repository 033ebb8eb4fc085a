package sigma

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

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
	end := r.open(start, maxTop)
	if end < 0 {
		r.clear()
		return 0, &SyntaxError{brokenAt(end), "the object breaks off, is no JSON, is nested too deeply or has too many fields"}
	}
	r.raw = data[:end]
	return end, nil
}

// open notes the members of the object that begins at a place, and returns where it ends, inverted if it is broken or
// has more than most members.
func (r *Record) open(start, most int) int {
	from := len(r.members)
	at := firstMember(r.raw, start)
	for at >= 0 && r.raw[at] != '}' {
		if len(r.members)-from == most {
			r.members = r.members[:from]
			return brokenAt(at)
		}
		var m member
		if at = m.read(r.raw, at, maxRecordNesting); at >= 0 {
			r.members = append(r.members, keyed{m, isOdd(r.raw[m.key.from:m.key.to])})
			at = nextMember(r.raw, at)
		}
	}
	if at < 0 {
		return at
	}
	r.opened = append(r.opened, opened{start, from, len(r.members)})
	return at + 1
}

// find returns the members of the object that begins at a place, unless they are too many to keep.
func (r *Record) find(start int) []keyed {
	for _, o := range r.opened {
		if o.at == start {
			return r.members[o.from:o.to]
		}
	}
	if len(r.opened) < maxOpened && r.open(start, maxTop) >= 0 {
		return r.find(start)
	}
	return nil
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

// finder follows a path through JSON that was read, exactly as values.walk does through what is decoded.
type finder struct {
	record *Record
	data   []byte
	values values
}

// hit is a member whose key is a path, or the beginning of a path up to a dot.
type hit struct {
	length int // of the key
	value  extent
}

// hits are an object's members that a path leads to, the last one of each key. There is hardly ever more than one.
type hits struct {
	first [2]hit
	more  []hit
	count int
}

func (h *hits) add(one hit) {
	for i := range h.count {
		if at := h.at(i); at.length == one.length {
			at.value = one.value // of equal keys the last counts
			return
		}
	}
	if h.count < len(h.first) {
		h.first[h.count] = one
	} else {
		h.more = append(h.more, one)
	}
	h.count++
}

func (h *hits) at(i int) *hit {
	if i < len(h.first) {
		return &h.first[i]
	}
	return &h.more[i-len(h.first)]
}

// compare notes a member if the path leads to it.
func (f *finder) compare(h *hits, m *keyed, path string) {
	length := m.key.to - m.key.from
	if !m.odd {
		if length == len(path) && string(f.data[m.key.from:m.key.to]) == path ||
			length < len(path) && path[length] == '.' && string(f.data[m.key.from:m.key.to]) == path[:length] {
			h.add(hit{length, m.value})
		}
		return
	}
	key := unquote(f.data[m.key.from-1 : m.key.to+1])
	if key == path || len(key) < len(path) && path[len(key)] == '.' && key == path[:len(key)] {
		h.add(hit{len(key), m.value})
	}
}

// follow goes on from what a path has led to: first the member that is its end, then the shorter keys.
func (f *finder) follow(h *hits, path string) {
	if h.count == 0 {
		return
	}
	if h.count > 1 {
		all := make([]hit, h.count)
		for i := range all {
			all[i] = *h.at(i)
		}
		slices.SortFunc(all, func(a, b hit) int { return a.length%len(path) - b.length%len(path) })
		for _, one := range all {
			f.step(one, path)
		}
		return
	}
	f.step(h.first[0], path)
}

func (f *finder) step(one hit, path string) {
	if one.length == len(path) {
		f.leaf(one.value)
		return
	}
	f.walk(one.value, path[one.length+1:])
}

// walk follows a path through a value.
func (f *finder) walk(at extent, path string) {
	switch f.data[at.from] {
	case '[':
		for i := f.firstOf(at.from); i >= 0; {
			end := skipValue(f.data, i, maxRecordNesting)
			f.walk(extent{i, end}, path)
			i = f.nextOf(end)
		}
	case '{':
		if members := f.record.find(at.from); members != nil {
			f.among(members, path)
			return
		}
		var h hits
		for i := firstMember(f.data, at.from); f.data[i] != '}'; {
			var m member
			i = nextMember(f.data, m.read(f.data, i, maxRecordNesting))
			f.compare(&h, &keyed{m, isOdd(f.data[m.key.from:m.key.to])}, path)
		}
		f.follow(&h, path)
	}
}

// among follows a path from an object whose members are known. Following may open more objects, but leaves these alone.
func (f *finder) among(members []keyed, path string) {
	var h hits
	for i := range members {
		m := &members[i]
		if n := m.key.to - m.key.from; m.odd || n == len(path) || n < len(path) && path[n] == '.' {
			f.compare(&h, m, path)
		}
	}
	f.follow(&h, path)
}

// firstOf returns the place of the first member of the array that begins at i, or -1 if it has none.
func (f *finder) firstOf(i int) int {
	if i = skipSpace(f.data, i+1); f.data[i] == ']' {
		return -1
	}
	return i
}

// nextOf returns the place of the member of an array that follows one which ends at i, or -1 if it was the last.
func (f *finder) nextOf(i int) int {
	if i = skipSpace(f.data, i); f.data[i] == ']' {
		return -1
	}
	return skipSpace(f.data, i+1)
}

func (f *finder) leaf(at extent) {
	raw := f.data[at.from:at.to]
	switch raw[0] {
	case '[':
		f.values.list = true
		for i := f.firstOf(at.from); i >= 0; {
			end := skipValue(f.data, i, maxRecordNesting)
			f.leaf(extent{i, end})
			i = f.nextOf(end)
		}
	case '{':
		f.values.add(Value{kind: Object, raw: raw, object: func() string { return compactRaw(raw) }})
	case '"':
		f.values.add(Value{kind: String, text: unquote(raw)})
	case 't', 'f':
		f.values.add(boolValue(raw[0] == 't'))
	case 'n':
		f.values.add(Value{kind: Null})
	default:
		f.values.add(Value{kind: Number, text: string(raw)})
	}
}

func compactRaw(raw []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var node any
	if decoder.Decode(&node) != nil {
		return "" // can't be: the record was read
	}
	return Compact(node)
}
