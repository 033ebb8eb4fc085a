package digest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// attempts is how often an object is asked for whose body breaks off on the way. The store itself retries all else.
const attempts = 3

// fetcher reads objects, many at once, with bounded memory.
type fetcher struct {
	store Store
	slots chan struct{} // objects in flight
	cores chan *core    // objects are decompressed by as many at a time as there are processors: more only costs memory
	pool  sync.Pool     // of *scratch
	bytes atomic.Int64  // stored bytes read
}

// scratch is what reading one object needs.
type scratch struct {
	stored bytes.Buffer
	sum    hash.Hash
}

func newFetcher(store Store, concurrency int) *fetcher {
	f := &fetcher{
		store: store,
		slots: make(chan struct{}, concurrency),
		cores: make(chan *core, runtime.GOMAXPROCS(0)),
		pool:  sync.Pool{New: func() any { return &scratch{sum: sha256.New()} }},
	}
	for range cap(f.cores) {
		f.cores <- &core{}
	}
	return f
}

// acquire takes a slot for one object, or fails when the context ends.
func (f *fetcher) acquire(ctx context.Context) error {
	select {
	case f.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fetcher) release() { <-f.slots }

// contentHash is the SHA-256 of an object's uncompressed content. The error is a *fault (with the hash of what was there,
// where something follows the end) or a *FetchError.
func (f *fetcher) contentHash(ctx context.Context, bucket, key string) (sum [32]byte, err error) {
	s := f.pool.Get().(*scratch)
	defer f.pool.Put(s)
	_, err = f.read(ctx, bucket, key, s, func(stored []byte, rest io.Reader) error {
		s.sum.Reset()
		if rest != nil {
			return inflateStream(s.sum, io.MultiReader(bytes.NewReader(stored), rest), maxLog)
		}
		return f.inflate(s.sum, stored, maxLog)
	})
	s.sum.Sum(sum[:0])
	return sum, err
}

// digest reads a digest's uncompressed content and its metadata. Errors as for contentHash.
func (f *fetcher) digest(ctx context.Context, bucket, key string) (text []byte, content Content, err error) {
	s := f.pool.Get().(*scratch)
	defer f.pool.Put(s)
	var out bytes.Buffer
	content, err = f.read(ctx, bucket, key, s, func(stored []byte, rest io.Reader) error {
		out.Reset()
		if rest != nil {
			return inflateStream(&out, io.MultiReader(bytes.NewReader(stored), rest), maxDigest)
		}
		return f.inflate(&out, stored, maxDigest)
	})
	return out.Bytes(), content, err
}

// inflate decompresses an object in memory when a processor is free.
func (f *fetcher) inflate(w io.Writer, stored []byte, limit int64) error {
	c := <-f.cores
	defer func() { f.cores <- c }()
	return c.inflate(w, stored, limit)
}

// read opens an object and hands it over: all of its stored bytes or, of a large one, the first ones and the rest. A body
// that breaks off is asked for anew; if it keeps doing so it is unknown, whatever its bytes look like.
func (f *fetcher) read(ctx context.Context, bucket, key string, s *scratch, use func([]byte, io.Reader) error) (Content, error) {
	var content Content
	var err error
	for range attempts {
		if content, err = f.store.Get(ctx, bucket, key); err != nil {
			return content, &FetchError{fetchKind(err), objectURL(bucket, key), err}
		}
		var cut error
		if cut, err = f.readBody(content, s, use); cut == nil {
			return content, err
		}
		err = &FetchError{bodyKind(cut), objectURL(bucket, key), cut}
		if ctx.Err() != nil {
			break
		}
	}
	return content, err
}

// readBody reads an opened object to its end. cut tells that the bytes did not all arrive.
func (f *fetcher) readBody(content Content, s *scratch, use func([]byte, io.Reader) error) (cut, err error) {
	defer content.Body.Close()
	body := &watched{r: content.Body, size: content.Size, total: &f.bytes}
	s.stored.Reset()
	if content.Size > 0 && content.Size <= maxWhole {
		s.stored.Grow(int(content.Size) + bytes.MinRead)
	}
	if _, readErr := io.CopyN(&s.stored, body, maxWhole); readErr == nil {
		err = use(s.stored.Bytes(), body)
		_, drainErr := io.Copy(io.Discard, io.LimitReader(body, maxWhole)) // so that a cut shows even where a fault was found first
		return firstError(body.cut(), ignoreEOF(drainErr)), err
	}
	if cut = body.cut(); cut != nil {
		return cut, nil
	}
	return nil, use(s.stored.Bytes(), nil)
}

// watched is a body that remembers how its reading ended.
type watched struct {
	r     io.Reader
	size  int64
	n     int64
	err   error
	total *atomic.Int64
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.n += int64(n)
	w.total.Add(int64(n))
	if err != nil {
		w.err = err
	}
	return n, err
}

// cut is the reason why not all bytes arrived; nil if they did, or if nobody has read to the end.
func (w *watched) cut() error {
	switch {
	case w.err == nil:
		return nil
	case !errors.Is(w.err, io.EOF) || errors.Is(w.err, io.ErrUnexpectedEOF):
		return w.err
	case w.size >= 0 && w.n < w.size:
		return io.ErrUnexpectedEOF
	}
	return nil
}

// bodyKind classifies a failure of a body: the store's own word, or else a broken connection.
func bodyKind(err error) FetchKind {
	if fetch, ok := errors.AsType[*FetchError](err); ok {
		return fetch.Kind
	}
	return Throttled
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func objectURL(bucket, key string) string {
	if bucket == "" {
		return key
	}
	return "s3://" + bucket + "/" + key
}
