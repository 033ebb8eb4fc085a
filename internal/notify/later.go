package notify

import (
	"context"
	"sync"
)

// later is a sink for targets that are not known yet.
type later struct {
	name string
	make func(context.Context) ([]Target, error)

	mu    sync.Mutex
	ready *Dispatcher
}

// Later is a Sink for targets that are made when there is something to tell, so that nothing that they need holds a
// restoration up. If they cannot be made, that message fails and the next one tries again.
func Later(name string, targets func(context.Context) ([]Target, error)) Sink {
	return &later{name: name, make: targets}
}

// Name implements Sink.
func (l *later) Name() string { return l.name }

// Send implements Sink.
func (l *later) Send(ctx context.Context, m Message) error {
	d, err := l.dispatcher(ctx)
	if err != nil {
		return err
	}
	if err := d.Deliver(ctx, m); err != nil {
		return exhausted{err}
	}
	return nil
}

func (l *later) dispatcher(ctx context.Context) (*Dispatcher, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ready == nil {
		targets, err := l.make(ctx)
		if err != nil {
			return nil, err
		}
		l.ready = NewRouted(targets...)
	}
	return l.ready, nil
}

// exhausted is a failure after all attempts that were worth it.
type exhausted struct{ error }

func (exhausted) Retryable() bool { return false }

func (e exhausted) Unwrap() error { return e.error }
