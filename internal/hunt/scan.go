package hunt

import (
	"bytes"

	"github.com/trailhold/trailhold/internal/sigma"
)

// maxDepth is how many documents may be inside one another: an event in a message in a notification in a queue's message.
const maxDepth = 8

// scanner takes the records out of one document.
type scanner struct {
	*window
	to    *taker
	rec   *sigma.Record
	depth int

	search  *sigma.Search // of a log file as CloudTrail writes it; nil if all of it has to be read
	foreign int           // objects that are no records
	digest  bool
	strange bool // it doesn't even begin as JSON does
	hurt    bool // something was damaged: brackets may lack their like
	budget  int  // bytes that may be spent on looking for the next record behind damage
}

// taker is what scanners hand their findings to.
type taker struct {
	*worker
	where int64 // of the string that the document is in; -1 for the file itself
}

// scan reads a document to its end.
func (s *scanner) scan() {
	s.budget = 16*maxObject + 16*len(s.data)
	if s.space(); bytes.HasPrefix(s.data[s.at:], []byte(byteOrderMark)) {
		s.at += len(byteOrderMark)
	}
	for first := true; s.space() && !s.to.stopped(); first = false {
		switch c := s.data[s.at]; {
		case c == '{':
			s.object()
		case c == '[':
			s.at++
			s.elements()
		case s.hurt && (c == ']' || c == '}' || c == ','):
			s.at++
		case first && !s.promises():
			s.strange = true
			return
		default:
			s.resume(s.at, "here begins neither an object nor an array")
		}
	}
}

// promises says whether there may be records in what doesn't begin as JSON does: a file whose beginning is lost.
func (s *scanner) promises() bool {
	for len(s.data)-s.at < usualChunk && s.more() {
	}
	return bytes.Contains(s.data[s.at:min(len(s.data), s.at+usualChunk)], []byte(`{"eventVersion":`))
}

const byteOrderMark = "\ufeff"

// lists are the keys of arrays that hold records or what wraps them.
var lists = map[string]bool{"Records": true, "records": true, "Events": true, "events": true, "logEvents": true, "Messages": true}

// object reads an object at the top. Of one that begins with a list, its members are read one after the other, however
// long it is.
func (s *scanner) object() {
	for {
		if list := s.list(); list >= 0 {
			s.listed(list)
			return
		}
		n, err := s.rec.Read(s.data[s.at:])
		if err == nil {
			at := s.at
			s.at += n
			s.item(s.data[at:s.at], at)
			return
		}
		if !s.short(err) || !s.more() {
			if s.damaged(err) {
				s.elements()
			}
			return
		}
	}
}

// list returns the place of the array that the object at the current place begins with, or -1.
func (s *scanner) list() (at int) {
	at = -1
	eachMember(s.data, s.at, func(key string, value int) bool {
		if s.data[value] == '[' && lists[key] {
			at = value
			return false
		}
		return s.data[value] != '{' && s.data[value] != '[' // records begin with their version, or with an object
	})
	return at
}

// listed reads the members of an object from a list on.
func (s *scanner) listed(list int) {
	s.at = list + 1
	s.elements()
	for s.space() {
		switch s.data[s.at] {
		case '}':
			s.at++
			return
		case ',':
			s.at++
			continue
		case '"':
		default:
			return // the rest is for scan to judge
		}
		if !s.member() {
			break
		}
	}
	if !s.to.stopped() && !s.hurt {
		s.resume(s.at, "the object breaks off")
	}
}

// resume reports what stands at a place, and reads from the next record on as if it were in an array.
func (s *scanner) resume(at int, what string) {
	if s.damage(at, what) {
		s.elements()
	}
}

// member reads a member: the elements of a list, or anything else without looking at it.
func (s *scanner) member() bool {
	for {
		whole := false
		list := -1
		if end := skipString(s.data, s.at); end >= 0 {
			value := skipSpace(s.data, min(skipSpace(s.data, end)+1, len(s.data)))
			if value < len(s.data) && s.data[value] == '[' && lists[text(s.data[s.at:end])] {
				list = value
			} else if end = skip(s.data, value); end >= 0 {
				s.at, whole = end, true
			}
		}
		switch {
		case list >= 0:
			s.at = list + 1
			s.elements()
			return true
		case whole:
			return true
		case !s.more():
			return false
		}
	}
}

// elements reads what stands in an array, and its end.
func (s *scanner) elements() {
	for s.space() && !s.to.stopped() {
		switch s.data[s.at] {
		case ']':
			s.at++
			return
		case ',':
			s.at++
		case '{':
			if s.search != nil && s.search.Next(s.at) >= len(s.data) {
				s.passOver()
				return
			}
			if !s.element() {
				return
			}
		default:
			if !s.other() {
				return
			}
		}
	}
	if !s.to.stopped() && !s.hurt {
		s.damage(len(s.data), "the array breaks off")
	}
}

// element reads an object in an array. It returns false if nothing can be read after it.
func (s *scanner) element() bool {
	for {
		at := s.at
		n, err := s.rec.Read(s.data[at:])
		if err == nil {
			s.at += n
			if s.search == nil {
				s.item(s.data[at:s.at], at)
				return true
			}
			s.to.countWritten(s.data[at:s.at])
			if s.search.Next(at) < s.at {
				s.to.take(s.rec, s.data[at:s.at], s.base+int64(at))
			}
			return true
		}
		if !s.short(err) || !s.more() {
			return s.damaged(err)
		}
	}
}

// other skips an element that is no object, or takes what is in a string.
func (s *scanner) other() bool {
	for {
		if end := skip(s.data, s.at); end >= 0 {
			at := s.at
			s.at = end
			if !s.inside(s.data[at:end], at) {
				s.to.damage(s.place(at), "an element that is no object")
			}
			return true
		}
		if !s.more() {
			s.damage(s.at, "the array breaks off")
			return false
		}
	}
}

// passOver counts the records from here on, which nothing looks for, and goes to the end.
func (s *scanner) passOver() {
	s.to.glance(s.data[s.at:])
	s.at = len(s.data) - len(tail(s.data)) + 1
}

// tail is the end of a log file as CloudTrail writes it, nil if it has another one.
func tail(data []byte) []byte {
	end := bytes.TrimRight(data, " \n\r\t")
	if !bytes.HasSuffix(end, []byte("]}")) {
		return nil
	}
	return data[len(end)-2:]
}

// place is where in the file something stands: of what is in a string, where the string begins.
func (s *scanner) place(at int) int64 {
	if s.to.where >= 0 {
		return s.to.where
	}
	return s.base + int64(at)
}
