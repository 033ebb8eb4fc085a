package hunt

import (
	"context"
	"errors"
	"sync"
)

// job is one file with what is found in it.
type job struct {
	file  File
	place filePlace
	found chan *batch // closed when the file was read

	ready    chan struct{} // of a file that is fetched ahead: closed when it was
	fetched  []byte
	fetchErr error

	problems int
	outcome  outcome // once found is closed
}

func (j *job) isFetched() bool { return j.ready != nil }

// do reads a job's file once it is there.
func (w *worker) do(j *job) {
	defer close(j.found)
	if j.file.Done != nil {
		defer j.file.Done()
	}
	if j.isFetched() {
		select {
		case <-j.ready:
		case <-w.ctx.Done():
			return
		}
	}
	if w.stopped() {
		return
	}
	w.read(j)
	j.fetched = nil
}

// list makes jobs of the sources' files.
func (h *hunter) list(ctx context.Context, sources []Source, queue, order, fetch chan<- *job) (failed []error) {
	for _, s := range sources {
		err := s.Each(ctx, &h.Filter, func(f File) error { return h.offer(ctx, f, queue, order, fetch) })
		if err != nil && ctx.Err() == nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// offer makes a job of a file, unless its name says that it is none to read.
func (h *hunter) offer(ctx context.Context, f File, queue, order, fetch chan<- *job) error {
	j := &job{file: f, found: make(chan *batch, 1), place: placeOf(f.Path)}
	if j.place.digest {
		j.outcome.verdict = wasDigest
		close(j.found)
		if f.Done != nil {
			f.Done()
		}
		return send(ctx, order, j)
	}
	if f.Remote && f.Size >= 0 && f.Size <= maxFetched {
		j.ready = make(chan struct{})
	}
	if err := send(ctx, order, j); err != nil {
		return err
	}
	if j.isFetched() {
		if err := send(ctx, fetch, j); err != nil {
			close(j.found)
			return err
		}
	}
	if err := send(ctx, queue, j); err != nil {
		close(j.found) // nobody will read it
		return err
	}
	return nil
}

func send(ctx context.Context, to chan<- *job, j *job) error {
	select {
	case to <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxFetched bounds a file that is fetched ahead, in bytes. Larger ones are read when it is their turn.
const maxFetched = 2 << 20

// fetchers get files ahead of the workers. A slot is free again once a worker has taken the file.
func (h *hunter) fetchers(ctx context.Context, group *sync.WaitGroup, jobs <-chan *job) {
	for range h.Fetch {
		group.Go(func() {
			for j := range jobs {
				j.fetched, j.fetchErr = h.fetch(ctx, j.file)
				close(j.ready)
			}
		})
	}
}

func (h *hunter) fetch(ctx context.Context, f File) ([]byte, error) {
	body, err := f.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // only read from
	data, err := readUpTo(&counting{r: body, meter: h.Meter}, make([]byte, 0, f.Size+512), maxStored)
	if err == nil && len(data) == maxStored {
		err = errors.New("it is much larger than the listing said")
	}
	return data, err
}
