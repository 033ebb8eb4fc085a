package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/lab"
)

// lambdas runs the lab's functions as Lambda does: their code, unpacked, as processes with their environment. There are at most
// two instances, each of which takes one event after the other.
type lambdas struct {
	t         *testing.T
	endpoint  string
	idle      chan *instance
	said      said
	over      chan struct{} // closed when the test is, and what is under way does not matter any more
	end       sync.Once
	mu        sync.Mutex // guards what follows
	instances []*instance
}

// instance is one process.
type instance struct {
	api         *runtimeAPI
	environment map[string]string
}

const maxInstances = 2

// run is lab.Options.RunFunction.
func (l *lambdas) run(i lab.Invocation) ([]byte, error) {
	in, err := l.instance(i)
	if err != nil {
		return nil, err
	}
	defer func() { l.idle <- in }()
	payload, err := in.invoke(i.Payload, l.over)
	if err != nil && !errors.Is(err, errOver) {
		l.t.Errorf("an invocation failed: %v: %.500s", err, i.Payload)
	}
	return payload, err
}

var errOver = errors.New("the test is over")

// invoke hands an event to the process.
func (in *instance) invoke(event []byte, over <-chan struct{}) ([]byte, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case in.api.next <- event:
	case <-over:
		return nil, errOver
	case <-timeout.C:
		return nil, errors.New("the function did not ask for an invocation")
	}
	select {
	case a := <-in.api.answers:
		if a.failed {
			return nil, errors.New(a.body)
		}
		return []byte(a.body), nil
	case <-over:
		return nil, errOver
	case <-timeout.C:
		return nil, errors.New("the function did not answer")
	}
}

// instance takes an instance that is idle, or starts one while there may be more.
func (l *lambdas) instance(i lab.Invocation) (*instance, error) {
	select {
	case in := <-l.idle:
		return l.current(in, i)
	default:
	}
	l.mu.Lock()
	if len(l.instances) < maxInstances {
		defer l.mu.Unlock()
		in, err := l.start(i)
		l.instances = append(l.instances, in)
		return in, err
	}
	l.mu.Unlock()
	return l.current(<-l.idle, i)
}

// current is an instance, or another in its place if the function has another environment since: such an instance gets no more events.
func (l *lambdas) current(in *instance, i lab.Invocation) (*instance, error) {
	if maps.Equal(in.environment, i.Environment) {
		return in, nil
	}
	return l.start(i)
}

func (l *lambdas) start(i lab.Invocation) (*instance, error) {
	dir := l.t.TempDir()
	archive, err := zip.NewReader(bytes.NewReader(i.Code), int64(len(i.Code)))
	if err != nil {
		return nil, err
	}
	// A process that is forked meanwhile would have the file open for writing, and nobody could run it: https://go.dev/issue/22315.
	syscall.ForkLock.RLock()
	err = os.CopyFS(dir, archive)
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(filepath.Join(dir, "bootstrap"), 0o700); err != nil {
		return nil, err
	}
	in := &instance{newRuntimeAPI(l.t), i.Environment}
	cmd := exec.Command(filepath.Join(dir, "bootstrap"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, l.said, l.said
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(in.api.URL, "http://"), "AWS_ENDPOINT_URL=" + l.endpoint, "AWS_REGION=" + guardRegion,
		"AWS_ACCESS_KEY_ID=" + i.AccessKeyID, "AWS_SECRET_ACCESS_KEY=s", "AWS_EC2_METADATA_DISABLED=true",
	}
	for name, value := range i.Environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l.t.Cleanup(func() {
		l.end.Do(func() { close(l.over) })
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return in, nil
}

// said is what a process writes while a test reads it.
type said chan string

func (s said) Write(p []byte) (int, error) {
	select {
	case s <- string(p):
	default: // more than any test asks for
	}
	return len(p), nil
}

// subscriber is a program that a topic's messages are posted to.
type subscriber struct {
	*httptest.Server
	confirmed chan struct{}
	alerts    chan notification
}

type notification struct{ Type, Subject, Message, SubscribeURL string }

func newSubscriber(t *testing.T) *subscriber {
	s := &subscriber{confirmed: make(chan struct{}), alerts: make(chan notification, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n notification
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
			t.Errorf("a message that can't be read: %v", err)
			return
		}
		if n.Type == "Notification" {
			s.alerts <- n
			return
		}
		answer, err := http.Get(n.SubscribeURL)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("confirming: %v, %v", answer, err)
			return
		}
		_ = answer.Body.Close()
		close(s.confirmed)
	}))
	t.Cleanup(s.Close)
	return s
}

// next is the next alert.
func (s *subscriber) next(t *testing.T) notification {
	t.Helper()
	select {
	case n := <-s.alerts:
		return n
	case <-time.After(patience):
		t.Fatal("nobody was alerted")
		return notification{}
	}
}
