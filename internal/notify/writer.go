package notify

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// Form says which form of a message a Writer writes.
type Form string

// The forms.
const (
	FormLine Form = "line" // one line, for logs
	FormText Form = "text" // the whole e-mail, for terminals
)

// Writer is a Sink that writes to an io.Writer, such as a daemon's log or a terminal.
type Writer struct {
	form Form

	mu  sync.Mutex
	out io.Writer
}

// NewWriter makes a Writer. Each message is one call of out.Write, never two at a time.
func NewWriter(out io.Writer, form Form) *Writer { return &Writer{out: out, form: form} }

// Name implements Sink.
func (w *Writer) Name() string { return "writer" }

// Send implements Sink.
func (w *Writer) Send(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	text := m.Line + "\n"
	if w.form == FormText {
		text = m.Text + "\n"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := io.WriteString(w.out, text); err != nil {
		return fmt.Errorf("cannot write the message: %w", err)
	}
	return nil
}
