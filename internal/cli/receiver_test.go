package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// receiver serves a web service that answers every POST with a status and quotes its address, and appends what it gets to
// the file NAME. $NAME becomes its URL.
func (w *world) receiver(ts *testscript.TestScript, args []string) error {
	status, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var mu sync.Mutex
	file := ts.MkAbs(args[0])
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, _ = fmt.Fprintf(out, "%s %s %s\n", r.Method, r.URL.Path, body)
			_ = out.Close()
		}
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, "answer to "+r.URL.String())
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
	return nil
}

// parameter puts a value into Parameter Store. A $NAME in it was replaced by the script.
func (w *world) parameter(_ *testscript.TestScript, args []string) error {
	body, err := json.Marshal(map[string]string{"Name": args[0], "Value": args[1], "Type": "SecureString"})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, "http://lab/", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=lab/20260301/"+home+"/ssm/aws4_request")
	request.Header.Set("X-Amz-Target", "AmazonSSM.PutParameter")
	response, err := w.box.Client().Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("PutParameter: status %d", response.StatusCode)
	}
	return response.Body.Close()
}

// expand replaces the script's variables in a file.
func (w *world) expand(ts *testscript.TestScript, args []string) error {
	content := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	return os.WriteFile(ts.MkAbs(args[0]), []byte(content), 0o600)
}
