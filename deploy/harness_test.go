package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	plantedKey    = functions.Secret("planted-key-of-16-bytes")
	plantedSecret = "planted-secret"
	codeV0        = "def handle(data):\n    return 0\n"
	codeV1        = "def handle(data):\n    return 1\n"
	codeV2        = "def handle(data):\n    return 2\n"
)

// world is an emulator, a client whose requests a test can disturb, and one that nobody disturbs.
type world struct {
	t *testing.T
	*emulator.Emulator
	client, quiet *functions.Client
	gate          *gate
}

// newWorld starts an emulator. Functions called greet, whatever their external id, run in Go and return the environment
// variable VERSION.
func newWorld(t *testing.T, o emulator.Options) *world {
	t.Helper()
	o.Handlers = map[string]emulator.Handler{
		"greet": func(_ context.Context, call *emulator.Call) (any, error) { return call.Env["VERSION"], nil },
	}
	w := &world{t: t, Emulator: emulator.RunT(t, o), gate: &gate{}}
	w.client, w.quiet = w.connect(w.gate.middleware), w.connect()
	return w
}

func (w *world) connect(m ...functions.Middleware) *functions.Client {
	w.t.Helper()
	transport := &http.Transport{}
	w.t.Cleanup(transport.CloseIdleConnections)
	return mustGet[*functions.Client](w.t)(functions.NewClient(functions.Config{
		BaseURL: w.URL(), Project: w.Project(), TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID: w.ClientID(), ClientSecret: functions.Secret(w.ClientSecret()), TokenURL: w.TokenURL(),
		}),
	},
		functions.WithHTTPClient(&http.Client{Transport: transport}), functions.WithMiddleware(m...),
		functions.WithRetry(functions.RetryOptions{MaxRetries: -1}), functions.WithPoll(functions.ConstantPoll(2*time.Millisecond)),
	))
}

// mustGet returns a function that ends the test if there is an error, as in mustGet[T](t)(f()).
func mustGet[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// greet is the function of most tests.
func greet(version, code string) deploy.Spec {
	return deploy.Spec{
		Function: functions.FunctionWrite{
			Name: "greet", ExternalID: new("greet"), EnvVars: map[string]string{"VERSION": version},
			Secrets: map[string]string{"password": plantedSecret}, Metadata: map[string]string{"team": "a"},
		},
		Source: functions.HandlerText(code), SecretsKey: plantedKey,
	}
}

// deployed brings a function to the emulator without disturbance.
func (w *world) deployed(spec deploy.Spec) *functions.Function {
	w.t.Helper()
	changes := w.plan(spec)
	return mustGet[*functions.Function](w.t)(deploy.Deploy(w.t.Context(), w.quiet, changes))
}

func (w *world) plan(spec deploy.Spec) *deploy.Changes {
	w.t.Helper()
	return mustGet[*deploy.Changes](w.t)(deploy.Plan(w.t.Context(), w.quiet, spec))
}

// scheduled gives a function a schedule that is not due for a while.
func (w *world) scheduled(fn *functions.Function, name, data string) {
	w.t.Helper()
	mustGet[*functions.Schedule](w.t)(w.quiet.Schedules.Create(w.t.Context(), fn.Identifier(), functions.ScheduleWrite{
		Name: name, Description: new("about " + name), CronExpression: "0 0 29 2 *", Data: json.RawMessage(data),
	}))
}

// answer calls the function and returns its response; "" if it cannot be called.
func (w *world) answer(externalID string) string {
	w.t.Helper()
	call, err := w.quiet.Call(w.t.Context(), functions.ExternalID(externalID), nil)
	if err != nil {
		return ""
	}
	return string(mustGet[json.RawMessage](w.t)(call.Response(w.t.Context())))
}

// functions lists the external ids of all functions.
func (w *world) functions() functions.FunctionList {
	w.t.Helper()
	return mustGet[functions.FunctionList](w.t)(w.quiet.List(w.t.Context(), functions.Filter{}, functions.WithLimit(functions.Unlimited)))
}

// schedulesOf describes the schedules of a function: name, cron expression, data, description.
func (w *world) schedulesOf(fn functions.Identifier) []string {
	w.t.Helper()
	list := mustGet[functions.ScheduleList](w.t)(w.quiet.Schedules.List(w.t.Context(), functions.SchedulesFilter{Function: fn}))
	var all []string
	for _, s := range list {
		data := mustGet[json.RawMessage](w.t)(s.InputData(w.t.Context()))
		all = append(all, fmt.Sprintf("%s|%s|%s|%s", s.Name, s.CronExpression, data, *s.Description))
	}
	return all
}

// hasFile tells whether a file exists.
func (w *world) hasFile(id functions.Identifier) bool {
	w.t.Helper()
	_, err := w.quiet.Files.Retrieve(w.t.Context(), id)
	if err != nil && !errors.Is(err, functions.ErrNotFound) {
		w.t.Fatal(err)
	}
	return err == nil
}

// verdict is what happens to a request.
type verdict int

const (
	pass   verdict = iota
	refuse         // answered with 400, and not carried out
	lose           // carried out, and answered with 500
	cut            // not carried out, and the connection breaks
)

// gate lets a test disturb requests, and records them.
type gate struct {
	mu sync.Mutex
	// judge decides about the n-th request, counted from 1; nil lets all pass.
	judge func(n int, name string) verdict
	// edit changes an answer's body.
	edit  func(name string, body []byte) []byte
	names []string
	files []int64 // ids of registered files, even of those whose answer was lost
}

func (g *gate) middleware(next functions.Doer) functions.Doer { return gated{g, next} }

type gated struct {
	*gate

	next functions.Doer
}

func (g gated) Do(req *http.Request) (*http.Response, error) {
	name := nameOf(req)
	switch g.enter(name) {
	case refuse:
		return reply(http.StatusBadRequest, `{"error":{"code":400,"message":"refused by the test"}}`), nil
	case cut:
		return nil, io.ErrUnexpectedEOF
	case lose:
		resp, err := g.do(name, req)
		if err == nil {
			_ = resp.Body.Close()
			return reply(http.StatusInternalServerError, `{"error":{"code":500,"message":"lost by the test"}}`), nil
		}
		return nil, err
	case pass:
	}
	return g.do(name, req)
}

func (g *gate) enter(name string) verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.names = append(g.names, name)
	if g.judge == nil {
		return pass
	}
	return g.judge(len(g.names), name)
}

func (g gated) do(name string, req *http.Request) (*http.Response, error) {
	resp, err := g.next.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	if name == "register file" {
		var file struct{ ID int64 }
		if json.Unmarshal(body, &file) == nil && file.ID != 0 {
			g.files = append(g.files, file.ID)
		}
	}
	if g.edit != nil && err == nil {
		body = g.edit(name, body)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

func reply(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// at disturbs the n-th request with a name.
func (g *gate) at(name string, n int, v verdict) {
	seen := 0
	g.judge = func(_ int, got string) verdict {
		if got == name {
			if seen++; seen == n {
				return v
			}
		}
		return pass
	}
}

var number = regexp.MustCompile(`/\d+`)

// nameOf names a request for people. Functions for trial are told apart.
func nameOf(req *http.Request) string {
	_, path, _ := strings.Cut(req.URL.Path, "/projects/emulator")
	name := req.Method + " " + number.ReplaceAllString(path, "/N")
	if known, ok := requestNames[name]; ok {
		name = known
	}
	if req.GetBody != nil && name == "create function" {
		body, err := req.GetBody()
		if err == nil {
			text, _ := io.ReadAll(body)
			if strings.Contains(string(text), ".cogfn-trial") {
				name = "create trial"
			}
		}
	}
	if req.Method == http.MethodPut {
		name = "send file"
	}
	return name
}

var requestNames = map[string]string{
	"POST /functions": "create function", "POST /functions/byids": "read function", "POST /functions/delete": "delete function",
	"POST /files": "register file", "POST /files/byids": "read file", "POST /files/delete": "delete file",
	"POST /functions/schedules": "create schedule", "POST /functions/schedules/list": "list schedules",
	"POST /functions/schedules/delete": "delete schedule", "GET /functions/schedules/N/input_data": "read input data",
	"POST /functions/schedules/byids": "read schedule", "POST /sessions": "create session", "POST /sessions/byids": "read session",
}
