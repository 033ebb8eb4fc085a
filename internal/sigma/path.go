package sigma

import (
	"bytes"
	"encoding/json"
	"slices"
)

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
	default:
		f.values.add(scalarOf(raw))
	}
}

// scalarOf returns the value that is written as raw, which is no array.
func scalarOf(raw []byte) Value {
	switch raw[0] {
	case '{':
		return Value{kind: Object, raw: raw, object: once(func() string { return compactRaw(raw) })}
	case '"':
		if content := raw[1 : len(raw)-1]; !isOdd(content) {
			return Value{kind: String, raw: content}
		}
		return Value{kind: String, text: unquote(raw)}
	case 't', 'f':
		return boolValue(raw[0] == 't')
	case 'n':
		return Value{kind: Null}
	}
	return Value{kind: Number, raw: raw}
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
