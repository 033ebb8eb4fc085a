package hunt

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/trailhold/trailhold/internal/sigma"
)

// short says whether an error may be due to the end of what is in memory.
func (s *scanner) short(err error) bool {
	var at *sigma.SyntaxError
	const longest = len(`\u0000`)
	return errors.As(err, &at) && s.at+at.Offset+longest >= len(s.data)
}

// damaged reports what stands at the current place and goes to the next record.
func (s *scanner) damaged(err error) bool {
	at, what := s.at, err.Error()
	var syntax *sigma.SyntaxError
	if errors.As(err, &syntax) {
		at, what = at+syntax.Offset, syntax.What
	}
	if len(s.data)-s.at > maxObject {
		at, what = s.at, fmt.Sprintf("an object of more than %d MB", maxObject>>20)
	}
	return s.damage(at, what)
}

// damage reports what stands at a place and goes to the next record. It returns false if there is none.
func (s *scanner) damage(at int, what string) bool {
	s.to.ended(s.err, s.base+int64(len(s.data)))
	if s.to.broken && s.source == nil && at >= len(s.data) {
		s.to.malformed++ // that the file ends early was reported
	} else {
		s.to.damage(s.place(at), what)
	}
	s.search, s.hurt = nil, true
	if from := min(at+1, len(s.data)); from > s.at {
		s.at += max(bytes.LastIndexByte(s.data[s.at:from], '{'), 1) // the record that begins there may have cut this one off
	}
	s.at = min(s.at, len(s.data))
	for s.budget > 0 && !s.to.stopped() {
		next := bytes.IndexByte(s.data[s.at:], '{')
		if next < 0 {
			if s.at = len(s.data); !s.more() {
				return false
			}
			continue
		}
		if s.at += next; s.begins() {
			return true
		}
		s.at++
	}
	s.at, s.source = len(s.data), nil
	if s.budget <= 0 {
		s.to.damage(s.place(s.at), "there is too much damage: what follows was not read")
	}
	return false
}

// begins says whether a record begins at the current place, or a line with an object that is right.
func (s *scanner) begins() bool {
	line := s.at > 0 && s.data[s.at-1] == '\n'
	for {
		n, err := s.rec.Read(s.data[s.at:])
		if err == nil {
			s.budget -= n
			return line || s.to.isWhole(s.rec)
		}
		if !s.short(err) || !s.more() {
			var at *sigma.SyntaxError
			if errors.As(err, &at) {
				s.budget -= at.Offset + 1
			}
			return false
		}
	}
}

// isWhole says whether a record has all the fields that every record has, so that it isn't merely a part of one.
func (w *worker) isWhole(r *sigma.Record) bool {
	for _, name := range [...]string{"eventVersion", "eventTime", "eventID", "userIdentity"} {
		if r.Field(name).Kind() == sigma.Missing {
			return false
		}
	}
	return w.isRecord(r)
}
