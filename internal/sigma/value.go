package sigma

// Kind is the type of a value.
type Kind uint8

// The kinds of values. Missing, Null and the empty string are three different things.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Object
	List // the members of arrays, or values that several paths lead to
)

// Value is what a record has at a path.
type Value struct {
	kind    Kind
	text    string
	object  func() string // of an object: its compact JSON with sorted keys, only made if something is compared with it
	raw     []byte        // of what is still JSON: an object as the record writes it, a number, or the content of a string in ASCII without escapes
	members []Value       // of a list; lists among them are already replaced by their members
}

// Event is a record that can be matched: JSON, which is plain, or a Record, which is fast.
type Event interface {
	// Field returns the value at a dotted path.
	Field(path string) Value
	// AnyText says whether match accepts the compact JSON of the whole record or the text of any string, number or
	// boolean in it.
	AnyText(match func(text string) bool) bool
}

func boolValue(b bool) Value {
	if b {
		return Value{kind: Bool, text: "true"}
	}
	return Value{kind: Bool, text: "false"}
}

// values collects what a path leads to. Nearly always that is one value, which needs no memory of its own.
type values struct {
	first Value
	more  []Value
	count int
	list  bool // the path ends in an array
}

func (v *values) add(one Value) {
	switch v.count {
	case 0:
		v.first = one
	case 1:
		v.more = []Value{v.first, one}
	default:
		v.more = append(v.more, one)
	}
	v.count++
}

// value joins what was collected. A list with no members exists, but matches nothing.
func (v *values) value() Value {
	switch {
	case v.count > 1:
		return Value{kind: List, members: v.more}
	case v.list && v.count == 1:
		return Value{kind: List, members: []Value{v.first}}
	case v.list:
		return Value{kind: List}
	}
	return v.first
}

// Kind returns the value's kind.
func (v Value) Kind() Kind { return v.kind }

// Text returns what patterns are compared with: a string's content, a number as it is written, true or false, an object's
// compact JSON. It is empty for everything else.
func (v Value) Text() string {
	switch {
	case v.kind == Object:
		return v.object()
	case v.raw != nil:
		return string(v.raw)
	}
	return v.text
}

// any says whether f accepts the value, or one of the members of a list.
func (v *Value) any(f func(*Value) bool) bool {
	if v.kind != List {
		return f(v)
	}
	for i := range v.members {
		if f(&v.members[i]) {
			return true
		}
	}
	return false
}

// present says whether there is something that text or numbers can be compared with.
func (v *Value) present() bool { return v.kind != Missing && v.kind != Null }
