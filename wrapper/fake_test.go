package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Secrets that the tests plant, and that no error and no log may show.
const (
	plantedToken  = "planted-token"
	plantedNonce  = "planted-nonce"
	plantedSecret = "planted-secret"
	plantedKey    = "planted-key"
)

// sent is a request as the fake service saw it.
type sent struct {
	Method string
	Path   string
	Header http.Header
	Body   string
	URL    string
	At     time.Time
	Length int64
}

// answer is what the fake service does with one request.
type answer func(req *http.Request) (*http.Response, error)

// fake is a service without sockets that answers by a script. Requests beyond the script, and answers that nobody asked
// for, fail the test.
type fake struct {
	t      *testing.T
	mu     sync.Mutex
	script []answer
	seen   []sent
}

func newFake(t *testing.T, script ...answer) *fake {
	t.Helper()
	f := &fake{t: t, script: script}
	t.Cleanup(func() {
		if len(f.seen) < len(f.script) && !t.Failed() {
			t.Errorf("%d of %d scripted requests came", len(f.seen), len(f.script))
		}
	})
	return f
}

// newScripted is a client with a static token over a fake.
func newScripted(t *testing.T, script []answer, opts ...Option) (*Client, *fake) {
	t.Helper()
	f := newFake(t, script...)
	return f.client(t, Config{}, opts...), f
}

// client fills in what cfg lacks.
func (f *fake) client(t *testing.T, cfg Config, opts ...Option) *Client {
	t.Helper()
	return newTestClient(t, f, cfg, opts...)
}

func newTestClient(t *testing.T, transport http.RoundTripper, cfg Config, opts ...Option) *Client {
	t.Helper()
	if cfg.Cluster == "" && cfg.BaseURL == "" {
		cfg.Cluster = "test"
	}
	if cfg.Project == "" {
		cfg.Project = "demo"
	}
	if cfg.TokenSource == nil {
		cfg.TokenSource = StaticToken(plantedToken)
	}
	c, err := NewClient(cfg, append([]Option{WithHTTPClient(&http.Client{Transport: transport})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	n := len(f.seen)
	f.seen = append(f.seen, record(req))
	f.mu.Unlock()
	if n >= len(f.script) {
		f.t.Errorf("request %d was not expected: %s %s", n+1, req.Method, req.URL.Path)
		return nil, errors.New("no answer is scripted")
	}
	return f.script[n](req)
}

func record(req *http.Request) sent {
	s := sent{
		Method: req.Method, Path: req.URL.Path, Header: req.Header.Clone(), URL: req.URL.String(), At: time.Now(),
		Length: req.ContentLength,
	}
	if req.Body != nil {
		body, _ := io.ReadAll(req.Body)
		_ = req.Body.Close()
		s.Body = string(body)
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return s
}

// paths are the requests so far, as "METHOD /path" below the project.
func (f *fake) paths() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var paths []string
	for _, s := range f.seen {
		paths = append(paths, s.Method+" "+strings.TrimPrefix(s.Path, "/api/v1/projects/demo"))
	}
	return paths
}

// pauses are the times between the requests.
func (f *fake) pauses() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var pauses []time.Duration
	for i := 1; i < len(f.seen); i++ {
		pauses = append(pauses, f.seen[i].At.Sub(f.seen[i-1].At))
	}
	return pauses
}

// transportFunc is a service that answers by its own rule.
type transportFunc func(req *http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// reply answers with JSON and with headers given as names and values by turns. It leaves Response.Request nil, as
// transports of callers may.
func reply(status int, body string, headers ...string) answer {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// refusal answers with the API's envelope.
func refusal(status int, message string, headers ...string) answer {
	body, err := json.Marshal(map[string]any{"error": map[string]any{"code": status, "message": message}})
	if err != nil {
		panic(err)
	}
	return reply(status, string(body), headers...)
}

// breaks fails before any answer.
func breaks(err error) answer {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// refusedDial and reset are what net/http returns when nobody listens, and when the connection is cut.
func refusedDial() answer {
	return breaks(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})
}

func reset() answer {
	return breaks(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)})
}

// hangs answers nothing until the request's context ends.
func hangs() answer {
	return func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}
}

// truncated answers with a body that breaks off.
func truncated(status int, body string) answer {
	return func(*http.Request) (*http.Response, error) {
		half := io.MultiReader(strings.NewReader(body[:len(body)/2]), brokenReader{})
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(half),
		}, nil
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// times repeats an answer.
func times(n int, a answer) []answer {
	all := make([]answer, n)
	for i := range all {
		all[i] = a
	}
	return all
}

// Bodies of answers that many tests need.
const (
	noFunctions  = `{"items":[]}`
	oneFunction  = `{"items":[{"id":42,"name":"hello","externalId":"hello","fileId":7,"status":"Ready","createdTime":1700000000000}]}`
	oneSession   = `{"items":[{"id":5,"status":"READY","nonce":"` + plantedNonce + `"}]}`
	runningCall  = `{"id":9,"functionId":42,"status":"Running","startTime":1700000000000}`
	runningCalls = `{"items":[` + runningCall + `]}`
	endedCalls   = `{"items":[{"id":9,"functionId":42,"status":"Completed","startTime":1700000000000,"endTime":1700000001000}]}`
)

// check compares got with want where == does.
func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// errorAs returns err as a T or fails the test.
func errorAs[T error](t *testing.T, err error) T {
	t.Helper()
	as, ok := errors.AsType[T](err)
	if !ok {
		t.Fatalf("got the error %v (%T), want a %T", err, err, as)
	}
	return as
}
