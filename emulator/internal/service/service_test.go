package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// scripted is a function that takes some time and tells what it was called with.
type scripted struct{ took time.Duration }

func (s scripted) Call(ctx context.Context, call runner.Call, log func(runner.Line)) runner.Outcome {
	log(runner.Line{Time: time.Now(), Message: "called"})
	select {
	case <-time.After(s.took):
	case <-ctx.Done():
		return runner.Outcome{Status: runner.Failed, Message: "stopped"}
	}
	return runner.Outcome{Status: runner.Completed, Response: fmt.Appendf(nil, `{"schedule":%d,"at":%d,"data":%s}`, call.ScheduleID, call.ScheduledTime, call.Data)}
}

func (scripted) Close() {}

// world is a service on fake time, without a network, with one function.
type world struct {
	t *testing.T
	*service.Service
	state      *store.Store
	functionID int64
}

// inBubble runs a test on fake time, which begins at midnight of 1 January 2000, with a function that is Ready.
func inBubble(t *testing.T, function runner.Function, limits service.Limits, use func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, "", config(function, limits))
		w.functionID = w.function()
		synctest.Wait()
		use(w)
		w.end()
	})
}

// config makes the settings of a service all of whose functions are one.
func config(function runner.Function, limits service.Limits) service.Config {
	return service.Config{
		Limits: limits, NonceLifetime: time.Minute,
		GoFunction:  func(string, string, runner.Spec) runner.Function { return function },
		NewRunner:   func() (runner.Runner, error) { return nil, errors.New("no runner") },
		KnownClient: func(string, string) bool { return true },
		Logger:      slog.New(slog.DiscardHandler),
		Now:         time.Now,
	}
}

// begin starts a service with a data folder; "" means a temporary one.
func begin(t *testing.T, dir string, config service.Config) *world {
	t.Helper()
	state, err := store.Open(store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	config.Store = state
	s, err := service.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, Service: s, state: state}
}

// end closes the service and its store.
func (w *world) end() {
	w.t.Helper()
	if err := errors.Join(w.Close(), w.state.Close()); err != nil {
		w.t.Error(err)
	}
}

// emptyZip is the smallest zip file: the end of one.
const emptyZip = "PK\x05\x06" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// function creates a function whose code does not matter.
func (w *world) function() int64 {
	w.t.Helper()
	return w.functionWith("")
}

// functionWith creates a function from a zip file, without uploading anything by HTTP.
func (w *world) functionWith(code string) int64 {
	w.t.Helper()
	upload, err := w.state.Receive(strings.NewReader(code), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.state.Update(w.t.Context(), func(tx *store.Tx) error {
		return errors.Join(upload.Commit(), tx.Files().Put(&store.File{ID: 1, UploadedTime: 1, Blob: upload.Name}))
	})
	if err := errors.Join(err, upload.Discard()); err != nil {
		w.t.Fatal(err)
	}
	_, err = w.PostFunctions(w.t.Context(), server.PostFunctionsRequestObject{
		Body: &gen.FunctionCreateRequest{Items: []gen.FunctionWrite{{Name: "f", FileID: 1, ExternalID: new("f")}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	functions := w.functions() // the answer's type has no name; the list tells the id
	return functions[len(functions)-1].ID
}

func (w *world) functions() []gen.Function {
	w.t.Helper()
	answer, err := w.GetFunctions(w.t.Context(), server.GetFunctionsRequestObject{})
	if err != nil {
		w.t.Fatal(err)
	}
	return as[server.GetFunctions200JSONResponse](w.t, answer).Items
}

// delete deletes the function.
func (w *world) delete() {
	w.t.Helper()
	var ref gen.FunctionReference
	if err := ref.FromFunctionIDReference(gen.FunctionIDReference{ID: w.functionID}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.DeleteFunctions(w.t.Context(), server.DeleteFunctionsRequestObject{Body: &gen.FunctionDeleteRequest{Items: gen.FunctionReferences{ref}}}); err != nil {
		w.t.Fatal(err)
	}
}

// call makes a call with a fresh session, or tells why not.
func (w *world) call() error {
	w.t.Helper()
	_, nonce := w.session(false)
	_, err := w.PostFunctionsCall(w.t.Context(), server.PostFunctionsCallRequestObject{FunctionID: w.functionID, Body: &gen.FunctionCallRequest{Nonce: nonce}})
	return err
}

// as returns an answer as the type that it must have.
func as[T any](t *testing.T, answer any) T {
	t.Helper()
	typed, ok := answer.(T)
	if !ok {
		t.Fatalf("the answer is a %T", answer)
	}
	return typed
}

// session creates a session of a kind and returns its id and nonce.
func (w *world) session(oneshot bool) (id int64, nonce string) {
	w.t.Helper()
	var write gen.SessionWrite
	err := write.FromSessionWithTokenExchange(gen.SessionWithTokenExchange{TokenExchange: true})
	if oneshot {
		err = write.FromSessionWithOneshotTokenExchange(gen.SessionWithOneshotTokenExchange{OneshotTokenExchange: true})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.CreateSessions(w.t.Context(), server.CreateSessionsRequestObject{Body: &gen.SessionCreateRequest{Items: []gen.SessionWrite{write}}})
	if err != nil {
		w.t.Fatal(err)
	}
	made := as[server.CreateSessions200JSONResponse](w.t, answer).Items[0]
	return made.ID, made.Nonce
}

// schedule creates a schedule and returns its id.
func (w *world) schedule(cron, nonce string) int64 {
	w.t.Helper()
	answer, err := w.PostFunctionSchedules(w.t.Context(), server.PostFunctionSchedulesRequestObject{
		Body: &gen.FunctionScheduleCreateRequest{Items: []gen.FunctionScheduleWrite{{
			Name: "s", CronExpression: cron, FunctionID: w.functionID, Nonce: nonce, Data: json.RawMessage(`{"n":1}`),
		}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return as[server.PostFunctionSchedules201JSONResponse](w.t, answer).Items[0].ID
}

// calls returns the calls of a schedule, oldest first, as "STATUS at HH:MM for HH:MM".
func (w *world) calls(scheduleID int64) (shown []string, calls []gen.FunctionCall) {
	w.t.Helper()
	answer, err := w.ListFunctionCalls(w.t.Context(), server.ListFunctionCallsRequestObject{
		FunctionID: w.functionID, Body: &gen.FunctionCallListRequest{Filter: &gen.FunctionCallFilter{ScheduleID: &scheduleID}, Limit: new(int32(10_000))},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	items := as[server.ListFunctionCalls200JSONResponse](w.t, answer).Items
	for i := range items {
		call := items[len(items)-1-i]
		calls = append(calls, call)
		shown = append(shown, fmt.Sprintf("%s at %s for %s", call.Status,
			time.UnixMilli(call.StartTime).UTC().Format("15:04"), time.UnixMilli(*call.ScheduledTime).UTC().Format("15:04")))
	}
	return shown, calls
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
