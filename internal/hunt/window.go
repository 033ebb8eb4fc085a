package hunt

import (
	"errors"
	"io"
)

// The measures of what is in memory of one file.
const (
	maxObject  = 16 << 20 // bytes of a record; CloudTrail's have at most some hundred thousand
	usualChunk = 1 << 20  // bytes that a stream reads at a time
)

// window is the content of a file, or the part of a large one that is in memory.
type window struct {
	data []byte
	at   int
	base int64 // how many bytes of the content came before data

	source io.Reader // of what follows; nil if that is nothing
	chunk  int       // bytes to read at a time
	err    error     // why the source ended early
}

// more reads on, keeping what stands at and after the current place. It returns false if there is no more, or no room.
func (w *window) more() bool {
	if w.source == nil || len(w.data)-w.at > maxObject {
		return false
	}
	w.base += int64(w.at)
	rest := copy(w.data, w.data[w.at:])
	w.data, w.at = w.data[:rest], 0
	if cap(w.data)-rest < w.chunk {
		w.data = append(make([]byte, 0, max(2*cap(w.data), rest+w.chunk)), w.data...)
	}
	w.data = w.data[:rest+w.chunk]
	n := 0
	for n < w.chunk && w.source != nil {
		some, err := w.source.Read(w.data[rest+n:])
		n += some
		if err != nil {
			w.source = nil
			if !errors.Is(err, io.EOF) {
				w.err = err
			}
		}
	}
	w.data = w.data[:rest+n]
	return n > 0
}

// space goes to the next character that is not white space. It returns false at the end.
func (w *window) space() bool {
	for {
		if w.at = skipSpace(w.data, w.at); w.at < len(w.data) {
			return true
		}
		if !w.more() {
			return false
		}
	}
}

// offset is the current place in the content.
func (w *window) offset() int64 { return w.base + int64(w.at) }
