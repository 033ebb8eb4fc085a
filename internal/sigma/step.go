package sigma

import "strings"

// steps are the keys by which paths go on from an object. Those that a plan reads of nearly every record make a tree,
// so that one walk through the record's JSON, in which it is checked as well, finds what all of them lead to.
type steps struct {
	byHash [64][]*step
	paths  []int // the places of all that lie behind
}

// step is a key that leads on.
type step struct {
	key   string
	place int    // where a record notes the key's value; -1 for a key that is several parts of a path at once
	rest  *steps // of the paths that go on; nil if none does
	paths []int  // the places of all paths that lead through here
}

// add lets the tree lead to the end of a path, and returns the place of that. Count is how many places there are.
func (s *steps) add(path string, count *int) int {
	key, rest, more := strings.Cut(path, ".")
	one := s.step(key)
	if one.place < 0 {
		one.place = *count
		*count++
	}
	end := one.place
	if more {
		if one.rest == nil {
			one.rest = &steps{}
		}
		end = one.rest.add(rest, count)
	}
	one.paths, s.paths = append(one.paths, end), append(s.paths, end)
	for i := len(key) + 1; i <= len(path); i++ {
		if i == len(path) || path[i] == '.' {
			several := s.step(path[:i])
			several.paths = append(several.paths, end)
		}
	}
	return end
}

// step returns the step with a key, which it makes if there is none.
func (s *steps) step(key string) *step {
	one := s.find([]byte(key))
	if one == nil {
		one = &step{key: key, place: -1}
		h := hashKey([]byte(key))
		s.byHash[h] = append(s.byHash[h], one)
	}
	return one
}

// find returns the step with a key, or nil.
func (s *steps) find(key []byte) *step {
	for _, one := range s.byHash[hashKey(key)] {
		if one.key == string(key) {
			return one
		}
	}
	return nil
}

// hashKey tells apart the keys of CloudTrail's records: event and a word of four letters, for one.
func hashKey(key []byte) int {
	n := len(key)
	if n == 0 {
		return 0
	}
	return (n + 5*int(key[0]) + 3*int(key[n/2+n/4])) & 63
}

// place is where a step has led to in a record. It is unclear if there is more than one way, or one through an array or by
// a key that is not written as it is meant: a finder knows about these.
type place struct {
	round   uint32
	unclear bool
	at      extent
}

// walk checks the record, which begins at start, and notes where the plan's steps lead.
func (r *Record) walk(start int) int {
	if r.plan == nil {
		return skipObject(r.raw, start, maxRecordNesting)
	}
	return r.along(&r.plan.steps, start, maxRecordNesting)
}

// along skips the object that begins at i, and notes where steps from it lead.
func (r *Record) along(s *steps, i, depth int) int {
	if depth == 0 {
		return brokenAt(i)
	}
	var m member
	for i = firstMember(r.raw, i); i >= 0; i = nextMember(r.raw, i) {
		if r.raw[i] == '}' {
			return i + 1
		}
		if i = m.readKey(r.raw, i); i < 0 {
			break
		}
		key := r.raw[m.key.from:m.key.to]
		one := s.find(key)
		if one == nil {
			if isOdd(key) {
				r.blur(s.paths) // it may be any of the keys
			}
			i = skipValue(r.raw, i, depth-1)
		} else {
			i = r.take(one, i, depth-1)
		}
		if i < 0 {
			break
		}
	}
	return i
}

// take skips the value that begins at i, to which a step leads.
func (r *Record) take(s *step, i, depth int) int {
	goesOn := s.rest != nil && i < len(r.raw)
	again := s.place < 0 || r.places[s.place].round == r.round
	if again || goesOn && r.raw[i] == '[' {
		r.blur(s.paths)
	}
	var end int
	if goesOn && r.raw[i] == '{' {
		end = r.along(s.rest, i, depth)
	} else {
		end = skipValue(r.raw, i, depth)
	}
	if !again {
		r.places[s.place] = place{r.round, false, extent{i, end}}
	}
	return end
}

// blur leaves it to a finder what lies at the end of some paths.
func (r *Record) blur(paths []int) {
	for _, p := range paths {
		r.places[p] = place{round: r.round, unclear: true}
	}
}

// look reads what the record has at a field.
func (r *Record) look(f *field) Value {
	if f.place < 0 {
		return r.Field(f.path)
	}
	switch p := &r.places[f.place]; {
	case p.round != r.round:
		return Value{}
	case p.unclear:
		return r.Field(f.path)
	case r.raw[p.at.from] != '[':
		return scalarOf(r.raw[p.at.from:p.at.to])
	default:
		f := finder{record: r, data: r.raw}
		f.leaf(p.at)
		return f.values.value()
	}
}
