// Package pythontogo runs the Go code of docs/python-to-go.md, so that it can be trusted.
package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tour is what a snippet runs in: a project with one function that adds, and that was called once.
type tour struct {
	t    *testing.T
	cfg  functions.Config
	fn   *functions.Function
	call *functions.Call
}

// snippets are the pieces of code in the document by name. Each stands between the lines "// snippet: NAME" and "// end"
// of its function; what follows in the function looks at what it did.
var snippets = map[string]func(s *tour, ctx context.Context, client *functions.Client) error{
	"iterate": (*tour).iterate, "chunks": (*tour).chunks,
	"create-folder": (*tour).createFolder, "create-file": (*tour).createFile, "create-handler": (*tour).createHandler,
	"create-fields": (*tour).createFields, "check": (*tour).check,
	"retrieve": (*tour).retrieve, "retrieve-multiple": (*tour).retrieveMultiple, "list": (*tour).list, "limits-of-lists": (*tour).limitsOfLists,
	"delete": (*tour).deleteMany, "delete-function": (*tour).deleteFunction, "call": (*tour).callAndWait, "start": (*tour).start, "call-nonce": (*tour).callWithNonce,
	"payload": (*tour).payload, "project": (*tour).project,
	"calls-list": (*tour).callsList, "calls-retrieve": (*tour).callsRetrieve, "calls-response": (*tour).callsResponse,
	"schedules-list": (*tour).schedulesList, "schedules-retrieve": (*tour).schedulesRetrieve, "schedules-create": (*tour).schedulesCreate,
	"schedules-credentials": (*tour).schedulesCredentials, "schedules-delete": (*tour).schedulesDelete, "schedules-data": (*tour).schedulesData,
	"function-fields": (*tour).functionFields, "function-methods": (*tour).functionMethods, "function-write": (*tour).functionWrite,
	"call-fields": (*tour).callFields, "call-methods": (*tour).callMethods, "schedule-fields": (*tour).scheduleFields,
	"schedule-write": (*tour).scheduleWrite, "lists": (*tour).lists, "write-lists": (*tour).writeLists, "log": (*tour).log, "filters": (*tour).filters,
	"concurrency": (*tour).concurrency, "sessions-create": (*tour).sessionsCreate, "sessions-list": (*tour).sessionsList,
	"sessions-revoke": (*tour).sessionsRevoke, "enums": (*tour).enums, "json": (*tour).json, "errors": (*tour).errors,
	"client": (*tour).newClient, "retries": (*tour).retries,
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	for name, run := range snippets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := begin(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := run(s, ctx, client); err != nil {
				t.Error(err)
			}
		})
	}
}

// begin starts an emulator in which the code of "my-function" and of "my-handler" is a Go function.
func begin(t *testing.T) (*tour, *functions.Client) {
	t.Helper()
	e := emulator.RunT(t, emulator.Options{Handlers: map[string]emulator.Handler{"my-function": add, "my-handler": add}})
	s := &tour{t: t, cfg: functions.Config{
		BaseURL: e.URL(), Project: e.Project(), TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID: e.ClientID(), ClientSecret: functions.Secret(e.ClientSecret()), TokenURL: e.TokenURL(),
		}),
	}}
	client := s.client(functions.WithPoll(functions.ExponentialPoll(time.Millisecond, 2, 100*time.Millisecond)))
	fn, err := client.Create(t.Context(), functions.FunctionWrite{Name: "My function", ExternalID: new("my-function")}, functions.Folder("my-function"))
	if err == nil {
		fn, err = fn.WaitReady(t.Context())
	}
	if err == nil {
		s.call, err = fn.Call(t.Context(), map[string]int{"a": 1, "b": 2})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.fn = fn
	return s, client
}

// client makes another client of the same project.
func (s *tour) client(opts ...functions.Option) *functions.Client {
	s.t.Helper()
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	client, err := functions.NewClient(s.cfg, append([]functions.Option{functions.WithHTTPClient(&http.Client{Transport: transport})}, opts...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

func add(_ context.Context, call *emulator.Call) (any, error) {
	var in struct{ A, B int }
	if err := json.Unmarshal(call.Data, &in); err != nil {
		return nil, err
	}
	if in.A < 0 {
		return nil, errors.New("ValueError: a is negative")
	}
	call.Printf("adding %d and %d", in.A, in.B)
	return map[string]int{"sum": in.A + in.B}, nil
}

// want compares what a snippet made.
func (s *tour) want(what string, got, want any) {
	s.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// scheduled makes a schedule of the function.
func (s *tour) scheduled(ctx context.Context, client *functions.Client) *functions.Schedule {
	s.t.Helper()
	schedule, err := client.Schedules.Create(ctx, s.fn.Identifier(), functions.ScheduleWrite{
		Name: "nightly", CronExpression: "0 3 * * *", Data: json.RawMessage(`{"a": 1}`),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return schedule
}
