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

// Secrets that the tests plant. No error and no log may contain them.
const (
	plantedToken  = "planted-token"
	plantedNonce  = "planted-nonce"
	plantedSecret = "planted-secret"
	plantedKey    = "planted-key"
)

// sentRequest is a request as the fake service received it.
type sentRequest struct {
	Method string
	Path   string
	Header http.Header
	Body   string
	URL    string
	At     time.Time
	Length int64
}

// responder returns the response of the fake service to one request.
type responder func(req *http.Request) (*http.Response, error)

// fakeService is a transport that responds by a script. A request beyond the script fails the test, and so does a scripted
// response that was not requested.
type fakeService struct {
	t        *testing.T
	mu       sync.Mutex
	script   []responder
	requests []sentRequest
}

func newFakeService(t *testing.T, script ...responder) *fakeService {
	t.Helper()
	f := &fakeService{t: t, script: script}
	t.Cleanup(func() {
		if len(f.requests) < len(f.script) && !t.Failed() {
			t.Errorf("got %d of %d scripted requests", len(f.requests), len(f.script))
		}
	})
	return f
}

// newFakeClient returns a client with a static token that sends its requests to a fakeService.
func newFakeClient(t *testing.T, script []responder, opts ...Option) (*Client, *fakeService) {
	t.Helper()
	f := newFakeService(t, script...)
	return f.client(t, Config{}, opts...), f
}

// client returns a client of f. It sets the fields of cfg that are empty and required.
func (f *fakeService) client(t *testing.T, cfg Config, opts ...Option) *Client {
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

func (f *fakeService) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	n := len(f.requests)
	f.requests = append(f.requests, recordRequest(req))
	f.mu.Unlock()
	if n >= len(f.script) {
		f.t.Errorf("unexpected request %d: %s %s", n+1, req.Method, req.URL.Path)
		return nil, errors.New("no response is scripted")
	}
	return f.script[n](req)
}

func recordRequest(req *http.Request) sentRequest {
	s := sentRequest{
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

// paths returns the requests so far as "METHOD /path", without the prefix of the project.
func (f *fakeService) paths() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var paths []string
	for _, s := range f.requests {
		paths = append(paths, s.Method+" "+strings.TrimPrefix(s.Path, "/api/v1/projects/demo"))
	}
	return paths
}

// intervals returns the times between the requests so far.
func (f *fakeService) intervals() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var intervals []time.Duration
	for i := 1; i < len(f.requests); i++ {
		intervals = append(intervals, f.requests[i].At.Sub(f.requests[i-1].At))
	}
	return intervals
}

// transportFunc is a transport without a script.
type transportFunc func(req *http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// respond responds with a JSON body and with headers given as alternating names and values. It leaves Response.Request nil,
// because transports of callers may do so.
func respond(status int, body string, headers ...string) responder {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// errorResponse responds with an error in the envelope of the API.
func errorResponse(status int, message string, headers ...string) responder {
	body, err := json.Marshal(map[string]any{"error": map[string]any{"code": status, "message": message}})
	if err != nil {
		panic(err)
	}
	return respond(status, string(body), headers...)
}

// fails returns err instead of a response.
func fails(err error) responder {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// connectionRefused fails as net/http does if no server listens.
func connectionRefused() responder {
	return fails(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})
}

// connectionReset fails as net/http does if the server closes the connection before it responds.
func connectionReset() responder {
	return fails(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)})
}

// hangs fails when the context of the request is done.
func hangs() responder {
	return func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}
}

// truncated responds with the first half of body, and then with a read error.
func truncated(status int, body string) responder {
	return func(*http.Request) (*http.Response, error) {
		half := io.MultiReader(strings.NewReader(body[:len(body)/2]), brokenReader{})
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(half),
		}, nil
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// times returns n copies of r.
func times(n int, r responder) []responder {
	all := make([]responder, n)
	for i := range all {
		all[i] = r
	}
	return all
}

// Bodies of responses that several tests use.
const (
	noFunctions    = `{"items":[]}`
	oneFunction    = `{"items":[{"id":42,"name":"hello","externalId":"hello","fileId":7,"status":"Ready","createdTime":1700000000000}]}`
	oneSession     = `{"items":[{"id":5,"status":"READY","nonce":"` + plantedNonce + `"}]}`
	runningCall    = `{"id":9,"functionId":42,"status":"Running","startTime":1700000000000}`
	runningCalls   = `{"items":[` + runningCall + `]}`
	completedCalls = `{"items":[{"id":9,"functionId":42,"status":"Completed","startTime":1700000000000,"endTime":1700000001000}]}`
)

// check fails the test if got and want are not equal.
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
