package inventory

import "sync"

// question is asked once: when the answer is first wanted, or before.
type question[T any] struct {
	ask   func() T
	ahead *sync.WaitGroup // counts the questions that are under way
	asked sync.Once
	there chan struct{} // closed when the answer is there
	told  T
}

func newQuestion[T any](ahead *sync.WaitGroup, ask func() T) *question[T] {
	return &question[T]{ask: ask, ahead: ahead, there: make(chan struct{})}
}

// begin asks, and does not wait for the answer.
func (q *question[T]) begin() {
	q.asked.Do(func() {
		q.ahead.Go(func() {
			defer close(q.there)
			q.told = q.ask()
		})
	})
}

// answer waits for the answer.
func (q *question[T]) answer() T {
	q.begin()
	<-q.there
	return q.told
}

// told is an answer, or why there is none.
type told[T any] struct {
	value T
	err   error
}

// fallible is a question to which there may be no answer.
func fallible[T any](ahead *sync.WaitGroup, ask func() (T, error)) *question[told[T]] {
	return newQuestion(ahead, func() (t told[T]) {
		t.value, t.err = ask()
		return t
	})
}
