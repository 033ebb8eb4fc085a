package inventory

import "sync"

// stages are what is told of the reading of an account, in their order.
var stages = []string{"regions", "trails", "what they rest on"}

// meter counts what is done.
type meter struct {
	mu     sync.Mutex
	done   int
	total  int
	report func(done, total int, what string)
}

func (m *meter) step(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	if m.report != nil {
		m.report(m.done, m.total, what)
	}
}
