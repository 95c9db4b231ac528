// Package pythontogo runs the Go code of docs/python-to-go.md.
package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/snippets"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// project is the emulated project in which a snippet runs. It has one function, which adds numbers and was called once.
type project struct {
	t    *testing.T
	cfg  functions.Config
	fn   *functions.Function
	call *functions.Call
}

// run are the snippets by name. Each method contains one snippet and checks its results.
var run = map[string]func(p *project, ctx context.Context, client *functions.Client) error{
	"client": (*project).newClient, "iterate": (*project).iterate, "chunks": (*project).chunks,
	"create-folder": (*project).createFolder, "create-file": (*project).createFile, "create-handler": (*project).createHandler,
	"create-fields": (*project).createFields, "retrieve": (*project).retrieve, "retrieve-multiple": (*project).retrieveMultiple,
	"list": (*project).list, "delete": (*project).deleteMultiple, "delete-function": (*project).deleteFunction,
	"call": (*project).callAndWait, "start": (*project).start, "call-nonce": (*project).callWithNonce,
	"payload": (*project).payload, "status": (*project).status,
	"calls-list": (*project).callsList, "calls-retrieve": (*project).callsRetrieve, "calls-response": (*project).callsResponse,
	"schedules-list": (*project).schedulesList, "schedules-retrieve": (*project).schedulesRetrieve,
	"schedules-create": (*project).schedulesCreate, "schedules-session": (*project).schedulesSession,
	"schedules-delete": (*project).schedulesDelete, "schedules-data": (*project).schedulesData,
	"sessions-create": (*project).sessionsCreate, "sessions-list": (*project).sessionsList, "sessions-revoke": (*project).sessionsRevoke,
	"function-fields": (*project).functionFields, "function-methods": (*project).functionMethods, "function-write": (*project).functionWrite,
	"call-fields": (*project).callFields, "call-methods": (*project).callMethods, "log": (*project).log,
	"schedule-fields": (*project).scheduleFields, "schedule-write": (*project).scheduleWrite,
	"lists": (*project).lists, "write-lists": (*project).writeLists, "filters": (*project).filters,
	"limits-of-lists": (*project).limitsOfLists, "enums": (*project).enums, "json": (*project).json,
	"source-check": (*project).sourceCheck, "concurrency": (*project).concurrency, "errors": (*project).errors, "retries": (*project).retries,
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	for name, snippet := range run {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := newProject(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := snippet(p, ctx, client); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	page := snippets.ReadPage(t, "python-to-go.md")
	snippets.CheckPage(t, page, slices.Collect(maps.Keys(run)))
	snippets.CheckLinks(t, page)
}

// newProject starts an emulator in which a Go function replaces the code of "my-function" and "my-handler".
func newProject(t *testing.T) (*project, *functions.Client) {
	t.Helper()
	cfg := snippets.StartService(t, map[string]emulator.Handler{"my-function": add, "my-handler": add})
	client := snippets.NewClient(t, cfg)
	p := &project{t: t, cfg: cfg, fn: snippets.CreateFunction(t, client, "my-function", functions.Folder("my-function"))}
	call, err := p.fn.Call(t.Context(), map[string]int{"a": 1, "b": 2})
	if err != nil {
		t.Fatal(err)
	}
	p.call = call
	return p, client
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

// createSchedule creates a schedule of the function.
func (p *project) createSchedule(ctx context.Context, client *functions.Client) *functions.Schedule {
	p.t.Helper()
	schedule, err := client.Schedules.Create(ctx, p.fn.Identifier(), functions.ScheduleWrite{
		Name: "nightly", CronExpression: "0 3 * * *", Data: json.RawMessage(`{"a": 1}`),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return schedule
}

func (p *project) equal(what string, got, want any) {
	p.t.Helper()
	snippets.CheckEqual(p.t, what, got, want)
}

func (p *project) errorIs(err, want error) {
	p.t.Helper()
	snippets.CheckError(p.t, err, want)
}
