package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

// code is the Python code of the functions. The emulator runs Go handlers instead.
const code = "def handle(data):\n    return data\n"

// handlers returns the Go handlers of the functions by external id.
func handlers() map[string]emulator.Handler {
	return map[string]emulator.Handler{
		"sum": func(_ context.Context, call *emulator.Call) (any, error) {
			var in struct{ A, B int }
			if err := json.Unmarshal(call.Data, &in); err != nil {
				return nil, err
			}
			call.Printf("adding %d and %d", in.A, in.B)
			call.Print("done")
			return map[string]int{"sum": in.A + in.B}, nil
		},
		"fail": func(context.Context, *emulator.Call) (any, error) {
			return nil, errors.New("ValueError: no such sensor")
		},
		"sleep": func(ctx context.Context, _ *emulator.Call) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
}

// newEmulatorClient starts an emulator for one test and returns a client with its credentials.
func newEmulatorClient(t *testing.T, limits emulator.Limits) *functions.Client {
	t.Helper()
	e := emulator.RunT(t, emulator.Options{
		Overrides: handlers(), Limits: limits, Clients: map[string]string{"me": "my-secret"},
	})
	return clientOf(t, e, functions.ClientCredentials(functions.ClientCredentialsConfig{
		ClientID: "me", ClientSecret: "my-secret", TokenURL: e.TokenURL(),
	}))
}

// clientOf returns a client of an emulator.
func clientOf(t *testing.T, e *emulator.Emulator, source oauth2.TokenSource) *functions.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := functions.NewClient(functions.Config{BaseURL: e.URL(), Project: e.Project(), TokenSource: source},
		functions.WithHTTPClient(&http.Client{Transport: transport}),
		functions.WithPoll(functions.ExponentialPoll(time.Millisecond, 1.5, 50*time.Millisecond)))
	return ok(t, c, err)
}

// deploy creates the function with a handler's name and waits until it is ready.
func deploy(t *testing.T, c *functions.Client, name string) *functions.Function {
	t.Helper()
	fn, err := c.Create(t.Context(), functions.FunctionWrite{Name: name, ExternalID: new(name)}, functions.HandlerText(code))
	fn, err = ok(t, fn, err).WaitReady(t.Context())
	return ok(t, fn, err)
}

// ok returns v, or stops the test if err is not nil.
func ok[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDeployCallDelete(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newEmulatorClient(t, emulator.Limits{})
	fn, err := c.Create(ctx, functions.FunctionWrite{
		Name: "team/sum", ExternalID: new("sum"), Owner: new("me"), Metadata: map[string]string{"a": "b"},
		Secrets: map[string]string{"key": "hidden"}, EnvVars: map[string]string{"A": "B"},
	}, functions.HandlerText(code))
	fn = ok(t, fn, err)
	if fn.Secrets["key"] != "***" {
		t.Errorf("secret = %q, want three asterisks", fn.Secrets["key"])
	}
	ready, err := fn.WaitReady(ctx)
	fn = ok(t, ready, err)

	call, err := fn.Call(ctx, map[string]int{"A": 1, "B": 2})
	call = ok(t, call, err)
	response, err := call.Response(ctx)
	if got := string(ok(t, response, err)); got != `{"sum":3}` {
		t.Errorf("response = %s, want the sum 3", got)
	}
	log, err := call.Logs(ctx)
	if got := ok(t, log, err).Text(false); got != "adding 1 and 2\ndone" {
		t.Errorf("log = %q, want two lines", got)
	}
	if log[0].Time().Before(call.Started()) || call.Ended().Before(log[1].Time()) {
		t.Errorf("start %v, lines %v and %v, end %v, want ascending times", call.Started(), log[0].Time(), log[1].Time(), call.Ended())
	}
	if err := fn.Update(ctx); err != nil || fn.LastCall().IsZero() {
		t.Errorf("last call = %v, error = %v, want a time", fn.LastCall(), err)
	}

	if err := c.Delete(ctx, []functions.Identifier{functions.ExternalID("sum")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Retrieve(ctx, fn.Identifier())
	wantKind(t, err, functions.ErrNotFound)
	wantKind(t, c.Delete(ctx, []functions.Identifier{fn.Identifier()}), functions.ErrNotFound)
	if err := c.Delete(ctx, []functions.Identifier{fn.Identifier()}, functions.IgnoreUnknown()); err != nil {
		t.Errorf("error of Delete with IgnoreUnknown: %v", err)
	}
	file, err := c.Files.Retrieve(ctx, functions.ID(fn.FileID))
	if !ok(t, file, err).Uploaded {
		t.Error("Delete deleted the code file")
	}
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error = %v, want one that matches %q", err, kind)
	}
}

// A call by external id reaches a function that another process deployed again, although the client has cached the old id.
func TestCallAfterOtherDeployment(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newEmulatorClient(t, emulator.Limits{})
	old := deploy(t, c, "sum")
	call, err := c.Call(ctx, functions.ExternalID("sum"), nil)
	ok(t, call, err)
	current := replace(t, c, old)
	call, err = c.Call(ctx, functions.ExternalID("sum"), nil)
	if call = ok(t, call, err); call.FunctionID != current.ID {
		t.Errorf("function of the call = %d, want %d", call.FunctionID, current.ID)
	}
}

// replace deletes and creates a function past the cache of the client, as another process does.
func replace(t *testing.T, c *functions.Client, old *functions.Function) *functions.Function {
	t.Helper()
	var ref gen.FunctionReference
	if err := ref.FromFunctionExternalIDReference(gen.FunctionExternalIDReference{ExternalID: *old.ExternalID}); err != nil {
		t.Fatal(err)
	}
	deleted, err := c.Gen().DeleteFunctions(t.Context(), gen.FunctionDeleteRequest{Items: gen.FunctionReferences{ref}})
	ok(t, deleted, err)
	created, err := c.Gen().PostFunctions(t.Context(), gen.FunctionCreateRequest{
		Items: []gen.FunctionWrite{{Name: "sum", ExternalID: new("sum"), FileID: old.FileID}},
	})
	fn, err := c.WaitReady(t.Context(), functions.ID(ok(t, created, err).Items[0].ID))
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	return string(ok(t, raw, err))
}

func TestListFunctions(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newEmulatorClient(t, emulator.Limits{})
	for _, name := range []string{"sum", "fail", "sleep"} {
		deploy(t, c, name)
	}
	names := func(fns []*functions.Function, err error) []string {
		t.Helper()
		var names []string
		for _, fn := range ok(t, fns, err) {
			names = append(names, fn.Name)
		}
		return names
	}
	for what, test := range map[string]struct {
		filter functions.Filter
		limit  int
		want   []string
	}{
		"all":    {functions.Filter{}, functions.Unlimited, []string{"sum", "fail", "sleep"}},
		"some":   {functions.Filter{}, 2, []string{"sum", "fail"}},
		"prefix": {functions.Filter{ExternalIDPrefix: "s"}, 0, []string{"sum", "sleep"}},
		"name":   {functions.Filter{Name: "fail", Status: functions.FunctionReady}, 0, []string{"fail"}},
		"owner":  {functions.Filter{Owner: "other"}, 0, nil},
		"time":   {functions.Filter{CreatedTime: functions.TimeRange{From: time.Now().Add(time.Hour)}}, 0, nil},
	} {
		if diff := cmp.Diff(test.want, names(c.List(ctx, test.filter, functions.WithLimit(test.limit)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	n := 0
	for fn, err := range c.All(ctx, functions.Filter{}) {
		ok(t, fn, err)
		n++
	}
	if n != 3 {
		t.Errorf("All returned %d functions, want 3", n)
	}
	both, err := c.RetrieveMultiple(ctx, []functions.Identifier{functions.ExternalID("sleep"), functions.ExternalID("sum")})
	if diff := cmp.Diff([]string{"sleep", "sum"}, names(both, err)); diff != "" {
		t.Errorf("RetrieveMultiple (-want +got):\n%s", diff)
	}
	some, err := c.RetrieveMultiple(ctx, []functions.Identifier{functions.ID(1), functions.ExternalID("sum")}, functions.IgnoreUnknown())
	if diff := cmp.Diff([]string{"sum"}, names(some, err)); diff != "" {
		t.Errorf("RetrieveMultiple with IgnoreUnknown (-want +got):\n%s", diff)
	}
}

func TestParallelCalls(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newEmulatorClient(t, emulator.Limits{})
	fn := deploy(t, c, "sum")
	var group sync.WaitGroup
	ids := make([]int64, 20)
	for i := range ids {
		group.Go(func() {
			call, err := fn.Call(ctx, map[string]int{"A": i})
			if err != nil {
				t.Error(err)
				return
			}
			response, err := call.Response(ctx)
			if want := `{"sum":` + jsonOf(t, i) + `}`; err != nil || string(response) != want {
				t.Errorf("response = %s, error = %v, want %s", response, err, want)
			}
			ids[i] = call.ID
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	listed, err := c.Calls.List(ctx, fn.Identifier(), functions.CallsFilter{Status: functions.CallCompleted}, functions.WithLimit(functions.Unlimited), functions.WithPageSize(7))
	if got := len(ok(t, listed, err)); got != 20 {
		t.Errorf("List returned %d calls, want 20", got)
	}
	first, err := c.Calls.List(ctx, functions.ExternalID("sum"), functions.CallsFilter{}, functions.WithLimit(3))
	if got := len(ok(t, first, err)); got != 3 {
		t.Errorf("List returned %d calls, want 3", got)
	}
	n := 0
	for call, err := range c.Calls.All(ctx, fn.Identifier(), functions.CallsFilter{EndTime: functions.TimeRange{To: time.Now().Add(time.Hour)}}) {
		ok(t, call, err)
		n++
	}
	if n != 20 {
		t.Errorf("All returned %d calls, want 20", n)
	}
	many, err := c.Calls.RetrieveMultiple(ctx, functions.ID(fn.ID), ids)
	if got := len(ok(t, many, err)); got != 20 {
		t.Errorf("RetrieveMultiple returned %d calls, want 20", got)
	}
	_, err = c.Calls.Retrieve(ctx, functions.ID(fn.ID), 1)
	wantKind(t, err, functions.ErrNotFound)
}

func TestFailedAndTimedOutCalls(t *testing.T) {
	t.Parallel()
	c := newEmulatorClient(t, emulator.Limits{CallTimeout: 500 * time.Millisecond})
	call, err := deploy(t, c, "fail").Call(t.Context(), nil)
	wantKind(t, err, functions.ErrCallFailed)
	if failed, is := errors.AsType[*functions.CallError](err); !is || !strings.Contains(failed.Message, "no such sensor") {
		t.Errorf("error = %v, want a *CallError with the message of the handler", err)
	}
	response, err := call.Response(t.Context())
	if got := ok(t, response, err); got != nil {
		t.Errorf("response of a failed call = %s, want none", got)
	}

	fn := deploy(t, c, "sleep")
	started, err := fn.Start(t.Context(), nil)
	started = ok(t, started, err)
	if started.Status != functions.CallRunning || !started.Ended().IsZero() {
		t.Errorf("status = %s, end = %v, want Running without an end", started.Status, started.Ended())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	wantKind(t, started.Wait(ctx), context.DeadlineExceeded)
	wantKind(t, started.Wait(t.Context()), functions.ErrCallTimeout)
	if err := started.Update(t.Context()); err != nil || started.Status != functions.CallTimeout {
		t.Errorf("status = %s, error = %v, want Timeout", started.Status, err)
	}
	if ended, err := c.Calls.Wait(t.Context(), functions.ID(started.FunctionID), started.ID); ended.ID != started.ID {
		t.Errorf("call = %v, error = %v, want call %d", ended, err, started.ID)
	}
}

func TestRejectedRequests(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newEmulatorClient(t, emulator.Limits{})
	deploy(t, c, "sum")
	_, err := c.Create(ctx, functions.FunctionWrite{Name: "again", ExternalID: new("sum")}, functions.HandlerText(code))
	wantKind(t, err, functions.ErrDuplicated)
	_, err = c.Create(ctx, functions.FunctionWrite{Name: "no file"}, functions.FileID(1))
	wantKind(t, err, functions.ErrNotFound)
	_, err = c.Call(ctx, functions.ExternalID("unknown"), nil)
	wantKind(t, err, functions.ErrNotFound)
	if api, is := errors.AsType[*functions.APIError](err); !is || api.RequestID == "" {
		t.Errorf("error = %v, want an *APIError with a request id", err)
	}
	_, err = c.Start(ctx, functions.ExternalID("sum"), nil, functions.WithNonce("unknown"))
	if api, is := errors.AsType[*functions.APIError](err); !is || api.StatusCode != http.StatusBadRequest {
		t.Errorf("error = %v, want status 400", err)
	}
	_, err = c.Sessions.Create(ctx, functions.SessionClientCredentials("me", "wrong"))
	if err == nil {
		t.Error("Sessions.Create accepted wrong credentials")
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{Overrides: handlers(), Clients: map[string]string{"me": "my-secret"}})
	wrong := clientOf(t, e, functions.ClientCredentials(functions.ClientCredentialsConfig{ClientID: "me", ClientSecret: "wrong", TokenURL: e.TokenURL()}))
	_, err := wrong.Status(t.Context())
	wantKind(t, err, functions.ErrUnauthorized)
	if token, is := errors.AsType[*functions.TokenError](err); !is || token.Code != "invalid_client" {
		t.Errorf("error = %v, want a *TokenError with the code invalid_client", err)
	}
	stale := clientOf(t, e, functions.StaticToken("stale"))
	_, err = stale.Status(t.Context())
	wantKind(t, err, functions.ErrUnauthorized)

	token, err := functions.ClientCredentials(functions.ClientCredentialsConfig{ClientID: "me", ClientSecret: "my-secret", TokenURL: e.TokenURL()}).Token()
	c := clientOf(t, e, functions.StaticToken(functions.Secret(ok(t, token, err).AccessToken)))
	fn := deploy(t, c, "sum")
	for _, opt := range []functions.SessionOption{
		functions.WithSession(functions.SessionTokenExchange()), functions.WithSession(functions.SessionOneshotTokenExchange()),
		functions.WithSession(functions.SessionClientCredentials("me", "my-secret")),
	} {
		call, err := fn.Call(t.Context(), nil, opt)
		ok(t, call, err)
	}
	session, err := c.Sessions.Create(t.Context(), functions.SessionTokenExchange())
	call, err := fn.Call(t.Context(), nil, functions.WithNonce(ok(t, session, err).Nonce))
	ok(t, call, err)
	_, err = fn.Call(t.Context(), nil, functions.WithNonce(session.Nonce))
	if err == nil {
		t.Error("Call accepted a nonce twice")
	}
}

func TestFilesWithEmulator(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newEmulatorClient(t, emulator.Limits{})
	content := bytes.Repeat([]byte("content "), 10_000)
	write := functions.FileWrite{Name: "a.bin", ExternalID: new("a")}
	file, err := c.Files.Upload(ctx, write, content)
	file = ok(t, file, err)
	_, err = c.Files.Upload(ctx, write, nil)
	wantKind(t, err, functions.ErrDuplicated)
	again, err := c.Files.Upload(ctx, write, append(content, '!'), functions.WithOverwrite())
	if got := ok(t, again, err); got.ID != file.ID || !got.Uploaded {
		t.Errorf("id = %d, want %d, uploaded", got.ID, file.ID)
	}
	read, err := c.Files.Download(ctx, functions.ExternalID("a"))
	if got := ok(t, read, err); !bytes.Equal(got, append(content, '!')) {
		t.Errorf("Download returned %d bytes, want %d", len(got), len(content)+1)
	}
	if err := c.Files.Delete(ctx, []functions.Identifier{functions.ID(file.ID)}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Files.Retrieve(ctx, functions.ExternalID("a"))
	wantKind(t, err, functions.ErrNotFound)
	_, err = c.Files.Download(ctx, functions.ID(file.ID))
	wantKind(t, err, functions.ErrNotFound)
}

func TestProjectWithEmulator(t *testing.T) {
	t.Parallel()
	c := newEmulatorClient(t, emulator.Limits{})
	limits, err := c.Limits(t.Context())
	if got := ok(t, limits, err); len(got.Runtimes) == 0 || got.TimeoutMinutes <= 0 {
		t.Errorf("limits = %+v, want runtimes and a timeout", got)
	}
	status, err := c.Activate(t.Context())
	ok(t, status, err)
	status, err = c.Status(t.Context())
	if got := ok(t, status, err); got.Status != functions.StatusActivated {
		t.Errorf("status = %+v, want activated", got)
	}
}
