package hunt

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/trailhold/trailhold/internal/gunzip"
)

// Bounds of what is read in one piece.
const (
	maxStored   = gunzip.LargeFile // bytes of a file; a larger one is streamed
	maxInflated = 48 << 20         // bytes that it inflates to; what is longer is streamed
	maxKept     = 16 << 20         // bytes of a buffer that is kept for the next file

	// A log compresses 8 to 20 times. What compresses much better than any log, and is long, is there to waste time.
	bombRatio = 300
	bombSize  = 256 << 20
)

// read reads the file of a job.
func (w *worker) read(j *job) {
	w.job = j
	if w.batch == nil {
		w.batch = w.hunt.newBatch()
	}
	w.records, w.malformed, w.broken, w.account = 0, 0, false, ""
	verdict, err := w.content(j)
	switch {
	case w.stopped():
	case err != nil:
		w.problem(Unreadable, 0, err.Error())
		verdict = unreadable
	case w.malformed > 0 || w.broken:
		verdict = damaged
	}
	j.outcome = outcome{verdict: verdict, records: w.records, malformed: w.malformed, omitted: max(j.problems-maxPerFile, 0)}
	w.flush()
}

// content opens a file and reads what is in it.
func (w *worker) content(j *job) (verdict, error) {
	if j.isFetched() {
		if j.fetchErr != nil {
			return unreadable, j.fetchErr
		}
		return w.stowed(j.fetched)
	}
	body, err := j.file.Open(w.ctx)
	if err != nil {
		return unreadable, err
	}
	defer func() { _ = body.Close() }() // only read from
	source := &counting{r: body, meter: w.hunt.Meter}
	if w.stored = w.stored[:0]; cap(w.stored) == 0 {
		w.stored = make([]byte, 0, 512<<10)
	}
	if w.stored, err = readUpTo(source, w.stored, w.hunt.whole); err != nil {
		return unreadable, err
	}
	defer func() {
		if cap(w.stored) > maxKept {
			w.stored = nil
		}
	}()
	if len(w.stored) < w.hunt.whole {
		return w.stowed(w.stored)
	}
	return w.streamed(io.MultiReader(bytes.NewReader(w.stored), source))
}

// readUpTo reads until the end, or until there are so many bytes.
func readUpTo(r io.Reader, buffer []byte, most int) ([]byte, error) {
	for len(buffer) < most {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := r.Read(buffer[len(buffer):min(cap(buffer), most)])
		buffer = buffer[:len(buffer)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return buffer, err
		}
	}
	return buffer, nil
}

// stowed reads a file that is in memory.
func (w *worker) stowed(stored []byte) (verdict, error) {
	if !isGzip(stored) {
		return w.plain(stored)
	}
	out, _, err := w.decoder.DecodeAll(w.out, stored, maxInflated)
	w.out = out[:0]
	defer func() {
		if cap(w.out) > maxKept {
			w.out = nil
		}
	}()
	var fault *gunzip.Error
	switch {
	case err == nil:
	case errors.Is(err, gunzip.ErrTooLarge):
		return w.streamed(bytes.NewReader(stored))
	case errors.Is(err, gunzip.ErrPadding):
		err = nil // gzip(1) doesn't mind either, and nothing is lost
	case errors.As(err, &fault):
		w.problem(Damaged, int64(fault.Offset), fmt.Sprintf("gzip: %v; %d bytes could be read before", fault.Kind, fault.Output))
		w.broken = true
	}
	s := scanner{window: &window{data: out}, to: &taker{w, -1}, rec: &w.rec}
	if err == nil && asWritten(out) {
		s.search = w.hunt.plan.Search(out)
	}
	w.hunt.Meter.Bytes.Add(int64(len(out)))
	s.scan()
	return w.verdict(&s), nil
}

// asWritten says whether a log file looks as CloudTrail writes them.
func asWritten(data []byte) bool {
	const head, foreign = `{"Records":[{"eventVersion":"`, `"eventSource":"aws:`
	return bytes.HasPrefix(data, []byte(head)) && tail(data) != nil && !bytes.Contains(data[:min(len(data), maxHeader)], []byte(foreign))
}

func isGzip(data []byte) bool { return bytes.HasPrefix(data, []byte("\x1f\x8b")) }

// plain reads text that is in memory.
func (w *worker) plain(data []byte) (verdict, error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return unreadable, errors.New("it is a zip archive: name it .zip")
	}
	data = decodeUTF16(data)
	s := scanner{window: &window{data: data}, to: &taker{w, -1}, rec: &w.rec}
	w.hunt.Meter.Bytes.Add(int64(len(data)))
	s.scan()
	return w.verdict(&s), nil
}

// decodeUTF16 makes UTF-8 of what begins with a byte order mark of UTF-16, as PowerShell writes files.
func decodeUTF16(data []byte) []byte {
	little := bytes.HasPrefix(data, []byte("\xff\xfe"))
	if !little && !bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		a, b := data[i], data[i+1]
		if little {
			a, b = b, a
		}
		units = append(units, uint16(a)<<8|uint16(b))
	}
	return []byte(string(utf16.Decode(units)))
}

// streamed reads a large file through a window.
func (w *worker) streamed(source io.Reader) (verdict, error) {
	buffered := bufio.NewReaderSize(source, 64<<10)
	magic, _ := buffered.Peek(2) // a file that is shorter is not gzip
	var content io.Reader = buffered
	if isGzip(magic) {
		source := &counted{r: buffered}
		z, err := gzip.NewReader(source)
		if err != nil {
			w.problem(Damaged, 0, "gzip: "+err.Error())
			w.broken = true
			return damaged, nil
		}
		content = &wary{r: z, source: source, meter: w.hunt.Meter}
	} else if bytes.HasPrefix(magic, []byte("PK")) {
		return unreadable, errors.New("it is a zip archive: name it .zip")
	} else {
		content = &inflated{content, w.hunt.Meter}
	}
	s := scanner{window: &window{source: content, chunk: w.hunt.chunk}, to: &taker{w, -1}, rec: &w.rec}
	s.scan()
	if s.err != nil && !isDamage(s.err) {
		return unreadable, s.err
	}
	w.ended(s.err, s.offset())
	return w.verdict(&s), nil
}

// verdict says what the file was, if it was not damaged.
func (w *worker) verdict(s *scanner) verdict {
	switch {
	case w.records > 0:
		return wasLog
	case s.digest:
		return wasDigest
	case s.strange || s.foreign > 0:
		return wasForeign
	}
	return wasLog // empty
}

// counting counts the bytes of a file as it is stored.
type counting struct {
	r     io.Reader
	meter *Meter
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.meter.Stored.Add(int64(n))
	return n, err
}

// inflated counts the bytes of a file's content.
type inflated struct {
	r     io.Reader
	meter *Meter
}

func (i *inflated) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.meter.Bytes.Add(int64(n))
	return n, err
}

var errBomb = errors.New("it inflates to more than any log does: a bomb")

// wary is an inflated stream that ends where only a bomb would go on.
type wary struct {
	r      io.Reader
	source *counted
	out    int64
	meter  *Meter
}

// counted counts what is read.
type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader, so that gzip reads no further than its members go.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (w *wary) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.out += int64(n)
	w.meter.Bytes.Add(int64(n))
	if w.out > bombSize && w.out/bombRatio > w.source.n {
		return n, errBomb
	}
	return n, err
}
